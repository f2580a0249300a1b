"""Lays the schema into a test's database by the same migrations that a release runs."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from core.clock import FakeClock
from router.storage.engine import Database
from router.storage.migrate import migrate


@pytest.fixture(scope="session")
def lay_schema() -> Callable[[str], Awaitable[None]]:
    async def lay(url: str) -> None:
        await migrate(url)

    return lay


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def database(database_url: str, clock: FakeClock) -> AsyncIterator[Database]:
    """A new database with the schema and no rows; time stands still in it."""
    made = Database(database_url, clock=clock)
    yield made
    await made.close()
