"""A poisoned mail costs a process and a placeholder, and never the loop or the next mail."""

import asyncio
import gc
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from connectors.email.reading.envelope import Reading
from connectors.email.worker.pool import WorkerPool, hold_shared_pool, release_shared_pool
from connectors.email.worker.process import RESIDENT_LIMIT, resident_bytes
from connectors.email.worker.reader import MailReader
from connectors.email.worker.worker import DEADLINE, processor_seconds
from core.messages import AnyInboundEvent, MessageReceived, Unreadable
from tests.connectors.email.test_caps import BOMBS, REFUSED
from tests.waiting import PATIENCE

READING = Reading(own_address="help@desk.example", authserv_ids=("mx.desk.example",))
GOOD = b"From: ann@people.example\r\nSubject: s\r\n\r\nhello\r\n"
SAMPLES = Path(__file__).parent / "samples"
LOOP_LAG_S = 0.1


@asynccontextmanager
async def reader(**changes: float) -> AsyncIterator[tuple[MailReader, WorkerPool]]:
    """One process at most, unless `size` says more."""
    pool = WorkerPool(**({"size": 1} | changes))  # type: ignore[arg-type]  # size is an int
    made = MailReader(READING, pool=pool)
    try:
        yield made, pool
    finally:
        await made.close()


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


async def test_mail_is_read_in_another_process_and_its_source_is_kept() -> None:
    async with reader() as (mails, pool):
        assert pool.process_ids == []
        (event,) = await mails.read(GOOD)
        assert isinstance(event, MessageReceived)
        assert (event.text, event.raw) == ("hello", GOOD)
        assert pool.process_ids not in ([], [os.getpid()])


async def test_close_ends_the_process_and_may_be_called_twice() -> None:
    async with reader() as (mails, pool):
        await mails.read(GOOD)
        (process_id,) = pool.process_ids
        await mails.close()
        await mails.close()
        assert not is_alive(process_id)


async def test_mail_that_takes_too_long_is_a_placeholder_and_the_next_is_read() -> None:
    async with reader() as (mails, pool):
        await mails.read(GOOD)
        (process_id,) = pool.process_ids
        [worker] = pool._idle
        worker._deadline, worker._starved_deadline = 0.5, 1.0  # of this one, and of no other
        # A stopped process is one that computes for ever, as far as anybody outside can tell.
        os.kill(process_id, signal.SIGSTOP)
        started = time.monotonic()
        (event,) = await mails.read(GOOD)
        assert time.monotonic() - started < 30  # nothing else ends it
        assert isinstance(event, Unreadable)
        assert event.reason == "Reading this mail takes too long."
        assert event.raw == GOOD
        assert not is_alive(process_id)
        (after,) = await mails.read(GOOD)
        assert isinstance(after, MessageReceived)


async def test_process_that_dies_over_a_mail_makes_a_placeholder_and_the_next_is_read() -> None:
    async with reader() as (mails, pool):
        await mails.read(GOOD)
        (process_id,) = pool.process_ids
        os.kill(process_id, signal.SIGSTOP)
        reading = asyncio.ensure_future(mails.read(GOOD))
        await asyncio.sleep(0)
        os.kill(process_id, signal.SIGKILL)
        (event,) = await reading
        assert isinstance(event, Unreadable)
        (after,) = await mails.read(GOOD)
        assert isinstance(after, MessageReceived)


async def test_loop_is_never_held_up_by_a_mail_that_is_hard_to_read() -> None:
    hard = GOOD + b"<div>" * 20_000 + b"> \r\n" * 200_000 + b"wrote:\r\n" * 200_000
    async with reader() as (mails, _):
        await mails.read(GOOD)
        _, longest = await watched(mails, hard)
        assert longest < LOOP_LAG_S


@pytest.mark.parametrize("bomb", sorted({**BOMBS, **REFUSED}))
async def test_bomb_costs_seconds_of_one_process_and_none_of_the_loop(bomb: str) -> None:
    async with reader() as (mails, pool):
        await mails.read(GOOD)
        (process_id,) = pool.process_ids
        before = processor_seconds(process_id)
        event, longest = await watched(mails, {**BOMBS, **REFUSED}[bomb])
        assert isinstance(event, MessageReceived | Unreadable)
        assert longest < LOOP_LAG_S
        # Its own work, not the clock's time; a process that took longer is gone.
        assert not is_alive(process_id) or processor_seconds(process_id) - before < DEADLINE + 1


async def test_hopeless_mail_says_why() -> None:
    async with reader() as (mails, _):
        (event,) = await mails.read(b"Subject: nobody\r\n\r\nx\r\n")
        assert isinstance(event, Unreadable)
        assert event.reason == "The mail names no sender."


async def test_process_ends_when_there_is_nothing_to_read() -> None:
    async with reader(idle_lifetime=0.01) as (mails, pool):
        await mails.read(GOOD)
        (process_id,) = pool.process_ids
        async with asyncio.timeout(PATIENCE):
            while is_alive(process_id):  # noqa: ASYNC110 - a process sets no event of ours
                await asyncio.sleep(0.01)
        (event,) = await mails.read(GOOD)
        assert isinstance(event, MessageReceived)


