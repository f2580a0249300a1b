"""Lets messages that did not arrive go on by another way, everywhere by one process at a time."""

from datetime import timedelta

import structlog
from prometheus_client import Counter

from core.connector import Intake
from core.errors import BadConfig, ConnectorError
from core.messages import IdentityAddress, Place
from router.runtime.faults import where
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.registry import Registry
from router.runtime.rounds import run_rounds
from router.services import ladder
from router.services.keyring import Keyring
from router.services.ladder import Networks, Stepped
from router.services.outbound import leveling
from router.storage import ladder as stored
from router.storage.account_rows import active_accounts
from router.storage.engine import Database
from router.storage.leases import LADDER_LEASE

ROUND_SECONDS = 2.0

_STEPS = Counter(
    "onethread_ladder_steps",
    "Messages that did not arrive, by what became of them.",
    ["result", "reason"],
)

log = structlog.get_logger(__name__)


class Ladder:
    """Does nothing while another process holds the lease. Every step may be asked for twice."""

    def __init__(
        self, database: Database, keyring: Keyring, registry: Registry, leases: LeaseKeeper
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._networks = networks_of(registry)
        self._leases = leases

    async def run(self) -> None:
        """Round after round until cancelled."""
        await run_rounds(self._leases, LADDER_LEASE, self.work, name="ladder", every=ROUND_SECONDS)

    async def work(self) -> None:
        """One round: every message that is due takes its step, in the order they were said.

        Before that, what waits for a step-up that is over is cancelled.

        One that fails by itself is tried again in the next round, and holds up no other.
        """
        await leveling.cancel_ended(self._database)
        await self._find_late()
        after = 0
        while due := await ladder.due_messages(self._database, after=after):
            for message, person in due:
                await self._step(message, person)
            after = due[-1][0]

    async def _step(self, message: int, person: int) -> None:
        try:
            result = await ladder.take_step(
                self._database, self._keyring, self._networks, message, person
            )
        except Exception as error:
            fault = type(error).__name__
            log.warning("ladder.step_failed", message=message, fault=fault, where=where(error))
            return
        if result.what in (Stepped.MOVED, Stepped.STAYED):
            reason = result.reasons[0] if result.reasons else ""
            _STEPS.labels(result.what.value, reason).inc()
            log.info("message.stepped", message=message, result=result.what.value, reason=reason)

    async def _find_late(self) -> None:
        """What waits where a network takes no answer any more, because it was too long ago."""
        async with self._database.reading() as work:
            accounts = await active_accounts(work)
        for account in accounts:
            window = self._window_of(account.channel)
            if window is not None:
                async with self._database.transaction() as work:
                    await stored.fall_late(work, account.id, before=work.now() - window)

    def _window_of(self, channel: str) -> timedelta | None:
        try:
            return self._networks.capabilities_of(channel).session_window
        except BadConfig:
            return None


def networks_of(registry: Registry) -> Networks:
    """What the ladder asks of the channels that are installed here."""

    def place_of(channel: str, identity: IdentityAddress) -> Place | None:
        try:
            kind = registry.load(channel)
            found = kind.private_place(identity)
            return found or kind.to_recipient(identity.handle)[0]
        except ConnectorError:
            return None

    return Networks(
        capabilities_of=lambda channel: registry.load(channel).capabilities,
        wire_of=lambda channel: registry.load(channel).to_wire,
        realm_of=lambda channel: registry.manifest(channel).realm,
        is_local=lambda channel: Intake.LOCAL in registry.manifest(channel).intake,
        place_of=place_of,
    )
