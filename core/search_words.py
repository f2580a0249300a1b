"""Texts as the search sees them: words of letters and digits, Chinese and Japanese as bigrams."""

import re
import unicodedata

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"[{_IDEOGRAPHS}]+|[^\W_{_IDEOGRAPHS}]+")
LONGEST_WORD = 100
"""Characters. PostgreSQL refuses entries of more than 2,046 bytes; nobody types such a word."""
_MARKED = re.compile("[\u00c0-\u024f\u0300-\u036f\u1e00-\u1eff]")
"""Latin letters with accents, and accents alone."""
_FOLDED = str.maketrans({"ё": "е", "ß": "ss"})


def fold(text: str) -> str:
    """The same for every way of writing it: width, case, accents of Latin letters, ё as е."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_FOLDED)
    if not _MARKED.search(plain):
        return plain
    spread = unicodedata.normalize("NFD", plain)
    kept = [
        one
        for place, one in enumerate(spread)
        if unicodedata.category(one) != "Mn" or not (place and spread[place - 1] < "\u0250")
    ]
    return unicodedata.normalize("NFC", "".join(kept))


def words_of(text: str) -> list[str]:
    """What is indexed, in order: folded words; of a run of ideographs each two neighbours, and its
    last one alone, so that the beginnings of these find every single one.
    """
    return _words(text, ends_within=False)


def words_asked(text: str) -> list[str]:
    """The same of words that are asked for: the last run may go on in the text."""
    return _words(text, ends_within=True)


def _words(text: str, *, ends_within: bool) -> list[str]:
    found: list[str] = []
    runs = text_runs(fold(text))
    for place, run in enumerate(runs):
        if not is_ideographic(run):
            found.append(run[:LONGEST_WORD])
            continue
        found += [run[at : at + 2] for at in range(len(run) - 1)]
        if len(run) == 1 or not (ends_within and place == len(runs) - 1):
            found.append(run[-1])
    return found


def is_ideographic(word: str) -> bool:
    return bool(re.match(rf"[{_IDEOGRAPHS}]", word))


def text_runs(folded: str) -> list[str]:
    """The words and runs of ideographs of a text that is folded, in order."""
    found: list[str] = _RUNS.findall(folded)
    return found


def runs_of(text: str) -> list[tuple[int, int]]:
    """(start, end) of every word or run of ideographs as it stands in the text, not folded."""
    return [found.span() for found in _RUNS.finditer(text)]
