"""Sends for one account under its lease: claims, makes one attempt each, records its outcome."""

import asyncio
import contextlib
from datetime import timedelta

import msgspec
import structlog

from core.capabilities import Capabilities
from core.connector import Connector, LeaseLost
from core.delivery import DeliveryState, Transition, is_dropped, next_state
from core.errors import ConnectorError, LimitScope, OutcomeUnknown
from core.messages import Sent
from router.failpoints import failpoint
from router.runtime.attempts import Attempts
from router.runtime.pace import Pace
from router.runtime.send_metrics import SendMetrics
from router.runtime.turns import Taken, Turn, Turns
from router.services.keyring import Keyring
from router.services.outbound import to_message
from router.storage import claims
from router.storage.claims import Owner
from router.storage.engine import Database, StatementRefused
from router.storage.leases import account_lease
from router.storage.outcomes import Finished
from router.storage.outgoing import Outgoing, load_outgoing

POLL_SECONDS = 1.0
"""How soon deliveries queued by other processes are seen. Our own wake the sender at once."""
RETRY_SECONDS = 1.0
INTERRUPTED = "The process stopped while this was being sent."
REPEATABLE = Capabilities(send_is_deduplicated=True)
"""Of edits and deletions: what is done already is done once more without harm."""

log = structlog.get_logger(__name__)


