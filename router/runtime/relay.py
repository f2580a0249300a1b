"""Numbers committed facts and tells everybody that there is news. One at a time, by lease.

While few write at a time, a transaction gives its facts their positions itself, under the relay's
fence (`router.storage.unit_of_work`), and the relay numbers what came together.
"""

import asyncio
import contextlib

import structlog

from router.bus import Bus
from router.runtime.lease_keeper import LeaseKeeper
from router.storage.engine import Database
from router.storage.leases import OUTBOX_LEASE
from router.storage.outbox_numbering import Fenced, claim, number

BATCH = 500
POLL_SECONDS = 0.25
"""How soon facts of other processes are seen. Our own wake the relay at once."""
RETRY_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Relay:
    """Does nothing while another process holds the lease."""

    def __init__(self, database: Database, bus: Bus, leases: LeaseKeeper) -> None:
        self._database = database
        self._bus = bus
        self._leases = leases
        self._wake = asyncio.Event()
        self._claimed: int | None = None
        """The fence under which nobody else numbers any more."""
        database.on_announced(self._wake.set, bus.announce)

    async def run(self) -> None:
        self._leases.want(OUTBOX_LEASE)
        while True:
            fence = self._leases.fence_of(OUTBOX_LEASE)
            if fence is None:
                await self._leases.changed(RETRY_SECONDS)
                continue
            try:
                more = await self._number(fence)
            except Fenced:
                self._database.number_under(None)
                self._leases.drop(OUTBOX_LEASE)
                continue
            except Exception as error:
                log.warning("relay.failed", fault=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if not more:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()

    async def _number(self, fence: int) -> bool:
        self._wake.clear()
        if self._claimed != fence:
            async with self._database.writing_once() as work:
                await claim(work, fence)
            self._claimed = fence
            self._database.number_under(fence)
        async with self._database.writing_once() as work:
            newest, numbered = await number(work, fence, limit=BATCH)
        if numbered:
            self._bus.announce(newest)
        return numbered == BATCH
