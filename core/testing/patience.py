"""Waiting with a bound that is counted in turns of the loop, not by the clock.

On a busy machine a loop may stand still for longer than any patience, and so may the network that
is waited for: it runs on the same loop. What a check calls late is late by what the loop did.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

BEAT = 0.01
"""Seconds of patience that a beat costs, however long it took to come."""


@asynccontextmanager
async def bounded(seconds: float) -> AsyncIterator[asyncio.Timeout]:
    """As `asyncio.timeout`, but a time in which the loop stood still counts for one beat."""
    loop = asyncio.get_running_loop()
    left = max(1, round(seconds / BEAT))
    timer: asyncio.TimerHandle

    def beat() -> None:
        nonlocal left, timer
        left -= 1
        if left == 0:
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
