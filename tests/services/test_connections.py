"""Connections are kept between two uses, and nobody waits for one that lies there."""

import asyncio

import pytest

from router.storage.engine import Database, DatabaseUnavailable, StatementRefused
from tests.waiting import PATIENCE, until

WHO = "select pg_backend_pid()"
ASLEEP = (
    "select count(*) from pg_stat_activity where datname = current_database()"
    " and wait_event = 'PgSleep'"
)


async def _backend(database: Database) -> int:
    async with database.keeping() as work:
        return int(await work.driver.fetchval(WHO))


async def test_same_connection_serves_again(database: Database) -> None:
    assert await _backend(database) == await _backend(database)


async def test_whoever_waits_gets_the_connection_that_is_given_back(database: Database) -> None:
    first = await _backend(database)
    turns: list[int] = []

    async def use(turn: int) -> None:
        async with database.keeping() as work:
            assert await work.driver.fetchval(WHO) == first
            turns.append(turn)

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(use(turn) for turn in range(8)))

    assert turns == sorted(turns)


async def test_connection_that_postgresql_closed_is_replaced(database: Database) -> None:
    first = await _backend(database)
    async with database.writing_once() as work:
        await work.driver.execute("select pg_terminate_backend($1)", first)

    async def is_replaced() -> bool:
        try:
            return await _backend(database) != first
        except DatabaseUnavailable:
            return False

    await until(is_replaced)


async def test_use_that_was_cancelled_leaves_none_behind_that_is_busy(database: Database) -> None:
    async def sleep() -> None:
        async with database.keeping() as work:
            await work.driver.execute("select pg_sleep(60)")

    async def is_asleep() -> bool:
        async with database.writing_once() as work:
            return bool(await work.driver.fetchval(ASLEEP))

    sleeping = asyncio.create_task(sleep())
    await until(is_asleep)
    sleeping.cancel()

    assert await _backend(database)


async def test_transaction_that_was_left_open_is_none_of_the_next_one(database: Database) -> None:
    async with database.writing_once() as work:
        await work.driver.execute("begin")
        await work.driver.execute("create temporary table forgotten ()")

    async with database.writing_once() as work:
        assert not work.driver.is_in_transaction()
        with pytest.raises(StatementRefused):
            async with database.writing_once() as other:
                await other.driver.execute("select from forgotten")


async def test_closing_does_not_wait_for_what_is_kept(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router.storage.engine.CLOSE_LIMIT_S", 600.0)
    database = Database(database_url)
    await _backend(database)
    async with asyncio.timeout(PATIENCE):
        await database.close()
