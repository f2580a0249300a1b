"""A complement naive Bayes model over the features of short texts: built in a blink, read from
arrays, and each of its answers says which words it rests on.

Rennie et al., "Tackling the Poor Assumptions of Naive Bayes Text Classifiers" (ICML 2003): a label
is judged by how little a text resembles all others, which bears labels with few examples.
"""

import math
import zlib
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from router.assist.features import features_of
from router.assist.findings import Example, Weighed

_SMOOTHING = 1.0
MOST_WORDS = 5


class Guess(NamedTuple):
    label: str
    confidence: float


class Model:
    """Immutable. About 12 bytes for each feature of the examples and each label it occurs with."""

    def __init__(self, examples: Iterable[Example], *, sharpness: float) -> None:
        """`sharpness`: how fast confidence grows with a label's lead over the others."""
        texts = [(features_of(one.text), one.label) for one in examples]
        self.labels: Sequence[str] = sorted({label for _, label in texts})
        self._sharpness = sharpness
        self._build(texts)

    def _build(self, texts: Sequence[tuple[dict[str, str], str]]) -> None:
        seen: Counter[int] = Counter()
        for features, _ in texts:
            seen.update({_key(name) for name in features})
        rarity = {key: math.log((len(texts) + 1) / (count + 0.5)) for key, count in seen.items()}
        numbers = {label: number for number, label in enumerate(self.labels)}
        mass: defaultdict[int, Counter[int]] = defaultdict(Counter)
        of_label = [0.0] * len(self.labels)
        for features, label in texts:
            keys = {_key(name) for name in features}
            length = math.sqrt(sum(rarity[key] ** 2 for key in keys)) or 1.0
            for key in keys:
                # Counters of floats: what mypy calls a count is a share here.
                mass[key][numbers[label]] += rarity[key] / length  # type: ignore[assignment]  # floats
                of_label[numbers[label]] += rarity[key] / length
        everything = sum(of_label)
        size = _SMOOTHING * len(mass)
        self._bases = [math.log(everything - one + size) for one in of_label]
        self._keys, self._starts = array("I"), array("I", [0])
        self._rarities, self._owners, self._gains = array("f"), array("H"), array("f")
        for key in sorted(mass):
            whole = sum(mass[key].values()) + _SMOOTHING
            self._keys.append(key)
            self._rarities.append(rarity[key])
            for number, share in sorted(mass[key].items()):
                self._owners.append(number)
                self._gains.append(math.log(whole / (whole - share)))
            self._starts.append(len(self._owners))

    def guesses(self, text: str) -> list[Guess]:
        """Every label, the likeliest first; none if no feature of the text is known."""
        scores = [0.0] * len(self.labels)
        whole = 0.0
        for name in features_of(text):
            place = self._find(_key(name))
            if place is None:
                continue
            rarity = self._rarities[place]
            whole += rarity * rarity
            for at in range(self._starts[place], self._starts[place + 1]):
                scores[self._owners[at]] += rarity * self._gains[at]
            for number, base in enumerate(self._bases):
                scores[number] += rarity * base
        if not whole:
            return []
        length = math.sqrt(whole)
        strengths = [self._sharpness * score / length for score in scores]
        highest = max(strengths)
        powers = [math.exp(one - highest) for one in strengths]
        together = sum(powers)
        found = [
            Guess(label, power / together) for label, power in zip(self.labels, powers, strict=True)
        ]
        return sorted(found, key=lambda guess: (-guess.confidence, guess.label))

    def words_for(self, text: str, label: str) -> tuple[Weighed, ...]:
        """Which words of the text spoke for the label, the strongest first."""
        number = self.labels.index(label)
        gains: Counter[str] = Counter()
        together = 0.0
        for name, word in features_of(text).items():
            place = self._find(_key(name))
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


def _key(name: str) -> int:
    """The same in every process. Two names of 32 equal bits are one feature: of 20,000, none to
    speak of.
    """
    return zlib.crc32(name.encode())
