"""What needs a second agent, and answers that wait for one: nothing but their shapes."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

MOST_LIMITS = 50
MOST_SNIPPETS = 200
RowId = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
ApprovalState = Literal["waiting", "approved", "declined", "withdrawn", "void", "expired"]
NEEDS_SECOND = "needs_second"
OWN_APPROVAL = "own_approval"


class AmountLimit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Answers that name a number above this one."""

    above: Annotated[int, msgspec.Meta(ge=0, le=10**15)]
    topic_ids: Annotated[tuple[RowId, ...], msgspec.Meta(max_length=50)] = ()
    """Only in these topics and those below them; none: everywhere."""


class ApprovalPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an agent may not say alone."""

    snippet_ids: Annotated[tuple[RowId, ...], msgspec.Meta(max_length=MOST_SNIPPETS)] = ()
    """Answers that say what these canned replies say, whoever put it there."""
    amounts: Annotated[tuple[AmountLimit, ...], msgspec.Meta(max_length=MOST_LIMITS)] = ()
    hours: Annotated[int, msgspec.Meta(ge=1, le=24 * 14)] = 24
    """After which an answer that nobody approved goes out no more."""


class Because(msgspec.Struct, frozen=True, kw_only=True):
    """Why it needs a second agent."""

    kind: Literal["snippet", "amount"]
    snippet_id: int | None = None
    above: int | None = None


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    conversation_id: int
    person_name: str
    case_id: int | None
    author_id: int
    author: str
    text: str
    wanted: dict[str, Any]
    """The whole answer as its author wants it."""
    digest: str
    """Of all that would go out, to whom and by what: an approval names it."""
    because: list[Because]
    state: ApprovalState
    asked_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    decision_reason: str
    message_id: int | None
    """What was sent."""
    may_approve: bool
