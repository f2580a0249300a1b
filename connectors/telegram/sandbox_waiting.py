"""Waiting on the sandbox's clock for one of several things."""

import asyncio
from typing import Any

from core.clock import Clock


async def first_of(
    clock: Clock, deadline: float | None, *things: "asyncio.Event | asyncio.Future[Any]"
) -> None:
    """Until an event is set, a future is done, or `clock.monotonic()` has come to `deadline`."""
    own: list[asyncio.Future[Any]] = [
        asyncio.ensure_future(one.wait()) for one in things if isinstance(one, asyncio.Event)
    ]
    if deadline is not None:
        own.append(asyncio.ensure_future(_sleep_until(clock, deadline)))
    others = [one for one in things if not isinstance(one, asyncio.Event)]
    try:
        await asyncio.wait([*own, *others], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in own:
            one.cancel()


async def _sleep_until(clock: Clock, deadline: float) -> None:
    # Reckoned here, because time may have passed before this task began.
    await clock.sleep(deadline - clock.monotonic())
