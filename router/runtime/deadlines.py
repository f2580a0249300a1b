"""Keeps deadlines as what was said has them, and says when one is near or passed.

Everywhere by one process at a time. What it does twice, it says once. What fails of a case or an
alarm is set aside for a while, and holds back nothing else.
"""

from typing import Protocol

import structlog

from router.runtime.faults import where
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.rounds import run_rounds
from router.services.deadlines import firing, following
from router.storage.engine import Collision, Database, DatabaseUnavailable
from router.storage.leases import DEADLINE_LEASE

ROUND_SECONDS = 1.0
"""How late a deadline may be told."""
BREATH_SECONDS = 0.1
ASIDE_SECONDS = 60.0
"""After which what failed is tried again."""
MOST_ASIDE = 100
"""Cases at once. Where more fail it is not they that are at fault: what is not read waits."""

log = structlog.get_logger(__name__)


class _Step(Protocol):
    async def __call__(self, database: Database, *, but: frozenset[int]) -> bool: ...


class DeadlineWatch:
    """Does nothing while another process holds the lease."""

    def __init__(self, database: Database, leases: LeaseKeeper) -> None:
        self._database = database
        self._leases = leases
        self._cases: dict[int, float] = {}
        """Those that failed, with when each is tried again."""
        self._alarms: dict[int, float] = {}

    async def run(self) -> None:
        """Round after round until cancelled."""
        await run_rounds(
            self._leases,
            DEADLINE_LEASE,
            self.round,
            name="deadlines",
            every=ROUND_SECONDS,
            breath=BREATH_SECONDS,
            can_wait=True,
        )

    async def round(self) -> bool:
        """First what happened, then, once all of it was read, what a new plan changes; and at each
        round, however much is still to be read, what is due to be said. True: there is more.
        """
        now = self._database.clock.monotonic()
        for case_id in [one for one, at in self._cases.items() if at <= now]:
            await self._derive(case_id)
        is_behind = await self._go_on(following.follow)
        if not is_behind:
            is_behind = await self._go_on(following.sweep)
        return await self._fire() >= firing.BATCH or is_behind

    async def _go_on(self, step: _Step) -> bool:
        """Where a batch fails, its cases are derived one by one, to find whose fault it is."""
        try:
            return await step(self._database, but=frozenset(self._cases))
        except (DatabaseUnavailable, Collision):
            raise
        except Exception as error:
            log.warning("deadlines.failed", fault=type(error).__name__, where=where(error))
        before = len(self._cases)
        for case_id in await following.next_cases(self._database):
            if case_id not in self._cases and len(self._cases) < MOST_ASIDE:
                await self._derive(case_id)
        return len(self._cases) > before

    async def _derive(self, case_id: int) -> None:
        try:
            await following.derive_one(self._database, case_id)
        except (DatabaseUnavailable, Collision):
            raise
        except Exception as error:
            self._cases[case_id] = self._database.clock.monotonic() + ASIDE_SECONDS
            self._warn(error, case=case_id)
        else:
            self._cases.pop(case_id, None)

    async def _fire(self) -> int:
        """Say what is due; how many lines that made."""
        now = self._database.clock.monotonic()
        self._alarms = {one: at for one, at in self._alarms.items() if at > now}
        fired = 0
        for alarm_id, person_id in await firing.due(self._database, but=self._alarms.keys()):
            try:
                fired += await firing.fire(self._database, alarm_id, person_id)
            except (DatabaseUnavailable, Collision):
                raise
            except Exception as error:
                self._alarms[alarm_id] = now + ASIDE_SECONDS
                self._warn(error, alarm=alarm_id)
        return fired

    def _warn(self, error: Exception, **what: int) -> None:
        fault = type(error).__name__
        log.warning("deadlines.set_aside", fault=fault, where=where(error), **what)
