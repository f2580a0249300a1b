"""F30: for every action, what a page knew and was told is what a fresh page would fetch."""

import copy
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from core.clock import FakeClock
from core.delivery import DeliveryState
from core.ids import RemoteId, RemotePlace
from core.messages import MessageDeleted, MessageEdited, Place, ReactionChanged
from router.services.roles import Role
from router.storage import deliveries
from router.storage.engine import Database
from tests.services.builders import received, sender, signed_sender
from tests.stage import CLAIM
from tests.web import replica
from tests.web.desk import Browser
from tests.web.room import Room, me, open_room

PEOPLE = ("ana", "ada", "annie")
_numbers = count(1)


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


class Play:
    """What can happen on a desk, each on whoever chance picks."""

    def __init__(self, room: Room, browser: Browser, other: Browser, chance: random.Random) -> None:
        self.room, self.browser, self.other, self.chance = room, browser, other, chance
        self.said: list[tuple[str, str]] = []

    async def some(self, statement: str) -> int | None:
        async with self.room.database.reading() as work:
            rows = await work.driver.fetch(statement)
        return int(self.chance.choice(rows)[0]) if rows else None

    async def person(self) -> int:
        found = await self.some("select id from persons where root_id = id and last_message_id > 0")
        assert found is not None
        return found

    async def case(self) -> int:
        found = await self.some("select id from cases order by id")
        assert found is not None
        return found

    async def write(self) -> None:
        who, key = self.chance.choice(PEOPLE), f"said-{next(_numbers)}"
        self.said.append((who, key))
        await self.room.stage.accept(received(who, f"hello {key}", key=key))

    async def forge(self) -> None:
        await self.room.stage.says(sender("ana", evidence=CLAIM), "not really ana")

    async def sign(self) -> None:
        who = signed_sender(self.chance.choice(PEOPLE), host="7", email="ana@shop.invalid")
        await self.room.stage.says(who, "signed")

    async def edit(self) -> None:
        who, key = self.chance.choice(self.said)
        event = MessageEdited(
            event_key=f"edit-{next(_numbers)}",
            place=Place(remote=RemotePlace(who)),
            remote_id=RemoteId(key),
            text=f"edited {next(_numbers)}",
        )
        await self.room.stage.accept(event)

    async def take_back(self) -> None:
        who, key = self.chance.choice(self.said)
        event = MessageDeleted(
            event_key=f"delete-{next(_numbers)}",
            place=Place(remote=RemotePlace(who)),
            remote_id=RemoteId(key),
        )
        await self.room.stage.accept(event)

    async def react(self) -> None:
        who, key = self.chance.choice(self.said)
        event = ReactionChanged(
            event_key=f"react-{next(_numbers)}",
            place=Place(remote=RemotePlace(who)),
            remote_id=RemoteId(key),
            sender=sender(who),
            reactions=self.chance.choice([("👍",), ("❤", "👍"), ()]),
        )
        await self.room.stage.accept(event)

    async def reply(self) -> None:
        body = {"client_key": f"key-{next(_numbers)}", "kind": "reply", "text": "Dear"}
        await self.browser.post(f"/conversations/{await self.person()}/messages", body)

    async def note(self) -> None:
        body = {"client_key": f"key-{next(_numbers)}", "kind": "note", "text": "Beware"}
        await self.other.post(f"/conversations/{await self.person()}/messages", body)

    async def deliver(self) -> None:
        """A delivery moves on, as the sender or a receipt would have it."""
        await self._move_on(
            self.chance.choice(
                [
                    DeliveryState.SENT,
                    DeliveryState.FAILED,
                    DeliveryState.UNKNOWN,
                    DeliveryState.READ,
                ]
            )
        )

    async def _move_on(self, state: DeliveryState) -> None:
        found = await self.some("select id from deliveries")
        if found is None:
            return
        async with self.room.database.transaction() as work:
            row = await deliveries.lock_delivery(work, found)
            assert row is not None
            await deliveries.change(work, row, state, reason="So it went.")

    async def decide(self) -> None:
        troubled = "select id from deliveries where state in ('failed', 'unknown')"
        if await self.some(troubled) is None:
            await self._move_on(DeliveryState.FAILED)
        found = await self.some(troubled)
        if found is not None:
            action = self.chance.choice(["resend", "drop", "mark_sent"])
            await self.browser.post(f"/deliveries/{found}/decision", {"action": action})

    async def read(self) -> None:
        """Something that this agent has not read."""
        found = await self.some(
            f"""
            select m.id from messages m where direction = 'in' and not exists (
                select from read_marks r where r.agent_id = {me(self.browser)}
                and r.person_id = m.person_id and r.message_id >= m.id)
            """
        )
        if found is not None:
            person = await self.room.stage.person_of(found)
            await self.other.post(f"/conversations/{person}/read", {"message_id": found})
            await self.browser.post(f"/conversations/{person}/read", {"message_id": found})

    async def draft(self) -> None:
        path = f"/conversations/{await self.person()}/drafts/reply"
        await self.browser.call("PUT", path, {"text": "Dear", "options": {}})

    async def drop_draft(self) -> None:
        found = await self.some("select person_id from drafts")
        if found is not None:
            await self.browser.call("DELETE", f"/conversations/{found}/drafts/reply")

    async def change_case(self) -> None:
        change = self.chance.choice(
            [
                {"state": "solved"},
                {"state": "waiting"},
                {"state": "open"},
                {"state": "snoozed"},
                {"owner_id": me(self.browser)},
                {"owner_id": None},
                {"priority": 1},
                {"topic": "Refunds"},
            ]
        )
        await self.browser.post(f"/cases/{await self.case()}", change)

    async def open_case(self) -> None:
        path = f"/conversations/{await self.person()}/cases"
        await self.browser.post(path, {"subject": f"Case {next(_numbers)}"})

    async def rename(self) -> None:
        body = {"display_name": f"Ana {next(_numbers)}", "attributes": {"n": next(_numbers)}}
        await self.browser.call("PATCH", f"/persons/{await self.person()}", body)

    async def merge(self) -> None:
        into = {"into": await self.person(), "reason": "One person."}
        await self.browser.post(f"/persons/{await self.person()}/merge", into)

    async def split(self) -> None:
        found = await self.some("select id from person_merges where undone_at is null")
        if found is not None:
            await self.browser.post(f"/merges/{found}/undo", {"reason": "Two people."})

    async def split_out(self) -> None:
        merged = (
            "select i.id from identities i join persons p on p.id = i.home_person_id where"
            " (select count(*) from persons o where o.root_id = p.root_id) > 1 order by i.id"
        )
        found = await self.some(merged)
        if found is None:
            for _ in range(5):
                await self.merge()
            found = await self.some(merged)
        if found is not None:
            await self.browser.post(f"/identities/{found}/split", {"reason": "Two people."})

    async def undo(self) -> None:
        found = await self.some(
            "select id from person_merges where undone_at is null and kind = 'split' order by id"
        )
        if found is None:
            await self.split_out()
        else:
            await self.browser.post(f"/merges/{found}/undo", {"reason": "One after all."})

    async def propose(self) -> None:
        between = {"loser_id": await self.person(), "winner_id": await self.person()}
        asked = await self.browser.post("/proposals", between | {"reason": "Looks like one."})
        if asked.status == 201 and self.chance.random() < 0.5:
            await self.other.post(f"/proposals/{asked.body['id']}/refuse", {})

    async def pause(self) -> None:
        account = "select count(*) from accounts where state = 'paused'"
        action = "resume" if await self.room.stage.value(account) else "pause"
        await self.other.post(f"/accounts/{self.room.stage.account}/{action}")

    @property
    def actions(self) -> list[Callable[[], Awaitable[None]]]:
        return [
            self.write,
            self.forge,
            self.sign,
            self.edit,
            self.take_back,
            self.react,
            self.reply,
            self.note,
            self.deliver,
            self.decide,
            self.read,
            self.draft,
            self.drop_draft,
            self.change_case,
            self.open_case,
            self.rename,
            self.merge,
            self.propose,
            self.split_out,
            self.undo,
            self.split,
            self.pause,
        ]


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_stale_page_and_what_it_is_told_equal_a_fresh_page(
    room: Room, clock: FakeClock, seed: int
) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    owner = await room.desk.signed_in(Role.OWNER, "owner@example.com")
    assert (await owner.post("/topics", {"name": "Refunds"})).status == 201
    play = Play(room, bo, owner, random.Random(seed))
    for _ in range(6):
        await play.write()
    await room.publish()
    known = await replica.fetch(bo)
    ear = await room.listen(bo, known["position"])
    counted: dict[str, int] = {}

    for action in play.actions * 3:
        clock.advance(timedelta(seconds=5))
        ear.frames.clear()
        await action()
        await room.tell()
        await ear.quiet()
        for event in ear.events:
            replica.apply(known, event)
        await replica.fill(known, bo)
        fresh = await replica.fetch(bo)
        name = action.__name__
        assert replica.differences(_same(known), _same(fresh)) == [], f"{name}, seed {seed}"
        counted[name] = counted.get(name, 0) + len(ear.events)

    silent = [name for name, events in counted.items() if not events]
    assert silent == []


