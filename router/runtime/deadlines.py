"""Keeps deadlines as what was said has them, and says when one is near or passed.

Everywhere by one process at a time. What it does twice, it says once.
"""

import asyncio

import structlog

from router.runtime.faults import where
from router.runtime.lease_keeper import LeaseKeeper
from router.services.deadlines import firing, following
from router.storage.engine import Database
from router.storage.leases import DEADLINE_LEASE

ROUND_SECONDS = 1.0
"""How late a deadline may be told."""
RETRY_SECONDS = 2.0
BREATH_SECONDS = 0.1

log = structlog.get_logger(__name__)


class DeadlineWatch:
    """Does nothing while another process holds the lease."""

    def __init__(self, database: Database, leases: LeaseKeeper) -> None:
        self._database = database
        self._leases = leases

    async def run(self) -> None:
        """Round after round until cancelled."""
        self._leases.want(DEADLINE_LEASE)
        while True:
            if self._leases.fence_of(DEADLINE_LEASE) is None:
                await self._leases.changed(RETRY_SECONDS)
                continue
            try:
                is_behind = await self.round()
            except Exception as error:
                log.warning("deadlines.failed", fault=type(error).__name__, where=where(error))
                is_behind = False
            await asyncio.sleep(BREATH_SECONDS if is_behind else ROUND_SECONDS)

    async def round(self) -> bool:
        """First what happened, then what a new plan changes, then what is due to be said. True:
        there is more.
        """
        if await following.follow(self._database):
            return True
        is_sweeping = await following.sweep(self._database)
        fired = await firing.fire_due(self._database)
        return is_sweeping or fired >= firing.BATCH