class Sender:
    """One for an account and a fence. Never sends what it has not committed as `sending` first.

    Cancelled, it stops at once and records nothing: what was under way is found by the next owner
    and never blindly sent again. `drain` is the tidy way to stop.
    """

    def __init__(
        self,
        database: Database,
        turns: Turns,
        keyring: Keyring,
        connector: Connector,
        account_id: int,
        fence: int,
    ) -> None:
        self._database = database
        self._turns = turns
        self._keyring = keyring
        self._clock = database.clock
        self._capabilities = connector.capabilities
        self._attempts = Attempts(connector, account_id, self._clock)
        self._in_flight = connector.rates.in_flight
        self._owner = Owner(account_id=account_id, lease=account_lease(account_id), fence=fence)
        self._pace = Pace(connector.rates, self._clock)
        self._metrics = SendMetrics(account_id)
        self._sending: set[int] = set()
        self._asking: dict[int, asyncio.Task[None]] = {}
        """Deliveries whose outcome the network is being asked for: they take no slot."""
        self._finished: list[Finished] = []
        self._has_lost_track = False
        self._is_refused = False
        self._is_draining = False
        self._is_down = False
        self._woken = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()

    def wake(self) -> None:
        """Something may be due: look now rather than at the next poll."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled or drained. Raises LeaseLost once another process owns the account."""
        self._ended.clear()
        forget = self._database.on_queued(self._owner.account_id, self.wake)
        is_lost = False
        try:
            async with asyncio.TaskGroup() as group:
                if await self._adopt(group):
                    await self._work(group)
                for task in self._asking.values():
                    task.cancel()
        except* LeaseLost:
            is_lost = True
        finally:
            forget()
            self._ended.set()
        if is_lost:
            raise LeaseLost(f"account {self._owner.account_id}, fence {self._owner.fence}")

    async def drain(self, seconds: float) -> None:
        """Claim nothing more; returns when every attempt's outcome is recorded, or time is up."""
        self._is_draining = True
        self.wake()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()

    async def _adopt(self, group: asyncio.TaskGroup) -> bool:
        """Settle what former owners left under way. False: asked to stop before that was done."""
        while not self._is_draining:
            try:
                async with self._database.transaction() as work:
                    ids = await claims.adopt_orphans(work, self._owner)
                    orphans = await load_outgoing(work, ids, threaded=self._threaded)
            except Exception as error:
                await self._note_trouble(error)
                continue
            self._is_down = False
            for row in orphans:
                log.info("delivery.orphaned", delivery=row.id, account=row.account_id)
                self._settle_unknown(group, row, OutcomeUnknown(INTERRUPTED))
            return True
        return False

    async def _work(self, group: asyncio.TaskGroup) -> None:
        """Turn after turn. Returns when drained; raises LeaseLost."""
        while True:
            wait = POLL_SECONDS
            turn = self._next_turn()
            if turn is not None:
                taken = await self._take(turn)
                if taken is None:
                    continue
                self._start(group, taken)
                if taken.next_due is not None:
                    wait = min(wait, (taken.next_due - self._clock.now()).total_seconds())
            if self._is_draining and not self._sending and not self._finished:
                return
            await self._wait(min(wait, self._pace.next_change() or wait))

    def _next_turn(self) -> Turn | None:
        """None: nothing to record, and nothing may be claimed."""
        slots = self._slots()
        finished, self._finished = self._finished, []
        if not finished and slots == 0 and not self._has_lost_track:
            return None
        in_flight = frozenset(self._sending | self._asking.keys())
        return Turn(
            owner=self._owner,
            finished=finished,
            slots=slots,
            resting_places=self._pace.resting_places(),
            is_threaded=self._capabilities.threads,
            in_flight=in_flight if self._has_lost_track else None,
        )

    def _slots(self) -> int:
        if self._is_draining:
            return 0
        free = max(0, self._in_flight - len(self._sending))
        room = self._pace.room()
        return free if room is None else min(free, room)

    async def _take(self, turn: Turn) -> Taken | None:
        """None: it failed, its outcomes are kept for the next one, and a pause was made."""
        try:
            taken = await self._turns.take(turn)
        except StatementRefused as error:
            # The first time it may have been a deadlock.
            self._keep(turn, without_ids=self._is_refused)
            self._is_refused = True
            await self._note_trouble(error)
            return None
        except Exception as error:
            self._keep(turn, without_ids=False)
            await self._note_trouble(error)
            return None
        self._has_lost_track = False
        self._is_refused = False
        self._is_down = False
        for delivery_id in taken.unheld:
            log.warning("delivery.claim_lost", delivery=delivery_id, account=self._owner.account_id)
        if taken.is_lost:
            raise LeaseLost
        return taken

    def _keep(self, turn: Turn, *, without_ids: bool) -> None:
        """The turn may have been committed all the same: then the next one finds strays."""
        finished = list(turn.finished)
        if without_ids:  # a network's ids that PostgreSQL refuses must not hide the outcome
            finished = [msgspec.structs.replace(one, sent=None) for one in finished]
        self._finished = finished + self._finished
        self._has_lost_track = True

    async def _note_trouble(self, error: Exception) -> None:
        """Logged once when it begins."""
        if not self._is_down:
            fault = type(error).__name__
            log.warning("sender.failed", account=self._owner.account_id, fault=fault)
        self._is_down = True
        await asyncio.sleep(RETRY_SECONDS)

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._woken.wait()
        self._woken.clear()

    def _start(self, group: asyncio.TaskGroup, taken: Taken) -> None:
        for row in taken.claimed:
            wait = self._pace.start(row.place_id, is_shared=row.place.is_public)
            if wait > 0:  # another lane of the same place went out in this very turn
                self._put_back(row, wait)
                continue
            self._sending.add(row.id)
            self._metrics.started((self._clock.now() - row.due_at).total_seconds())
            group.create_task(self._attempt(group, row), name=f"delivery-{row.id}")

    async def _attempt(self, group: asyncio.TaskGroup, row: Outgoing) -> None:
        began = self._clock.monotonic()
        message = to_message(row, self._keyring)
        outcome: Sent | ConnectorError | None = None
        if row.kind != "send":
            outcome = await self._attempts.amend(row, message)
        elif row.was_unknown and self._asks:
            # Some networks tell late: by now they may know what an agent could only guess.
            outcome = await self._attempts.look(row.id, message)
        elif self._may_be_forgotten(row):
            outcome = OutcomeUnknown("The network may no longer know an earlier copy of it again.")
        if outcome is None:
            await failpoint("before_send")
            outcome = await self._attempts.send(row.id, message)
            await failpoint("after_send")
        self._metrics.ended(_name_of(outcome), self._clock.monotonic() - began)
        self._sending.discard(row.id)
        if isinstance(outcome, OutcomeUnknown):
            self._settle_unknown(group, row, outcome)
        else:
            self._finish(row, outcome)

    def _may_be_forgotten(self, row: Outgoing) -> bool:
        """Whether an earlier copy may be there, and this one arrive beside it: the process was
        away meanwhile, or too busy."""
        return (
            row.unknown_since is not None
            and self._capabilities.deduplicated_for is not None
            and not is_dropped(self._capabilities, self._clock.now(), row.unknown_since)
        )

    def _settle_unknown(
        self, group: asyncio.TaskGroup, row: Outgoing, unknown: OutcomeUnknown
    ) -> None:
        """Ask the network where it can tell and the same message sent again would arrive twice."""
        if self._asks and row.kind == "send":
            self._asking[row.id] = group.create_task(self._ask(row, unknown))
        else:
            self._finish(row, unknown)

    async def _ask(self, row: Outgoing, unknown: OutcomeUnknown) -> None:
        message = to_message(row, self._keyring)
        outcome = await self._attempts.ask(row.id, message, unknown)
        del self._asking[row.id]
        self._finish(row, outcome)

    def _finish(self, row: Outgoing, outcome: Sent | ConnectorError) -> None:
        """Hand the outcome to the next turn."""
        now = self._clock.now()
        transition = next_state(
            outcome if isinstance(outcome, ConnectorError) else None,
            attempt=row.attempt,
            queued_at=row.first_tried_at,
            now=now,
            capabilities=self._capabilities if row.kind == "send" else REPEATABLE,
        )
        if transition.wait is not None and transition.due_at is not None:
            self._rest(row, transition.wait, transition.due_at - now)
        sent = outcome if isinstance(outcome, Sent) else None
        if sent is not None and sent.refused:
            refused = "; ".join(f"{who}: {why}" for who, why in sorted(sent.refused.items()))
            transition = msgspec.structs.replace(transition, reason=f"Not taken for {refused}")
        if transition.pauses_account:
            log.warning("account.broken", account=row.account_id, code=transition.code)
        self._add(row, transition, _name_of(outcome), sent)

    def _rest(self, row: Outgoing, scope: LimitScope, duration: timedelta) -> None:
        if scope == "account":
            self._pace.rest_account(duration)
        else:
            self._pace.rest_place(row.place_id, duration)

    def _put_back(self, row: Outgoing, seconds: float) -> None:
        due = self._clock.now() + timedelta(seconds=seconds)
        state = DeliveryState.QUEUED
        self._add(row, Transition(state=state, due_at=due, uses_attempt=False), "paced", None)

    def _add(self, row: Outgoing, transition: Transition, outcome: str, sent: Sent | None) -> None:
        self._finished.append(
            Finished(
                delivery_id=row.id,
                attempt=row.attempt,
                fence=self._owner.fence,
                transition=transition,
                outcome=outcome,
                sent=sent,
            )
        )
        self.wake()

    @property
    def _asks(self) -> bool:
        can = self._capabilities
        return can.find_sent and not can.send_is_deduplicated

    @property
    def _threaded(self) -> tuple[int, ...]:
        return (self._owner.account_id,) if self._capabilities.threads else ()


def _name_of(outcome: Sent | ConnectorError) -> str:
    return "sent" if isinstance(outcome, Sent) else outcome.code
