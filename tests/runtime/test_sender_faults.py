"""A connector or a network that does what no contract foresees stops no lane and no account."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import RateLimited, TransientError
from router.storage.engine import Database
from tests.runtime.sending_desk import SendingDesk, open_sending_desk

ENDLESS = timedelta(days=999_999_999)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> SendingDesk:
    return await open_sending_desk(database, tmp_path)


async def test_library_that_cancels_its_own_wait_leaves_the_outcome_unknown(
    desk: SendingDesk,
) -> None:
    ann = await desk.hear("ann")
    desk.connector.says("one", asyncio.CancelledError())

    async with desk.sending():
        await desk.answer(ann, "one")
        await desk.answer(ann, "two")
        await desk.until_states("unknown", "sent")


@pytest.mark.parametrize(
    "error",
    [
        RateLimited("Wait.", retry_after=ENDLESS, scope="place"),
        TransientError("Away.", retry_after=ENDLESS),
    ],
)
async def test_wait_beyond_the_calendar_is_a_week_at_most(
    desk: SendingDesk, error: TransientError | RateLimited
) -> None:
    ann, bob = await desk.hear("ann"), await desk.hear("bob")
    desk.connector.says("one", error)

    async with desk.sending():
        await desk.answer(ann, "one")
        await desk.answer(bob, "two")
        await desk.until_states("queued", "sent")

    [due, queued] = (
        await desk.row("select due_at, queued_at from deliveries where text = 'one'")
    ).values()
    assert due - queued <= timedelta(days=7, minutes=1)
