"""Does bulk jobs, everywhere by one process at a time."""

import time

from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.rounds import run_rounds
from router.services.bulk import running
from router.storage.engine import Database
from router.storage.leases import BULK_LEASE

ROUND_SECONDS = 0.5
BREATH_SECONDS = 0.02
"""Between two steps: whatever waits for a writer's connection comes first."""
PROGRESS_SECONDS = 1.0


class BulkWorker:
    """Does nothing while another process holds the lease."""

    def __init__(self, database: Database, leases: LeaseKeeper) -> None:
        self._database = database
        self._leases = leases
        self._told = 0.0

    async def run(self) -> None:
        """Round after round until cancelled."""
        await run_rounds(
            self._leases,
            BULK_LEASE,
            self._round,
            name="bulk",
            every=ROUND_SECONDS,
            breath=BREATH_SECONDS,
        )

    async def _round(self) -> bool:
        has_worked = await running.step(self._database)
        if has_worked and time.monotonic() - self._told > PROGRESS_SECONDS:
            await running.tell_progress(self._database)
            self._told = time.monotonic()
        return has_worked
