"""What needs a second agent, and answers that wait for one: nothing but their shapes."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from core.ids import RowId

MOST_LIMITS = 50
MOST_SNIPPETS = 200
ApprovalState = Literal["waiting", "approved", "declined", "withdrawn", "void", "expired"]
NEEDS_SECOND = "needs_second"
OWN_APPROVAL = "own_approval"
VOID = "void"


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
    revision: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """As it is read, which one this is; 0: there never was one. As it is written, the one that it
    stands on: 409 `moved_on` if there is a newer one. Null stands on none.
    """


class Because(msgspec.Struct, frozen=True, kw_only=True):
    """Why it needs a second agent."""

    kind: Literal["snippet", "amount"]
    snippet_id: int | None = None
    above: int | None = None


class GoingTo(msgspec.Struct, frozen=True, kw_only=True):
    shown_as: str
    account_id: int | None = None
    """By which it goes; a copy goes with the answer."""
    is_copy: bool = False
    is_hidden: bool = False
    """Named to nobody else who gets it."""


class GoingFile(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    size: int


class GoingLink(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    url: str


class GoingOut(msgspec.Struct, frozen=True, kw_only=True):
    """What the approver sees besides the text."""

    to: list[GoingTo] = []
    files: list[GoingFile] = []
    links: list[GoingLink] = []
    subject: str = ""
    offers: list[str] = []
    public_line: str = ""
    send_at: datetime | None = None
    afterwards: str | None = None
    """The state that the case gets with it."""


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
    going_out: GoingOut
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
    last_message_id: int | None
    """The newest of the conversation that the caller sees and its author did not write."""
    is_overtaken: bool
    """The person wrote after it was asked for."""
    may_approve: bool
