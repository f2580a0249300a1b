"""Does bulk jobs, everywhere by one process at a time."""

import asyncio
import time

import structlog

from router.runtime.faults import where
from router.runtime.lease_keeper import LeaseKeeper
from router.services.bulk import running
from router.storage.engine import Database
from router.storage.leases import BULK_LEASE

ROUND_SECONDS = 0.5
RETRY_SECONDS = 2.0
BREATH_SECONDS = 0.02
"""Between two steps: whatever waits for a writer's connection comes first."""
PROGRESS_SECONDS = 1.0

log = structlog.get_logger(__name__)


class BulkWorker:
    """Does nothing while another process holds the lease."""

    def __init__(self, database: Database, leases: LeaseKeeper) -> None:
        self._database = database
        self._leases = leases
        self._told = 0.0

    async def run(self) -> None:
        """Round after round until cancelled."""
        self._leases.want(BULK_LEASE)
        while True:
            if self._leases.fence_of(BULK_LEASE) is None:
                await self._leases.changed(RETRY_SECONDS)
                continue
            try:
                has_worked = await running.step(self._database)
                if has_worked and time.monotonic() - self._told > PROGRESS_SECONDS:
                    await running.tell_progress(self._database)
                    self._told = time.monotonic()
            except Exception as error:
                log.warning("bulk.failed", fault=type(error).__name__, where=where(error))
                has_worked = False
            await asyncio.sleep(BREATH_SECONDS if has_worked else ROUND_SECONDS)
