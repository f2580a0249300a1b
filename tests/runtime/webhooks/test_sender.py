"""Receivers that hang, drip, redirect, fail or go: each holds up itself, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.runtime.webhook_sender import PLACES, WebhookSender
from router.services.webhooks_out import keeping, replaying
from router.services.webhooks_out.shapes import Replay
from router.storage.webhook_calls import ORDERED_TRIES
from tests.runtime.webhook_desk import SECONDS, Desk, Receiver
from tests.waiting import PATIENCE, until


@pytest.fixture
async def quick(desk: Desk) -> AsyncIterator[WebhookSender]:
    """A worker that soon has enough of a receiver."""
    made = desk.new_worker(seconds=SECONDS)
    yield made
    await made.close()


async def test_what_fails_comes_again_under_one_id_with_growing_pauses(
    desk: Desk, quick: WebhookSender, receiver: Receiver, clock: FakeClock
) -> None:
    webhook, _ = await desk.tell(receiver.url)
    await desk.stage.says("ana")
    receiver.answers = [500, "close", "redirect", "hang"]

    await desk.work()
    await desk.later(clock, seconds=3)
    assert len(receiver.posts) == 1  # not yet
    for pause in (5, 30):
        await desk.later(clock, seconds=pause)
    clock.advance(timedelta(minutes=2))
    await desk.work(worker=quick)
    [before] = await desk.calls(webhook)
    await desk.later(clock, minutes=10)

    assert len(set(receiver.ids)) == 1
    assert len(receiver.posts) == 5
    [call] = await desk.calls(webhook)
    _, tries = await keeping.load_call(desk.stage.database, call.id)
    assert (before.fault, call.state, call.tries) == ("timeout", "delivered", 5)
    assert [(one.status, one.fault) for one in tries] == [
        (200, ""), (None, "timeout"), (307, ""), (None, "connection"), (500, ""),
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["drip", "flood"])
async def test_answer_without_end_is_cut_off_and_its_status_counts(
    desk: Desk, receiver: Receiver, way: str
) -> None:
    webhook, _ = await desk.tell(receiver.url)
    await desk.stage.says("ana")
    receiver.answers = [way]

    async with asyncio.timeout(PATIENCE):
        await desk.work()

    [call] = await desk.calls(webhook)
    assert (call.state, call.status) == ("delivered", 200)
    assert len(call.answer) <= 500


async def test_head_that_drips_is_cut_off(
    desk: Desk, quick: WebhookSender, receiver: Receiver
) -> None:
    webhook, _ = await desk.tell(receiver.url)
    await desk.stage.says("ana")
    receiver.answers = ["drip_head"]

    async with asyncio.timeout(PATIENCE):
        await desk.work(worker=quick)

    [call] = await desk.calls(webhook)
    assert (call.state, call.fault) == ("waiting", "timeout")


async def test_receiver_that_hangs_has_few_places_and_holds_up_nobody_else(
    desk: Desk, receiver: Receiver, other: Receiver
) -> None:
    await desk.tell(receiver.url)
    await desk.tell(other.url)
    for number in range(PLACES * 2):
        await desk.stage.says(f"person{number}")
    receiver.answers = ["hang"] * 100

    await desk.stage.relay()
    async with asyncio.TaskGroup() as posts:

        async def is_through() -> bool:
            await desk.worker.round(posts)
            return len(other.posts) == PLACES * 2 and receiver.at_once == PLACES

        await until(is_through)
        await desk.worker.round(posts)
        receiver.released.set()

    assert receiver.most_at_once == PLACES
    assert len(other.posts) == PLACES * 2


async def test_retry_after_is_waited_for_by_all_that_goes_there(
    desk: Desk, receiver: Receiver, clock: FakeClock
) -> None:
    await desk.tell(receiver.url)
    await desk.stage.says("ana")
    receiver.answers, receiver.headers = [429], {"Retry-After": "3600"}

    await desk.work()
    await desk.stage.says("ben")
    await desk.later(clock, minutes=59)
    assert len(receiver.posts) == 1
    await desk.later(clock, minutes=2)

    assert len(receiver.posts) == 3


async def test_conversation_keeps_its_order_while_its_first_call_is_tried_and_is_not_held_for_days(
    desk: Desk, receiver: Receiver, clock: FakeClock
) -> None:
    await desk.tell(receiver.url)
    first = await desk.stage.says("ana", "one")
    second = await desk.stage.says("ana", "two")
    another = await desk.stage.says("ben", "three")
    receiver.answers = [500, 200, *[500] * (ORDERED_TRIES - 1)]

    await desk.work()
    assert [one["data"]["message_id"] for one in receiver.bodies] == [first, another]
    for _ in range(ORDERED_TRIES - 1):
        await desk.later(clock, hours=1)
    said = [one["data"]["message_id"] for one in receiver.bodies]
    assert said == [first, another, *[first] * (ORDERED_TRIES - 1)]
    # Where the 200 was noted before the first 500, five failures in a row have it rest a moment.
    await desk.later(clock, minutes=5)

    assert receiver.bodies[-1]["data"]["message_id"] == second
    assert receiver.bodies[-1]["data"]["sequence"] > receiver.bodies[0]["data"]["sequence"]


async def test_receiver_that_says_it_is_gone_is_told_nothing_until_somebody_resumes(
    desk: Desk, receiver: Receiver, clock: FakeClock
) -> None:
    webhook, _ = await desk.tell(receiver.url)
    await desk.stage.says("ana")
    receiver.answers = [410]

    await desk.work()
    await desk.stage.says("ben")
    await desk.later(clock, days=1)
    shown = await desk.webhook(webhook)

    assert len(receiver.posts) == 1
    assert (shown.state, shown.paused_because, shown.waiting) == ("paused", "gone", 2)
    assert await desk.stage.value("select count(*) from audit_log where action = 'webhook.paused'")
    await keeping.resume_webhook(desk.stage.database, desk.owner, webhook)
    await desk.work()
    assert len(receiver.posts) == 3


async def test_receiver_that_is_away_for_days_is_paused_and_nothing_is_lost(
    desk: Desk, receiver: Receiver, clock: FakeClock
) -> None:
    webhook, _ = await desk.tell(receiver.url)
    await desk.stage.says("ana")
    receiver.answers = [500] * 100

    for _ in range(40):
        await desk.later(clock, hours=2)
        if (await desk.webhook(webhook)).state == "paused":
            break
    shown = await desk.webhook(webhook)
    [call] = await desk.calls(webhook)
    assert (shown.paused_because, call.state) == ("unreachable", "failed")
    receiver.answers = []
    await keeping.resume_webhook(desk.stage.database, desk.owner, webhook)
    period = Replay(since=clock.now() - timedelta(days=9), only_failed=True)
    assert await replaying.replay(desk.stage.database, desk.owner, webhook, period) is None
    await desk.work()

    assert len(set(receiver.ids)) == 1
    assert [one.state for one in await desk.calls(webhook)] == ["delivered"]


async def test_once_a_receiver_is_back_what_waited_comes_at_once(
    desk: Desk, receiver: Receiver, clock: FakeClock
) -> None:
    webhook, _ = await desk.tell(receiver.url)
    await desk.stage.says("ana")
    receiver.answers = [500] * 7
    for _ in range(7):
        await desk.later(clock, hours=6)
    await desk.stage.says("ben")

    await desk.later(clock, minutes=6)
    await desk.work(2)

    assert [one.state for one in await desk.calls(webhook)] == ["delivered", "delivered"]
