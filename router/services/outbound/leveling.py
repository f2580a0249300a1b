"""Whether something may be said to somebody: how well they must be proven, and by which channels.

Every way out asks here. A delivery is queued only with what `clear` gives (`Cleared`), so that none
can forget: replies, notes that go on, continuations, automatic lines, the ladder, what is sent
again and what is changed.
"""

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import msgspec

from core.messages import PUBLIC_KINDS
from core.people import Level, standing_level
from router.services.errors import Conflict
from router.services.outbound.automatic_texts import Line
from router.services.refused import note_refusal
from router.storage import deliveries, levels, persons
from router.storage.deliveries import WITHDRAWN_CODES, Cleared
from router.storage.engine import Database
from router.storage.levels import NeedsRow, ThereRow, Which
from router.storage.unit_of_work import UnitOfWork

T = TypeVar("T")

FIXED = frozenset(Line) - {Line.UNDELIVERABLE, Line.CANNED}
"""Automatic lines that are sentences of ours: they say nothing of the case in which they stand."""


class Reason(StrEnum):
    """Why the level that is there is no higher."""

    OUTSIDER = "outsider"
    """Nobody of the conversation, and nothing is known of them."""
    COPIES = "copies"
    """Whoever gets a copy is proven by nothing."""
    IN_PUBLIC = "in_public"
    """Others read along there."""
    SHARED = "shared"
    """Marked as used by several people."""
    OTHER_ACCOUNT = "other_account"
    """Linked to another host account than the case is about."""
    CLAIMED = "claimed"
    NOT_LINKED = "not_linked"
    NO_STEP_UP = "no_step_up"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why something may not be said there."""

    code: str
    """`level_too_low` or `channel_not_allowed`."""
    reason: Reason | None
    needed: int
    present: int
    step_up: bool
    """Whether a step-up of this identity would do."""
    channels: tuple[str, ...]
    """Those that are allowed, where that is the cause."""

    @property
    def sentence(self) -> str:
        if self.code == "channel_not_allowed":
            return f"This may be said by {', '.join(self.channels)} only."
        return _SENTENCES[self.reason or Reason.NOT_LINKED].format(
            needed=self.needed, present=self.present
        )

    def to_error(self) -> Conflict:
        facts: dict[str, int | str] = {
            "needed": self.needed,
            "present": self.present,
            "step_up": self.step_up,
        }
        if self.reason is not None:
            facts["reason"] = self.reason.value
        if self.channels:
            facts["allowed"] = ",".join(self.channels)
        return Conflict(self.sentence, code=self.code, **facts)


_NEED = "This needs level {needed}, and there is level {present}: "
_SENTENCES = {
    Reason.OUTSIDER: _NEED + "nothing proves who reads there.",
    Reason.COPIES: _NEED + "nothing proves who gets the copies.",
    Reason.IN_PUBLIC: _NEED + "others read along there.",
    Reason.SHARED: _NEED + "several people use this address.",
    Reason.OTHER_ACCOUNT: _NEED + "it is linked to another account than the case is about.",
    Reason.CLAIMED: _NEED + "nothing proves who reads there.",
    Reason.NOT_LINKED: _NEED + "it is not linked to an account.",
    Reason.NO_STEP_UP: _NEED + "they must confirm at the host first.",
}


async def clear(
    work: UnitOfWork,
    *,
    message_id: int,
    place_id: int,
    identity_id: int | None,
    has_copies: bool = False,
) -> Cleared:
    """That this stored message may be said there now, to this identity (None: an outsider).

    What may be queued then; it holds until the commit. Raises Conflict `level_too_low` and
    `channel_not_allowed`. Call under the conversation's lock, and again for every time that the
    message goes out or goes elsewhere.
    """
    needs = await levels.needs_of_message(work, message_id, fixed=FIXED, holds=True)
    there = await levels.load_there(work, needs, place_id=place_id, identity_id=identity_id)
    refusal = judge(needs, there, has_copies=has_copies)
    if refusal is not None:
        raise refusal.to_error()
    return Cleared(
        message_id=message_id,
        place_id=place_id,
        identity_id=identity_id,
        has_copies=has_copies,
        level=present_level(needs, there),
    )


@dataclass(frozen=True, slots=True)
class Declared:
    """What a case, with its topic, asks for."""

    level: int
    channels: frozenset[str] | None
    """None: any."""

    def is_below(self, other: "Declared") -> bool:
        """Whether something may be said under this one that may not under the other."""
        if self.level < other.level:
            return True
        return other.channels is not None and (
            self.channels is None or not self.channels <= other.channels
        )


async def declared_of_case(work: UnitOfWork, case_id: int) -> Declared:
    needs = await levels.needs_of_words(work, case_id, None)
    return Declared(declared_level(needs), allowed_channels(needs))


async def noted(database: Database, doing: Awaitable[T], *, actor: str, subject: str) -> T:
    """What `doing` gives. A refusal by level or channel is counted, and noted in the audit log."""
    try:
        return await doing
    except Conflict as error:
        if error.code in WITHDRAWN_CODES:
            reason = str(error.facts.get("reason", error.code))
            await note_refusal(database, what="level", reason=reason, subject=subject, actor=actor)
        raise


async def find_refusal(
    work: UnitOfWork, *, message_id: int, identity_id: int, channel: str
) -> Refusal | None:
    """Why what this message says may not be said again to another identity, alone, by a channel.

    Never to somebody less proven than whom it was said to first. For whoever chooses where to go
    on; `clear` is asked all the same when it goes.
    """
    needs = await levels.needs_of_message(work, message_id, fixed=FIXED, holds=False)
    there = await levels.load_identity(work, needs, identity_id)
    return judge(needs, msgspec.structs.replace(there, channel=channel))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What it would take to say something somewhere, and what is there."""

    needed: int
    present: int
    channels: frozenset[str] | None
    """Those that are allowed; None: any."""
    refusal: Refusal | None