async def test_mails_read_at_once_each_get_their_own_events() -> None:
    async with reader() as (mails, _):
        raws = [GOOD + b"%d\r\n" % number for number in range(20)]
        found = await asyncio.gather(*(mails.read(raw) for raw in raws))
        assert [events[0].raw for events in found] == raws


async def test_cancelled_reading_does_not_mix_up_the_next_answer() -> None:
    async with reader() as (mails, _):
        await mails.read(GOOD)
        reading = asyncio.ensure_future(mails.read(GOOD + b"cancelled\r\n"))
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        (event,) = await mails.read(GOOD + b"after\r\n")
        assert isinstance(event, MessageReceived)
        assert event.text == "hello\nafter"


async def test_mail_that_has_to_wait_gets_a_process_of_its_own_up_to_a_number() -> None:
    async with reader(size=2) as (mails, pool):
        await mails.read(GOOD)
        assert len(pool.process_ids) == 1
        await asyncio.gather(*(mails.read(GOOD) for _ in range(10)))
        assert len(pool.process_ids) == 2


async def test_mailboxes_share_their_processes_and_the_last_one_ends_them() -> None:
    first, second = MailReader(READING), MailReader(READING)
    try:
        await first.read(GOOD)
        pool = hold_shared_pool()
        process_ids = pool.process_ids
        await second.read(GOOD)
        assert pool.process_ids == process_ids
        await release_shared_pool(pool)
        await first.close()
        assert is_alive(process_ids[0])
    finally:
        await first.close()
        await second.close()
    assert not is_alive(process_ids[0])


async def test_poisoned_mail_holds_up_no_other_mailbox() -> None:
    async with reader(size=2, deadline=2.0, starved_deadline=4.0) as (mails, pool):
        await asyncio.gather(mails.read(GOOD), mails.read(GOOD))
        stopped = pool.process_ids[-1]
        os.kill(stopped, signal.SIGSTOP)
        poisoned = asyncio.ensure_future(mails.read(GOOD))
        await asyncio.sleep(0)
        (event,) = await mails.read(GOOD)
        assert isinstance(event, MessageReceived)
        assert not poisoned.done()
        (placeholder,) = await poisoned
        assert isinstance(placeholder, Unreadable)


async def test_process_ends_after_so_many_mails_and_another_reads_the_next() -> None:
    async with reader(most_jobs=2) as (mails, pool):
        await mails.read(GOOD)
        before = pool.process_ids
        (event,) = await mails.read(GOOD)
        assert isinstance(event, MessageReceived)
        assert pool.process_ids == []
        await mails.read(GOOD)
        assert pool.process_ids not in ([], before)


async def test_process_holds_little_memory_after_all_samples() -> None:
    async with reader() as (mails, pool):
        for sample in sorted(SAMPLES.glob("*.eml")):
            await mails.read(sample.read_bytes())
        (process_id,) = pool.process_ids
        assert resident_bytes(process_id) <= RESIDENT_LIMIT


async def test_deadline_counts_the_work_on_one_mail_and_not_of_those_before() -> None:
    """A process that worked for long before is not taken for one that works on this mail."""
    async with reader(deadline=0.4, starved_deadline=30.0) as (mails, pool):
        await mails.read(GOOD)
        (process_id,) = pool.process_ids
        while processor_seconds(process_id) < 0.3:
            await mails.read(GOOD + b"x <b>y</b>\r\n" * 2000)
        os.kill(process_id, signal.SIGSTOP)
        reading = asyncio.ensure_future(mails.read(GOOD))
        await asyncio.sleep(0.6)
        os.kill(process_id, signal.SIGCONT)
        (event,) = await reading
        assert isinstance(event, MessageReceived)


async def test_huge_mail_is_handed_over_without_holding_up_the_loop() -> None:
    huge = GOOD.replace(
        b"Subject", b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\nSubject"
    ) + (
        b"\r\n--b\r\n\r\nsee file\r\n--b\r\nContent-Type: application/zip; name=a.zip\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QUJD" * 6_000_000 + b"\r\n--b--\r\n"
    )
    async with reader() as (mails, _):
        await mails.read(GOOD)
        event, longest = await watched(mails, huge)
        assert isinstance(event, MessageReceived)
        assert event.attachments[0].size == 18_000_000
        assert longest < LOOP_LAG_S


async def watched(mails: MailReader, raw: bytes) -> tuple[AnyInboundEvent, float]:
    """What is read, and the longest time in which the loop did nothing else."""
    # A look for garbage through all that the tests before it loaded takes 0.3 s, and is not its.
    gc.freeze()
    reading = asyncio.ensure_future(mails.read(raw))
    # Its own work, and not the time by the clock: on a busy machine it waits for its turn, too.
    longest, last = 0.0, time.thread_time()
    while not reading.done():
        await asyncio.sleep(0.005)
        now = time.thread_time()
        longest, last = max(longest, now - last), now
    gc.unfreeze()
    (event,) = await reading
    return event, longest
