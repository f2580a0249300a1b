"""Waiting for what arrives at other sockets."""

import asyncio
from collections.abc import Callable

PAUSE = 0.005


async def until(is_done: Callable[[], bool], *, seconds: float) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not is_done():  # noqa: ASYNC110 - counted in callbacks too hot for an Event
            await asyncio.sleep(PAUSE)
