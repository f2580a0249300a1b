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


async def until_classified(url: str, *, after: int = 0) -> None:
    """Until a message of this database, newer than `after`, has a finding: the process that is
    running has built the model that reads them.
    """
    connection = await asyncpg.connect(url)
    try:
        await waiting.until(
            lambda: connection.fetchval(
                "select exists (select from findings where message_id > $1)", after
            ),
            seconds=BUILD_LIMIT_S,
        )
    finally:
        await connection.close()
