"""Suggestions and proposals of joining two people, as the API shows them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from core.addresses import readable_address
from core.hints import ADDRESS, PHONE, Hint, hint_of
from core.likeness import TELLING, Kind, failed_checks, most_of, score_of
from core.people import Level
from router.services.shown.names import Named, named
from router.services.viewer import Viewer
from router.storage import profiles
from router.storage import suggestion_grounds as stored
from router.storage.proposals import ProposalRow
from router.storage.sight import find_hidden
from router.storage.suggestion_grounds import Bearer, Said
from router.storage.suggestions import SuggestionRow
from router.storage.unit_of_work import UnitOfWork


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """One reason to believe it. `address`, `phone`: one of them gave what is a handle of the other.
    `..._of_both`: both gave the same. `claimed`: both use it, and of one nothing proves it."""

    kind: Kind
    value: str
    """What they have in common; empty for `timing`."""
    is_proven: bool = False
    """Whether a channel at least attests who said it, and whose handle it is. Names, languages and
    times are anybody's."""
    message_id: int | None
    """Where it was said."""
    other_message_id: int | None = None
    """Of what both gave: where the other said it."""

    @property
    def message_ids(self) -> tuple[int, ...]:
        return tuple(one for one in (self.message_id, self.other_message_id) if one is not None)


class Against(msgspec.Struct, frozen=True, kw_only=True):
    """One reason not to believe it. `failed`: a mail that says it is from there failed checks."""

    kind: Literal["failed"]
    value: str
    """The address, as it is shown."""
    checks: tuple[str, ...]
    """Which: `dmarc`, `dkim`, `spf`, `from` (it can be read as two senders)."""


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    left: Named
    """Whoever stands for them now."""
    right: Named
    score: int
    """0 to 99. A hint proves nothing: no more than the best-proven ground bears, and no more than
    30 where something speaks against it."""
    grounds: tuple[Ground, ...]
    """Only those that the caller may see where they were said."""
    against: tuple[Against, ...]
    state: Literal["open", "accepted", "rejected"]
    found_at: datetime
    decided_at: datetime | None
    decided_by: Named | None
    decision_reason: str
    merge_id: int | None


class SuggestionPage(msgspec.Struct, frozen=True, kw_only=True):
    suggestions: list[Suggestion]
    before: int | None
    """What to ask for next; None: that was all."""


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """A merge that waits for a second agent, the same for everybody who sees both people.

    The two have different host accounts.
    """

    id: int
    loser: Named
    winner: Named
    reason: str
    agent: Named
    """Who proposed it, and so may not approve it."""
    state: Literal["open", "approved", "refused", "withdrawn", "expired"]
    proposed_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_by: Named | None
    decision_reason: str
    merge_id: int | None


