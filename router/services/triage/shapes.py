"""What the API says of findings, and what agents say of them."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from router.assist.findings import DangerKind, Emotion, Urgency
from router.services.shown.names import Named

RowId = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent said of a finding: the last word."""

    by: Named
    at: datetime
    topic_id: int | None
    """Null: nothing was said of it."""
    topic: str | None
    is_urgent: bool | None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """That agents were told of a danger."""

    at: datetime
    told: tuple[int, ...]
    """Agents, those to whom it was escalated included."""
    escalated_at: datetime | None
    ended_at: datetime | None
    """When it was seen that somebody had come, or need not."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a classifier guessed of one message."""

    message_id: int
    case_id: int
    topic_id: int | None
    topic: str | None
    topic_confidence: float
    """0 to 1, as `danger_confidence`."""
    urgency: Urgency
    emotion: Emotion
    language: str | None
    is_complaint: bool
    danger: DangerKind | None
    """A security incident, or money or somebody in danger."""
    danger_confidence: float
    words: tuple[str, ...]
    """Of the message, that counted most."""
    classifier: str
    version: str
    """Of its model: another one may find something else in the same words."""
    at: datetime
    set_topic: bool
    """The case got its topic by it; `set_priority`: its priority."""
    set_priority: bool
    correction: Correction | None
    page: Page | None


class CaseFindings(msgspec.Struct, frozen=True, kw_only=True):
    findings: tuple[Finding, ...]
    """The newest first, at most 20."""


class NewCorrection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At least one of them. What is left out stays as it was said before."""

    topic_id: RowId | UnsetType = UNSET
    """What it is about: the case gets this topic."""
    is_urgent: bool | UnsetType = UNSET
    """False: a priority that the case has by a guess is as usual again, and nobody else is told."""


class TriageSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    is_on: bool = True
    least_confidence: Annotated[int, msgspec.Meta(ge=0, le=100)] = 50
    """Percent, from which on a case gets its topic by a guess."""
    pages: bool = True
    """Agents on duty are told of dangers."""
    escalate_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] | None = 5
    """After which supervisors are told where nobody has come; null: they are not."""
