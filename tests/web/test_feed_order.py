"""Nothing is missed and nothing told twice: whoever writes, leaves, comes back or reads slowly."""

import asyncio
import random
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from router.services.roles import Role
from router.storage import feed, inbound_told
from router.storage.engine import Database
from router.storage.unit_of_work import Fact
from router.web import feed_hub, feed_socket
from router.web.feed import HUB
from router.web.feed_frames import Pong, frame
from tests.waiting import until
from tests.web.desk import Browser
from tests.web.room import Ear, Room, me, open_room

FEWEST = 40
"""Messages of each writer, who go on for as long as a page waits for some."""
PEOPLE = ("ana", "ada", "annie", "abe", "al", "amy")


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


async def _write(room: Room, writer: int, *, seed: int, until: asyncio.Event) -> None:
    """Messages of some people, committed whenever the scheduler pleases."""
    chance = random.Random(seed * 100 + writer)
    for turn in count():
        if until.is_set() and turn >= FEWEST:
            return
        await room.stage.says(chance.choice(PEOPLE), f"{writer}-{turn}")
        await asyncio.sleep(chance.random() / 200)


async def _number(room: Room) -> None:
    """The relay, and sometimes the bus loses a hint."""
    chance = random.Random(1)
    while True:
        newest = await room.stage.relay()
        if chance.random() < 0.7:
            room.bus.announce(newest)
        await asyncio.sleep(0.003)


async def _come_and_go(room: Room, browser: Browser, *, seed: int) -> list[Ear]:
    """A page that loses its socket now and then, and goes on from what it has."""
    chance = random.Random(seed)
    ears = [await room.listen(browser, 0)]
    for _ in range(4):
        for _ in range(chance.randint(0, 25)):
            await ears[-1].next()
        await ears[-1].socket.close()
        ears.append(await room.listen(browser, ears[-1].position))
    return ears


@pytest.fixture
async def silent_room(database_url: str, tmp_path: Path) -> AsyncIterator[Room]:
    """Its relay is in the process, so that commits bring along what the feed tells, which is not
    woken."""
    database = Database(database_url, teach_writer=inbound_told.teach)
    async with open_room(database, tmp_path) as opened:
        await opened.stage.relay()
        database.number_under(1)
        yield opened
    await database.close()


@pytest.fixture
def following_room(silent_room: Room) -> Room:
    silent_room.stage.database.on_announced(lambda: None, silent_room.bus.announce)
    return silent_room


