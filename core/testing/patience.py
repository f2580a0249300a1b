"""Waiting with a bound that is counted in turns of the loop, not by the clock.

On a busy machine a loop may stand still for longer than any patience, and so may the network that
is waited for: it runs on the same loop. What a check calls late is late by what the loop did.
"""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

BEAT = 0.01
"""Seconds of patience that a beat costs, however long it took to come."""
WIDE = 10
"""How many times as long it may take by the clock, while the machine gives the loop a processor."""


@asynccontextmanager
async def bounded(seconds: float) -> AsyncIterator[asyncio.Timeout]:
    """As `asyncio.timeout`, but a time in which the loop stood still counts for one beat.

    Whoever holds the loop up at each turn runs into a second limit: `WIDE` times that by the clock.
    """
    loop = asyncio.get_running_loop()
    left = max(1, round(seconds / BEAT))
    thread = threading.get_native_id()
    began, halted = loop.time(), halted_seconds(thread)
    timer: asyncio.TimerHandle

    def is_long() -> bool:
        late = loop.time() - began - WIDE * seconds
        return late > 0 and late > halted_seconds(thread) - halted

    def beat() -> None:
        nonlocal left, timer
        left -= 1
        if left == 0 or is_long():
            limit.reschedule(loop.time())
        else:
            timer = loop.call_later(BEAT, beat)

    async with asyncio.timeout(None) as limit:
        timer = loop.call_later(BEAT, beat)
        try:
            yield limit
        finally:
            timer.cancel()


async def wait_for(task: "asyncio.Future[Any]", *, within: float) -> None:
    """The task has ended, or patience has."""
    with suppress(TimeoutError):
        async with bounded(within):
            await asyncio.wait({task})


async def rest(seconds: float) -> None:
    """What is about to happen on this loop had so much time."""
    for _ in range(max(1, round(seconds / BEAT))):
        await asyncio.sleep(BEAT)


def halted_seconds(thread: int) -> float:
    """For how long it was ready to run and was given no processor (Linux; elsewhere none)."""
    try:
        stat = Path(f"/proc/self/task/{thread}/schedstat").read_text()
    except OSError:
        return 0.0
    return int(stat.split()[1]) / 1e9
