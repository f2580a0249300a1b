"""Fixtures of a real PostgreSQL: one server for a test run, one database for a test.

The server is shared by the xdist workers of a run; each worker keeps a template with the schema,
and a test's database is a clone of it, which takes 20 ms where the server's files are in memory.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import count
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from router.storage.embedded import EmbeddedPostgres
from tests import run_folder

CONNECTIONS = 300
"""For all workers. A desk takes 14, a test of three nodes 42: of PostgreSQL's own 100, four such
tests at once would have wanted more than there are."""
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": CONNECTIONS,
}
_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of the `postgres` database, as its superuser, over a Unix socket."""
    folder = run_folder.memory_path() / "postgres"
    folder.mkdir(exist_ok=True)  # the library's own way raises where two workers meet
    server = EmbeddedPostgres(folder)
    with folder.with_name("postgres.lock").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        url = server.start()
        if asyncio.run(_is_new(url)):
            server.stop()
            url = server.start()
    yield url
    server.stop()  # it goes when the last worker of the run has said so


@pytest.fixture
async def empty_database_url(postgres_url: str) -> AsyncIterator[str]:
    """A new database with nothing in it, dropped after the test."""
    async with _database(postgres_url, template=None) as url:
        yield url


@pytest.fixture(scope="session")
async def template_database_url(
    postgres_url: str, lay_schema: Callable[[str], Awaitable[None]]
) -> AsyncIterator[str]:
    """This worker's template: the schema of today, no rows. Nothing may stay connected to it."""
    async with _database(postgres_url, template=None) as url:
        await lay_schema(url)
        yield url


@pytest.fixture
async def database_url(postgres_url: str, template_database_url: str) -> AsyncIterator[str]:
    """A new database with the schema and no rows, dropped after the test."""
    async with _database(postgres_url, template=_name_of(template_database_url)) as url:
        yield url


@asynccontextmanager
async def _database(postgres_url: str, *, template: str | None) -> AsyncIterator[str]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    # file_copy: without fsync, writing every page into the WAL takes longer than two checkpoints.
    await _execute(
        postgres_url,
        f'create database "{name}" template "{template or "template0"}" strategy file_copy',
    )
    try:
        yield _with_name(postgres_url, name)
    finally:
        # force: a test that leaves a connection open fails by its own warning, not here
        await _execute(postgres_url, f'drop database if exists "{name}" with (force)')


async def _is_new(url: str) -> bool:
    """Whether it has to be started again, with settings that are good for tests.

    No fsync: a test's database never outlives the run. Tests of power cuts start their own.
    """
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("show max_connections") == str(CONNECTIONS):
            return False
        for name, value in SETTINGS.items():
            await connection.execute(f"alter system set {name} = {value}")
    finally:
        await connection.close()
    return True


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _with_name(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _name_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
