"""How likely two people are one, by what speaks for it and by how well that is proven. Pure.

Whoever wants to be taken for somebody else chooses their own name, language and time, types what
they know of them, and writes any sender that they like. So a suggestion is never stronger than
the best-proven word in it, and weakest where a check failed.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from core.people import Level

Kind = Literal[
    "address",
    "phone",
    "address_of_both",
    "phone_of_both",
    "claimed",
    "name",
    "timing",
    "language",
    "attributes",
]
WEIGHTS: Mapping[Kind, int] = {
    "address": 70,
    "phone": 60,
    "address_of_both": 50,
    "phone_of_both": 45,
    "claimed": 40,
    "name": 25,
    "timing": 15,
    "language": 5,
    "attributes": 10,
}
SAID: frozenset[Kind] = frozenset({"address", "phone", "address_of_both", "phone_of_both"})
"""Said by somebody of themselves: as good as it is proven who that was."""
TELLING: frozenset[Kind] = SAID | {"claimed", "name"}
"""Without any of these nobody is asked."""
MOST: Mapping[Level, int] = {
    Level.CLAIMED: 44,
    Level.ATTESTED: 69,
    Level.LINKED: 99,
    Level.STEPPED_UP: 99,
}
"""The highest score by the best level at which a ground was said. Anybody can have an account of a
network or a browser, and type there what they know of others; who is linked answers for it."""
DOUBTED = 30
"""The highest score of two of whom one failed a check."""


def weight_of(kinds: Collection[Kind]) -> int:
    """From 0 to 99, whoever said it: each kind counts once."""
    return min(99, sum(WEIGHTS[kind] for kind in kinds))


def score_of(grounds: Iterable[tuple[Kind, Level]], *, is_doubted: bool) -> int:
    """From 0 to 99, of grounds with the level at which each was said."""
    found = set(grounds)
    most = most_of(found, is_doubted=is_doubted)
    return min(most, weight_of({kind for kind, _ in found}))


def most_of(grounds: Iterable[tuple[Kind, Level]], *, is_doubted: bool) -> int:
    """The highest score that such grounds can have, however many they are."""
    best = max((level for kind, level in grounds if kind in SAID), default=Level.CLAIMED)
    return min(MOST[best], DOUBTED) if is_doubted else MOST[best]


def failed_checks(proof: Mapping[str, object]) -> tuple[str, ...]:
    """What a mail failed of which this was found out. Empty: nothing was checked, or nobody said.

    A signature that does not hold and a sender that reads as two are failures; that there is no
    signature, no policy or no answer of the DNS is none.
    """
    failed = [check for check in ("dmarc", "dkim", "spf") if proof.get(check) == "fail"]
    found = proof.get("found")
    if found == "dkim" and "dkim" not in failed:
        failed.append("dkim")
    if found == "from":
        failed.append("from")
    return tuple(failed)
