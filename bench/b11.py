"""B11: what other accounts notice while one mailbox imports 10,000 mails."""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bench.bar import Figure
from bench.desk import InboundDesk, inbound_desk
from bench.events import PEOPLE, message
from connectors.email.config import Config
from connectors.email.connector import EmailConnector
from core.clock import SystemClock
from core.connector import Cursor, InboundSink
from core.messages import AnyInboundEvent, MessageReceived
from core.testing.builders import connector_context

MAILS = 10_000
RATE = 50.0
"""Messages a second of the other accounts."""
WINDOWS = 8
WINDOW_S = 4.0
"""With the import and without, in turns: what the machine does besides falls on both."""
SETTLING_S = 0.5
"""Until a batch that is under way is over."""
START_S = 5.0
"""Until the processes that read mails are there."""


class Import:
    """What it hands over is passed on and counted. It rests longer while its gate is shut."""

    def __init__(self, sink: InboundSink) -> None:
        self.taken = 0
        self.gate = asyncio.Event()
        self._sink = sink

    async def accept(
        self, events: Sequence[AnyInboundEvent], *, cursor: Cursor | None = None
    ) -> None:
        await self._sink.accept(events, cursor=cursor)
        self.taken += len(events)


class GatedClock(SystemClock):
    """A sleep ends when the gate is open, at the earliest."""

    def __init__(self, gate: asyncio.Event) -> None:
        self._gate = gate

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await self._gate.wait()


async def measure(server_url: str, number: int) -> list[Figure]:
    async with inbound_desk(server_url) as desk, _mailbox() as port:
        memory = _rss_mib()
        async with _importing(desk, port) as sink:
            sink.gate.set()
            await asyncio.sleep(START_S)
            alone, beside, taken = [], [], 0
            for window in range(WINDOWS):
                sink.gate.clear()
                await asyncio.sleep(SETTLING_S)
                alone += await _accept_for(desk, f"alone-{number}-{window}")
                before = sink.taken
                sink.gate.set()
                beside += await _accept_for(desk, f"beside-{number}-{window}")
                taken += sink.taken - before
            growth = _rss_mib() - memory
    return [
        Figure(
            bar="B11",
            what="accept of other accounts while a mailbox imports",
            value=statistics.fmean(beside) * 1000,
            limit=statistics.fmean(alone) * 1000,
            unit="ms",
            must=1.2,
            is_ceiling=True,
        ),
        Figure(
            bar="B11",
            what="mails imported meanwhile",
            value=taken / WINDOWS / WINDOW_S,
            unit="mails/s",
            must=5,
        ),
        Figure(
            bar="B11",
            what="memory that the import adds to the process",
            value=growth,
            unit="MiB",
            must=64,
            is_ceiling=True,
        ),
    ]


async def _accept_for(desk: InboundDesk, run: str) -> list[float]:
    """Seconds of each `accept` of one message, at RATE, whoever else is busy."""
    took: list[float] = []

    async def one(event: MessageReceived) -> None:
        began = time.perf_counter()
        await desk.sink.accept([event])
        took.append(time.perf_counter() - began)

    count = int(WINDOW_S * RATE)
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for n in range(count):
            await asyncio.sleep(max(0.0, began + n / RATE - time.perf_counter()))
            group.create_task(one(message(n % PEOPLE + n // PEOPLE * PEOPLE, run=run)))
    return took


@asynccontextmanager
async def _importing(desk: InboundDesk, port: int) -> AsyncIterator[Import]:
    """The connector reads a mailbox into this desk, from its first mail on."""
    config = Config.model_validate(
        {
            "address": "help@desk.example",
            "imap_host": "127.0.0.1",
            "imap_port": port,
            "imap_security": "none",
            "smtp_host": "127.0.0.1",
            "smtp_port": 9,
            "smtp_security": "none",
            "password": "right",
            "authserv_ids": ["mx.desk.example"],
            "start_from": "all",
        }
    )
    sink = Import(await desk.another_account())
    async with aiohttp.ClientSession() as http:
        made = EmailConnector(config, connector_context(http, clock=GatedClock(sink.gate)))
        reading = asyncio.create_task(made.receive(sink, {}))
        try:
            yield sink
            if reading.done():
                reading.result()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await made.close()


@asynccontextmanager
async def _mailbox() -> AsyncIterator[int]:
    """The port of a server with MAILS mails, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.mailbox_server",
        str(MAILS),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.stdin.close()
        await process.wait()


def _rss_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
