"""A poisoned mail costs a process and a placeholder, and never the loop or the next mail."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connectors.email.reading.envelope import Reading
from connectors.email.worker.reader import MailReader
from core.messages import MessageReceived, Unreadable

READING = Reading(own_address="help@desk.example", authserv_ids=("mx.desk.example",))
GOOD = b"From: ann@people.example\r\nSubject: s\r\n\r\nhello\r\n"
LOOP_LAG_S = 0.1


@asynccontextmanager
async def reader(**changes: float) -> AsyncIterator[MailReader]:
    made = MailReader(READING, **changes)
    try:
        yield made
    finally:
        await made.close()


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


async def test_mail_is_read_in_another_process_and_its_source_is_kept() -> None:
    async with reader() as mails:
        assert mails.process_id is None
        (event,) = await mails.read(GOOD)
        assert isinstance(event, MessageReceived)
        assert (event.text, event.raw) == ("hello", GOOD)
        assert mails.process_id not in (None, os.getpid())


async def test_close_ends_the_process_and_may_be_called_twice() -> None:
    async with reader() as mails:
        await mails.read(GOOD)
        process_id = mails.process_id
        assert process_id is not None
        await mails.close()
        await mails.close()
        assert not is_alive(process_id)


async def test_mail_that_takes_too_long_is_a_placeholder_and_the_next_is_read() -> None:
    async with reader(deadline=0.5, starved_deadline=1.0) as mails:
        await mails.read(GOOD)
        process_id = mails.process_id
        assert process_id is not None
        # A stopped process is one that computes for ever, as far as anybody outside can tell.
        os.kill(process_id, signal.SIGSTOP)
        started = time.monotonic()
        (event,) = await mails.read(GOOD)
        assert time.monotonic() - started < 4
        assert isinstance(event, Unreadable)
        assert event.reason == "Reading this mail takes too long."
        assert event.raw == GOOD
        assert not is_alive(process_id)
        (after,) = await mails.read(GOOD)
        assert isinstance(after, MessageReceived)


async def test_process_that_dies_over_a_mail_makes_a_placeholder_and_the_next_is_read() -> None:
    async with reader() as mails:
        await mails.read(GOOD)
        process_id = mails.process_id
        assert process_id is not None
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
    async with reader() as mails:
        await mails.read(GOOD)
        reading = asyncio.ensure_future(mails.read(hard))
        longest, last = 0.0, time.monotonic()
        while not reading.done():
            await asyncio.sleep(0.005)
            now = time.monotonic()
            longest, last = max(longest, now - last), now
        await reading
        assert longest < LOOP_LAG_S


async def test_hopeless_mail_says_why() -> None:
    async with reader() as mails:
        (event,) = await mails.read(b"Subject: nobody\r\n\r\nx\r\n")
        assert isinstance(event, Unreadable)
        assert event.reason == "The mail names no sender."


async def test_process_ends_when_there_is_nothing_to_read() -> None:
    async with reader(idle_lifetime=0.01) as mails:
        await mails.read(GOOD)
        process_id = mails.process_id
        assert process_id is not None
        async with asyncio.timeout(5):
            while is_alive(process_id):  # noqa: ASYNC110 - a process sets no event of ours
                await asyncio.sleep(0.01)
        (event,) = await mails.read(GOOD)
        assert isinstance(event, MessageReceived)


async def test_mails_read_at_once_each_get_their_own_events() -> None:
    async with reader() as mails:
        raws = [GOOD + b"%d\r\n" % number for number in range(20)]
        found = await asyncio.gather(*(mails.read(raw) for raw in raws))
        assert [events[0].raw for events in found] == raws


async def test_cancelled_reading_does_not_mix_up_the_next_answer() -> None:
    async with reader() as mails:
        await mails.read(GOOD)
        reading = asyncio.ensure_future(mails.read(GOOD + b"cancelled\r\n"))
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        (event,) = await mails.read(GOOD + b"after\r\n")
        assert isinstance(event, MessageReceived)
        assert event.text == "hello\nafter"
