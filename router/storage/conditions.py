"""What a query asks for, by ids: a tree that `condition_sql` writes as SQL."""

from datetime import datetime

import msgspec


class SaysWords(msgspec.Struct, frozen=True):
    """A text that `to_tsquery` reads; None: only words that are in no entry."""

    tsquery: str


class WrittenBy(msgspec.Struct, frozen=True):
    persons: tuple[int, ...]
    """Roots."""
    agents: tuple[int, ...]


class AddressedTo(msgspec.Struct, frozen=True):
    persons: tuple[int, ...]
    """Roots."""
    beginning: str
    """Of an address that got a copy."""


class OfPersons(msgspec.Struct, frozen=True):
    roots: tuple[int, ...]


class OverAccounts(msgspec.Struct, frozen=True):
    accounts: tuple[int, ...]


class InState(msgspec.Struct, frozen=True):
    states: tuple[str, ...]
    """Of the leading case; a conversation without any case is solved."""


class OwnedBy(msgspec.Struct, frozen=True):
    agent: int | None


class InTeam(msgspec.Struct, frozen=True):
    team: int | None


class HasLabel(msgspec.Struct, frozen=True):
    """On the leading case; of a message, on its own."""

    label: int | None
    """None: it has none."""


class HasTopic(msgspec.Struct, frozen=True):
    """The leading case is of one of them; of a message, its own."""

    topics: tuple[int, ...]
    """None: it is of none."""


class HasField(msgspec.Struct, frozen=True):
    """In the leading case; of a message, in its own."""

    field: int
    value: str | None
    """As its kind writes it; None: anything."""


class InIncident(msgspec.Struct, frozen=True):
    """The leading case is; of a message, its own."""

    incident: int | None
    """None: in any that is not resolved."""


class IsInNoIncident(msgspec.Struct, frozen=True):
    """The leading case; of a message, its own."""


class IsUnread(msgspec.Struct, frozen=True):
    pass


class HasTrouble(msgspec.Struct, frozen=True):
    """A delivery failed, or its outcome is unknown."""


class NamesAgent(msgspec.Struct, frozen=True):
    """A note that is seen names whoever asks."""

    only_news: bool = False
    """Only where they have not read past it."""


class IsWatched(msgspec.Struct, frozen=True):
    """By whoever asks."""


class Owes(msgspec.Struct, frozen=True):
    """Something runs in a case, and at this instant it is `due` (near) or `late` (passed)."""

    how: str
    at: datetime


class Holds(msgspec.Struct, frozen=True):
    kind: str
    """`file`, `note` or `link`."""


class ReceivedBefore(msgspec.Struct, frozen=True):
    moment: datetime


class ReceivedAfter(msgspec.Struct, frozen=True):
    """At this moment or later."""

    moment: datetime


class InLanguage(msgspec.Struct, frozen=True):
    tag: str


class InCase(msgspec.Struct, frozen=True):
    case: int


class HasPriority(msgspec.Struct, frozen=True):
    """The highest of the cases that are not solved."""

    priority: int


class Every(msgspec.Struct, frozen=True):
    """All of these. None: everything."""

    parts: "tuple[Condition, ...]"


class AnyOf(msgspec.Struct, frozen=True):
    parts: "tuple[Condition, ...]"


class Without(msgspec.Struct, frozen=True):
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
