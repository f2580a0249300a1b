"""What the API says of findings, and what agents say of them."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from core.ids import RowId
from router.assist.findings import DangerKind, Emotion, Urgency
from router.services.shown.names import Named


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
    """When it was seen that somebody had come, or need not; of what was told beside a life, when
    it was of that."""


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
    danger: Literal["self_harm"] | UnsetType = UNSET
    """What was missed, and is told as what is found. For supervisors, and alone."""


class TriageSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    is_on: bool = True
    least_confidence: Annotated[int, msgspec.Meta(ge=0, le=100)] = 50
    """Percent, from which on a case gets its topic by a guess."""
    pages: bool = True
    """Agents on duty are told of dangers."""
    escalate_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] | None = 5
    """After which supervisors are told where nobody has come; null: they are not."""


class TriageState(msgspec.Struct, frozen=True, kw_only=True):
    """Of the model, and of what was read within a day; at most of the newest 5,000 messages."""

    classifier: str | None
    """Null: nothing was read yet."""
    version: str | None
    read: int
    dangers: int
    topics_set: int
    """Cases that got their topic by a guess."""
    priorities_set: int
    behind: int
    """Entries that are still to be looked at."""
    examples: int
    """Of topics, their names included: what the model is built of."""
    corrections: int
    """Of agents: so is it of these."""
    corrected_at: datetime | None


class ToldDanger(msgspec.Struct, frozen=True, kw_only=True):
    case_id: int
    person_id: int
    person_name: str
    danger: DangerKind
    at: datetime
    told: tuple[str, ...]
    """Names of agents."""
    escalated_at: datetime | None
    ended_at: datetime | None


class MadeCorrection(msgspec.Struct, frozen=True, kw_only=True):
    message_id: int
    case_id: int
    person_id: int
    person_name: str
    by_name: str
    at: datetime
    topic: str | None
    """As it was guessed; `right_topic`: as the agent said, null: they said nothing of it."""
    right_topic: str | None
    is_urgent: bool | None
    danger: DangerKind | None


class TriageWork(msgspec.Struct, frozen=True, kw_only=True):
    state: TriageState
    pages: tuple[ToldDanger, ...]
    """The newest 50 first, as `corrections`."""
    corrections: tuple[MadeCorrection, ...]


class WeakTopic(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    f1: float
    held_out: int


class TriageScore(msgspec.Struct, frozen=True, kw_only=True):
    """How well a model of the desk's own examples finds those that were held out of it."""

    examples: int
    corrections: int
    topics: int
    held_out: int
    macro_f1: float
    """0 to 1; the mean over the topics of which something was held out."""
    weakest: tuple[WeakTopic, ...]
    version: str
