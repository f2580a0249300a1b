"""How long what nobody waits for does nothing after a round, so that the rest of its process, above
all the way in, comes first while there is much to do.
"""

import time
from collections.abc import Callable

BUSY = 0.5
"""The share of a processor that the rest of the process takes, from which on it is busy."""

Spent = tuple[float, float]
"""Seconds on the clock, and of a processor, since some time each."""


def spent() -> Spent:
    """Of this process until now."""
    return time.monotonic(), time.process_time()


class Rest:
    """Of one loop. `begin` before each round, `after` behind it."""

    def __init__(
        self, *, idle: float, busy: float, longest: float, spent: Callable[[], Spent] = spent
    ) -> None:
        """`idle`, `busy`: the share of a processor that the rounds may take while the process does
        little else, and while it is busy. `longest`: seconds.
        """
        self._shares = (idle, busy)
        self._longest = longest
        self._spent = spent
        self._ended = spent()

    def begin(self) -> Spent:
        return self._spent()

    def after(self, began: Spent) -> float:
        """Seconds."""
        at, used = self._spent()
        took = used - began[1]
        beside = began[0] - self._ended[0]
        is_busy = beside > 0 and (began[1] - self._ended[1]) / beside >= BUSY
        self._ended = at, used
        return min(self._longest, took * (1 / self._shares[is_busy] - 1))
