"""Suggestions and proposals of joining two people, as the API shows them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from router.services.shown.names import Named, named
from router.services.viewer import Viewer
from router.storage import profiles
from router.storage import suggestions as stored
from router.storage.proposals import ProposalRow
from router.storage.sight import find_hidden
from router.storage.suggestions import SuggestionRow
from router.storage.unit_of_work import UnitOfWork

GroundKind = Literal[
    "address",
    "phone",
    "address_of_both",
    "phone_of_both",
    "name",
    "timing",
    "language",
    "attributes",
]


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """One reason to believe it. `address`, `phone`: one of them gave what is a handle of the other.
    `..._of_both`: both gave the same."""

    kind: GroundKind
    value: str
    """What they have in common; empty for `timing`."""
    message_id: int | None
    """Where it was said."""
    other_message_id: int | None = None
    """Of what both gave: where the other said it."""

    @property
    def message_ids(self) -> tuple[int, ...]:
        return tuple(one for one in (self.message_id, self.other_message_id) if one is not None)


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    left: Named
    """Whoever stands for them now."""
    right: Named
    score: int
    """0 to 99. A hint proves nothing."""
    grounds: tuple[Ground, ...]
    """Only those that the caller may see where they were said."""
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


async def shown_suggestions(
    work: UnitOfWork, viewer: Viewer, rows: Sequence[SuggestionRow]
) -> list[Suggestion]:
    """Those of which the viewer sees both conversations and at least one ground; each pair once.

    What somebody gave who is neither of the two any more (a split took them out) is no ground.
    """
    roots = {root for row in rows for root in (row.left_root, row.right_root)}
    hidden = await find_hidden(work, roots, viewer.sight)
    known = {row.id: [Ground(**ground) for ground in row.grounds] for row in rows}
    messages = {
        one for grounds in known.values() for ground in grounds for one in ground.message_ids
    }
    classes = viewer.sight.classes | {"normal"}
    givers = {
        message: root
        for message, (root, access_class) in (await stored.where_said(work, messages)).items()
        if access_class in classes
    }
    names = {row["id"]: row["display_name"] for row in await profiles.persons(work, roots)}
    shown: dict[tuple[int, int], Suggestion] = {}
    for row in rows:
        left, right = sorted((row.left_root, row.right_root))
        grounds = tuple(
            ground
            for ground in known[row.id]
            if all(givers.get(one) in (left, right) for one in ground.message_ids)
        )
        if {left, right} & hidden.roots or not any(one.kind in _TELLING for one in grounds):
            continue
        suggestion = Suggestion(
            id=row.id,
            left=Named(id=left, name=names.get(left, "")),
            right=Named(id=right, name=names.get(right, "")),
            score=row.score if len(grounds) == len(row.grounds) else _score(grounds),
            grounds=grounds,
            state=row.state,  # type: ignore[arg-type]  # its CHECK knows no other
            found_at=row.found_at,
            decided_at=row.decided_at,
            decided_by=named(row.decided_by_id, row.decided_by),
            decision_reason=row.decision_reason,
            merge_id=row.merge_id,
        )
        shown.setdefault((left, right), suggestion)
    return list(shown.values())


_TELLING = frozenset({"address", "phone", "address_of_both", "phone_of_both", "name"})
WEIGHTS = {
    "address": 70,
    "phone": 60,
    "address_of_both": 50,
    "phone_of_both": 45,
    "name": 25,
    "timing": 15,
    "language": 5,
    "attributes": 10,
}


def _score(grounds: Sequence[Ground]) -> int:
    return score_of({one.kind for one in grounds})


def score_of(kinds: set[str] | set[GroundKind]) -> int:
    """From 0 to 99: each kind counts once."""
    return min(99, sum(WEIGHTS[kind] for kind in kinds))


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
