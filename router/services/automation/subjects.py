"""What conditions look at: a person, a case and a message as they stand when a rule is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec

from router.services.automation.matching import folded
from router.services.automation.terms import Happening


class PersonSeen(msgspec.Struct, frozen=True, kw_only=True):
    root_id: int
    language: str | None
    attributes: Mapping[str, Any]
    tier: str
    level: int
    """Of the best proven of their identities."""
    is_blocked: bool
    classes: frozenset[str] = frozenset()
    """Of their cases, where it is about none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSeen:
    id: int
    state: str
    topic: str
    priority: int
    owner_id: int | None
    team_id: int | None
    label_ids: frozenset[int]
    opened_at: datetime
    is_private: bool
    access_class: str
    revision: int
    incident_id: int | None = None
    has_incident: bool = False
    """One that is not resolved."""
    fields: Mapping[str, str | None] = field(default_factory=dict)
    """All that are in use and that everybody sees, by their numbers; None: nothing stands there."""


class FindingSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What was guessed of a message, and where an agent said otherwise, that."""

    topic: str
    confidence: int
    """Percent, of the topic."""
    urgency: str
    emotion: str
    danger: str | None
    is_complaint: bool


class MessageSeen(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    id: int
    direction: str
    text: str
    language: str | None
    level: int | None
    has_files: bool
    in_public: bool
    channel: str | None
    capabilities: frozenset[str]
    identity_id: int | None
    place_id: int | None
    at: datetime
    finding: FindingSeen | None = None
    """None: nobody has read it."""

    @cached_property
    def folded(self) -> str:
        return folded(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One occasion for rules."""

    happenings: frozenset[Happening]
    """None: by time."""
    now: datetime
    person: PersonSeen
    case: CaseSeen | None
    message: MessageSeen | None
    desk_is_open: bool
    chain: tuple[int, ...] = field(default=())
    """The rules that led to it."""
