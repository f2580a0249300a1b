"""What one shift hands to the next, as it is read over the API: nothing but its shapes."""

from datetime import datetime
from typing import Annotated

import msgspec

from core.ids import RowId
from core.targets import Ending, Target
from router.assist.findings import DangerKind
from router.services.approvals.shapes import ApprovalState
from router.services.incidents.shapes import IncidentState, Severity
from router.services.shown.names import Named
from router.services.shown.rows import CaseState

MOST_CASES = 200
"""That are listed one by one; the others are counted."""
MOST_WORDS = 280
"""Characters of what was said last."""


class NewHandover(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    team_id: RowId
    note: Annotated[str, msgspec.Meta(max_length=4_000)] = ""


class HandoverNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(max_length=4_000)]
    """Empty: none any more."""


class WrittenNote(msgspec.Struct, frozen=True, kw_only=True):
    agent: Named
    text: str
    at: datetime


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    agent: Named
    at: datetime


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """Who hands over to whom."""

    id: int
    team: Named
    asked_by: Named | None
    """Null: a shift ended."""
    ends_at: datetime
    next_until: datetime
    """Until when those who take over work; what is due before it stands in the packet."""
    leaving: tuple[Named, ...]
    next: tuple[Named, ...]
    """Who takes over: of the team; where it has nobody then, whoever is on duty."""
    receipts: tuple[Receipt, ...]
    is_for_me: bool
    """One is of those who take over, and has not said that one did."""


class OwedThen(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline of a case: as it was handed over, and what became of it."""

    target: Target
    due_at: datetime
    """As it was then."""
    words: str
    """Of a promise."""
    promised_by: Named | None
    ended_at: datetime | None
    ending: Ending | None


class HandedCase(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    conversation_id: int
    person_name: str
    subject: str
    topic: str | None
    priority: int
    owner_then: Named | None
    owner: Named | None
    """Now."""
    state_then: CaseState
    state: CaseState
    """Now."""
    is_handed_over: bool
    """It was of somebody whose shift ended."""
    danger: str | None
    """That the newest message of which triage says so tells of, unless an agent denied it."""
    they_said: str
    """The beginning of their last words then; empty: none, or they are gone."""
    we_said: str
    owed: tuple[OwedThen, ...]
    """What was promised, and what else was due before `next_until`, the first one first."""


class OpenOf(msgspec.Struct, frozen=True, kw_only=True):
    """How many cases of the team were somebody's."""

    owner: Named | None
    """Null: nobody's."""
    cases: int


class WaitingThen(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that waited for a second agent."""

    id: int
    conversation_id: int
    person_name: str
    author: str
    expires_at: datetime
    state: ApprovalState
    """Now."""


class HandedIncident(msgspec.Struct, frozen=True, kw_only=True):
    """One that was not resolved then."""

    id: int
    title: str
    severity: Severity
    state_then: IncidentState
    state: IncidentState
    """Now."""
    cases: int
    """That were in it then, of classes that one sees."""


class HandoverPacket(msgspec.Struct, frozen=True, kw_only=True):
    handover: Handover
    open: tuple[OpenOf, ...]
    cases: tuple[HandedCase, ...]
    """Those of who left first, each part the most urgent first; at most 200."""
    more: int
    """Open ones of the team beyond those that are listed."""
    approvals: tuple[WaitingThen, ...]
    incidents: tuple[HandedIncident, ...]
    """Newest first."""
    notes: tuple[WrittenNote, ...]


class Handovers(msgspec.Struct, frozen=True, kw_only=True):
    handovers: tuple[Handover, ...]
    """Newest first."""
    before: int | None
    """The next page's; null: this is the last."""


class KeptCase(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of a case."""

    id: int
    owner_id: int | None
    state: CaseState
    last_in_id: int | None
    last_out_id: int | None
    is_handed_over: bool


class KeptDue(msgspec.Struct, frozen=True, kw_only=True):
    case_id: int
    target: Target
    ref: int
    due_at: datetime


class KeptCount(msgspec.Struct, frozen=True, kw_only=True):
    owner_id: int | None
    access_class: str
    cases: int


class KeptIncident(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    state: IncidentState
    cases: dict[str, int]
    """By access class."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """All that is stored of a packet: ids and states, no words."""

    cases: tuple[KeptCase, ...] = ()
    owed: tuple[KeptDue, ...] = ()
    counts: tuple[KeptCount, ...] = ()
    approval_ids: tuple[int, ...] = ()
    incidents: tuple[KeptIncident, ...] = ()


class WaitingApproval(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    conversation_id: int
    case_id: int | None
    may_approve: bool
    """It waits for oneself."""
    expires_at: datetime
    """From then on it waits no more, whether anybody says so or not."""


class WaitingDanger(msgspec.Struct, frozen=True, kw_only=True):
    """Of which one was told, and to which nobody at the desk has come."""

    message_id: int
    conversation_id: int
    case_id: int
    name: str
    """Of the person."""
    danger: DangerKind
    at: datetime
    escalated_at: datetime | None
    """When supervisors were told as well, as nobody had come."""


class Awaiting(msgspec.Struct, frozen=True, kw_only=True):
    """What waits, for oneself or beside one."""

    approvals: tuple[WaitingApproval, ...]
    """All that one sees, at most 100."""
    handovers: tuple[int, ...]
    """That are for oneself, newest first."""
    exchanges: tuple[int, ...] = ()
    """Of shifts: offered to oneself, decided since one looked, or for oneself to approve."""
    dangers: tuple[WaitingDanger, ...] = ()
    """Lives first, then the newest; of the last day."""
