"""What rules are made of: when, if and then, as typed structures with closed lists of words."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from core.ids import RowId
from router.services.cases import Priority, ShortText

MOST_PARTS = 20
MOST_ACTIONS = 20
DEEPEST = 5
"""Of `all`, `any` and `not` inside each other."""
CLOCK_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"
CaseState = Literal["open", "waiting", "snoozed", "solved"]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
NoteText = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
Rows = Annotated[tuple[RowId, ...], msgspec.Meta(max_length=20)]


class Happening(StrEnum):
    """What a rule may run on. Each is derived from one fact of the outbox."""

    PERSON_WROTE = "person_wrote"
    MACHINE_WROTE = "machine_wrote"
    DESK_ANSWERED = "desk_answered"
    NOTE_WRITTEN = "note_written"
    MESSAGE_TRIAGED = "message_triaged"
    """What somebody wrote was read: from now on there is a finding."""
    MESSAGE_CHANGED = "message_changed"
    """Edited or deleted, by either side."""
    MESSAGE_SEEN = "message_seen"
    DELIVERY_CHANGED = "delivery_changed"
    DELIVERY_FAILED = "delivery_failed"
    CASE_OPENED = "case_opened"
    CASE_REOPENED = "case_reopened"
    CASE_WAITING = "case_waiting"
    CASE_SNOOZED = "case_snoozed"
    CASE_SOLVED = "case_solved"
    CASE_ASSIGNED = "case_assigned"
    CASE_LABELLED = "case_labelled"
    CASE_UNLABELLED = "case_unlabelled"
    CASE_RATED = "case_rated"
    CASE_CHANGED = "case_changed"
    """In whatever way."""
    CASE_RETURNED = "case_returned"
    """It went back to the queue: its owner is away, or their shift is over."""
    CASE_MERGED = "case_merged"
    CASE_SPLIT = "case_split"
    INCIDENT_JOINED = "incident_joined"
    INCIDENT_LEFT = "incident_left"
    DEADLINE_NEAR = "deadline_near"
    DEADLINE_PASSED = "deadline_passed"
    DEADLINE_ESCALATED = "deadline_escalated"
    PROMISE_MADE = "promise_made"
    PROMISE_KEPT = "promise_kept"
    PROMISE_WITHDRAWN = "promise_withdrawn"
    DANGER_TOLD = "danger_told"
    """Triage found one, and told somebody."""
    DANGER_ESCALATED = "danger_escalated"
    """Nobody came to it."""
    APPROVAL_ASKED = "approval_asked"
    CHAT_ENDED = "chat_ended"
    STEP_UP_CONFIRMED = "step_up_confirmed"
    PERSON_CHANGED = "person_changed"
    PERSON_MERGED = "person_merged"
    PERSON_SPLIT = "person_split"


class Happened(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
               tag_field="kind", tag="happened"):  # fmt: skip
    on: Happening


class StaysIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
              tag_field="kind", tag="stays_in"):  # fmt: skip
    """A case has been in this state for so long. Once for each time that it came into it."""

    state: CaseState
    hours: Annotated[int, msgspec.Meta(ge=1, le=24 * 366)]


class Daily(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
            tag_field="kind", tag="daily"):  # fmt: skip
    """Every day at this time, for each case that is not solved. A time that a clock change leaves
    out comes an hour later; one that it has twice counts once."""

    at: Annotated[str, msgspec.Meta(pattern=CLOCK_TIME)]
    zone: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


When = Happened | StaysIn | Daily


class Field(StrEnum):
    """What a condition may ask of."""

    PERSON_LANGUAGE = "person.language"
    PERSON_ATTRIBUTE = "person.attribute"
    PERSON_TIER = "person.tier"
    PERSON_LEVEL = "person.level"
    PERSON_BLOCKED = "person.is_blocked"
    CASE_STATE = "case.state"
    CASE_TOPIC = "case.topic"
    CASE_PRIORITY = "case.priority"
    CASE_OWNER = "case.owner"
    CASE_TEAM = "case.team"
    CASE_LABEL = "case.label"
    CASE_AGE = "case.age_hours"
    CASE_PRIVATE = "case.is_private"
    CASE_INCIDENT = "case.has_incident"
    """It is in one that is not resolved."""
    CASE_FIELD = "case.field"
    """One that admins defined; its name in a question is its number."""
    MESSAGE_TEXT = "message.text"
    MESSAGE_LANGUAGE = "message.language"
    MESSAGE_LEVEL = "message.level"
    MESSAGE_HAS_FILES = "message.has_files"
    MESSAGE_IN_PUBLIC = "message.in_public"
    MESSAGE_CAPABILITY = "message.capability"
    FINDING_TOPIC = "finding.topic"
    FINDING_URGENCY = "finding.urgency"
    FINDING_EMOTION = "finding.emotion"
    FINDING_DANGER = "finding.danger"
    FINDING_COMPLAINT = "finding.is_complaint"
    FINDING_SECURITY = "finding.is_security"
    FINDING_CONFIDENCE = "finding.confidence"
    DESK_OPEN = "desk.is_open"


class Operator(StrEnum):
    IS = "is"
    IS_NOT = "is_not"
    IS_SET = "is_set"
    IS_NOT_SET = "is_not_set"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    HAS = "has"
    HAS_NOT = "has_not"
    CONTAINS_ANY = "contains_any"
    CONTAINS_ALL = "contains_all"
    CONTAINS_NONE = "contains_none"


Value = (
    Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
    | Words
    | Annotated[tuple[Words, ...], msgspec.Meta(min_length=1, max_length=50)]
    | None
)


class Test(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
           tag_field="kind", tag="test"):  # fmt: skip
    """One question. Which operators and values go with a field the schema says."""

    __test__ = False  # it is no test of pytest's

    field: Field
    name: Annotated[str, msgspec.Meta(max_length=60)] = ""
    """Of an attribute: which; of a field of a case: its number."""
    op: Operator
    value: Value = None


class All(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
          tag_field="kind", tag="all"):  # fmt: skip
    parts: Annotated[tuple["Condition", ...], msgspec.Meta(max_length=MOST_PARTS)]


class Any(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
          tag_field="kind", tag="any"):  # fmt: skip
    parts: Annotated[tuple["Condition", ...], msgspec.Meta(min_length=1, max_length=MOST_PARTS)]


class Not(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
          tag_field="kind", tag="not"):  # fmt: skip
    part: "Condition"


Condition = All | Any | Not | Test


class _Action(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
              tag_field="do"):  # fmt: skip
    pass


class Assign(_Action, frozen=True, kw_only=True, tag="assign"):
    agent_id: RowId | None
    """None: nobody."""


class AssignTeam(_Action, frozen=True, kw_only=True, tag="assign_team"):
    team_id: RowId | None


class LabelCase(_Action, frozen=True, kw_only=True, tag="label"):
    add: Rows = ()
    drop: Rows = ()


class Prioritise(_Action, frozen=True, kw_only=True, tag="prioritise"):
    priority: Priority


class SetTopic(_Action, frozen=True, kw_only=True, tag="set_topic"):
    topic: ShortText


class SetField(_Action, frozen=True, kw_only=True, tag="set_field"):
    """A field of the case, that everybody sees."""

    field_id: RowId
    value: Annotated[str, msgspec.Meta(max_length=500)]
    """Empty: nothing."""


class SetState(_Action, frozen=True, kw_only=True, tag="set_state"):
    state: CaseState
    hours: Annotated[int, msgspec.Meta(ge=1, le=24 * 365)] | None = None
    """Of a case that is snoozed: when it wakes by itself."""


class JoinIncident(_Action, frozen=True, kw_only=True, tag="join_incident"):
    """The case is in the unresolved incident of this title; there is one from now on. A case that
    is in another unresolved one stays there."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class SayCanned(_Action, frozen=True, kw_only=True, tag="reply"):
    """A canned reply, in the language of who gets it."""

    snippet_id: RowId


