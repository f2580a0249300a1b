"""A complement naive Bayes model over the features of short texts: built in a blink, read from
arrays, and each of its answers says which words it rests on.

Rennie et al., "Tackling the Poor Assumptions of Naive Bayes Text Classifiers" (ICML 2003): a label
is judged by how little a text resembles all others, which bears labels with few examples.
"""

import math
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from router.assist.breath import breathe
from router.assist.findings import MOST_WORDS, Weighed

_SMOOTHING = 1.0
_BREATH = 1_000
"""Features that take about two milliseconds."""


class Guess(NamedTuple):
    label: str
    confidence: float


class Lesson(NamedTuple):
    """An example, as a model is built of it."""

    keys: frozenset[int]
    label: str


class Model:
    """Immutable. About 12 bytes for each feature of the examples and each label it occurs with."""

    def __init__(self, examples: Iterable[Lesson], *, sharpness: float) -> None:
        """`sharpness`: how fast confidence grows with a label's lead over the others."""
        texts = list(examples)
        self.labels: Sequence[str] = sorted({one.label for one in texts})
        self._sharpness = sharpness
        self._build(texts)

    def _build(self, texts: Sequence[Lesson]) -> None:
        seen: Counter[int] = Counter()
        for one in texts:
            seen.update(one.keys)
        rarity = {key: math.log((len(texts) + 1) / (count + 0.5)) for key, count in seen.items()}
        numbers = {label: number for number, label in enumerate(self.labels)}
        mass: dict[int, dict[int, float]] = {key: {} for key in seen}
        of_label = [0.0] * len(self.labels)
        for one in texts:
            length = math.sqrt(sum([rarity[key] ** 2 for key in one.keys])) or 1.0
            number = numbers[one.label]
            for key in one.keys:
                share = rarity[key] / length
                of_key = mass[key]
                of_key[number] = of_key.get(number, 0.0) + share
                of_label[number] += share
        everything = sum(of_label)
        size = _SMOOTHING * len(mass)
        self._bases = [math.log(everything - one + size) for one in of_label]
        self._keys, self._starts = array("I"), array("I", [0])
        self._rarities, self._owners, self._gains = array("f"), array("H"), array("f")
        for place, key in enumerate(sorted(mass)):
            if place % _BREATH == 0:
                breathe()
            shares = mass[key]
            whole = sum(shares.values()) + _SMOOTHING
            self._keys.append(key)
            self._rarities.append(rarity[key])
            for number, share in sorted(shares.items()):
                self._owners.append(number)
                self._gains.append(math.log(whole / (whole - share)))
            self._starts.append(len(self._owners))

    def guesses(self, keys: Iterable[int]) -> list[Guess]:
        """Every label, the likeliest first; none if none of these features is known."""
        scores = [0.0] * len(self.labels)
        whole = together = 0.0
        starts, owners, gains = self._starts, self._owners, self._gains
        for key in keys:
            place = self._find(key)
            if place is None:
                continue
            rarity = self._rarities[place]
            whole += rarity * rarity
            together += rarity
            for at in range(starts[place], starts[place + 1]):
                scores[owners[at]] += rarity * gains[at]
        if not whole:
            return []
        length = math.sqrt(whole)
        strengths = [
            self._sharpness * (score + together * base) / length
            for score, base in zip(scores, self._bases, strict=True)
        ]
        highest = max(strengths)
        powers = [math.exp(one - highest) for one in strengths]
        everything = sum(powers)
        found = [
            Guess(label, power / everything)
            for label, power in zip(self.labels, powers, strict=True)
        ]
        return sorted(found, key=lambda guess: (-guess.confidence, guess.label))

    def words_for(self, found: Mapping[int, str], label: str) -> tuple[Weighed, ...]:
        """Which words of the text spoke for the label, the strongest first."""
        number = self.labels.index(label)
        gains: Counter[str] = Counter()
        together = 0.0
        for key, word in found.items():
            place = self._find(key)
            if place is None:
                continue
            for at in range(self._starts[place], self._starts[place + 1]):
                if self._owners[at] == number:
                    gain = self._rarities[place] * self._gains[at]
                    gains[word] += gain  # type: ignore[assignment]  # a counter of floats
                    together += gain
        return tuple(
            Weighed(word=word, weight=round(gain / together, 3))
            for word, gain in gains.most_common(MOST_WORDS)
        )

    def _find(self, key: int) -> int | None:
        place = bisect_left(self._keys, key)
        return place if place < len(self._keys) and self._keys[place] == key else None
