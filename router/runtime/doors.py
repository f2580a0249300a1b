"""The accounts that the world calls: webhooks and visitors, by the random part of their address.

Every process with the web role has its own instances; no lease is needed, because what comes in
this way is deduplicated by its event key alone.
"""

import asyncio
import contextlib

import msgspec
import structlog

from core.connector import Connector, Intake, LocalConnector
from core.errors import ConnectorError
from router.bus import Bus
from router.runtime.committer import AccountSink, Committer
from router.runtime.connectors import ConnectorFactory
from router.services.workspace import load_hours
from router.storage.account_rows import AccountRow, active_accounts
from router.storage.engine import Database

REFRESH_SECONDS = 2.0
LOOK_SECONDS = 0.5
"""Between two looks for an address that nobody knows, however many ask for one."""
SEEK_SECONDS = 2.0
"""How long a call waits for that: opening another door may take its time."""
CLOSE_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """One account that takes calls."""

    account: AccountRow
    connector: Connector
    sink: AccountSink


class LocalDoor(msgspec.Struct, frozen=True, kw_only=True):
    """One account whose network is the router itself."""

    account: AccountRow
    connector: LocalConnector
    sink: AccountSink


class Doors:
    """Kept in step with the accounts table."""

    def __init__(
        self, database: Database, factory: ConnectorFactory, committer: Committer, bus: Bus
    ) -> None:
        self._database = database
        self._factory = factory
        self._committer = committer
        self._bus = bus
        self._by_token: dict[str, Door] = {}
        self._broken: dict[int, int] = {}
        self._refreshing = asyncio.Lock()
        self._coming: asyncio.Task[None] | None = None
        self._looked_at = 0.0

    async def seek(self, hook_token: str) -> Door | None:
        """The door, or what stands there after one more look: an account may be a moment old."""
        if hook_token not in self._by_token:
            if self._coming is None:
                self._coming = asyncio.create_task(self._look(), name="doors.look")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SEEK_SECONDS):
                    await asyncio.shield(self._coming)
        return self._by_token.get(hook_token)

    async def _look(self) -> None:
        async with self._refreshing:
            wait = self._looked_at + LOOK_SECONDS - asyncio.get_running_loop().time()
            await asyncio.sleep(max(0.0, wait))
            self._coming = None  # whoever asks from here on may ask for what this look doesn't see
            await self._refresh()

    def find(self, hook_token: str) -> Door | None:
        return self._by_token.get(hook_token)

    def find_local(self, hook_token: str) -> LocalDoor | None:
        door = self._by_token.get(hook_token)
        if door is None or not isinstance(door.connector, LocalConnector):
            return None
        return LocalDoor(account=door.account, connector=door.connector, sink=door.sink)

    def local_of(self, account_id: int) -> LocalConnector | None:
        """The running connector of an account whose network is the router itself."""
        for door in self._by_token.values():
            if door.account.id == account_id and isinstance(door.connector, LocalConnector):
                return door.connector
        return None

    async def run(self) -> None:
        """Open and close doors as accounts come and go, until cancelled."""
        positions = self._bus.positions()
        try:
            while True:
                try:
                    await self.refresh()
                except Exception as error:
                    log.warning("doors.failed", fault=type(error).__name__)
                await positions.wait(REFRESH_SECONDS)
                await asyncio.sleep(0.2)  # one look for many announcements
        finally:
            positions.close()
            if self._coming is not None:
                self._coming.cancel()
            for door in self._by_token.values():
                await _close(door)
            self._by_token.clear()

    async def refresh(self) -> None:
        async with self._refreshing:
            await self._refresh()

    async def _refresh(self) -> None:
        self._looked_at = asyncio.get_running_loop().time()
        async with self._database.reading() as work:
            accounts = await active_accounts(work)
            self._factory.desk_hours.now = await load_hours(work)
        wanted = {
            account.hook_token: account
            for account in accounts
            if self._has_door(account) and not account.is_draining
        }
        for token, door in list(self._by_token.items()):
            now = wanted.get(token)
            if now is None or now.revision != door.account.revision:
                del self._by_token[token]
                await _close(door)
        for token, account in wanted.items():
            if token not in self._by_token and self._broken.get(account.id) != account.revision:
                await self._open(token, account)

    def _has_door(self, account: AccountRow) -> bool:
        try:
            intakes = self._factory.intakes(account.channel)
        except ConnectorError:
            return False
        return Intake.WEBHOOK in intakes or Intake.LOCAL in intakes

    async def _open(self, token: str, account: AccountRow) -> None:
        try:
            connector = self._factory.make(account)
            async with asyncio.timeout(30):
                await connector.open()
        except (ConnectorError, TimeoutError) as error:
            log.warning("door.closed", account=account.id, fault=type(error).__name__)
            self._broken[account.id] = account.revision
            return
        self._by_token[token] = Door(
            account=account, connector=connector, sink=self._committer.sink(account.id)
        )


async def _close(door: Door) -> None:
    with contextlib.suppress(TimeoutError, ConnectorError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await door.connector.close()
