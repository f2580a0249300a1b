"""Strings that almost match a pattern: what makes an engine that goes back try again and again."""

import re
import re._constants as sre  # type: ignore[import-untyped]  # the standard library ships no types for it
import re._parser as sre_parser  # type: ignore[import-untyped]  # as above
from collections.abc import Iterator
from typing import Any

_CATEGORIES = {
    sre.CATEGORY_DIGIT: "1",
    sre.CATEGORY_NOT_DIGIT: "x",
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_NOT_SPACE: "x",
    sre.CATEGORY_WORD: "a",
    sre.CATEGORY_NOT_WORD: "-",
}
_CANDIDATES = "a1 -=<>\"'(.:;,/_\n\tA€中"
TAILS = ("", "\x00", "!", "a", "\n")
MANY = 5
"""A repetition of fewer is no danger."""


def attacks(pattern: str, flags: int, length: int) -> Iterator[str]:
    """Near misses of about `length` characters: each repetition of the pattern pumped up, and the
    beginning of a match over and over.
    """
    for prefix, pump in sorted(set(_pumps(list(sre_parser.parse(pattern, flags)), ""))):
        if not pump:
            continue
        for tail in TAILS:
            yield prefix + pump * (length // len(pump)) + tail
        start = prefix + pump * 3
        yield start * (length // len(start))


def _pumps(tokens: list[Any], prefix: str) -> Iterator[tuple[str, str]]:
    for position, (kind, value) in enumerate(tokens):
        before = prefix + "".join(_sample(token) for token in tokens[:position])
        if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            _, most, inner = value
            if most is sre.MAXREPEAT or most > MANY:
                yield before, _sample_of(list(inner))
            yield from _pumps(list(inner), before)
        elif kind is sre.SUBPATTERN:
            yield from _pumps(list(value[3]), before)
        elif kind is sre.ATOMIC_GROUP:
            yield from _pumps(list(value), before)
        elif kind in (sre.ASSERT, sre.ASSERT_NOT):
            yield from _pumps(list(value[1]), before)
        elif kind is sre.BRANCH:
            for branch in value[1]:
                yield from _pumps(list(branch), before)


def _sample_of(tokens: list[Any]) -> str:
    return "".join(_sample(token) for token in tokens)


def _sample(token: Any) -> str:
    """The shortest text that it matches, as far as can be told without trying."""
    kind, value = token
    if kind is sre.LITERAL:
        return chr(value)
    if kind in (sre.NOT_LITERAL, sre.ANY):
        return next(one for one in _CANDIDATES if kind is sre.ANY or ord(one) != value)
    if kind is sre.IN:
        return _one_of(value)
    if kind is sre.CATEGORY:
        return _CATEGORIES.get(value, "a")
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        least, _, inner = value
        return _sample_of(list(inner)) * least
    if kind is sre.SUBPATTERN:
        return _sample_of(list(value[3]))
    if kind is sre.ATOMIC_GROUP:
        return _sample_of(list(value))
    if kind is sre.BRANCH:
        return _sample_of(list(value[1][0]))
    return ""


def _one_of(members: list[Any]) -> str:
    is_negated = members[0][0] is sre.NEGATE
    for candidate in (*_CANDIDATES, *(chr(code) for code in range(0xA0, 0x500))):
        if any(_is_in(candidate, member) for member in members) != is_negated:
            return candidate
    return next(
        (chr(member[1] if member[0] is sre.LITERAL else member[1][0]) for member in members), "a"
    )


def _is_in(candidate: str, member: Any) -> bool:
    kind, value = member
    if kind is sre.LITERAL:
        return ord(candidate) == value
    if kind is sre.RANGE:
        return bool(value[0] <= ord(candidate) <= value[1])
    if kind is sre.CATEGORY:
        names = {
            sre.CATEGORY_DIGIT: r"\d",
            sre.CATEGORY_NOT_DIGIT: r"\D",
            sre.CATEGORY_SPACE: r"\s",
            sre.CATEGORY_NOT_SPACE: r"\S",
            sre.CATEGORY_WORD: r"\w",
            sre.CATEGORY_NOT_WORD: r"\W",
        }
        return re.match(names.get(value, "(?!)"), candidate) is not None
    return False
