"""Waiting for what another task or process does, with a bound."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from router.storage.engine import Database

Found = TypeVar("Found")

PATIENCE = 30.0
PAUSE = 0.02
_BLOCKED = (
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock'"
)


async def until(look: Callable[[], Awaitable[Found]], *, seconds: float = PATIENCE) -> Found:
    """What `look` gives once it is truthy. Raises TimeoutError after `seconds`."""
    async with asyncio.timeout(seconds):
        while not (found := await look()):  # noqa: ASYNC110 - what we wait for has no event
            await asyncio.sleep(PAUSE)
        return found


async def is_blocked(database: Database, many: int = 1) -> bool:
    """Whether so many statements wait for what another transaction of this database holds.

    The server is the whole run's: `pg_locks` would show who waits in another test's, too.
    """
    async with database.reading_once() as work:
        return int(await work.driver.fetchval(_BLOCKED)) >= many


async def until_blocked(database: Database, many: int = 1) -> None:
    """As `is_blocked`. Raises TimeoutError."""
    await until(lambda: is_blocked(database, many))
