"""Looks for people who may be one, everywhere by one process at a time, after what was said."""

import asyncio

import structlog

from router.runtime.faults import where
from router.runtime.lease_keeper import LeaseKeeper
from router.services.identity import suggestions
from router.storage.engine import Database
from router.storage.leases import SUGGESTION_LEASE

ROUND_SECONDS = 2.0
RETRY_SECONDS = 2.0
BREATH_SECONDS = 0.05
"""Between two batches of a backlog: whatever waits for a writer's connection comes first."""

log = structlog.get_logger(__name__)


class Suggester:
    """Does nothing while another process holds the lease. What it reads twice, it finds once."""

    def __init__(self, database: Database, leases: LeaseKeeper) -> None:
        self._database = database
        self._leases = leases
        self._known = suggestions.Known()

    async def run(self) -> None:
        """Round after round until cancelled."""
        self._leases.want(SUGGESTION_LEASE)
        while True:
            if self._leases.fence_of(SUGGESTION_LEASE) is None:
                await self._leases.changed(RETRY_SECONDS)
                continue
            try:
                read = await suggestions.follow(self._database, known=self._known)
            except Exception as error:
                log.warning("suggester.failed", fault=type(error).__name__, where=where(error))
                read = 0
            is_behind = read >= suggestions.BATCH
            await asyncio.sleep(BREATH_SECONDS if is_behind else ROUND_SECONDS)
