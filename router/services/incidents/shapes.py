"""Incidents as they are written and read over the API: nothing but their shapes."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from core.ids import RowId
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
