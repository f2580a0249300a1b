"""Rate limits of the sandbox's REST API: buckets, the global one, and the ban.

Discord's documentation, Rate Limits.
"""

import hashlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.discord.sandbox_settings import Rate, Settings
from core.clock import Clock

INVALID_WINDOW = timedelta(minutes=10)


@dataclass(slots=True)
class _Bucket:
    rate: Rate
    resets_at: datetime
    used: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the limits say to one request."""

    headers: Mapping[str, str]
    retry_after: float | None = None
    """Seconds; None: go on."""
    is_global: bool = False


class Limits:
    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._global = _Bucket(rate=settings.global_rate, resets_at=clock.now())
        self._invalid: deque[datetime] = deque()
        self.banned_until: datetime | None = None

    def count(self, route: str, resource: str, *, is_of_bot: bool = True) -> Verdict:
        """Counts one request for a route of one top-level resource, such as a channel.

        Answers to interactions are not the bot's: the global limit isn't theirs.
        """
        now = self._clock.now()
        overall = self._refreshed(self._global, self._settings.global_rate, now)
        if is_of_bot and overall.used >= overall.rate.count:
            return Verdict(
                headers={"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"},
                retry_after=_seconds(overall.resets_at - now),
                is_global=True,
            )
        rate = self._settings.rates.get(route, self._settings.other_rate)
        bucket = self._buckets.setdefault((route, resource), _Bucket(rate=rate, resets_at=now))
        self._refreshed(bucket, rate, now)
        is_over = bucket.used >= rate.count
        if not is_over:
            bucket.used += 1
            overall.used += is_of_bot
        left = _seconds(bucket.resets_at - now)
        headers = {
            "X-RateLimit-Limit": str(rate.count),
            "X-RateLimit-Remaining": str(rate.count - bucket.used),
            "X-RateLimit-Reset": f"{bucket.resets_at.timestamp():.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            # Of the route alone: who keeps count adds the resource.
            "X-RateLimit-Bucket": hashlib.sha256(route.encode()).hexdigest()[:32],
        }
        if is_over:
            return Verdict(headers={**headers, "X-RateLimit-Scope": "user"}, retry_after=left)
        return Verdict(headers=headers)

    def note(self, status: int, scope: str | None) -> None:
        """Counts an answer; too many invalid ones ban the address."""
        if status not in {401, 403, 429} or scope == "shared":
            return
        now = self._clock.now()
        self._invalid.append(now)
        if self.invalid_count() >= self._settings.invalid_limit:
            self.banned_until = now + self._settings.ban

    def invalid_count(self) -> int:
        """Of the last 10 minutes."""
        since = self._clock.now() - INVALID_WINDOW
        while self._invalid and self._invalid[0] <= since:
            self._invalid.popleft()
        return len(self._invalid)

    def is_banned(self) -> bool:
        return self.banned_until is not None and self._clock.now() < self.banned_until

    def _refreshed(self, bucket: _Bucket, rate: Rate, now: datetime) -> _Bucket:
        bucket.rate = rate
        if now >= bucket.resets_at:
            bucket.used = 0
            bucket.resets_at = now + timedelta(seconds=rate.seconds)
        return bucket


def _seconds(left: timedelta) -> float:
    return max(left.total_seconds(), 0.001)
