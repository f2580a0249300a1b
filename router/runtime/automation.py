"""Lets rules run after what happened and by the clock, everywhere by one process at a time.

Nothing waits for it. What it needs is imported when it has the lease and a rule is on: most
processes never do.
"""

from typing import TYPE_CHECKING

import structlog

from router.runtime.faults import where
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.rounds import run_rounds
from router.services.automation import passing
from router.services.outbound.automatic import Voice
from router.storage.engine import Collision, Database, DatabaseUnavailable
from router.storage.leases import AUTOMATION_LEASE

if TYPE_CHECKING:
    from router.services.automation.following import Follower
    from router.services.automation.timing import Ringer

ROUND_SECONDS = 0.5
BREATH_SECONDS = 0.02
"""Between two batches of a backlog: whatever waits for a writer's connection comes first."""
RING_EVERY = 20.0
"""Seconds between two looks at the clock."""

log = structlog.get_logger(__name__)


class Automation:
    """Does nothing while another process holds the lease."""

    def __init__(
        self,
        database: Database,
        leases: LeaseKeeper,
        voice: Voice,
        *,
        step_up_url: str | None = None,
    ) -> None:
        self._database = database
        self._leases = leases
        self._voice = voice
        self._step_up_url = step_up_url
        self._parts: tuple[Follower, Ringer] | None = None
        self._rang_at: float | None = None

    async def run(self) -> None:
        """Round after round until cancelled."""
        await run_rounds(
            self._leases,
            AUTOMATION_LEASE,
            self.round,
            name="automation",
            every=ROUND_SECONDS,
            breath=BREATH_SECONDS,
        )

    async def round(self) -> bool:
        """What happened first; at times, and never behind a backlog, the clock. True: there is
        more to read. A fact or turn that fails as a whole is tried again, and skipped after that.
        """
        if self._parts is None:
            try:
                if not await passing.is_asked(self._database):
                    return await passing.pass_over(self._database)
            except Exception as error:
                log.warning("automation.failed", fault=type(error).__name__, where=where(error))
                return False
        follower, ringer = self._load()
        try:
            found = await follower.on()
            read = await follower.follow(found)
            if read.is_behind:
                return True
            now = self._database.clock.monotonic()
            if self._rang_at is None or now - self._rang_at >= RING_EVERY:
                if await ringer.ring(found):
                    return True
                self._rang_at = now
        except (DatabaseUnavailable, Collision) as error:
            log.warning("automation.failed", fault=type(error).__name__, where=where(error))
        except Exception as error:
            fault = type(error).__name__
            log.warning("automation.failed", fault=fault, where=where(error))
            return await follower.failed(fault) or await ringer.failed(fault)
        return False

    def _load(self) -> "tuple[Follower, Ringer]":
        if self._parts is None:
            from router.services.automation.actions import Tools
            from router.services.automation.following import Follower
            from router.services.automation.timing import Ringer

            tools = Tools(voice=self._voice, step_up_url=self._step_up_url)
            follower = Follower(self._database, tools)
            self._parts = follower, Ringer(self._database, tools, follower)
        return self._parts
