"""discord.py's REST client, in one attempt: it never sleeps and never asks twice.

https://discord.com/developers/docs/topics/rate-limits
"""

import math
import socket
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

import aiohttp

from connectors.discord.errors import BAN_WAIT, DEFAULT_WAIT, Held, TooManyRequests
from connectors.discord.library import discord
from core.clock import Clock
from core.errors import LimitScope

REQUEST_SECONDS = 45.0
INVALID_WINDOW = 600.0
MOST_INVALID = 90
"""Answers of 401, 403 and 429 in 10 minutes before we stop asking; at 10,000 the address is banned,
whoever else may use it."""
MOST_FORBIDDEN = 3
"""Times within 10 minutes that the same thing is asked for although it was forbidden."""
MOST_BUCKETS = 2000

Route = discord.http.Route
SocketFactory = Callable[[Any], socket.socket]


class OneAttemptHttp(discord.http.HTTPClient):
    """Where discord.py would wait or repeat, this raises: Held without a request, or the refusal.

    The limits of each bucket are known from the answers before.
    """

    def __init__(
        self,
        loop: Any,
        *,
        base_url: str,
        clock: Clock,
        socket_factory: SocketFactory | None = None,
    ) -> None:
        """`socket_factory`: judges each address, the gateway's too; None: all are called."""
        super().__init__(loop)
        self._socket_factory = socket_factory
        self._base_url = base_url
        self._clock = clock
        self._hash_of: dict[str, str] = {}
        self._limits: dict[str, _Bucket] = {}
        self._everything_until = 0.0
        self._invalid: deque[float] = deque()
        self._forbidden: dict[str, deque[float]] = {}
        self._refusals: dict[str, discord.HTTPException] = {}

    async def static_login(self, token: str) -> Any:
        """Who we are. Raises what `request` raises, and discord.LoginFailure."""
        if self.connector is discord.utils.MISSING:
            self.connector = aiohttp.TCPConnector(limit=0, socket_factory=self._socket_factory)
        return await super().static_login(token)

    async def request(
        self,
        route: Route,
        *,
        files: Sequence[discord.File] | None = None,
        form: Iterable[dict[str, Any]] | None = None,
        **options: Any,
    ) -> Any:
        """The answer's JSON. Raises discord.HTTPException, Held, aiohttp.ClientError, OSError."""
        self._check(route)
        bucket = self._bucket(route)
        bucket.take(self._clock.monotonic())
        url = self._base_url + route.url.removeprefix(Route.BASE)
        async with self._session.request(
            route.method,
            url,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS, sock_connect=10),
            **self._options(form, options),
        ) as response:
            answer = await discord.http.json_or_text(response)
            self._learn(route, bucket, response)
            if response.status < 300:
                return answer
            raise self._refusal(route, response, answer)

    @property
    def invalid_count(self) -> int:
        """Of the last 10 minutes."""
        since = self._clock.monotonic() - INVALID_WINDOW
        while self._invalid and self._invalid[0] <= since:
            self._invalid.popleft()
        return len(self._invalid)

    @property
    def _session(self) -> aiohttp.ClientSession:
        session: aiohttp.ClientSession = vars(self)["_HTTPClient__session"]
        return session

    def _options(
        self, form: Iterable[dict[str, Any]] | None, options: dict[str, Any]
    ) -> dict[str, Any]:
        headers = {"User-Agent": self.user_agent}
        if self.token is not None:
            headers["Authorization"] = f"Bot {self.token}"
        found: dict[str, Any] = {"headers": headers}
        if "params" in options:
            found["params"] = options["params"]
        if "json" in options:
            headers["Content-Type"] = "application/json"
            found["data"] = discord.utils._to_json(options["json"])
        if form:
            # Quoted, the brackets of `files[0]` would not be understood.
            data = aiohttp.FormData(quote_fields=False)
            for field in form:
                data.add_field(**field)
            found["data"] = data
        return found

    def _check(self, route: Route) -> None:
        """Raises what the answer would be, if that is known already."""
        now = self._clock.monotonic()
        if self._everything_until > now:
            raise Held(timedelta(seconds=self._everything_until - now), "account")
        if self.invalid_count >= MOST_INVALID:
            raise Held(timedelta(seconds=self._invalid[0] + INVALID_WINDOW - now + 1), "account")
        times = self._forbidden.get(_target(route))
        if times is not None:
            while times and times[0] <= now - INVALID_WINDOW:
                times.popleft()
            if len(times) >= MOST_FORBIDDEN:
                raise self._refusals[_target(route)]

    def _bucket(self, route: Route) -> "_Bucket":
        key = f"{self._hash_of.get(route.key, route.key)}:{route.major_parameters}"
        if key not in self._limits:
            if len(self._limits) >= MOST_BUCKETS:
                now = self._clock.monotonic()
                self._limits = {
                    one: kept for one, kept in self._limits.items() if kept.resets_at > now
                }
            self._limits[key] = _Bucket()
        return self._limits[key]

    def _learn(self, route: Route, bucket: "_Bucket", response: aiohttp.ClientResponse) -> None:
        headers = response.headers
        named = headers.get("X-RateLimit-Bucket")
        if named is not None and self._hash_of.get(route.key) != named:
            self._hash_of[route.key] = named
            bucket = self._bucket(route)
        if "X-RateLimit-Remaining" in headers:
            bucket.learn(
                remaining=int(headers["X-RateLimit-Remaining"]),
                reset_after=float(headers.get("X-RateLimit-Reset-After", 0)),
                now=self._clock.monotonic(),
            )

    def _refusal(
        self, route: Route, response: aiohttp.ClientResponse, answer: Any
    ) -> discord.HTTPException:
        now = self._clock.monotonic()
        status = response.status
        if status in (401, 403) or (
            status == 429 and response.headers.get("X-RateLimit-Scope") != "shared"
        ):
            self._invalid.append(now)
        if status == 429:
            return self._too_many(route, response, answer)
        if status == 404:
            return discord.NotFound(response, answer)
        if status >= 500:
            return discord.DiscordServerError(response, answer)
        if status == 403:
            refused = discord.Forbidden(response, answer)
            self._forbidden.setdefault(_target(route), deque(maxlen=MOST_FORBIDDEN)).append(now)
            self._refusals[_target(route)] = refused
            return refused
        return discord.HTTPException(response, answer)

    def _too_many(
        self, route: Route, response: aiohttp.ClientResponse, answer: Any
    ) -> TooManyRequests:
        is_json = isinstance(answer, dict)
        is_global = is_json and bool(answer.get("global"))
        told = answer.get("retry_after") if is_json else response.headers.get("Retry-After")
        try:
            wait = max(timedelta(seconds=float(str(told))), timedelta(milliseconds=1))
        except (ValueError, OverflowError):
            wait = DEFAULT_WAIT if is_json else BAN_WAIT
        scope: LimitScope = "place"
        if is_global or not is_json:
            # Without JSON it is the proxy before Discord that refuses our address.
            scope = "account"
            self._everything_until = self._clock.monotonic() + wait.total_seconds()
        return TooManyRequests(response, answer, retry_after=wait, scope=scope)


class _Bucket:
    """How many requests are left, and until when."""

    def __init__(self) -> None:
        self._remaining = math.inf
        self.resets_at = -math.inf

    def take(self, now: float) -> None:
        """Count one request. Raises Held if there is none left."""
        if now >= self.resets_at:
            self._remaining = math.inf
        if self._remaining < 1:
            raise Held(timedelta(seconds=self.resets_at - now), "place")
        self._remaining -= 1

    def learn(self, *, remaining: int, reset_after: float, now: float) -> None:
        """Answers overtake each other: within one window the lowest count is the true one."""
        is_same_window = now < self.resets_at
        self._remaining = min(remaining, self._remaining) if is_same_window else remaining
        self.resets_at = now + reset_after


def _target(route: Route) -> str:
    return f"{route.key}:{route.major_parameters}"
