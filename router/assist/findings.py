"""What a classifier says of a message, and the protocol that every classifier keeps."""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

Urgency = Literal["low", "normal", "high", "urgent"]
Emotion = Literal["neutral", "worried", "angry", "grateful"]
DangerKind = Literal[
    "stolen_account",
    "unknown_login",
    "lost_two_factor",
    "withdrawal_stuck",
    "duress",
    "phishing",
    "self_harm",
]
GRAVE: frozenset[DangerKind] = frozenset({"self_harm"})
"""A life is at stake, and not an account."""
HARMLESS, CALM = "none", "calm"
"""Labels of what was taken for a danger; calm: for somebody who will hurt themselves."""
PRIORITIES: dict[Urgency, int] = {"urgent": 1, "high": 2, "normal": 3, "low": 4}
"""The priority of a case that such a message opens."""
LONGEST = 4_000
"""Characters that are read of a message; what is asked stands in its beginning."""


MOST_WORDS = 5
"""That a finding names."""


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """A word of the message, and how much it counted for what was found; the words of one finding
    add up to at most 1.
    """

    word: str
    weight: float


class TopicFinding(msgspec.Struct, frozen=True, kw_only=True):
    topic: str
    """As whoever built the classifier names it."""
    confidence: float
    """0 to 1; those of all topics add up to 1."""
    words: tuple[Weighed, ...] = ()


class DangerFinding(msgspec.Struct, frozen=True, kw_only=True):
    kind: DangerKind
    confidence: float
    words: tuple[Weighed, ...] = ()


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    topics: tuple[TopicFinding, ...]
    """The likeliest first, at most three; none where no word is known."""
    urgency: Urgency
    emotion: Emotion
    language: str | None
    """ISO 639-1. None: nothing tells."""
    is_complaint: bool
    danger: DangerFinding | None


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What is known beside the text."""

    language: str | None = None
    """Of the person, as far as it is known: it decides where the text doesn't."""


class Classifier(Protocol):
    """Says what a message is about. It may wait for a network, keeps nothing, and never raises for
    a text, however odd.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """Another one whenever the same text may be found to be something else."""
        ...

    async def classify(self, text: str, heard: Heard) -> Findings: ...


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence, and what it is about."""

    text: str
    label: str


Examples = Sequence[Example]
