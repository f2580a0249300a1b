"""Takes, renews and gives back this process's leases."""

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from router.storage import leases
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)

SAFETY = leases.TTL * 0.8
"""A lease that could not be renewed for this long is treated as lost before it is."""


class LeaseKeeper:
    """`want` a name; `fence_of` tells whether it is ours. Judged by the database's clock.

    A process that was frozen finds out at the next renewal; until then the fence makes its
    writes fail.
    """

    def __init__(
        self, database: Database, owner: str, *, is_gone: Callable[[str], bool] = lambda _: False
    ) -> None:
        """`is_gone`: whether the process of this name has certainly ended, so that what a killed
        one held is free at once. Everybody else's leases end by the database's clock.
        """
        self.owner = owner
        self._is_gone = is_gone
        self._database = database
        self._wanted: set[str] = set()
        self._held: dict[str, int] = {}
        self._renewed_at: float = 0.0
        self._changed = asyncio.Condition()
        self._poke = asyncio.Event()

    def want(self, name: str) -> None:
        """Take it as soon as it is free, and keep it."""
        if name not in self._wanted:
            self._wanted.add(name)
            self._poke.set()

    def fence_of(self, name: str) -> int | None:
        """The fence while it is ours; None while it is not."""
        return self._held.get(name)

    def drop(self, name: str) -> None:
        """We learned that somebody else has it."""
        self._held.pop(name, None)
        self._poke.set()

    async def changed(self, timeout: float) -> None:
        """Returns when a lease was taken or lost, or after `timeout` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout), self._changed:
                await self._changed.wait()

    async def release(self, name: str) -> None:
        """No longer wanted: another may take it at once."""
        self._wanted.discard(name)
        fence = self._held.pop(name, None)
        if fence is not None:
            async with self._database.keeping() as work:
                await leases.give_back(work, {name: fence}, self.owner)
        await self._tell()

    async def run(self) -> None:
        """Renew every 5 s until cancelled, then give everything back."""
        try:
            while True:
                self._poke.clear()  # before the round: a wish during it gets another one
                try:
                    await self._round()
                except Exception as error:
                    log.warning("leases.failed", fault=type(error).__name__)
                    await self._forget_if_stale()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._pause()):
                        await self._poke.wait()
        finally:
            await asyncio.shield(self._give_back())

    def _pause(self) -> float:
        """Soon again while something wanted is held by another."""
        period = leases.RENEW_EVERY.total_seconds()
        return period if self._wanted <= set(self._held) else period / 5

    async def _round(self) -> None:
        before = dict(self._held)
        started = asyncio.get_running_loop().time()
        async with self._database.keeping() as work:
            lost = await leases.renew(work, self._held, self.owner)
            for name in lost:
                log.warning("lease.lost", name=name)
                self._held.pop(name, None)
            missing = sorted(self._wanted - set(self._held))
            if missing:
                await self._free(work, missing)
            for name in missing:
                fence = await leases.take(work, name, self.owner)
                if fence is not None:
                    self._held[name] = fence
        self._renewed_at = started
        if before != self._held:
            await self._tell()

    async def _free(self, work: UnitOfWork, names: list[str]) -> None:
        gone = [one for one in await leases.owners(work, names) if self._is_gone(one)]
        if gone:
            log.info("leases.freed", owners=gone)
            await leases.end_of(work, gone)

    async def _forget_if_stale(self) -> None:
        age = asyncio.get_running_loop().time() - self._renewed_at
        if self._held and age > SAFETY.total_seconds():
            log.warning("leases.given_up", names=sorted(self._held))
            self._held.clear()
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _give_back(self) -> None:
        held, self._held = self._held, {}
        if not held:
            return
        with contextlib.suppress(Exception):
            async with asyncio.timeout(3), self._database.keeping() as work:
                await leases.give_back(work, held, self.owner)
