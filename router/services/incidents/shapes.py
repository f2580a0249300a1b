"""Incidents as they are written and read over the API: nothing but their shapes."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from core.ids import RowId
from router.services.bulk.jobs import Reason
from router.services.shown.names import Named
from router.services.shown.rows import CaseState

IncidentState = Literal["open", "watching", "resolved"]
"""`watching`: it seems over, and somebody looks whether it is."""
Severity = Literal["critical", "major", "minor"]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Described = Annotated[str, msgspec.Meta(max_length=10_000)]
PublicTexts = Annotated[
    dict[
        Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")],
        Annotated[str, msgspec.Meta(max_length=4_000)],
    ],
    msgspec.Meta(max_length=30),
]
AwareTime = Annotated[datetime, msgspec.Meta(tz=True)]


class NewIncident(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: Title
    description: Described = ""
    state: Literal["open", "watching"] = "open"
    severity: Severity = "major"
    owner_id: RowId | None = None
    team_id: RowId | None = None
    public_texts: PublicTexts = {}
    started_at: AwareTime | None = None
    """Null: now."""


class IncidentChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays."""

    title: Title | UnsetType = UNSET
    description: Described | UnsetType = UNSET
    state: IncidentState | UnsetType = UNSET
    severity: Severity | UnsetType = UNSET
    owner_id: RowId | UnsetType | None = UNSET
    team_id: RowId | UnsetType | None = UNSET
    public_texts: PublicTexts | UnsetType = UNSET
    started_at: AwareTime | UnsetType = UNSET
    expect_revision: int | None = None


class IncidentNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    title: str
    description: str
    """For agents."""
    state: IncidentState
    severity: Severity
    owner: Named | None
    team_id: int | None
    public_texts: dict[str, str]
    """What people may be told, by language."""
    started_at: datetime
    resolved_at: datetime | None
    revision: int
    cases: int | None
    """In it, of those that one sees. Null: they were not counted."""
    unsolved: int | None


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    at: datetime
    kind: Literal["opened", "state", "changed", "note"]
    agent: Named | None
    rule_name: str
    """Of the rule that opened it; empty: an agent did."""
    state: IncidentState | None
    """What it became."""
    text: str
    """Of a note; of a change: what was changed."""


class IncidentWithLog(msgspec.Struct, frozen=True, kw_only=True):
    incident: Incident
    log: tuple[LogEntry, ...]
    """Newest first, at most 200."""


class Incidents(msgspec.Struct, frozen=True, kw_only=True):
    incidents: tuple[Incident, ...]
    """Newest first."""
    before: int | None
    """The next page's; null: this is the last."""


class IncidentCase(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    conversation_id: int
    person_name: str
    subject: str
    state: CaseState
    priority: int
    owner: Named | None


class IncidentCases(msgspec.Struct, frozen=True, kw_only=True):
    cases: tuple[IncidentCase, ...]
    """Newest first."""
    before: int | None


class AnswerAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all cases of an incident are to be told: a text or a macro."""

    text: Annotated[str, msgspec.Meta(max_length=100_000)] = ""
    """With variables as canned replies have them; `{{incident.text}}` is in their language."""
    macro_id: RowId | None = None
    only_unsolved: bool = True
    solves: bool = False
    """Each case is solved with it, or nothing is said in it."""


class AnswerWanted(AnswerAsked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    client_key: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    """The same again is the same answer: nobody is told twice. 409 `key_used` with another text,
    macro or flag."""
    stamp: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    """Of the preview. 409 `moved_on`: the macro, or what people may be told, says or does something
    else by now."""


class AnswerPreview(msgspec.Struct, frozen=True, kw_only=True):
    cases: int
    conversations: int
    """Each is told once, however many of its cases are in the incident."""
    looked: int
    """The first so many conversations were tried out."""
    cannot: int
    """Of those, in how many nothing can be said."""
    texts: tuple[str, ...]
    """A few of those that are said, each once."""
    reasons: tuple[Reason, ...]
    """Why it cannot be said, most first."""
    stamp: str


class IncidentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The cases of an incident answered in the background; counted are those that one sees."""

    id: int
    incident_id: int
    agent: Named
    macro_name: str | None
    texts: tuple[str, ...]
    """As they were written, each in one of its languages."""
    only_unsolved: bool
    solves: bool
    state: Literal["running", "stopping", "stopped", "done"]
    because: Literal["", "by_hand", "left"]
    """Why it was stopped. `left`: whoever began it may not answer any more."""
    stopped_by: Named | None
    begun_at: datetime
    ended_at: datetime | None
    cases: int
    waiting: int
    done: int
    told: int
    """Their persons heard it already, in another case or before."""
    failed: int
    cancelled: int
    """Nothing was said there, as it was stopped before."""
    recalled: int
    """It had not gone out when it was stopped, and never does."""


class IncidentAnswers(msgspec.Struct, frozen=True, kw_only=True):
    answers: tuple[IncidentAnswer, ...]
    """The newest, newest first."""


class AnswerFailure(msgspec.Struct, frozen=True, kw_only=True):
    case_id: int
    conversation_id: int
    person_name: str
    code: str
    """Such as `level_too_low`, `needs_second`, `fields_missing`, `moved_on`; `fault`: of ours."""
    sentence: str


class AnswerFailures(msgspec.Struct, frozen=True, kw_only=True):
    failures: tuple[AnswerFailure, ...]
    after: int | None
    """The next page's; null: this is the last."""
