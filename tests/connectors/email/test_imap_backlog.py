"""Thousands of waiting mails: little of them in memory, and others are served meanwhile."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from connectors.email.imap.folder import BATCH, BATCH_BYTES, LONGEST_REST
from core.clock import FakeClock
from core.connector import Cursor, HealthState
from core.messages import AnyInboundEvent
from tests.connectors.email.imap_reading import (
    SizedSink,
    connector,
    eventually,
    mails,
    reading,
    receiving,
    texts,
    until,
)
from tests.connectors.email.scripted_imap import ScriptedImap


class SlowSink(SizedSink):
    """Each batch takes a second of this clock, and says when it began."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock
        self.began: list[float] = []

    async def accept(
        self, events: Sequence[AnyInboundEvent], *, cursor: Cursor | None = None
    ) -> None:
        if events:
            self.began.append(self.clock.monotonic())
            self.clock.advance(timedelta(seconds=1))
        await super().accept(events, cursor=cursor)


async def test_backlog_rests_ten_times_as_long_as_storing_took() -> None:
    async with ScriptedImap(mails(*range(1, 31))) as server, connector(server) as made:
        assert isinstance(made.context.clock, FakeClock)
        sink = SlowSink(made.context.clock)
        task = asyncio.ensure_future(made.receive(sink, {}))
        await until(sink, lambda: len(sink.events) == 30)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        first, second, third = sink.began
        assert (second - first, third - second) == (11.0, 11.0)


async def test_slow_database_stops_a_backlog_for_no_longer_than_a_few_seconds() -> None:
    async with ScriptedImap(mails(*range(1, 21))) as server, connector(server) as made:
        clock = made.context.clock
        assert isinstance(clock, FakeClock)

        class Crawling(SlowSink):
            async def accept(
                self, events: Sequence[AnyInboundEvent], *, cursor: Cursor | None = None
            ) -> None:
                await super().accept(events, cursor=cursor)
                self.clock.advance(timedelta(seconds=60))

        sink = Crawling(clock)
        task = asyncio.ensure_future(made.receive(sink, {}))
        await until(sink, lambda: len(sink.events) == 20)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        first, second = sink.began
        assert second - first == 61.0 + LONGEST_REST


async def test_what_waits_is_told_and_how_old_the_newest_one_read_is() -> None:
    async with ScriptedImap(mails(*range(1, 36))) as server, connector(server) as made:
        assert isinstance(made.context.clock, FakeClock)
        # The mails came on 5 January at 10:00.
        made.context.clock.advance(timedelta(days=4, hours=11))
        gate = asyncio.Event()

        class Gated(SizedSink):
            async def accept(
                self, events: Sequence[AnyInboundEvent], *, cursor: Cursor | None = None
            ) -> None:
                if len(self.events) == BATCH:
                    await gate.wait()
                await super().accept(events, cursor=cursor)

        sink = Gated()
        task = asyncio.ensure_future(made.receive(sink, {}))
        await eventually(lambda: "INBOX: 25 mails are waiting" in made.health().detail)
        health = made.health()
        assert health.state is HealthState.RUNNING
        assert health.lag_seconds == 3600
        gate.set()
        await until(sink, lambda: len(sink.events) == 35)
        await eventually(lambda: made.health().detail == "")
        assert made.health().lag_seconds is None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_large_mails_come_in_batches_that_stay_small() -> None:
    big = b"From: ann@people.example\r\nSubject: film\r\n\r\n" + b"x" * (3 * 1024 * 1024) + b"\r\n"

    class Weighing(SizedSink):
        most = 0

        async def accept(
            self, events: Sequence[AnyInboundEvent], *, cursor: Cursor | None = None
        ) -> None:
            self.most = max(self.most, sum(len(event.raw or b"") for event in events))
            await super().accept(events, cursor=cursor)

    async with ScriptedImap(dict.fromkeys(range(1, 8), big)) as server, connector(server) as made:
        sink = Weighing()
        task = asyncio.ensure_future(made.receive(sink, {}))
        async with asyncio.timeout(30):
            while len(sink.events) < 7:
                sink.changed.clear()
                await sink.changed.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert sink.most <= BATCH_BYTES + len(big)


async def test_thousand_mails_come_each_once_and_are_searched_for_once() -> None:
    count = 1000
    async with ScriptedImap(mails(*range(1, count + 1))) as server, reading(server) as (sink, _):
        async with asyncio.timeout(60):
            while len(sink.events) < count:
                sink.changed.clear()
                await sink.changed.wait()
        assert texts(sink) == [f"mail {uid}" for uid in range(1, count + 1)]
        searches = [one for one in server.asked("UID SEARCH") if ":*" in one]
        assert len(searches) <= 3


async def test_reading_begins_again_behind_what_was_stored_when_the_sink_fails_midway() -> None:
    async with ScriptedImap(mails(*range(1, 31))) as server, connector(server) as made:
        async with receiving(made) as (sink, task):
            await until(sink, lambda: len(sink.events) >= BATCH)
            sink.crash_before_commit()
            await asyncio.gather(task, return_exceptions=True)
        stored = len(sink.events)
        assert stored < 30
        async with receiving(made, dict(sink.cursors)) as (again, _):
            await until(again, lambda: len(again.events) == 30 - stored)
        assert texts(sink) + texts(again) == [f"mail {uid}" for uid in range(1, 31)]