async def test_what_was_announced_behind_a_message_does_not_wait_for_the_next_poll(
    silent_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = silent_room
    monkeypatch.setattr(feed_hub, "POLL_SECONDS", 3600.0)
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    ana = await room.stage.meets("ana")
    ear = await room.listen(bo)
    room.bus.announce(await room.stage.relay())
    await room.stage.says("ana", "two")
    async with room.stage.database.transaction() as work:
        work.announce(Fact.PERSON_CHANGED, person=ana, ref=ana)

    room.bus.announce(await room.stage.relay())

    assert (await ear.event("person.changed"))["position"] > ear.events[-2]["position"]


async def test_message_that_came_with_its_commit_is_not_read_again(
    following_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = following_room
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    await room.stage.says("ana", "one")
    ear = await room.listen(bo)
    read: list[int] = []
    told_with_members = feed.told_with_members

    async def noted(*arguments: Any, **options: Any) -> feed.ToldWithMembers:
        found = await told_with_members(*arguments, **options)
        read.append(len(found.told))
        return found

    monkeypatch.setattr(feed, "told_with_members", noted)
    await room.stage.says("ana", "two")
    first = await ear.event("message.created")
    await room.stage.says("ana", "three")
    second = await ear.event("message.created")

    assert [one["message"]["text"] for one in (first, second)] == ["two", "three"]
    assert second["row"]["unread_count"] == 3
    assert not any(read)


@pytest.mark.parametrize("seed", [4, 5])
async def test_pages_get_every_message_once_that_comes_with_its_commit(
    following_room: Room, seed: int
) -> None:
    await _come_and_go_while_people_write(following_room, seed)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_pages_that_come_and_go_get_every_message_once_and_in_order(
    room: Room, seed: int
) -> None:
    await _come_and_go_while_people_write(room, seed)


async def _come_and_go_while_people_write(room: Room, seed: int) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    numbering = asyncio.create_task(_number(room))
    enough = asyncio.Event()
    writers = [asyncio.create_task(_write(room, one, seed=seed, until=enough)) for one in range(4)]

    paths = await asyncio.gather(*(_come_and_go(room, bo, seed=seed * 10 + n) for n in range(5)))

    enough.set()
    await asyncio.gather(*writers)
    numbering.cancel()
    newest = await room.publish()
    told = await room.stage.value(
        "select array_agg(position order by position) from outbox where kind = 'message.created'"
    )
    for ears in paths:
        await ears[-1].until(newest)
        events = [one for ear in ears for one in ear.events]
        positions = [one["position"] for one in events]
        assert positions == sorted(set(positions))
        messages = [one["position"] for one in events if one["kind"] == "message.created"]
        assert messages == told


async def test_reader_that_stops_falls_behind_and_misses_nothing(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    cy = await room.desk.signed_in(Role.AGENT, "cy@example.com")
    monkeypatch.setattr(feed_socket, "MOST_WAITING", 300_000)
    hub = room.desk.server.app[HUB]
    slow, quick = await room.listen(bo), await room.listen(cy)
    [feed] = [one for one in hub.feeds if one.agent_id == me(bo)]
    slow.transport.pause_reading()
    most = 0

    for turn in range(60):
        await room.stage.says("ana", f"{turn} " + "x" * 90_000)
        newest = await room.publish()
        await quick.until(newest)
        most = max(most, feed.waiting)

    assert 300_000 < most < 600_000
    slow.transport.resume_reading()
    await slow.until(newest)
    positions = [one["position"] for one in slow.events]
    assert positions == [one["position"] for one in quick.events]
    await room.stage.says("ana", "and live again")
    await room.publish()
    assert (await slow.event("message.created"))["message"]["text"] == "and live again"


async def test_burst_of_long_messages_cuts_off_nobody(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    bo = await room.desk.signed_in()
    monkeypatch.setattr(feed_socket, "MOST_WAITING", 200_000)
    ear = await room.listen(bo)
    said = [await room.stage.says("ana", f"{turn} " + "x" * 90_000) for turn in range(40)]

    await ear.until(await room.publish())

    told = [one["message"]["id"] for one in ear.events if one["kind"] == "message.created"]
    assert told == said


async def test_reader_that_takes_nothing_is_cut_off_in_time(room: Room) -> None:
    bo = await room.desk.signed_in()
    hub = room.desk.server.app[HUB]
    slow = await room.listen(bo)
    [feed] = hub.feeds
    slow.transport.pause_reading()
    while feed.waiting < 1_000:  # the kernels of both sides take the first of it
        feed.write(frame(Pong()) * 2_000)
        await asyncio.sleep(0.001)
    hub.cut_stalled(0)
    hub.cut_stalled(1)
    hub.cut_stalled(20)
    assert not feed.transport.is_closing()

    hub.cut_stalled(22)

    assert feed.transport.is_closing()

    async def has_left() -> bool:
        return not hub.feeds

    await until(has_left)
    slow.transport.resume_reading()  # or its socket would wait ten seconds for a goodbye


async def test_reader_that_takes_little_at_a_time_stays(room: Room) -> None:
    bo = await room.desk.signed_in()
    hub = room.desk.server.app[HUB]
    slow = await room.listen(bo)
    [feed] = hub.feeds
    slow.transport.pause_reading()
    while feed.waiting < 500_000:
        feed.write(frame(Pong()) * 2_000)
        await asyncio.sleep(0.001)
    before = feed.waiting
    hub.cut_stalled(0)
    slow.transport.resume_reading()
    while feed.waiting >= before:  # noqa: ASYNC110 - what we wait for has no event
        await asyncio.sleep(0.001)
    slow.transport.pause_reading()

    hub.cut_stalled(21)

    assert not feed.transport.is_closing()


async def test_batch_that_cannot_be_read_is_tried_again(room: Room) -> None:
    bo = await room.desk.signed_in()
    ear = await room.listen(bo)
    await room.stage.run("alter table cases rename to cases_away")
    await room.stage.run(
        "insert into outbox (kind, person_id, ref, at) values ('person.changed', 1, 1, now())"
    )
    await room.publish()
    await asyncio.sleep(0.1)
    await room.stage.run("alter table cases_away rename to cases")

    await room.stage.says("ana", "after the fault")
    await room.publish()

    assert (await ear.event("message.created"))["message"]["text"] == "after the fault"


async def test_what_cannot_be_shown_makes_pages_begin_anew_and_silences_nothing(
    room: Room,
) -> None:
    bo = await room.desk.signed_in()
    ear = await room.listen(bo)
    message = await room.stage.says("ana")
    await room.stage.run(
        """update messages set participants = '[{"realm": 7}]' where id = $1""", message
    )

    newest = await room.publish()

    assert (await ear.next()) == {"type": "reset", "position": newest}
    late = await room.listen(bo, 0)
    assert late.frames[-1] == {"type": "reset", "position": newest}
    await room.stage.says("ada", "and on it goes")
    await room.publish()
    for one in (ear, late):
        assert (await one.event("message.created"))["message"]["text"] == "and on it goes"


async def test_stopping_the_server_tells_the_pages_to_come_again(room: Room) -> None:
    bo = await room.desk.signed_in()
    ear = await room.listen(bo)

    stopping = asyncio.create_task(room.desk.server.runner.shutdown())

    assert await ear.ended() == 1001
    await stopping