class Proposal(Proposed, frozen=True, kw_only=True):
    """A merge that waits for a second agent: the two have different host accounts."""

    may_approve: bool
    """Whether the caller may be the second agent: it is open and not their own."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two conversations, and what makes them alike."""

    left_root: int
    right_root: int
    grounds: Sequence[dict[str, Any]]

    @classmethod
    def of(cls, row: SuggestionRow) -> "Pair":
        return cls(left_root=row.left_root, right_root=row.right_root, grounds=row.grounds)


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to judge pairs by."""

    said: Mapping[int, Said]
    """The messages that are seen."""
    bearers: Sequence[Bearer]
    failures: Mapping[int, list[dict[str, Any]]]


async def shown_suggestions(
    work: UnitOfWork, viewer: Viewer, rows: Sequence[SuggestionRow]
) -> list[Suggestion]:
    """Those of which the viewer sees both conversations and at least one ground; each pair once.

    What somebody gave who is neither of the two any more (a split took them out) is no ground.
    How likely each is follows from what is proven now, whatever was thought when it was found.
    """
    roots = {root for row in rows for root in (row.left_root, row.right_root)}
    hidden = await find_hidden(work, roots, viewer.sight)
    classes = viewer.sight.classes | {"normal"}
    known = await _look(work, [Pair.of(row) for row in rows], classes)
    names = {row["id"]: row["display_name"] for row in await profiles.persons(work, roots)}
    shown: dict[tuple[int, int], Suggestion] = {}
    for row in rows:
        left, right = sorted((row.left_root, row.right_root))
        weighed, against = _judged(Pair.of(row), known)
        if {left, right} & hidden.roots or not any(one.kind in TELLING for one, _ in weighed):
            continue
        suggestion = Suggestion(
            id=row.id,
            left=Named(id=left, name=names.get(left, "")),
            right=Named(id=right, name=names.get(right, "")),
            score=score_of(((one.kind, level) for one, level in weighed), is_doubted=bool(against)),
            grounds=tuple(one for one, _ in weighed),
            against=against,
            state=row.state,  # type: ignore[arg-type]  # its CHECK knows no other
            found_at=row.found_at,
            decided_at=row.decided_at,
            decided_by=named(row.decided_by_id, row.decided_by),
            decision_reason=row.decision_reason,
            merge_id=row.merge_id,
        )
        shown.setdefault((left, right), suggestion)
    return list(shown.values())


async def most_of_pairs(work: UnitOfWork, pairs: Sequence[Pair]) -> list[int]:
    """The highest score that each can have by what is proven now, to who sees everything."""
    known = await _look(work, pairs, None)
    found = []
    for one in pairs:
        weighed, against = _judged(one, known)
        grounds = ((ground.kind, level) for ground, level in weighed)
        found.append(most_of(grounds, is_doubted=bool(against)))
    return found


async def _look(work: UnitOfWork, pairs: Sequence[Pair], classes: Collection[str] | None) -> _Known:
    """None: of all classes."""
    roots = {root for one in pairs for root in (one.left_root, one.right_root)}
    messages = {
        ground[name]
        for one in pairs
        for ground in one.grounds
        for name in ("message_id", "other_message_id")
        if ground.get(name) is not None
    }
    said = {
        message: one
        for message, one in (await stored.where_said(work, messages)).items()
        if classes is None or one.access_class in classes
    }
    bearers = await stored.bearers(work, roots)
    failures = await stored.claims_of(work, [one.identity_id for one in bearers])
    return _Known(said=said, bearers=bearers, failures=failures)


def _judged(asked: Pair, known: _Known) -> tuple[list[tuple[Ground, Level]], tuple[Against, ...]]:
    roots = (asked.left_root, asked.right_root)
    said = known.said
    pair = [one for one in known.bearers if one.root_id in roots]
    weighed = [
        _weighed(ground, said, pair)
        for ground in (Ground(**each) for each in asked.grounds)
        if all(one in said and said[one].root_id in roots for one in ground.message_ids)
    ]
    against = tuple(
        Against(kind="failed", value=readable_address(one.handle), checks=checks)
        for one in pair
        if (checks := _failed(known.failures.get(one.identity_id, ())))
    )
    return weighed, against


def _weighed(
    ground: Ground, said: Mapping[int, Said], pair: Sequence[Bearer]
) -> tuple[Ground, Level]:
    """As it is shown, with the level at which it was said: none unless it is somebody's handle."""
    level = Level(min((said[one].level for one in ground.message_ids), default=Level.CLAIMED))
    if ground.kind in ("address", "phone"):
        hint = Hint(ADDRESS if ground.kind == "address" else PHONE, ground.value)
        proven = {
            one.root_id
            for one in pair
            if one.level > Level.CLAIMED and hint_of(one.realm, one.handle) == hint
        }
        if not ground.message_ids:  # Nobody said it: both are known by it.
            level = Level.ATTESTED if len(proven) > 1 else Level.CLAIMED
            kind = ground.kind if level > Level.CLAIMED else "claimed"
            ground = msgspec.structs.replace(ground, kind=kind)
        elif not proven - {said[one].root_id for one in ground.message_ids}:
            # It is no news that somebody gives what is proven to be their own.
            level = Level.CLAIMED
    return msgspec.structs.replace(ground, is_proven=level > Level.CLAIMED), level


def _failed(claims: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(check for proof in claims for check in failed_checks(proof)))


def to_proposed(row: ProposalRow, now: datetime) -> Proposed:
    state = "expired" if row.state == "open" and row.expires_at <= now else row.state
    return Proposed(
        id=row.id,
        loser=Named(id=row.loser_root, name=row.loser_name),
        winner=Named(id=row.winner_root, name=row.winner_name),
        reason=row.reason,
        agent=Named(id=row.agent_id, name=row.agent_name),
        state=state,  # type: ignore[arg-type]  # its CHECK knows no other
        proposed_at=row.proposed_at,
        expires_at=row.expires_at,
        decided_at=row.decided_at,
        decided_by=named(row.decided_by_id, row.decided_by),
        decision_reason=row.decision_reason,
        merge_id=row.merge_id,
    )


def to_proposal(row: ProposalRow, viewer: Viewer, now: datetime) -> Proposal:
    proposed = to_proposed(row, now)
    return Proposal(
        **msgspec.structs.asdict(proposed),
        may_approve=proposed.state == "open" and row.agent_id != viewer.agent_id,
    )
