"""What a query is made of: words that somebody said, and facts that are asked for."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal


class Operator(StrEnum):
    """What may stand before a colon."""

    FROM = "from"
    TO = "to"
    PERSON = "person"
    CHANNEL = "channel"
    ACCOUNT = "account"
    ASSIGNEE = "assignee"
    TEAM = "team"
    LABEL = "label"
    TOPIC = "topic"
    FIELD = "field"
    IS = "is"
    HAS = "has"
    BEFORE = "before"
    AFTER = "after"
    PRIORITY = "priority"
    LANG = "lang"
    CASE = "case"
    INCIDENT = "incident"
    SLA = "sla"


SAME: dict[str, Operator] = {"inbox": Operator.ACCOUNT, "language": Operator.LANG}
"""Other names of operators."""

STATES = (
    *("open", "waiting", "snoozed", "solved"),
    *("unread", "unassigned", "failed", "mention", "watched"),
)
KINDS = ("file", "note", "link")
OWED = ("due", "late")
"""Something that is owed is near, or passed."""
PRIORITIES: dict[str, int] = {"urgent": 1, "high": 2, "normal": 3, "low": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where in the query it stands: characters from `at` on."""

    at: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(Spot):
    """Words of one message. A phrase's stand beside each other; a prefix's last one goes on."""

    text: str
    is_phrase: bool = False
    is_prefix: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Spot):
    """A fact. `value` is as it was written, or of an operator's own closed list."""

    operator: Operator
    value: str
    day: date | None = None
    """Of `before:` and `after:`, where a day was given; else the value is an age such as `7d`."""


@dataclass(frozen=True, slots=True)
class Not:
    part: "Query"


@dataclass(frozen=True, slots=True)
class Both:
    """All of these. None: everything."""

    parts: "tuple[Query, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    parts: "tuple[Query, ...]"


Query = Said | Asked | Not | Both | Either
EVERYTHING = Both(())

Fault = Literal[
    "unknown_operator", "no_value", "unknown_value", "bad_day", "unclosed", "unopened",
    "nothing_to_join", "too_long", "too_many", "too_deep", "too_common", "no_such",
]  # fmt: skip


class QueryRefused(ValueError):
    """The query cannot be read: which characters of it, and why in one sentence."""

    def __init__(self, fault: Fault, sentence: str, spot: Spot) -> None:
        super().__init__(sentence)
        self.fault, self.spot = fault, spot
