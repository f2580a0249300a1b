"""How fast an account may send: its network's known rates, and what the network asked for."""

from datetime import timedelta

from core.capabilities import Rates
from core.clock import Clock


class Pace:
    """Kept in memory by the one sender of the account. Judged before a claim, never after one.

    The account's rate lets one second's worth go at once; a place's spaces its messages evenly.
    """

    def __init__(self, rates: Rates, clock: Clock) -> None:
        self._rates = rates
        self._clock = clock
        self._full = max(1.0, rates.per_account or 1.0)
        self._tokens = self._full
        self._counted_at = clock.monotonic()
        self._account_until = 0.0
        self._place_until: dict[int, float] = {}

    def room(self) -> int | None:
        """How many may start now as far as the account goes; None: any number."""
        if self._account_until > self._clock.monotonic():
            return 0
        if self._rates.per_account is None:
            return None
        self._refill(self._rates.per_account)
        return int(self._tokens)

    def resting_places(self) -> frozenset[int]:
        """Places to which nothing may go yet."""
        now = self._clock.monotonic()
        for place in [place for place, until in self._place_until.items() if until <= now]:
            del self._place_until[place]
        return frozenset(self._place_until)

    def start(self, place_id: int, *, is_shared: bool = False) -> float:
        """One goes out there now: 0. Or, counting nothing, in how many seconds it may.

        `is_shared`: others read along there.
        """
        now = self._clock.monotonic()
        wait = self._place_until.get(place_id, 0.0) - now
        if wait > 0:
            return wait
        rate = self._rates.per_place
        if is_shared and self._rates.per_shared_place is not None:
            rate = self._rates.per_shared_place
        if rate is not None:
            self._place_until[place_id] = now + 1 / rate
        self._tokens -= 1
        return 0.0

    def rest_account(self, duration: timedelta) -> None:
        """The network asked the whole account to wait."""
        until = self._clock.monotonic() + duration.total_seconds()
        self._account_until = max(self._account_until, until)

    def rest_place(self, place_id: int, duration: timedelta) -> None:
        """The network asked us to wait with this place."""
        until = self._clock.monotonic() + duration.total_seconds()
        self._place_until[place_id] = max(self._place_until.get(place_id, 0.0), until)

    def next_change(self) -> float | None:
        """Seconds until more may go than now; None: nothing rests."""
        now = self._clock.monotonic()
        waits = [until - now for until in self._place_until.values() if until > now]
        if self._account_until > now:
            waits.append(self._account_until - now)
        elif self._rates.per_account is not None and self.room() == 0:
            waits.append((1 - self._tokens) / self._rates.per_account)
        return min(waits, default=None)

    def _refill(self, rate: float) -> None:
        now = self._clock.monotonic()
        self._tokens = min(self._full, self._tokens + (now - self._counted_at) * rate)
        self._counted_at = now
