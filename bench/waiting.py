"""Waiting for what arrives at other sockets, and for what a process does once in its life."""

import asyncio
from collections.abc import Callable

import asyncpg

from tests import waiting

PAUSE = 0.005
BUILD_LIMIT_S = 30


async def until(is_done: Callable[[], bool], *, seconds: float) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not is_done():  # noqa: ASYNC110 - counted in callbacks too hot for an Event
            await asyncio.sleep(PAUSE)


async def until_classified(url: str) -> None:
    """Until a message of this database has a finding: the model that reads them is built."""
    connection = await asyncpg.connect(url)
    try:
        await waiting.until(
            lambda: connection.fetchval("select exists (select from findings)"),
            seconds=BUILD_LIMIT_S,
        )
    finally:
        await connection.close()
