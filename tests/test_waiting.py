"""Whom a test waits for: only those of its own database."""

from __future__ import annotations

import asyncio

from router.storage.engine import Database
from tests.waiting import is_blocked, until, until_blocked

HOLD = "lock table persons"


async def test_who_waits_for_a_lock_in_another_workers_database_is_not_ours(
    database: Database, empty_database_url: str
) -> None:
    elsewhere = Database(empty_database_url)
    async with elsewhere.transaction() as work:
        await work.driver.execute("create table persons ()")
    locks = "select count(*) > 0 from pg_locks where not granted"

    async def anybody_waits() -> bool:
        async with database.reading_once() as work:
            return bool(await work.driver.fetchval(locks))

    async def wait_for(other: Database) -> None:
        async with other.transaction() as work:
            await work.driver.execute(HOLD)

    async with elsewhere.transaction() as work:
        await work.driver.execute(HOLD)
        theirs = asyncio.create_task(wait_for(elsewhere))
        await until(anybody_waits)
        assert not await is_blocked(database)
        async with database.transaction() as own:
            await own.driver.execute(HOLD)
            ours = asyncio.create_task(wait_for(database))
            await until_blocked(database)
        await ours
    await theirs
    await elsewhere.close()