class WriteNote(_Action, frozen=True, kw_only=True, tag="note"):
    text: NoteText


class Notify(_Action, frozen=True, kw_only=True, tag="notify"):
    """A note that names these agents, and the members of these teams."""

    text: NoteText
    agent_ids: Rows = ()
    team_ids: Rows = ()


class AskStepUp(_Action, frozen=True, kw_only=True, tag="ask_step_up"):
    """Of the identity that wrote last."""


class TellWebhooks(_Action, frozen=True, kw_only=True, tag="webhook"):
    """Tell the receivers that asked for what rules say, under this word."""

    word: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]


class Stop(_Action, frozen=True, kw_only=True, tag="stop"):
    """No rule below this one runs on the same."""


Action = (
    Assign | AssignTeam | LabelCase | Prioritise | SetTopic | SetField | SetState | JoinIncident
    | SayCanned | WriteNote | Notify | AskStepUp | TellWebhooks | Stop
)  # fmt: skip
Actions = Annotated[tuple[Action, ...], msgspec.Meta(min_length=1, max_length=MOST_ACTIONS)]


class Definition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one version of a rule says."""

    when: When
    condition: All = All(parts=())
    then: Actions
    most_per_case: Annotated[int, msgspec.Meta(ge=1, le=100)] = 5
    """Runs within an hour on one case: with one more the rule is stopped."""
    most_in_all: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 500
    """The same on all cases together. One by time is not stopped: it goes on an hour later."""
