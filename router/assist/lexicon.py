"""Lists of words, kept as a file, by which moods, complaints, urgency and dangers are known."""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, get_args

from core.search_words import is_ideographic
from router.assist.features import plain
from router.assist.findings import DangerKind

LISTS = (
    "angry",
    "worried",
    "grateful",
    "complaint",
    "urgent",
    "aside",
    "small",
    "money_missing",
    "question",
    "trouble",
)
_ENDS = re.compile(r"[.!?\n;。！？；…]+")
_MOST_SENTENCES = 60


@dataclass(frozen=True, slots=True)
class Rule:
    """A danger is there where each group has a word in two sentences side by side."""

    kind: DangerKind
    groups: tuple[re.Pattern[str], ...]
    never: re.Pattern[str] | None
    figures: re.Pattern[str] | None
    """Of speech: taken out before the groups are looked for."""

    def find(self, said: str) -> list[str] | None:
        """The words that made it so, or None."""
        if self.figures is not None:
            said = self.figures.sub(" ", said)
        found = [group.search(said) for group in self.groups]
        if not all(found) or (self.never is not None and self.never.search(said)):
            return None
        return [one.group().strip() for one in found if one is not None]


@dataclass(frozen=True, slots=True)
class Lexicon:
    lists: Mapping[str, re.Pattern[str]]
    rules: Sequence[Rule]

    def found(self, name: str, said: str) -> list[str]:
        """The words of a list that stand in a plain text."""
        return [one.strip() for one in self.lists[name].findall(said)]

    def is_aside(self, said: str) -> bool:
        """Whether a plain text is a figure of speech, or where somebody is, and nothing else."""
        left, found = self.lists["aside"].subn(" ", said)
        return found > 0 and not any(map(str.isalnum, self.lists["small"].sub(" ", left)))

    def danger(
        self, text: str, *, but: Collection[DangerKind] = ()
    ) -> tuple[DangerKind, list[str]] | None:
        """The first rule, of other dangers than `but`, that a pair of sentences keeps, in the order
        of the file.
        """
        sentences = [plain(one) for one in _ENDS.split(text) if one.strip()][:_MOST_SENTENCES]
        pairs = [" . ".join(sentences[at : at + 2]) for at in range(max(len(sentences) - 1, 1))]
        for rule in self.rules:
            if rule.kind in but:
                continue
            for pair in pairs:
                words = rule.find(pair)
                if words is not None:
                    return rule.kind, words
        return None


@cache
def lexicon() -> Lexicon:
    """That of the file beside this module, read once."""
    source = files("router.assist").joinpath("lexicon.toml").read_text(encoding="utf-8")
    read = tomllib.loads(source)
    lists = {name: _pattern(_all(read[name])) for name in LISTS}
    return Lexicon(lists, [_rule(one) for one in read["dangers"]])


def _rule(table: Mapping[str, Any]) -> Rule:
    kind = table["kind"]
    if kind not in get_args(DangerKind):
        raise ValueError(f"no such danger: {kind}")
    never, figures = (
        _pattern(table[name]) if name in table else None for name in ("never", "figures")
    )
    return Rule(kind, tuple(_pattern(group) for group in table["groups"]), never, figures)


def _all(by_language: Mapping[str, Sequence[str]]) -> list[str]:
    return [word for words in by_language.values() for word in words]


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    anywhere: list[str] = []
    beginnings: list[str] = []
    for word in sorted(set(words), key=lambda one: (-len(one), one)):
        ends = r"(?![^\W_])" if word.endswith("$") else ""
        either = anywhere if is_ideographic(word) or not word[0].isalnum() else beginnings
        either.append(re.escape(word.removesuffix("$")) + ends)
    if beginnings:
        anywhere.append(rf"(?<![a-z0-9\u0400-\u04ff])(?:{'|'.join(beginnings)})")
    return re.compile("|".join(anywhere))
