"""Whether a short text is of a kind or not: logistic regression over its features, in plain Python.

Built by passing over the examples some times in a fixed order (stochastic gradient descent), so the
same examples make the same model. Of what it knows no feature of it says that it is not.
"""

import math
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from router.assist.breath import breathe
from router.assist.findings import MOST_WORDS, Weighed

_PASSES = 8
_STEP = 6.0
_SHRINK = 2e-5
_STRIDE = 617
"""Examples are passed in strides, so that those of one kind, which stand together, do not follow
each other."""
_BREATH = 32
"""Examples that take about two milliseconds."""


class Told(NamedTuple):
    keys: frozenset[int]
    is_so: bool


class Sieve:
    """Immutable. 8 bytes for each feature of the examples."""

    def __init__(self, examples: Sequence[Told], *, counts: float | None = None) -> None:
        """`counts`: how many of the others one that is so counts for. None: both sides count alike,
        however many examples each has; with few examples of the kind that makes it see too many.
        """
        seen: Counter[int] = Counter()
        for one in examples:
            seen.update(one.keys)
        rarity = {key: math.log((len(examples) + 1) / (count + 0.5)) for key, count in seen.items()}
        texts = [(_weighed(one.keys, rarity), one.is_so) for one in examples]
        so = sum(one.is_so for one in examples) or 1
        shares = (
            (len(texts) / (2 * max(1, len(texts) - so)), len(texts) / (2 * so))
            if counts is None
            else (1.0, counts)
        )
        weights = dict.fromkeys(rarity, 0.0)
        self._base = 0.0
        count = len(texts)
        stride = next(one for one in range(_STRIDE, 2 * _STRIDE) if math.gcd(one, count or 1) == 1)
        for turn in range(_PASSES):
            step = _STEP / (1 + turn)
            for number in range(count):
                if number % _BREATH == 0:
                    breathe()
                features, is_so = texts[number * stride % count]
                score = self._base + sum([weights[key] * value for key, value in features])
                miss = (is_so - _share(score)) * step * shares[is_so]
                self._base += 0.05 * miss
                for key, value in features:
                    weights[key] += miss * value - _SHRINK * weights[key]
        self._keys = array("I", sorted(weights))
        self._weights = array("f", [weights[key] for key in self._keys])
        self._rarities = array("f", [rarity[key] for key in self._keys])

    def share(self, keys: Collection[int]) -> float:
        """How likely it is so, 0 to 1."""
        found = [place for place in map(self._find, keys) if place is not None]
        if not found:
            return 0.0
        length = math.sqrt(sum([self._rarities[place] ** 2 for place in found])) or 1.0
        together = sum([self._weights[place] * self._rarities[place] for place in found])
        return _share(self._base + together / length)

    def words_for(self, found: Mapping[int, str]) -> tuple[Weighed, ...]:
        """Which words of the text spoke for it, the strongest first."""
        gains: dict[str, float] = {}
        for key, word in found.items():
            place = self._find(key)
            if place is not None and self._weights[place] > 0:
                gain = self._weights[place] * self._rarities[place]
                gains[word] = gains.get(word, 0.0) + gain
        together = sum(gains.values())
        strongest = sorted(gains.items(), key=lambda one: (-one[1], one[0]))[:MOST_WORDS]
        return tuple(
            Weighed(word=word, weight=round(gain / together, 3)) for word, gain in strongest
        )

    def _find(self, key: int) -> int | None:
        place = bisect_left(self._keys, key)
        return place if place < len(self._keys) and self._keys[place] == key else None


def _weighed(keys: Iterable[int], rarity: dict[int, float]) -> list[tuple[int, float]]:
    ordered = sorted(keys)
    length = math.sqrt(sum([rarity[key] ** 2 for key in ordered])) or 1.0
    return [(key, rarity[key] / length) for key in ordered]


def _share(score: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
