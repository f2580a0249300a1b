"""How often somebody may ask: token buckets in memory, one set for each process.

They keep one visitor from crowding out the rest; they are no lock. A process keeps its own count.
"""

from collections import OrderedDict
from math import ceil
from typing import NamedTuple

from core.clock import Clock

MAX_BUCKETS = 50_000
"""The one unused for longest is forgotten first; a forgotten bucket is a full one."""


class _Bucket(NamedTuple):
    left: float
    at: float


class Limits:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str | int, ...], _Bucket] = OrderedDict()

    def take(self, key: tuple[str | int, ...], *, per_minute: int) -> int | None:
        """None: go on. Else the seconds until it is worth asking again.

        A minute's worth may come at once.
        """
        now = self._clock.monotonic()
        bucket = self._buckets.pop(key, None) or _Bucket(float(per_minute), now)
        rate = per_minute / 60
        left = min(float(per_minute), bucket.left + (now - bucket.at) * rate)
        may_go = left >= 1
        self._buckets[key] = _Bucket(left - 1 if may_go else left, now)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
        return None if may_go else max(1, ceil((1 - left) / rate))
