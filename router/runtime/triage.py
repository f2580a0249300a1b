"""Reads what people wrote after the fact, and says what it may mean for their cases.

Everywhere by one process at a time, and nothing waits for it. What it needs is imported when the
first message comes. While the process is busy otherwise it takes its time.
"""

import asyncio
from typing import TYPE_CHECKING

import structlog

from router.runtime.faults import where
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.rest import Rest
from router.runtime.rounds import run_rounds
from router.storage import triage as stored
from router.storage.engine import Collision, Database, DatabaseUnavailable
from router.storage.leases import TRIAGE_LEASE
from router.storage.triage import TriageRow

if TYPE_CHECKING:
    from router.services.triage.reading import Reader

ROUND_SECONDS = 1.0
DECIDED_AT_ONCE = 20
MOST_TRIES = 3
"""Of a message that fails; then it has no finding."""
MOST_ASIDE = 1_000
SHARES = (0.4, 0.05)
"""Of a processor that reading may take: while the process is idle, and while it is busy."""
LONGEST_REST = 2.0

log = structlog.get_logger(__name__)


class Triage:
    """Does nothing while another process holds the lease."""

    def __init__(self, database: Database, leases: LeaseKeeper) -> None:
        self._database = database
        self._leases = leases
        self._reader: Reader | None = None
        self._tries: dict[int, int] = {}
        self._skipped: dict[int, None] = {}
        """Messages, and findings that could not be decided, that are left alone."""
        self._rest = Rest(idle=SHARES[0], busy=SHARES[1], longest=LONGEST_REST)

    async def run(self) -> None:
        """Round after round until cancelled."""
        await run_rounds(
            self._leases, TRIAGE_LEASE, self._paced, name="triage", every=ROUND_SECONDS, breath=0
        )

    async def _paced(self) -> bool:
        began = self._rest.begin()
        has_more = await self.round()
        await asyncio.sleep(self._rest.after(began))
        return has_more

    async def round(self) -> bool:
        """Read on, decide what was read, and tell others of dangers to which nobody came. True:
        there is more.
        """
        async with self._database.reading() as work:
            settings = await stored.load_settings(work)
            waiting = await stored.waits(work)
        has_more = False
        if waiting.has_facts:
            has_more = await self._follow(settings)
        if waiting.has_facts or waiting.has_pending:
            has_more = await self._decide(settings) or has_more
        if waiting.has_due:
            await self._escalate()
        return has_more

    async def _follow(self, settings: TriageRow) -> bool:
        reader = self._reader
        if reader is None:
            from router.services.triage.reading import Reader

            reader = self._reader = Reader(self._database)
        try:
            return await reader.follow(settings, but=self._skipped.keys())
        except (DatabaseUnavailable, Collision):
            raise
        except Exception as error:
            if reader.in_hand is None:
                raise
            return self._failed(reader.in_hand, error)

    async def _decide(self, settings: TriageRow) -> bool:
        async with self._database.reading() as work:
            found = await stored.pending(work, limit=DECIDED_AT_ONCE, but=self._skipped.keys())
        if not found:
            return False
        from router.services.triage.deciding import decide

        for message_id, person_id in found:
            try:
                await decide(self._database, settings, message_id, person_id)
            except (DatabaseUnavailable, Collision):
                raise
            except Exception as error:
                self._failed(message_id, error)
        return len(found) >= DECIDED_AT_ONCE

    async def _escalate(self) -> None:
        from router.services.triage import paging

        for page_id, person_id in await paging.due(self._database):
            await paging.escalate(self._database, page_id, person_id)

    def _failed(self, message_id: int, error: Exception) -> bool:
        """Whether it is left alone from now on."""
        fault = type(error).__name__
        log.warning("triage.set_aside", fault=fault, where=where(error), message=message_id)
        tries = self._tries[message_id] = self._tries.pop(message_id, 0) + 1
        if tries < MOST_TRIES:
            return False
        del self._tries[message_id]
        self._skipped[message_id] = None
        while len(self._skipped) > MOST_ASIDE:
            del self._skipped[next(iter(self._skipped))]
        return True
