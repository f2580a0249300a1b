"""How fast a sender goes: what the network is known to take, and what it asks for."""

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from core.capabilities import Capabilities, Rates
from core.clock import FakeClock
from core.errors import (
    RateLimited,
)
from core.ids import RemotePlace
from core.messages import Place, PlaceKind
from router.storage.engine import Database
from tests.runtime.sending_desk import PATIENCE, SendingDesk, open_sending_desk
from tests.services.builders import received


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> SendingDesk:
    return await open_sending_desk(database, tmp_path)


async def test_rate_limit_of_a_place_uses_up_no_attempt_and_stops_only_that_place(
    desk: SendingDesk, clock: FakeClock
) -> None:
    ann, bob = await desk.hear("ann"), await desk.hear("bob")
    limited = RateLimited("Slow down.", retry_after=timedelta(seconds=30))
    desk.connector.says("one", limited)
    await desk.answer(ann, "one")

    async with desk.sending() as running:
        await desk.until_recorded(1)
        await desk.answer(bob, "to bob")
        await desk.until_states("queued", "sent")
        [row, _] = await desk.deliveries()
        assert (row["attempt"], row["due_at"]) == (0, clock.now() + timedelta(seconds=30))
        clock.advance(timedelta(seconds=30))
        running.wake()
        await desk.until_states("sent", "sent")

    assert (await desk.row("select * from delivery_attempts where delivery_id = $1", row["id"]))[
        "attempt"
    ] == 1


async def test_rate_limit_that_lasts_for_days_is_given_up(
    desk: SendingDesk, clock: FakeClock
) -> None:
    limited = RateLimited("Slow down.", retry_after=timedelta(days=1))
    desk.connector.says("one", limited, limited, limited)
    await desk.answer(await desk.hear("ann"), "one")

    async with desk.sending() as running:
        for tried in (1, 2, 3):
            async with asyncio.timeout(PATIENCE):
                while len(desk.connector.texts) < tried:  # noqa: ASYNC110 - the fake tells nobody
                    await asyncio.sleep(0)
            await desk.until_recorded(1)
            clock.advance(timedelta(days=1))
            running.wake()
        await desk.until_states("failed")

    [row] = await desk.deliveries()
    assert (row["code"], row["reason"]) == ("rate_limited", "Given up: Slow down.")


async def test_rate_limit_of_the_account_stops_all_its_lanes_until_then(
    desk: SendingDesk, clock: FakeClock
) -> None:
    ann, bob = await desk.hear("ann"), await desk.hear("bob")
    desk.connector.says(
        "one", RateLimited("Slow down.", retry_after=timedelta(seconds=30), scope="account")
    )
    await desk.answer(ann, "one")

    async with desk.sending() as running:
        await desk.until_recorded(1)
        await desk.answer(bob, "to bob")
        clock.advance(timedelta(seconds=29))
        running.wake()
        assert desk.connector.texts == ["one"]
        clock.advance(timedelta(seconds=1))
        running.wake()
        await desk.until_states("sent", "sent")

    assert desk.connector.texts[0] == "one"
    assert len(desk.connector.texts) == 3


async def test_no_more_are_under_way_than_the_network_takes(
    database: Database, tmp_path: Path
) -> None:
    desk = await open_sending_desk(database, tmp_path, Capabilities(rates=Rates(in_flight=3)))
    for number in range(12):
        await desk.answer(await desk.hear(f"person{number}"))
    desk.connector.is_open.clear()

    async with desk.sending():
        await desk.connector.until_called(3)
        desk.connector.is_open.set()
        await desk.until_states(*["sent"] * 12)

    assert desk.connector.most_under_way == 3


async def test_known_rate_of_a_place_spaces_the_messages_to_it(
    database: Database, tmp_path: Path, clock: FakeClock
) -> None:
    desk = await open_sending_desk(database, tmp_path, Capabilities(rates=Rates(per_place=1.0)))
    ann = await desk.hear("ann", place="group")
    bob = await desk.hear("bob", place="group")
    await desk.answer(ann, "one")
    await desk.answer(bob, "two")

    async with desk.sending() as running:
        await desk.until_states("sent", "queued")
        assert desk.connector.texts == ["one"]
        assert (await desk.deliveries())[1]["attempt"] == 0
        clock.advance(timedelta(seconds=1))
        running.wake()
        await desk.until_states("sent", "sent")


async def test_place_where_others_read_along_is_spaced_by_a_rate_of_its_own(
    database: Database, tmp_path: Path, clock: FakeClock
) -> None:
    rates = Rates(per_place=1.0, per_shared_place=0.1)
    desk = await open_sending_desk(database, tmp_path, Capabilities(rates=rates))
    group = Place(remote=RemotePlace("team"), kind=PlaceKind.GROUP)
    for text in ("one", "two"):
        said = msgspec.structs.replace(received("ann"), place=group)
        await desk.take_in(said)
        await desk.answer(1, text)

    bob = await desk.hear("bob")
    async with desk.sending() as running:
        await desk.until_states("sent", "queued")
        clock.advance(timedelta(seconds=9))
        await desk.answer(bob, "to bob")
        await desk.until_states("sent", "queued", "sent")
        assert desk.connector.texts == ["one", "to bob"]
        clock.advance(timedelta(seconds=1))
        running.wake()
        await desk.until_states("sent", "sent", "sent")


async def test_known_rate_of_the_account_lets_one_seconds_worth_go_at_once(
    database: Database, tmp_path: Path, clock: FakeClock
) -> None:
    desk = await open_sending_desk(database, tmp_path, Capabilities(rates=Rates(per_account=2.0)))
    for number in range(3):
        await desk.answer(await desk.hear(f"person{number}"), f"{number}")

    async with desk.sending() as running:
        await desk.until_states("sent", "sent", "queued")
        clock.advance(timedelta(seconds=0.5))
        running.wake()
        await desk.until_states("sent", "sent", "sent")
