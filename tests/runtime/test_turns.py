"""Turns: what becomes of attempts when a commit fails, is not heard of, or its sender is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.clock import FakeClock
from core.messages import Sent, ThreadKey
from router.runtime.sender import Sender
from router.runtime.turns import Turn, Turns
from router.storage.claims import Owner
from router.storage.engine import Database, DatabaseUnavailable
from router.storage.leases import account_lease
from router.storage.unit_of_work import UnitOfWork
from tests.runtime.sending_desk import SendingDesk, WillingConnector, open_sending_desk
from tests.services.builders import make_account


class ShakyDatabase(Database):
    """Fails before a commit or right after one, as often as a test says."""

    fails_before = 0
    fails_after = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[UnitOfWork]:
        if self.fails_before:
            self.fails_before -= 1
            raise DatabaseUnavailable("PostgreSQL is down.")
        async with super().transaction() as work:
            yield work
        if self.fails_after and work.has_announced:
            self.fails_after -= 1
            raise DatabaseUnavailable("The answer to the commit was lost.")


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> SendingDesk:
    return await open_sending_desk(database, tmp_path)


@pytest.fixture
async def shaky(database_url: str, clock: FakeClock) -> AsyncIterator[ShakyDatabase]:
    made = ShakyDatabase(database_url, clock=clock)
    yield made
    await made.close()


async def test_claim_whose_commit_was_not_heard_of_goes_out_once(
    desk: SendingDesk, shaky: ShakyDatabase
) -> None:
    ann = await desk.hear("ann")
    await desk.answer(ann, "one")
    shaky.fails_after = 1

    async with desk.sending(database=shaky):
        shaky.on_announced(desk._changed.set, lambda _: desk._changed.set())
        await desk.until_states("sent")

    assert desk.connector.texts == ["one"]
    assert (await desk.deliveries())[0]["attempt"] == 1


async def test_outcome_whose_commit_was_not_heard_of_is_not_sent_again(
    desk: SendingDesk, shaky: ShakyDatabase
) -> None:
    ann = await desk.hear("ann")
    await desk.answer(ann, "one")
    await desk.answer(ann, "two")

    async def lose_the_next_answer(_: object) -> None:
        shaky.fails_after = 1
        desk.connector.before_answer = None

    desk.connector.before_answer = lose_the_next_answer
    async with desk.sending(database=shaky):
        shaky.on_announced(desk._changed.set, lambda _: desk._changed.set())
        await desk.until_states("sent", "sent")

    assert desk.connector.texts == ["one", "two"]


async def test_outcome_waits_for_a_database_that_is_down(
    desk: SendingDesk, shaky: ShakyDatabase
) -> None:
    ann = await desk.hear("ann")
    await desk.answer(ann, "one")

    async def go_down(_: object) -> None:
        shaky.fails_before = 1

    desk.connector.before_answer = go_down
    async with desk.sending(database=shaky):
        shaky.on_announced(desk._changed.set, lambda _: desk._changed.set())
        await desk.until_states("sent")

    assert desk.connector.texts == ["one"]


async def test_what_was_claimed_for_a_sender_that_is_gone_is_queued_again(
    desk: SendingDesk,
) -> None:
    ann = await desk.hear("ann")
    await desk.answer(ann, "one")
    fence = await desk.take_lease("us")
    owner = Owner(account_id=desk.account, lease=account_lease(desk.account), fence=fence)
    turns = Turns(desk.database)
    committing = asyncio.create_task(turns.run())
    try:
        # A table is held, so the turn has begun and cannot end before we let it.
        async with desk.database.transaction() as work:
            await work.driver.execute("lock table delivery_attempts in exclusive mode")
            waiting = asyncio.create_task(turns.take(Turn(owner=owner, slots=1)))
            await desk.until_blocked()
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await desk.until_states("queued")
        await turns.take(Turn(owner=owner))
    finally:
        committing.cancel()
        await asyncio.gather(committing, return_exceptions=True)

    [row] = await desk.deliveries()
    assert (row["state"], row["attempt"], row["claim"]) == ("queued", 0, None)
    assert await desk.value("select count(*) from delivery_attempts") == 1


async def test_one_senders_poison_does_not_hold_up_another(
    desk: SendingDesk, tmp_path: Path
) -> None:
    """Two accounts in one turn: ids that PostgreSQL refuses are left out, both are recorded."""
    other = SendingDesk(
        desk.database, tmp_path, await _second_account(desk), desk.author, desk.channel
    )
    other.prepare()
    ann = await desk.hear("ann")
    bob = await other.hear("bob")
    await desk.answer(ann, "poison")
    await other.answer(bob, "fine")
    noise = "".join(chr(0x4E00 + (number * 7919) % 20000) for number in range(4000))
    desk.connector.says("poison", Sent(thread_keys=(ThreadKey("message_id", noise),)))
    both = WillingConnector(desk.connector.capabilities)
    turns = Turns(desk.database)

    tasks = [asyncio.create_task(turns.run())]
    for one, connector in ((desk, desk.connector), (other, both)):
        fence = await one.take_lease("us")
        sender = Sender(desk.database, turns, desk.keyring, connector, one.account, fence)
        tasks.append(asyncio.create_task(sender.run()))
    try:
        await desk.until_states("sent", "sent")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    assert (desk.connector.texts, both.texts) == (["poison"], ["fine"])


async def _second_account(desk: SendingDesk) -> int:
    return await make_account(desk.database, channel=desk.channel)