async def test_undone_split_tells_whom_it_joins_though_both_were_split_again(room: Room) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    ana, ben, cy, di = [await room.stage.meets(who) for who in ("ana", "ben", "cy", "di")]
    because = {"reason": "They said so."}

    async def split(person: int) -> int:
        known = await room.stage.value(
            "select id from identities where home_person_id = $1", person
        )
        return int((await bo.post(f"/identities/{known}/split", because)).body["id"])

    for loser, winner in ((ben, ana), (cy, ana)):
        await bo.post(f"/persons/{loser}/merge", because | {"into": winner})
    first = await split(ben)
    await bo.post(f"/persons/{di}/merge", because | {"into": ben})
    await split(ben)
    await split(ana)
    await room.publish()
    known = await replica.fetch(bo)
    ear = await room.listen(bo, known["position"])

    undone = await bo.post(f"/merges/{first}/undo", because)
    await room.tell()
    await ear.quiet()
    for event in ear.events:
        replica.apply(known, event)
    await replica.fill(known, bo)
    fresh = await replica.fetch(bo)

    assert undone.status == 200
    assert (await bo.get(f"/persons/{di}")).body["id"] == cy
    assert replica.differences(_same(known), _same(fresh)) == []


def _same(known: replica.Known) -> replica.Known:
    return replica.comparable(copy.deepcopy(known))
