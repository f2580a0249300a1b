"""Looks for people who may be one, everywhere by one process at a time, after what was said."""

from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.rounds import run_rounds
from router.services.identity import suggestions
from router.storage.engine import Database
from router.storage.leases import SUGGESTION_LEASE

ROUND_SECONDS = 2.0


class Suggester:
    """Does nothing while another process holds the lease. What it reads twice, it finds once."""

    def __init__(self, database: Database, leases: LeaseKeeper) -> None:
        self._database = database
        self._leases = leases
        self._known = suggestions.Known()

    async def run(self) -> None:
        """Round after round until cancelled."""
        await run_rounds(
            self._leases,
            SUGGESTION_LEASE,
            self._round,
            name="suggester",
            every=ROUND_SECONDS,
            can_wait=True,
        )

    async def _round(self) -> bool:
        read = await suggestions.follow(self._database, known=self._known)
        return read >= suggestions.BATCH
