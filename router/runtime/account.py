"""One account under our lease: its connector's life, its receiving and its sending."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from typing import Protocol

import msgspec
import structlog

from core.connector import (
    Connector,
    Cursor,
    CursorValue,
    Health,
    HealthState,
    InboundSink,
    Intake,
    LeaseLost,
)
from core.errors import AccountError, ConnectorError, TransientError
from router.blobs import Blobs
from router.bus import Bus
from router.runtime.connectors import ConnectorFactory
from router.runtime.faults import is_asked_to_end
from router.runtime.fetcher import Fetcher
from router.runtime.signs import Signs
from router.storage import account_rows, accounts
from router.storage.account_rows import AccountRow
from router.storage.engine import Database
from router.storage.inbound import cursors_of

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
SETTLED_AFTER = 30.0
"""A stream that ran this long starts its backoff anew."""
OPEN_SECONDS = 60.0
CLOSE_SECONDS = 5.0
DRAIN_SECONDS = 8.0
HEALTH_SECONDS = 5.0
DRAINED = "drained"
"""Why an account is paused that was drained."""
DRAINED_LOOK_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Sending(Protocol):
    """What sends for an account: `router.runtime.sender.Sender`."""

    async def run(self) -> None: ...

    async def drain(self, seconds: float) -> None: ...


class AccountParts(msgspec.Struct, frozen=True, kw_only=True):
    """What every account's run is made of."""

    database: Database
    factory: ConnectorFactory
    make_sink: Callable[[int, int], InboundSink]
    """(account, fence)"""
    make_sender: Callable[[AccountRow, Connector, int], Sending]
    """(account, connector, fence)"""
    bus: Bus | None = None
    """On which it is said that agents read and type; None: nobody is shown it."""
    blobs: Blobs | None = None
    """Where fetched files go; None: nothing is fetched."""


class AccountRun:
    """From the moment that we hold the lease until it is lost, given up, or the account changes.

    A broken account (wrong password, impossible configuration) is paused, not retried.
    """

    def __init__(self, parts: AccountParts, account: AccountRow, fence: int) -> None:
        self.account = account
        self.fence = fence
        self._parts = parts
        self._sender: Sending | None = None
        self._trouble = ""
        self._was_down = False

    async def run(self) -> None:
        """Ends by itself only if the account was paused or the lease was lost."""
        try:
            await self._live()
        except* AccountError as group:
            await self._pause(_first(group))
        except* LeaseLost:
            log.warning("account.lease_lost", account=self.account.id)

    async def _live(self) -> None:
        connector = self._parts.factory.make(self.account)
        try:
            await self._open(connector)
            self._sender = self._parts.make_sender(self.account, connector, self.fence)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._sender.run())
                group.create_task(self._report(connector))
                if self._parts.bus is not None and _shows_signs(connector):
                    clock = self._parts.database.clock
                    signs = Signs(connector, self.account.id, self._parts.bus, clock)
                    group.create_task(signs.run())
                if self._parts.blobs is not None and connector.capabilities.fetch_attachment:
                    database, blobs = self._parts.database, self._parts.blobs
                    fetcher = Fetcher(database, blobs, connector, self.account.id)
                    group.create_task(fetcher.run())
                if self.account.is_draining:
                    group.create_task(self._leave_when_empty())
                elif Intake.STREAM in self._parts.factory.intakes(self.account.channel):
                    group.create_task(self._receive(connector))
        finally:
            self._sender = None
            with contextlib.suppress(TimeoutError, ConnectorError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await connector.close()

    async def _open(self, connector: Connector) -> None:
        """Returns once the network let us in. Raises AccountError."""
        pause = _Backoff()
        while True:
            try:
                async with asyncio.timeout(OPEN_SECONDS):
                    await connector.open()
                    found = await connector.check()
            except AccountError:
                raise
            except (ConnectorError, TimeoutError) as error:
                await self._say_down(error)
                await self._save(Health(state=HealthState.DOWN, detail=self._trouble))
                await asyncio.sleep(pause.next())
            else:
                self._say_up()
                async with self._parts.database.writing_once() as work:
                    await account_rows.note_own_name(work, self.account.id, found.own_name)
                return

    async def _receive(self, connector: Connector) -> None:
        """Read for ever; a fault only delays it. Raises AccountError, LeaseLost."""
        pause = _Backoff()
        sink = self._parts.make_sink(self.account.id, self.fence)
        clock = asyncio.get_running_loop().time
        while True:
            started = clock()
            try:
                await connector.receive(sink, await self._cursors())
                raise TransientError("the stream ended")
            except LeaseLost:
                raise
            except AccountError:
                await self.drain()
                raise
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and is_asked_to_end():
                    raise
                await self._say_down(error)
            if clock() - started > SETTLED_AFTER:
                pause.reset()
            await asyncio.sleep(pause.next())
            self._say_up()

    async def _leave_when_empty(self) -> None:
        """Paused by itself once nothing waits to go out; until then nothing comes in."""
        while True:
            async with self._parts.database.reading() as work:
                is_drained = await accounts.is_drained(work, self.account.id)
            if is_drained:
                async with self._parts.database.transaction() as work:
                    await account_rows.pause(
                        work,
                        self.account.id,
                        reason="Everything that waited has gone out.",
                        code=DRAINED,
                        actor="system",
                    )
                return
            await asyncio.sleep(DRAINED_LOOK_SECONDS)

    async def _cursors(self) -> dict[str, Cursor]:
        async with self._parts.database.reading() as work:
            stored = await cursors_of(work, self.account.id)
        return {
            scope: Cursor(scope=scope, value=CursorValue(value)) for scope, value in stored.items()
        }

    async def _report(self, connector: Connector) -> None:
        """Store what the connector says of its health, when it changed."""
        last: Health | None = None
        while True:
            health = connector.health()
            if self._trouble:
                health = msgspec.structs.replace(
                    health, state=HealthState.DEGRADED, detail=self._trouble
                )
            if health != last:
                await self._save(health)
                last = health
            await asyncio.sleep(HEALTH_SECONDS)

    async def _save(self, health: Health) -> None:
        try:
            async with self._parts.database.transaction() as work:
                await account_rows.save_health(work, self.account.id, msgspec.json.encode(health))
        except Exception as error:
            log.warning("account.health_lost", account=self.account.id, fault=type(error).__name__)

    async def _say_down(self, error: BaseException) -> None:
        """Logged once when lost."""
        self._trouble = str(error) or type(error).__name__
        if not self._was_down:
            log.warning("account.down", account=self.account.id, fault=type(error).__name__)
        self._was_down = True

    def _say_up(self) -> None:
        """Logged once when back."""
        self._trouble = ""
        if self._was_down:
            log.info("account.back", account=self.account.id)
        self._was_down = False

    async def _pause(self, error: AccountError) -> None:
        log.warning("account.paused", account=self.account.id, code=error.code)
        async with self._parts.database.transaction() as work:
            await account_rows.pause(work, self.account.id, reason=str(error), code=error.code)

    async def drain(self) -> None:
        """Let the attempts under way end, and begin no new ones."""
        if self._sender is not None:
            await self._sender.drain(DRAIN_SECONDS)


def _shows_signs(connector: Connector) -> bool:
    return connector.capabilities.typing or connector.capabilities.mark_read


class _Backoff:
    """Doubles from 1 s to 60 s, with jitter."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._next = FIRST_PAUSE

    def next(self) -> float:
        pause, self._next = self._next, min(self._next * 2, LONGEST_PAUSE)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def _first(group: BaseExceptionGroup[AccountError]) -> AccountError:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
