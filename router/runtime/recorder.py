"""Notes what went wrong on accounts, everywhere by one process at a time, after it did."""

import asyncio

import structlog

from router.runtime.faults import where
from router.runtime.lease_keeper import LeaseKeeper
from router.storage import account_events
from router.storage.engine import Database
from router.storage.leases import RECORDER_LEASE

BATCH = 500
"""Entries of the outbox that one transaction looks at."""
ROUND_SECONDS = 3.0
RETRY_SECONDS = 2.0
BREATH_SECONDS = 0.05
"""Between two batches of a backlog: whatever waits for a writer's connection comes first."""

log = structlog.get_logger(__name__)


class Recorder:
    """Does nothing while another process holds the lease. What it reads twice, it notes once."""

    def __init__(self, database: Database, leases: LeaseKeeper) -> None:
        self._database = database
        self._leases = leases

    async def run(self) -> None:
        """Round after round until cancelled."""
        self._leases.want(RECORDER_LEASE)
        while True:
            if self._leases.fence_of(RECORDER_LEASE) is None:
                await self._leases.changed(RETRY_SECONDS)
                continue
            try:
                async with self._database.transaction() as work:
                    read = await account_events.follow(work, limit=BATCH)
            except Exception as error:
                log.warning("recorder.failed", fault=type(error).__name__, where=where(error))
                read = 0
            await asyncio.sleep(BREATH_SECONDS if read >= BATCH else ROUND_SECONDS)
