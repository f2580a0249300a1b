"""Keeps the waiting queue as cases are and gives out what waits, by one process at a time."""

import asyncio

from core.errors import BadConfig
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.registry import Registry
from router.runtime.rounds import run_rounds
from router.services.assignment import rounds
from router.storage.engine import Database
from router.storage.leases import ASSIGNMENT_LEASE

ROUND_SECONDS = 1.0
SHIFT_SECONDS = 15.0
"""How often it is looked for shifts that are over."""


class Assigner:
    """Does nothing while another process holds the lease. What it reads twice, it enters once."""

    def __init__(self, database: Database, registry: Registry, leases: LeaseKeeper) -> None:
        self._database = database
        self._registry = registry
        self._leases = leases
        self._has_past = True
        self._knows_channels = False
        self._shifts_at = 0.0

    async def run(self) -> None:
        """Round after round until cancelled."""
        await run_rounds(
            self._leases,
            ASSIGNMENT_LEASE,
            self.round,
            name="assigner",
            every=ROUND_SECONDS,
            forget=self._forget,
        )

    def _forget(self) -> None:
        self._has_past, self._knows_channels = True, False

    async def round(self) -> bool:
        """What is new enters first, then is served; then the next of what is old. True: more."""
        if not self._knows_channels:
            await rounds.know_live_channels(self._database, await self._live_channels())
            self._knows_channels = True
        is_behind = await rounds.follow(self._database)
        moved = await self._end_shifts() + await rounds.serve(self._database)
        if not is_behind and self._has_past:
            self._has_past = await rounds.catch_up(self._database)
        return is_behind or moved > 0 or self._has_past

    async def _end_shifts(self) -> int:
        now = self._database.clock.monotonic()
        if now < self._shifts_at:
            return 0
        self._shifts_at = now + SHIFT_SECONDS
        return await rounds.end_shifts(self._database)

    async def _live_channels(self) -> frozenset[str]:
        """Where we are told that somebody is typing, they wait. Of channels with accounts alone:
        what nobody uses is not loaded."""
        used = await rounds.used_channels(self._database)
        return frozenset(await asyncio.to_thread(self._find_live, used))

    def _find_live(self, used: frozenset[str]) -> list[str]:
        found = []
        for channel in sorted(used):
            try:
                kind = self._registry.load(channel)
            except (BadConfig, LookupError):
                continue
            if kind.capabilities.typing:
                found.append(channel)
        return found
