"""Who sends: a lost lease, a killed owner's attempts, a tidy stop."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from core.capabilities import Capabilities
from core.clock import FakeClock
from core.connector import LeaseLost
from core.errors import (
    ContentRejected,
)
from core.messages import (
    Sent,
)
from router.runtime.sender import Sender
from router.runtime.turns import Turns
from router.storage.engine import Database
from tests.runtime.sending_desk import SendingDesk, WillingConnector, open_sending_desk
from tests.waiting import PATIENCE

DEDUPLICATED = Capabilities(send_is_deduplicated=True)
ASKABLE = Capabilities(find_sent=True)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> SendingDesk:
    return await open_sending_desk(database, tmp_path)


async def _kill_while_sending(desk: SendingDesk, capabilities: Capabilities) -> WillingConnector:
    """An answer's attempt was begun, and nobody heard its end."""
    ann = await desk.hear("ann")
    await desk.answer(ann, "one")
    killed = WillingConnector(capabilities)
    killed.is_open.clear()
    async with desk.sending(owner="killed", connector=killed):
        await killed.until_called(1)
    return killed


async def test_sender_of_an_account_that_another_owns_stops_and_sends_nothing(
    desk: SendingDesk,
) -> None:
    ann = await desk.hear("ann")
    old = await desk.take_lease("old")
    await desk.take_lease("new")
    await desk.answer(ann)

    turns = Turns(desk.database)
    late = Sender(desk.database, turns, desk.keyring, desk.connector, desk.account, old)
    committing = asyncio.create_task(turns.run())
    try:
        with pytest.raises(LeaseLost):
            await asyncio.wait_for(late.run(), PATIENCE)
    finally:
        committing.cancel()
        await asyncio.gather(committing, return_exceptions=True)

    assert desk.connector.calls == []
    assert await desk.states() == ["queued"]


async def test_held_reply_whose_time_came_while_nobody_was_there_goes_out_with_the_next_owner(
    desk: SendingDesk, clock: FakeClock
) -> None:
    ann = await desk.hear("ann")
    await desk.answer(ann, "held", hold=timedelta(seconds=3))
    async with desk.sending(owner="killed"):
        await desk.until_states("held")
    clock.advance(timedelta(seconds=4))
    await desk.answer(ann, "after")

    async with desk.sending(owner="next"):
        await desk.until_states("sent", "sent")

    assert desk.connector.texts == ["held", "after"]


async def test_late_owners_outcome_is_refused_after_a_takeover(desk: SendingDesk) -> None:
    ann = await desk.hear("ann")
    await desk.answer(ann, "one")
    stuck = WillingConnector(Capabilities())
    stuck.is_open.clear()
    stuck.says("one", ContentRejected("Late news."))

    async with desk.sending(owner="old", connector=stuck) as late:
        await stuck.until_called(1)
        async with desk.sending(owner="new"):
            await desk.until_states("unknown")
            stuck.is_open.set()
            await late.drain(5)
            assert await desk.states() == ["unknown"]

    assert desk.connector.calls == []
    tried = await desk.row("select outcome from delivery_attempts")
    assert tried["outcome"] == "outcome_unknown"


@pytest.mark.parametrize(
    ("capabilities", "found", "state", "sends"),
    [
        (Capabilities(), [], "unknown", 0),
        (ASKABLE, [Sent()], "sent", 0),
        (ASKABLE, [None], "queued", 0),
        (DEDUPLICATED, [], "queued", 0),
    ],
)
async def test_attempt_left_by_a_killed_process_is_settled_by_the_next_owner(
    database: Database,
    tmp_path: Path,
    capabilities: Capabilities,
    found: list[Sent | BaseException | None],
    state: str,
    sends: int,
) -> None:
    desk = await open_sending_desk(database, tmp_path, capabilities)
    killed = await _kill_while_sending(desk, capabilities)
    assert await desk.states() == ["sending"]

    desk.connector.found["one"].extend(found)
    async with desk.sending(owner="next"):
        await desk.until_states(state)

    assert len(desk.connector.calls) == sends
    assert killed.calls[0].key == (await desk.deliveries())[0]["send_key"]


async def test_orphan_of_a_deduplicating_network_goes_out_again_under_the_same_key(
    database: Database, tmp_path: Path, clock: FakeClock
) -> None:
    desk = await open_sending_desk(database, tmp_path, DEDUPLICATED)
    killed = await _kill_while_sending(desk, DEDUPLICATED)

    async with desk.sending(owner="next") as running:
        await desk.until_states("queued")
        clock.advance(timedelta(seconds=2))
        running.wake()
        await desk.until_states("sent")

    assert [call.key for call in killed.calls] == [call.key for call in desk.connector.calls]


async def test_orphan_is_left_to_an_agent_once_the_network_may_have_forgotten_it(
    database: Database, tmp_path: Path, clock: FakeClock
) -> None:
    window = timedelta(minutes=2)
    forgetful = Capabilities(send_is_deduplicated=True, deduplicated_for=window)
    desk = await open_sending_desk(database, tmp_path, forgetful)
    await _kill_while_sending(desk, forgetful)

    async with desk.sending(owner="next") as running:
        await desk.until_states("queued")
        clock.advance(window - forgetful.longest_send + timedelta(seconds=1))
        running.wake()
        await desk.until_states("unknown")

    assert desk.connector.calls == []


async def test_drain_records_what_is_under_way_and_begins_nothing(desk: SendingDesk) -> None:
    ann = await desk.hear("ann")
    await desk.answer(ann, "one")
    await desk.answer(ann, "two")
    desk.connector.is_open.clear()

    async with desk.sending() as running:
        await desk.connector.until_called(1)
        draining = asyncio.create_task(running.drain(10))
        await asyncio.sleep(0)
        desk.connector.is_open.set()
        await draining
        assert await desk.states() == ["sent", "queued"]


async def test_drain_gives_up_on_a_network_that_never_answers(desk: SendingDesk) -> None:
    ann = await desk.hear("ann")
    await desk.answer(ann, "one")
    desk.connector.is_open.clear()

    async with desk.sending() as running:
        await desk.connector.until_called(1)
        await running.drain(0.05)

    assert await desk.states() == ["sending"]