async def judge_words(
    work: UnitOfWork,
    case_id: int | None,
    topic_id: int | None,
    places: Iterable[tuple[int, int | None]],
    *,
    has_copies: bool = False,
) -> dict[int, Judged]:
    """By place: whether words that are not written yet may be said there to that identity."""
    needs = await levels.needs_of_words(work, case_id, topic_id)
    judged: dict[int, Judged] = {}
    for place_id, identity_id in places:
        there = await levels.load_there(work, needs, place_id=place_id, identity_id=identity_id)
        judged[place_id] = Judged(
            needed=declared_level(needs),
            present=present_level(needs, there),
            channels=allowed_channels(needs),
            refusal=judge(needs, there, has_copies=has_copies),
        )
    return judged


async def cancel_low(work: UnitOfWork, which: Which, value: int) -> list[int]:
    """Cancel what waits and may not be said any more: of a case, a conversation or a topic; ids.

    What is being tried at this moment is not tried again. To be called by whoever raises what is
    needed or takes evidence back, in that transaction, under the lock.
    """
    low: dict[str, list[int]] = {}
    for row in await levels.list_waiting(work, which, value, fixed=FIXED):
        refusal = judge(row.needs, row.there, has_copies=row.is_copy)
        if refusal is not None:
            low.setdefault(refusal.code, []).append(row.id)
    cancelled: list[int] = []
    for code, ids in sorted(low.items()):
        cancelled += await deliveries.withdraw(
            work, ids, reason="It needs more than is proven there.", code=code
        )
    return cancelled


async def cancel_ended(database: Database) -> list[int]:
    """Cancel what was for somebody who was stepped up, and waits longer than that lasts; ids.

    A step-up is over by the clock, and nobody is there then who would withdraw what waits.
    """
    async with database.reading() as work:
        waiting = await levels.list_waiting(work, "level", Level.STEPPED_UP, fixed=FIXED)
    roots = {row.root_id for row in waiting if judge(row.needs, row.there, has_copies=row.is_copy)}
    cancelled: list[int] = []
    for root in sorted(roots):
        async with database.transaction() as work:
            await persons.lock_roots(work, [root])
            cancelled += await cancel_low(work, "conversation", root)
    return cancelled


def judge(needs: NeedsRow, there: ThereRow, *, has_copies: bool = False) -> Refusal | None:
    """Pure. None: it may be said."""
    channels = allowed_channels(needs)
    declared = declared_level(needs)
    present = present_level(needs, there)
    if channels is not None and there.channel not in channels:
        return Refusal(
            code="channel_not_allowed",
            reason=None,
            needed=declared,
            present=present,
            step_up=False,
            channels=tuple(sorted(channels)),
        )
    if has_copies and declared > Level.CLAIMED:
        return _too_low(declared, Level.CLAIMED, Reason.COPIES)
    needed = max(declared, needs.said_level)
    if present >= needed:
        return None
    return _too_low(needed, present, _why(needs, there, present))


def _too_low(needed: int, present: int, reason: Reason) -> Refusal:
    return Refusal(
        code="level_too_low",
        reason=reason,
        needed=needed,
        present=present,
        step_up=reason is Reason.NO_STEP_UP,
        channels=(),
    )


def declared_level(needs: NeedsRow) -> int:
    """What agents and admins ask for."""
    return max(needs.minimum_levels, default=0)


def allowed_channels(needs: NeedsRow) -> frozenset[str] | None:
    """None: any."""
    if not needs.channel_lists:
        return None
    first, *others = (frozenset(one) for one in needs.channel_lists)
    return first.intersection(*others)


def present_level(needs: NeedsRow, there: ThereRow) -> int:
    """How well it is proven, for this case, who reads what is said there."""
    if there.identity_id is None or there.place_kind in PUBLIC_KINDS:
        return Level.CLAIMED
    level = standing_level(there.level, is_shared=there.is_shared)
    if _is_other_account(needs, there):
        level = min(level, Level.ATTESTED)
    return Level.STEPPED_UP if level == Level.LINKED and there.is_stepped_up else level


def _is_other_account(needs: NeedsRow, there: ThereRow) -> bool:
    return needs.host_account is not None and there.host_account not in (None, needs.host_account)


def _why(needs: NeedsRow, there: ThereRow, present: int) -> Reason:
    if there.identity_id is None:
        return Reason.OUTSIDER
    if there.place_kind in PUBLIC_KINDS:
        return Reason.IN_PUBLIC
    if present == Level.CLAIMED:
        return Reason.CLAIMED
    if there.is_shared:
        return Reason.SHARED
    if _is_other_account(needs, there):
        return Reason.OTHER_ACCOUNT
    return Reason.NO_STEP_UP if present == Level.LINKED else Reason.NOT_LINKED
