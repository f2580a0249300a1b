"""Notes what went wrong on accounts, everywhere by one process at a time, after it did."""

from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.rounds import run_rounds
from router.storage import account_events
from router.storage.engine import Database
from router.storage.leases import RECORDER_LEASE

BATCH = 500
"""Entries of the outbox that one transaction looks at."""
ROUND_SECONDS = 3.0


class Recorder:
    """Does nothing while another process holds the lease. What it reads twice, it notes once."""

    def __init__(self, database: Database, leases: LeaseKeeper) -> None:
        self._database = database
        self._leases = leases

    async def run(self) -> None:
        """Round after round until cancelled."""
        await run_rounds(
            self._leases,
            RECORDER_LEASE,
            self._round,
            name="recorder",
            every=ROUND_SECONDS,
            can_wait=True,
        )

    async def _round(self) -> bool:
        async with self._database.transaction() as work:
            return await account_events.follow(work, limit=BATCH) >= BATCH
