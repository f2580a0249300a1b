"""Makes search entries after what was said, everywhere by one process at a time."""

from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.rounds import run_rounds
from router.services.search import following, naming
from router.storage.engine import Database
from router.storage.leases import SEARCH_LEASE

ROUND_SECONDS = 1.0
BREATH_SECONDS = 0.1
"""Between two batches of a backlog: whatever waits for a writer's connection comes first."""


class SearchFollower:
    """Does nothing while another process holds the lease. What it reads twice, it enters once."""

    def __init__(self, database: Database, leases: LeaseKeeper) -> None:
        self._database = database
        self._leases = leases
        self._has_past = True

    async def run(self) -> None:
        """Round after round until cancelled."""
        await run_rounds(
            self._leases,
            SEARCH_LEASE,
            self.round,
            name="search",
            every=ROUND_SECONDS,
            breath=BREATH_SECONDS,
            can_wait=True,
            forget=self._forget,
        )

    def _forget(self) -> None:
        self._has_past = True  # as another process may have found

    async def round(self) -> bool:
        """What is new first, then the next of what is old. True: there is more of either."""
        changes = await following.follow(self._database)
        self._has_past = self._has_past or changes.has_gap
        if changes.is_behind:
            return True
        if self._has_past:
            # People first: they are soon done, and are looked for more often than old words.
            self._has_past = await naming.catch_up(self._database) or await following.catch_up(
                self._database
            )
        return self._has_past
