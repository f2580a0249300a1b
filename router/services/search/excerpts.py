"""What a hit shows of a message: some of its text, and where the words stand in it. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from core.query_terms import Both, Either, Not, Query, Said
from core.search_words import fold, is_ideographic, runs_of

LENGTH = 220
LEAD = 60
"""Characters shown before the first word that was found."""
MOST_MARKS = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is marked: lexemes of words, beginnings of words, and runs of ideographs."""

    words: frozenset[str]
    beginnings: tuple[str, ...]
    runs: tuple[str, ...]


def wanted_of(query: Query) -> Wanted:
    """The folded words that a query wants; what it does not want is not marked."""
    words: set[str] = set()
    beginnings: list[str] = []
    runs: list[str] = []
    for said in _wanted(query):
        found = [said.text[start:end] for start, end in runs_of(said.text)]
        for place, piece in enumerate(found):
            run = fold(piece)
            if is_ideographic(run):
                runs.append(run)
            elif said.is_prefix and place == len(found) - 1:
                beginnings.append(run)
            else:
                words.add(run)
    return Wanted(frozenset(words), tuple(beginnings), tuple(runs))


def _wanted(query: Query) -> list[Said]:
    match query:
        case Said():
            return [query]
        case Both(parts) | Either(parts):
            return [said for part in parts for said in _wanted(part)]
        case Not():
            return []
        case _:
            return []


def candidates(text: str, wanted: Wanted) -> set[str]:
    """Words of the text that may be other forms of those wanted: they begin alike."""
    starts = {word[:2] for word in wanted.words}
    found = (fold(text[start:end]) for start, end in runs_of(text))
    return {word for word in found if word[:2] in starts}


def marks_in(
    text: str, wanted: Wanted, lexemes: Mapping[str, str], sought: Collection[str]
) -> list[tuple[int, int]]:
    """(start, end) of what was found. `lexemes`: of the candidates; `sought`: of what is wanted."""
    found: list[tuple[int, int]] = []
    for start, end in runs_of(text):
        word = fold(text[start:end])
        if is_ideographic(word):
            found += _in_run(word, start, end, wanted.runs)
        elif (
            word in wanted.words
            or lexemes.get(word) in sought
            or any(word.startswith(one) for one in wanted.beginnings)
        ):
            found.append((start, end))
    return sorted(set(found))


def _in_run(run: str, start: int, end: int, wanted: Sequence[str]) -> list[tuple[int, int]]:
    if len(run) != end - start:  # folding made other characters of it
        return [(start, end)] if any(one in run for one in wanted) else []
    found: list[tuple[int, int]] = []
    for one in wanted:
        at = run.find(one)
        while at >= 0:
            found.append((start + at, start + at + len(one)))
            at = run.find(one, at + len(one))
    return found


def excerpt(text: str, marks: Sequence[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """At most LENGTH characters round the first mark, on one line, with the marks in it."""
    first = marks[0][0] if marks else 0
    start = _word_start(text, first - LEAD) if first > LEAD else 0
    end = min(len(text), start + LENGTH)
    shown = "".join(" " if one.isspace() else one for one in text[start:end])
    inside = [(a - start, b - start) for a, b in marks if a >= start and b <= end][:MOST_MARKS]
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before)
    return before + shown + after, [(a + shift, b + shift) for a, b in inside]


def _word_start(text: str, at: int) -> int:
    """The next beginning of a word, unless it is far."""
    for place in range(at, min(at + 20, len(text))):
        if text[place - 1].isspace():
            return place
    return at
