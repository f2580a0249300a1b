"""The two connection pools and what a unit of work is begun from.

Writers are few on purpose: batches share commits, and a second writer mostly waits for locks.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec
import structlog

from core.clock import Clock, SystemClock
from router.storage.unit_of_work import Followed, UnitOfWork

WRITERS = 6
READERS = 6
WAIT_FOR_CONNECTION_S = 30.0
CLOSE_LIMIT_S = 2.0
SERVER_SETTINGS = {
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""Each statement is planned once a connection, and always to go by keys, which every one of them
does: planning anew for each set of values was a quarter of PostgreSQL's time, and a plan made
while a table is small would read all of it when it has grown."""


LOCKS_END = {"idle_in_transaction_session_timeout": "10s"}
"""A writer that was frozen between two statements must not hold up everybody else. None of ours
waits for anything but PostgreSQL in a transaction."""


log = structlog.get_logger(__name__)

Teach = Callable[[asyncpg.Connection], Awaitable[None]]
"""Prepares a new connection for more than statements. Where PostgreSQL does not allow that, it
raises asyncpg.InsufficientPrivilegeError and the connection serves as it is."""


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
    asyncpg.InternalClientError,
)
"""The database's own trouble, whatever was asked of it: connection lost, disk full, a standby.

The last is what asyncpg says of a connection that PostgreSQL has just told that it closes it.
"""

UNREACHABLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""While connecting, or while all connections stay taken."""


PASSING: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.DeadlockDetectedError,
)
"""PostgreSQL went away in the middle, or could not now: nothing was committed, try again."""


class Database:
    """Makes units of work."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock | None = None,
        session_settings: Mapping[str, str] | None = None,
        teach_writer: Teach | None = None,
    ) -> None:
        """`session_settings`: what statements may ask for by `current_setting`.

        `teach_writer`: what `Followed` needs, `inbound_told.teach`. Without it nobody follows.
        """
        self.url = url
        self.clock = clock or SystemClock()
        kept = dict(session_settings or {})
        self._writer = _Pool(url, WRITERS, LOCKS_END | kept, teach_writer)
        self._reader = _Pool(url, READERS, kept)
        self._keeper = _Pool(url, 1, LOCKS_END)
        self._numbering_fence: int | None = None
        self._watchers: list[tuple[Callable[[], None], Callable[[int], None]]] = []
        self._senders: dict[int, Callable[[], None]] = {}
        self.follow: Callable[[], Followed | None] = lambda: None
        """Whether, and from where, somebody wants to hear with the commit what it brought."""

    def on_announced(self, unnumbered: Callable[[], None], numbered: Callable[[int], None]) -> None:
        """What runs in the loop after every commit that added outbox rows: one of the two.

        `numbered` gets the newest position. The relay has to number the others.
        """
        self._watchers.append((unnumbered, numbered))

    def number_under(self, fence: int | None) -> None:
        """Let transactions give their facts positions themselves, under the relay's fence."""
        self._numbering_fence = fence

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
        async with self._writer.connection() as driver:
            work = UnitOfWork(driver, self.clock, fence=self._numbering_fence)
            async with driver.transaction():
                yield work
                await work.flush()
            # Before the connection is given back, which takes turns of the loop.
            self._tell_announced(work)
            for account_id in work.queued_accounts:
                if (wake := self._senders.get(account_id)) is not None:
                    wake()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[UnitOfWork]:
        """One snapshot for several reads. Writing in it is refused by PostgreSQL."""
        async with (
            self._reader.connection() as driver,
            driver.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield UnitOfWork(driver, self.clock)

    @asynccontextmanager
    async def reading_once(self) -> AsyncIterator[UnitOfWork]:
        """For one statement, its own snapshot: without the round trips of BEGIN and COMMIT."""
        async with self._reader.connection() as driver:
            yield UnitOfWork(driver, self.clock)

    @asynccontextmanager
    async def announcing_once(self) -> AsyncIterator[UnitOfWork]:
        """For one statement that is a transaction by itself and writes its facts too."""
        async with self._writer.connection() as driver:
            work = UnitOfWork(driver, self.clock, fence=self._numbering_fence)
            if work.fence is not None and self._writer.is_taught:
                work.followed = self.follow()
            yield work
            for call in work.on_commit:
                await call(work)
            self._tell_announced(work)

    def _tell_announced(self, work: UnitOfWork) -> None:
        for unnumbered, numbered in self._watchers if work.has_announced else ():
            if work.numbered is None:
                unnumbered()
            else:
                numbered(work.numbered)

    @asynccontextmanager
    async def writing_once(self) -> AsyncIterator[UnitOfWork]:
        """For one statement, a transaction by itself. Nothing can be announced in it."""
        async with self._writer.connection() as driver:
            yield UnitOfWork(driver, self.clock)

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator[UnitOfWork]:
        """A transaction for leases alone, on a connection of theirs: they are renewed however
        long all writers are busy. Nothing can be announced in it.
        """
        async with self._keeper.connection() as driver, driver.transaction():
            yield UnitOfWork(driver, self.clock)

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
        for pool in (self._writer, self._reader, self._keeper):
            await pool.close()


class _Pool:
    """asyncpg's pool, opened at the first use: what it raises is one of our three errors.

    A connection that broke is replaced by the pool when it is next wanted.
    """

    def __init__(
        self,
        url: str,
        size: int,
        settings: Mapping[str, str] | None = None,
        teach: Teach | None = None,
    ) -> None:
        self._teach = teach
        self.is_taught = teach is not None
        """Whether every connection of it has learned what `teach` makes."""
        self._pool = asyncpg.create_pool(
            url,
            min_size=0,
            max_size=size,
            max_inactive_connection_lifetime=0,
            statement_cache_size=512,
            server_settings=SERVER_SETTINGS | dict(settings or {}),
            init=self._prepare,
            reset=_reset,
            timeout=WAIT_FOR_CONNECTION_S,  # of connecting
        )
        self._opening = asyncio.Lock()
        self._is_open = self._is_closing = False
        self._kept: list[asyncpg.Connection] = []
        """Free, the last used at the end. asyncpg's own taking and giving back is a twentieth of
        the time that a message takes."""
        self._waiting = 0
        """Who waits for one at asyncpg's: they come before keeping any."""

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        driver = await self._take()
        is_sound = False
        try:
            yield driver
            is_sound = True
        except TROUBLE as error:
            with contextlib.suppress(asyncpg.InterfaceError):
                driver.terminate()
            raise DatabaseUnavailable(f"PostgreSQL fails: {type(error).__name__}") from error
        except asyncpg.TransactionRollbackError as error:
            raise Collision(type(error).__name__) from error
        except asyncpg.PostgresError as error:
            raise StatementRefused(type(error).__name__) from error
        except (asyncpg.InterfaceError, OSError) as error:
            if not _is_lost(driver):
                raise
            raise DatabaseUnavailable("PostgreSQL closed the connection.") from error
        finally:
            if is_sound and self._may_keep(driver):
                self._kept.append(driver)
            else:
                with contextlib.suppress(*UNREACHABLE):
                    await self._pool.release(driver)

    async def _take(self) -> asyncpg.Connection:
        try:
            if not self._is_open:
                await self._open()
            while self._kept:
                driver = self._kept.pop()
                if not _is_lost(driver):
                    return driver
                await self._pool.release(driver)
            self._waiting += 1
            try:
                # A time-out costs a task, and a free connection needs none.
                is_free = self._pool.get_idle_size() > 0
                return await self._pool.acquire(timeout=None if is_free else WAIT_FOR_CONNECTION_S)
            finally:
                self._waiting -= 1
        except UNREACHABLE as error:
            raise DatabaseUnavailable(f"PostgreSQL does not answer: {error}") from error

    def _may_keep(self, driver: asyncpg.Connection) -> bool:
        is_wanted = bool(self._waiting) or self._is_closing
        return not is_wanted and not _is_lost(driver) and not driver.is_in_transaction()

    async def _prepare(self, driver: asyncpg.Connection) -> None:
        """JSON is read as Python objects and written as text."""
        for name in ("json", "jsonb"):
            await driver.set_type_codec(
                name, schema="pg_catalog", encoder=str, decoder=msgspec.json.decode, format="text"
            )
        if self.is_taught and self._teach is not None:
            try:
                await self._teach(driver)
            except asyncpg.InsufficientPrivilegeError as error:
                self.is_taught = False
                log.info("database.not_taught", fault=type(error).__name__)

    async def close(self) -> None:
        """Takes at most CLOSE_LIMIT_S: what is still in use then is cut off."""
        if not self._is_open:
            return
        self._is_closing = True
        while self._kept:
            with contextlib.suppress(*UNREACHABLE):
                await self._pool.release(self._kept.pop())
        try:
            await asyncio.wait_for(self._pool.close(), CLOSE_LIMIT_S)
        except TimeoutError:
            self._pool.terminate()

    async def _open(self) -> None:
        async with self._opening:
            if not self._is_open:
                await self._pool
                self._is_open = True


def _is_lost(driver: asyncpg.Connection) -> bool:
    try:
        return bool(driver.is_closed())
    except asyncpg.InterfaceError:
        return True  # The pool has noticed, and took it back.


async def _reset(driver: asyncpg.Connection) -> None:
    """Between two uses. Nothing of ours outlives a transaction, so that none is all there is."""
    if driver.is_in_transaction():
        await driver.execute("rollback")


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


def sqlalchemy_url(url: str) -> str:
    """The same address for SQLAlchemy's asyncpg dialect."""
    parts = urlsplit(url)
    rest = urlunsplit(parts._replace(scheme="x"))
    return "postgresql+asyncpg" + rest.removeprefix("x")
