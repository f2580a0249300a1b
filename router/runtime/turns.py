"""Group commit for the path out: one transaction finishes and claims for every sender that waits.

No artificial delay: an idle turn starts at once, and while one commits the next fills up.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from router.failpoints import failpoint
from router.runtime.faults import where
from router.storage import claims
from router.storage.claims import Asked, Owner
from router.storage.engine import Database, StatementRefused
from router.storage.outcomes import Finished, finish
from router.storage.outgoing import Outgoing, load_outgoing

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one sender wants of the record: outcomes written, and new deliveries claimed."""

    owner: Owner
    finished: Sequence[Finished] = ()
    slots: int = 0
    resting_places: frozenset[int] = frozenset()
    is_threaded: bool = False
    """The network uses thread keys."""
    in_flight: frozenset[int] | None = None
    """After a commit whose end was not seen: all that the sender really holds. The rest of what
    is claimed in its name is queued again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a turn brought."""

    claimed: list[Outgoing] = field(default_factory=list)
    unheld: frozenset[int] = frozenset()
    """Deliveries whose outcome was not written: somebody else holds them now."""
    next_due: datetime | None = None
    """When the first of what waits is due; told only to a sender that got nothing."""
    is_lost: bool = False
    """The account's lease is another's now."""


_Waiting = tuple[Turn, "asyncio.Future[Taken]"]


class Turns:
    """One for a process. `run` until cancelled; `take` from anywhere in the loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Waiting] = []
        self._wake = asyncio.Event()

    async def take(self, turn: Turn) -> Taken:
        """Returns once the turn is committed. Raises what the database raises; then whether it
        was committed is not known.

        If the caller is cancelled meanwhile, its outcomes are written all the same, and what was
        claimed for it is queued again.
        """
        result: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, result))
        self._wake.set()
        return await result

    async def run(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                batch, self._waiting = self._waiting, []
                if batch:
                    await self._carry_out(batch)
        finally:
            for _, result in self._waiting:
                result.cancel()

    async def _carry_out(self, batch: list[_Waiting]) -> None:
        try:
            taken = await self._commit([_stripped(turn, result) for turn, result in batch])
        except asyncio.CancelledError:
            for _, result in batch:
                result.cancel()
            raise
        except StatementRefused as error:
            if len(batch) == 1:
                _fail(batch, error)
                return
            for waiting in batch:  # one sender's values must not hold up the others
                await self._carry_out([waiting])
            return
        except Exception as error:
            fault = type(error).__name__
            log.warning("turn.failed", fault=fault, where=where(error), senders=len(batch))
            _fail(batch, error)
            return
        abandoned = [
            (turn.owner, [row.id for row in one.claimed])
            for (turn, result), one in zip(batch, taken, strict=True)
            if result.done() and one.claimed
        ]
        for (_, result), one in zip(batch, taken, strict=True):
            if not result.done():
                result.set_result(one)
        if abandoned:
            await self._release(abandoned)

    async def _commit(self, batch: Sequence[Turn]) -> list[Taken]:
        if any(turn.finished for turn in batch):
            await failpoint("before_mark")
        async with self._database.transaction() as work:
            unheld = await finish(work, [one for turn in batch for one in turn.finished])
            for turn in batch:
                if turn.in_flight is not None:
                    await claims.release(work, turn.owner, keeping=turn.in_flight)
            claimed = await claims.claim(
                work,
                [Asked(owner=turn.owner, slots=turn.slots) for turn in batch],
                resting_places=[place for turn in batch for place in turn.resting_places],
            )
            rows = await load_outgoing(
                work,
                claimed.delivery_ids,
                threaded=[turn.owner.account_id for turn in batch if turn.is_threaded],
            )
            by_account: dict[int, list[Outgoing]] = {turn.owner.account_id: [] for turn in batch}
            for row in rows:
                by_account[row.account_id].append(row)
            idle = [
                turn.owner.account_id
                for turn in batch
                if turn.slots and not by_account[turn.owner.account_id]
            ]
            due = await claims.next_due(work, idle)
        return [
            Taken(
                claimed=by_account[turn.owner.account_id],
                unheld=unheld & {one.delivery_id for one in turn.finished},
                next_due=due.get(turn.owner.account_id),
                is_lost=turn.owner.account_id in claimed.lost_accounts,
            )
            for turn in batch
        ]

    async def _release(self, abandoned: Sequence[tuple[Owner, list[int]]]) -> None:
        """Give back what was claimed for senders that are gone: nothing of it was sent."""
        try:
            async with self._database.transaction() as work:
                for owner, ids in abandoned:
                    await claims.release(work, owner, only=ids)
        except Exception as error:
            # The account's next owner finds them and treats them as possibly sent.
            log.warning("turn.not_released", fault=type(error).__name__, where=where(error))


def _stripped(turn: Turn, result: "asyncio.Future[Taken]") -> Turn:
    """A turn whose sender is gone already: only its outcomes count."""
    if not result.done():
        return turn
    return Turn(owner=turn.owner, finished=turn.finished)


def _fail(batch: Sequence[_Waiting], error: BaseException) -> None:
    for _, result in batch:
        if not result.done():
            result.set_exception(error)
