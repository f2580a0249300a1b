"""The queue, desks and steps of assignment as they are read over the API: their shapes alone."""

from datetime import datetime
from typing import Literal

import msgspec

from core.queue_order import Hindrance

MOST_COUNTED = 1_000
Availability = Literal["online", "busy", "away", "offline"]
"""Takes new cases; has enough; is back soon; is gone."""
SetBy = Literal["agent", "supervisor", "absence", "shift"]
Because = Literal[
    "last_owner",
    "best_skill",
    "least_busy",
    "accepted",
    "by_hand",
    "declined",
    "expired",
    "away",
    "offline",
    "team_full",
    "shift_over",
]
StepKind = Literal["offered", "declined", "expired", "assigned", "returned", "released", "moved"]


class QueuedCase(msgspec.Struct, frozen=True, kw_only=True):
    case_id: int
    person_id: int
    person_name: str
    subject: str
    position: int
    """From 1 on, within what was asked for."""
    topic: str
    """Its name; empty: none. What it needs, and what those above it do, is among `skills`."""
    topic_id: int | None
    priority: int
    tier: str
    """Which goes ahead; empty: none."""
    team_id: int | None
    waiting_since: datetime
    weight: int
    """What it takes of a capacity."""
    is_live: bool
    """Somebody waits at the other end."""
    skills: dict[str, int]
    """What whoever serves it needs, each with the least proficiency."""
    why_not: Hindrance
    """Why nobody has it yet. `next`: somebody is about to get it."""
    offered_to: str | None
    offered_until: datetime | None


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    cases: list[QueuedCase]
    next: str | None
    """Where the next page begins; null: there is none."""
    waiting: int
    """How many wait in all; never more than `waiting_most`, even if more do."""
    waiting_most: int = MOST_COUNTED


class QueueLine(msgspec.Struct, frozen=True, kw_only=True):
    """Cases that the same agents may serve."""

    team_id: int | None
    access_class: str
    skills: dict[str, int]
    """What whoever serves them needs, each with the least proficiency."""
    waiting: int
    offered: int
    """Of those: how many are offered to somebody just now."""
    oldest_since: datetime
    """Since when the one waits that waits longest, counted or not."""
    by_priority: tuple[int, ...]
    """How many of priority 1 to 4, of those that are counted."""
    able: int
    """Agents who are there and may serve it."""
    free: int
    """Of those: how many have room."""


class QueueLines(msgspec.Struct, frozen=True, kw_only=True):
    lines: list[QueueLine]
    """Those first in which somebody waits longest; no more than 200."""
    counted_most: int = MOST_COUNTED
    """Of each line so many cases are counted, those first that are served first, beside those that
    are offered."""


class HeldCase(msgspec.Struct, frozen=True, kw_only=True):
    case_id: int
    person_id: int
    person_name: str
    subject: str
    priority: int
    weight: int
    offered_until: datetime | None
    """Null: it is theirs."""


class HeldCases(msgspec.Struct, frozen=True, kw_only=True):
    cases: list[HeldCase]
    """What they are offered first; no more than 100."""


class AgentDesk(msgspec.Struct, frozen=True, kw_only=True):
    agent_id: int
    name: str
    availability: Availability
    set_by: SetBy
    since: datetime | None
    load: int
    """What their open cases and offers weigh."""
    capacity: int | None
    """Null: nobody has said; the queue gives up to its default."""
    skills: dict[str, int]


class Desks(msgspec.Struct, frozen=True, kw_only=True):
    desks: list[AgentDesk]


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    case_id: int
    person_id: int
    person_name: str
    subject: str
    priority: int
    waiting_since: datetime
    until: datetime


class OwnDesk(msgspec.Struct, frozen=True, kw_only=True):
    desk: AgentDesk
    offers: list[Offer]


class AssignmentStep(msgspec.Struct, frozen=True, kw_only=True):
    step: StepKind
    because: Because
    at: datetime
    agent_id: int | None
    """Whom it concerns."""
    agent_name: str | None
    by_id: int | None
    """Who did it; null: the queue, or a rule."""
    by_name: str | None
    rule_id: int | None
    """Which rule did it, if one did."""
    rule_name: str | None
    weight: int | None
    waiting_since: datetime | None


class AssignmentSteps(msgspec.Struct, frozen=True, kw_only=True):
    steps: list[AssignmentStep]
    """The newest first."""
