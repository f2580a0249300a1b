"""Ends what is over, everywhere by one process at a time. Everything here may be done twice."""

import asyncio
from datetime import datetime, timedelta

import structlog

from core.clock import Clock
from router.blobs import Blobs
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.rounds import run_rounds
from router.services import housekeeping
from router.settings import Retention
from router.storage.engine import Database
from router.storage.leases import JANITOR_LEASE

ROUND_SECONDS = 20.0
"""How late a snoozed case may wake."""
RETAIN_EVERY = timedelta(minutes=5)
SHELVES = 256
"""One a round: every blob is looked at about every 85 minutes."""

log = structlog.get_logger(__name__)


class ClockWatch:
    """Whether the wall clock can be trusted with deleting: it has moved as time has passed.

    A clock that jumps ahead would end everything at once. After a day in which it stayed where it
    jumped to, it is believed.
    """

    MOST = timedelta(hours=1)
    BELIEVED_AFTER = timedelta(days=1)

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._settle()
        self._jumped_at: float | None = None

    def is_steady(self) -> bool:
        passed = timedelta(seconds=self._clock.monotonic() - self._monotonic)
        if abs(self._clock.now() - self._wall - passed) <= self.MOST:
            self._jumped_at = None
            return True
        if self._jumped_at is None:
            self._jumped_at = self._clock.monotonic()
            log.warning("clock.jumped", seconds=int(self._off(passed)))
        since = timedelta(seconds=self._clock.monotonic() - self._jumped_at)
        if since >= self.BELIEVED_AFTER:
            self._settle()
            self._jumped_at = None
            return True
        return False

    def _off(self, passed: timedelta) -> float:
        return (self._clock.now() - self._wall - passed).total_seconds()

    def _settle(self) -> None:
        self._wall: datetime = self._clock.now()
        self._monotonic = self._clock.monotonic()


class Janitor:
    """Does nothing while another process holds the lease."""

    def __init__(
        self, database: Database, blobs: Blobs, leases: LeaseKeeper, kept: Retention
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._leases = leases
        self._kept = kept
        self._watch = ClockWatch(database.clock)
        self._shelf = 0
        self._retained_at: float | None = None

    async def run(self) -> None:
        """Round after round until cancelled."""
        await run_rounds(
            self._leases, JANITOR_LEASE, self.work, name="janitor", every=ROUND_SECONDS
        )

    async def work(self) -> None:
        """One round: wake, end what is due; at times drop what is over; sweep one blob shelf."""
        await housekeeping.wake_snoozed(self._database)
        await housekeeping.end_approvals(self._database)
        if not self._watch.is_steady():
            return
        now = self._database.clock.monotonic()
        every = RETAIN_EVERY.total_seconds()
        if self._retained_at is None or now - self._retained_at >= every:
            await self._retain()
            self._retained_at = now
        await self._sweep()

    async def _retain(self) -> None:
        """Batch after batch, with a breath between them, until nothing is left."""
        while True:
            dropped = await housekeeping.end_what_is_over(self._database, self._kept)
            if any(dropped.values()):
                log.info("janitor.dropped", **{table: n for table, n in dropped.items() if n})
            if max(dropped.values()) < housekeeping.BATCH:
                return
            await asyncio.sleep(0)

    async def _sweep(self) -> None:
        idle = timedelta(hours=self._kept.upload_hours)
        dropped = await housekeeping.sweep_shelf(
            self._database, self._blobs, self._shelf, idle=idle
        )
        if dropped:
            log.info("janitor.swept", shelf=self._shelf, blobs=dropped)
        self._shelf = (self._shelf + 1) % SHELVES
