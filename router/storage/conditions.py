"""What a query asks for, by ids: a tree that `condition_sql` writes as SQL."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SaysWords:
    """A text that `to_tsquery` reads; None: only words that are in no entry."""

    tsquery: str


@dataclass(frozen=True, slots=True)
class WrittenBy:
    persons: tuple[int, ...]
    """Roots."""
    agents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AddressedTo:
    persons: tuple[int, ...]
    """Roots."""
    beginning: str
    """Of an address that got a copy."""


@dataclass(frozen=True, slots=True)
class OfPersons:
    roots: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OverAccounts:
    accounts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class InState:
    states: tuple[str, ...]
    """Of the leading case; a conversation without any case is solved."""


@dataclass(frozen=True, slots=True)
class OwnedBy:
    agent: int | None


@dataclass(frozen=True, slots=True)
class InTeam:
    team: int | None


@dataclass(frozen=True, slots=True)
class HasLabel:
    """On the leading case; of a message, on its own."""

    label: int | None
    """None: it has none."""


@dataclass(frozen=True, slots=True)
class HasTopic:
    """The leading case is of one of them; of a message, its own."""

    topics: tuple[int, ...]
    """None: it is of none."""


@dataclass(frozen=True, slots=True)
class HasField:
    """In the leading case; of a message, in its own."""

    field: int
    value: str | None
    """As its kind writes it; None: anything."""


@dataclass(frozen=True, slots=True)
class InIncident:
    """The leading case is; of a message, its own."""

    incident: int | None
    """None: in any that is not resolved."""


@dataclass(frozen=True, slots=True)
class IsInNoIncident:
    """The leading case; of a message, its own."""


@dataclass(frozen=True, slots=True)
class IsUnread:
    pass


@dataclass(frozen=True, slots=True)
class HasTrouble:
    """A delivery failed, or its outcome is unknown."""


@dataclass(frozen=True, slots=True)
class NamesAgent:
    """A note that is seen names whoever asks."""

    only_news: bool = False
    """Only where they have not read past it."""


@dataclass(frozen=True, slots=True)
class IsWatched:
    """By whoever asks."""


@dataclass(frozen=True, slots=True)
class Owes:
    """Something runs in a case, and at this instant it is `due` (near) or `late` (passed)."""

    how: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Holds:
    kind: str
    """`file`, `note` or `link`."""


@dataclass(frozen=True, slots=True)
class ReceivedBefore:
    moment: datetime


@dataclass(frozen=True, slots=True)
class ReceivedAfter:
    """At this moment or later."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class InLanguage:
    tag: str


@dataclass(frozen=True, slots=True)
class InCase:
    case: int


@dataclass(frozen=True, slots=True)
class HasPriority:
    """The highest of the cases that are not solved."""

    priority: int


@dataclass(frozen=True, slots=True)
class Every:
    """All of these. None: everything."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Without:
    part: "Condition"


OfMessage = SaysWords | WrittenBy | AddressedTo | Holds | ReceivedBefore | ReceivedAfter
"""Speak of one message: all of them in a query speak of the same one."""
OfConversation = (
    OfPersons | OverAccounts | InState | OwnedBy | InTeam | IsUnread | HasTrouble | InLanguage
    | InCase | InIncident | IsInNoIncident | HasPriority | HasLabel | HasTopic | HasField
    | NamesAgent | IsWatched | Owes
)  # fmt: skip
Condition = OfMessage | OfConversation | Every | AnyOf | Without


def speaks_of_messages(condition: Condition) -> bool:
    """Whether single messages decide, and not the conversation alone."""
    match condition:
        case Every(parts) | AnyOf(parts):
            return any(speaks_of_messages(part) for part in parts)
        case Without(part):
            return speaks_of_messages(part)
        case _:
            return isinstance(condition, OfMessage)
