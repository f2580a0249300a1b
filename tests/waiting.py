"""Waiting for what another task or process does, with a bound."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")

PATIENCE = 30.0
PAUSE = 0.02


async def until(look: Callable[[], Awaitable[Found]], *, seconds: float = PATIENCE) -> Found:
    """What `look` gives once it is truthy. Raises TimeoutError after `seconds`."""
    async with asyncio.timeout(seconds):
        while not (found := await look()):  # noqa: ASYNC110 - what we wait for has no event
            await asyncio.sleep(PAUSE)
        return found
