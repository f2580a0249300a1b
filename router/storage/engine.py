"""The two connection pools and what a unit of work is begun from.

Writers are few on purpose: batches share commits, and a second writer mostly waits for locks.
The engine runs in driver autocommit and the unit of work begins its transaction itself, so that
SQLAlchemy statements (cold paths) and driver statements (hot paths) share one.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as SQLAlchemyTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from core.clock import Clock, SystemClock
from router.storage.unit_of_work import UnitOfWork

WRITERS = 6
READERS = 6


class DatabaseUnavailable(ConnectionError):
    """PostgreSQL does not answer, or refuses us; the message says which, without a password."""


class StatementRefused(Exception):
    """PostgreSQL refuses this statement with these values; nothing of the transaction is written.

    The message is the kind of refusal only: PostgreSQL's own sentence may quote a person's text.
    """


class Collision(StatementRefused):
    """Another transaction was in the way (a deadlock): nothing is wrong with the values."""


TROUBLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalServerError,
    asyncpg.PostgresIOError,
)
"""The database's own trouble, whatever was asked of it: connection lost, disk full, a standby."""

UNREACHABLE = (OSError, TimeoutError, asyncpg.PostgresError, SQLAlchemyError)
"""While connecting: SQLAlchemy wraps some of the driver's errors, and has one for a full pool."""


PASSING: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.DeadlockDetectedError,
    SQLAlchemyTimeout,
)
"""PostgreSQL went away in the middle, or could not now: nothing was committed, try again."""


class Database:
    """Makes units of work. `on_commit` is called after each commit that announced something."""

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        self.url = url
        self.clock = clock or SystemClock()
        self._writer = _engine(url, WRITERS)
        self._reader = _engine(url, READERS)
        self._watchers: list[Callable[[], None]] = []
        self._senders: dict[int, Callable[[], None]] = {}

    def on_announcement(self, call: Callable[[], None]) -> None:
        """`call` runs in the loop after every commit that added outbox rows: wakes the relay."""
        self._watchers.append(call)

    def on_queued(self, account_id: int, call: Callable[[], None]) -> Callable[[], None]:
        """`call` runs in the loop after every commit that queued deliveries for this account.

        Returns what ends that. One listener an account: a later one takes its place.
        """
        self._senders[account_id] = call

        def forget() -> None:
            if self._senders.get(account_id) is call:
                del self._senders[account_id]

        return forget

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[UnitOfWork]:
        """All or nothing: committed when the block ends, rolled back when it raises."""
        async with _connected(self._writer) as connection:
            driver = await _driver(connection)
            work = UnitOfWork(connection, driver, self.clock)
            async with driver.transaction():
                yield work
                await work.flush()
        if work.has_announced:
            for call in self._watchers:
                call()
        for account_id in work.queued_accounts:
            if (wake := self._senders.get(account_id)) is not None:
                wake()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[UnitOfWork]:
        """One snapshot for several reads. Writing in it is refused by PostgreSQL."""
        async with _connected(self._reader) as connection:
            driver = await _driver(connection)
            async with driver.transaction(isolation="repeatable_read", readonly=True):
                yield UnitOfWork(connection, driver, self.clock)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection of its own outside the pools, for LISTEN and for advisory locks."""
        try:
            connection = await asyncpg.connect(self.url)
        except (OSError, asyncpg.PostgresError) as error:
            raise DatabaseUnavailable(f"PostgreSQL does not answer: {error}") from error
        try:
            yield connection
        finally:
            await connection.close(timeout=2)

    async def close(self) -> None:
        await self._writer.dispose()
        await self._reader.dispose()


def _engine(url: str, size: int) -> AsyncEngine:
    return create_async_engine(
        sqlalchemy_url(url),
        async_creator=lambda: asyncpg.connect(url, statement_cache_size=512),
        pool_size=size,
        max_overflow=0,
        pool_timeout=30,
        pool_pre_ping=False,
        isolation_level="AUTOCOMMIT",
    )


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    try:
        connection = await engine.connect()
    except UNREACHABLE as error:
        raise DatabaseUnavailable(f"PostgreSQL does not answer: {error}") from error
    try:
        yield connection
    except TROUBLE as error:
        await connection.invalidate(error)
        raise DatabaseUnavailable(f"PostgreSQL fails: {type(error).__name__}") from error
    except asyncpg.TransactionRollbackError as error:
        raise Collision(type(error).__name__) from error
    except asyncpg.PostgresError as error:
        raise StatementRefused(type(error).__name__) from error
    except (asyncpg.InterfaceError, OSError) as error:
        if not await _is_lost(connection):
            raise
        await connection.invalidate(error)
        raise DatabaseUnavailable("PostgreSQL closed the connection.") from error
    finally:
        await connection.close()


async def _is_lost(connection: AsyncConnection) -> bool:
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    return not isinstance(driver, asyncpg.Connection) or driver.is_closed()


async def _driver(connection: AsyncConnection) -> asyncpg.Connection:
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    assert isinstance(driver, asyncpg.Connection)
    if driver.is_closed():
        await connection.invalidate()
        try:
            raw = await connection.get_raw_connection()
        except UNREACHABLE as error:
            raise DatabaseUnavailable(f"PostgreSQL does not answer: {error}") from error
        driver = raw.driver_connection
        assert isinstance(driver, asyncpg.Connection)
    return driver


def sqlalchemy_url(url: str) -> str:
    """The same address for SQLAlchemy's asyncpg dialect."""
    parts = urlsplit(url)
    rest = urlunsplit(parts._replace(scheme="x"))
    return "postgresql+asyncpg" + rest.removeprefix("x")


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))
