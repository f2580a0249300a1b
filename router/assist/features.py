"""What a text is counted by: words, letters in a row, ideographs, words side by side."""

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from core.search_words import fold, is_ideographic, text_runs
from router.assist.findings import LONGEST

_GRAMS = (3, 4, 5)
_LONGEST_WORD = 24
"""Characters: longer ones are addresses and hashes, of which the beginning says enough."""
_STEM = 6
_APOSTROPHES = re.compile("['\u2019\u02bc`\u00b4]")
_HASHES = re.compile(r"\b(?:0x)?[0-9a-f]{24,}\b|\b\S+@\S+\.\S+\b|https?://\S+")


class Feature(NamedTuple):
    name: str
    word: str
    """Of the text, that it was made of."""


def plain(text: str) -> str:
    """Folded, without apostrophes, addresses and hashes; not longer than what is read."""
    return _HASHES.sub(" ", _APOSTROPHES.sub("", fold(text[:LONGEST])))


def keys_of(text: str) -> dict[int, str]:
    """Each feature of the text once, with the word that it was made of first.

    A feature is a number, the same in every process. Two of 32 equal bits are one: of 20,000, none
    to speak of.
    """
    found: dict[int, str] = {}
    for name, word in _features(text):
        found.setdefault(zlib.crc32(name.encode()), word)
    return found


def _features(text: str) -> Iterator[Feature]:
    before = ""
    for run in text_runs(plain(text)):
        if is_ideographic(run):
            before = ""
            yield from _ideographs(run)
            continue
        word = run[:_LONGEST_WORD]
        yield Feature(f"w{word}", word)
        closed = f"^{word}$"
        for size in _GRAMS:
            for at in range(len(closed) - size + 1):
                yield Feature(f"c{closed[at : at + size]}", word)
        if before:
            yield Feature(f"b{before[:_STEM]} {word[:_STEM]}", f"{before} {word}")
        before = word


def _ideographs(run: str) -> Iterator[Feature]:
    for size in (2, 3, 1):
        for at in range(len(run) - size + 1):
            piece = run[at : at + size]
            yield Feature(f"z{piece}", piece)
