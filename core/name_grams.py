"""Names and addresses cut into pieces of three characters, so that any part of them is found.

A part of one or two letters asks for the beginning of a word, of one or two ideographs for these
anywhere. What has the pieces need not have the part: `Question.within` says what to look for then.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from core.search_words import LONGEST_WORD, fold, is_ideographic, text_runs

GRAM = 3
MOST_CHARACTERS = 20_000
"""Of all the names of one person."""
_PHONE = re.compile(r"[+\d() ./\-\u00a0]+")
_APOSTROPHES = str.maketrans("", "", "'’ʼ`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a text that was typed asks for. All of it must be there."""

    grams: Sequence[str]
    within: Sequence[str]
    """Parts of what `said_of` gives."""


def said_of(names: Iterable[str]) -> str:
    """Everything that somebody is known by: folded words, a space before each."""
    words = dict.fromkeys(word for name in names for word in _words(name))
    return "".join(f" {word}" for word in words)[:MOST_CHARACTERS]


def grams_of(names: Iterable[str]) -> list[str]:
    """The pieces of the same words, each once."""
    words = said_of(names).split()
    return list(dict.fromkeys(gram for word in words for gram in _grams(word)))


def asked(text: str) -> Question | None:
    """None: there is no letter and no digit in it."""
    words = _words(text)[-1:] if _PHONE.fullmatch(text.strip()) else _words(text)
    if not words:
        return None
    grams = [gram for word in words for gram in _asked(word)]
    return Question(
        grams=list(dict.fromkeys(grams)),
        within=[word if _is_inner(word) else f" {word}" for word in words],
    )


def _words(text: str) -> list[str]:
    """Runs of letters and digits, and of ideographs; a telephone number's digits joined as well,
    behind them, since everybody puts spaces elsewhere.
    """
    folded = fold(text).translate(_APOSTROPHES)
    words = [run[:LONGEST_WORD] for run in text_runs(folded)]
    if _PHONE.fullmatch(text.strip()) and len(words) > 1:
        words.append("".join(words)[:LONGEST_WORD])
    return words


def _is_inner(word: str) -> bool:
    """Whether it is looked for within words, too."""
    return len(word) >= GRAM or is_ideographic(word)


def _grams(word: str) -> Iterable[str]:
    if is_ideographic(word):
        yield from word
        yield from _cut(word, 2)
    else:
        yield from islice((f"^{word[:1]}", f"^{word[:2]}"), min(len(word), 2))
        yield from _cut(word, GRAM)


def _asked(word: str) -> Iterable[str]:
    if is_ideographic(word):
        return [word] if len(word) == 1 else _cut(word, 2)
    return [f"^{word}"] if len(word) < GRAM else _cut(word, GRAM)


def _cut(word: str, size: int) -> list[str]:
    return [word[at : at + size] for at in range(len(word) - size + 1)]
