"""Runs every active account somewhere, each under its lease, and exactly once."""

import asyncio
import contextlib

import structlog

from router.bus import Bus
from router.runtime.account import DRAIN_SECONDS, AccountParts, AccountRun
from router.runtime.lease_keeper import LeaseKeeper
from router.storage.account_rows import AccountRow, active_accounts
from router.storage.leases import account_lease

REFRESH_SECONDS = 2.0
GATHER_SECONDS = 0.2

log = structlog.get_logger(__name__)


class Supervisor:
    """Keeps the runs in step with the accounts table and the leases."""

    def __init__(self, parts: AccountParts, leases: LeaseKeeper, bus: Bus) -> None:
        self._parts = parts
        self._leases = leases
        self._bus = bus
        self._news = asyncio.Event()
        self._runs: dict[int, tuple[AccountRun, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """Until cancelled; then every run is cancelled and closed."""
        watching = [
            asyncio.create_task(self._watch_leases()),
            asyncio.create_task(self._watch_announcements()),
        ]
        try:
            while True:
                self._news.clear()
                try:
                    await self._look()
                except Exception as error:
                    log.warning("supervisor.failed", fault=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(REFRESH_SECONDS):
                        await self._news.wait()
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*(self._stop(one) for one in list(self._runs)))

    async def drain(self) -> None:
        """Let sends under way end before the process stops: none is left unknown."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await asyncio.gather(*(run.drain() for run, _ in self._runs.values()))

    async def _watch_announcements(self) -> None:
        """Accounts may have changed; one look serves many announcements."""
        positions = self._bus.positions()
        try:
            while True:
                await positions.wait(REFRESH_SECONDS)
                self._news.set()
                await asyncio.sleep(GATHER_SECONDS)
        finally:
            positions.close()

    async def _watch_leases(self) -> None:
        """A lost lease stops its run at once; one that was taken starts it."""
        while True:
            await self._leases.changed(REFRESH_SECONDS)
            self._news.set()
            for account_id, (run, _) in list(self._runs.items()):
                if self._leases.fence_of(account_lease(account_id)) != run.fence:
                    await self._stop(account_id)

    async def _look(self) -> None:
        async with self._parts.database.reading() as work:
            active = {account.id: account for account in await active_accounts(work)}
        await asyncio.gather(
            *(
                self._end(account_id, is_wanted=account_id in active)
                for account_id, (run, task) in self._runs.items()
                if account_id not in active
                or active[account_id].revision != run.account.revision
                or task.done()
            )
        )
        for account in active.values():
            self._leases.want(account_lease(account.id))
            if account.id not in self._runs:
                self._start(account)

    def _start(self, account: AccountRow) -> None:
        fence = self._leases.fence_of(account_lease(account.id))
        if fence is None:
            return
        run = AccountRun(self._parts, account, fence)
        task = asyncio.create_task(run.run(), name=f"account-{account.id}")
        self._runs[account.id] = (run, task)
        log.info("account.started", account=account.id, fence=fence)

    async def _end(self, account_id: int, *, is_wanted: bool) -> None:
        """Tidily: the lease is still ours, so nothing that is under way needs to stay unknown."""
        run, task = self._runs[account_id]
        if not task.done():
            await run.drain()
        await self._stop(account_id)
        if not is_wanted:
            await self._leases.release(account_lease(account_id))

    async def _stop(self, account_id: int) -> None:
        found = self._runs.pop(account_id, None)
        if found is None:
            return
        _, task = found
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        except Exception as error:
            log.warning("account.failed", account=account_id, fault=type(error).__name__)
        except BaseExceptionGroup as group:
            log.warning("account.failed", account=account_id, fault=type(group).__name__)
