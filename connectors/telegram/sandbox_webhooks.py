"""Webhooks as the official server calls them: one queue for each chat, repeated until taken.

Rules and figures are those of tdlib/telegram-bot-api, WebhookActor.cpp and Client.cpp.
"""

import asyncio
import contextlib
import ipaddress
import json
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from connectors.telegram.sandbox_answers import Refusal, bad, too_many
from connectors.telegram.sandbox_updates import Update, UpdateQueue
from connectors.telegram.sandbox_waiting import first_of
from core.clock import Clock

PORTS = frozenset({80, 88, 443, 8443})
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
MAX_RETRY_AFTER = 3600
RESEND_AT_MOST = (60, 120)
"""Between these lies the longest delay, in seconds."""
GONE_FOR = timedelta(hours=23)
"""After 410 for so long the webhook is removed."""
SETTING_PAUSE = 1.0
"""Seconds between two setWebhook calls."""
UNANSWERABLE = ("deletewebhook", "setwebhook", "close", "logout")
"""Methods that an answer cannot call, with all that begin with "get"."""
PATIENCE = aiohttp.ClientTimeout(total=60)

Dispatch = Callable[[dict[str, Any]], Awaitable[None]]
"""Does what the answer to a webhook asks for."""


def _nobody(_: object) -> None:
    """Where nothing is kept over a restart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    url: str
    secret: str = ""
    max_connections: int = 40

    @property
    def address(self) -> str:
        """Without a scheme it is HTTPS."""
        return self.url if "://" in self.url else f"https://{self.url}"


@dataclass(slots=True)
class _Sending:
    """How an update that was refused goes on."""

    delay: float = 1.0
    failures: int = 0
    wakes_at: float = 0.0


class Webhook:
    """One bot's webhook; without a target it is not there."""

    def __init__(
        self, clock: Clock, queue: UpdateQueue, chance: random.Random, dispatch: Dispatch
    ) -> None:
        self._clock = clock
        self._queue = queue
        self._chance = chance
        self._dispatch = dispatch
        self.target: Target | None = None
        self.last_error = ""
        self.last_error_at = 0
        self.is_local = False
        """As a server of one's own with `--local`: any address and port, without TLS too."""
        self.kept: Callable[[Target | None], None] = _nobody
        self._next_setting = 0.0
        self._gone_since: float | None = None
        self._sending: dict[int, _Sending] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._runner: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()

    def set(self, target: Target, *, drops_pending: bool) -> str:
        """The sentence of the answer. Raises Refusal for what the real server refuses."""
        now = self._clock.monotonic()
        if now < self._next_setting:
            raise too_many(1)
        self._next_setting = now + SETTING_PAUSE
        if target == self.target and not drops_pending:
            return "Webhook is already set"
        self._check(target)
        self.remove(drops_pending=drops_pending)
        self.target = target
        self.kept(target)
        self.resume()
        return "Webhook was set"

    def resume(self) -> None:
        """Call it from now on."""
        if self.target is not None:
            self._runner = asyncio.get_running_loop().create_task(self._run())

    def remove(self, *, drops_pending: bool = False) -> str:
        """The sentence of the answer. What was not taken waits for getUpdates."""
        was_there = self.target is not None
        self.target = None
        self.kept(None)
        self.last_error, self.last_error_at = "", 0
        self._sending.clear()
        self._cancel()
        if drops_pending:
            self._queue.clear()
        return "Webhook was deleted" if was_there else "Webhook is already deleted"

    async def stop(self) -> None:
        """No task is left; the target stays."""
        tasks = self._cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def is_calling(self) -> bool:
        """A call is under way, and what comes of it is not known."""
        return bool(self._under_way)

    def describe(self) -> dict[str, Any]:
        """A `WebhookInfo` of the Bot API."""
        body: dict[str, Any] = {
            "url": self.target.url if self.target else "",
            "has_custom_certificate": False,
            "pending_update_count": len(self._queue.waiting()),
        }
        if self.target is not None:
            body["max_connections"] = self.target.max_connections
            body["ip_address"] = "127.0.0.1"
        if self.last_error:
            body["last_error_date"] = self.last_error_at
            body["last_error_message"] = self.last_error
        return body

    def _check(self, target: Target) -> None:
        try:
            parts = urlsplit(target.address)
            port = parts.port or (80 if parts.scheme == "http" else 443)
        except ValueError as error:
            raise bad("invalid webhook URL specified") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise bad("invalid webhook URL specified")
        if len(target.secret.encode()) > 256:
            raise bad("secret token is too long")
        if re.fullmatch(r"[A-Za-z0-9_-]*", target.secret) is None:
            raise bad("secret token contains unallowed characters")
        if self.is_local:
            return
        if parts.scheme == "http":
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if port not in PORTS:
            raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(parts.hostname)
            if not address.is_global:
                raise bad(f"bad webhook: IP address {address} is reserved")

    def _cancel(self) -> list["asyncio.Task[None]"]:
        tasks = [*self._under_way.values(), *([self._runner] if self._runner else [])]
        current = asyncio.current_task() if tasks else None
        self._under_way, self._runner = {}, None
        for task in tasks:
            if task is not current:
                task.cancel()
        return [task for task in tasks if task is not current]

    async def _run(self) -> None:
        async with aiohttp.ClientSession(timeout=PATIENCE) as http:
            while True:
                self._queue.changed.clear()
                self._settled.clear()
                wakes_at = self._start_due(http)
                await first_of(self._clock, wakes_at, self._queue.changed, self._settled)

    def _start_due(self, http: aiohttp.ClientSession) -> float | None:
        """Begin a call for each queue that may go on; when the next one may."""
        target = self.target
        if target is None:
            return None
        now = self._clock.monotonic()
        later: list[float] = []
        seen: set[str] = set()
        repeats, self._queue.repeats = self._queue.repeats, []
        for position, update in enumerate([*repeats, *self._queue.waiting()]):
            wakes_at = self._sending.get(update.update_id, _Sending()).wakes_at
            is_first = update.lane not in seen and update.lane not in self._under_way
            seen.add(update.lane)
            if is_first and wakes_at > now:
                later.append(wakes_at)
            elif is_first and len(self._under_way) < target.max_connections:
                task = asyncio.get_running_loop().create_task(self._call(http, target, update))
                self._under_way[update.lane] = task
            elif position < len(repeats):
                self._queue.repeats.append(update)
        return min(later, default=None)

    async def _call(self, http: aiohttp.ClientSession, target: Target, update: Update) -> None:
        headers = {"Content-Type": "application/json"}
        if target.secret:
            headers[SECRET_HEADER] = target.secret
        body = json.dumps(update.to_json()).encode()
        retry_after = 0
        try:
            async with http.post(target.address, data=body, headers=headers, ssl=False) as answer:
                said = await answer.read()
                status = answer.status
                retry_after = _seconds(answer.headers.get("Retry-After", ""))
                problem = f"Wrong response from the webhook: {status} {answer.reason}"
        except (aiohttp.ClientError, TimeoutError, OSError):
            status, said, problem = 0, b"", "Webhook connection closed"
        self._under_way.pop(update.lane, None)
        if 200 <= status <= 299:
            self._queue.drop(update.update_id)
            self._sending.pop(update.update_id, None)
            self._gone_since = None
            await self._obey(said)
        else:
            self._refused(update, problem, retry_after, is_gone=status == 410)
        self._settled.set()

    async def _obey(self, said: bytes) -> None:
        """The answer may hold a method call; its result is not told."""
        try:
            asked = json.loads(said)
        except ValueError:
            return
        method = str(asked.get("method", "")).lower() if isinstance(asked, dict) else ""
        if method and method not in UNANSWERABLE and not method.startswith("get"):
            with contextlib.suppress(Refusal):
                await self._dispatch(asked)

    def _refused(self, update: Update, problem: str, retry_after: int, *, is_gone: bool) -> None:
        now = self._clock.monotonic()
        self.last_error, self.last_error_at = problem, int(self._clock.now().timestamp())
        state = self._sending.setdefault(update.update_id, _Sending())
        pause = float(min(max(retry_after, 0), MAX_RETRY_AFTER))
        if not pause and state.failures:
            state.delay = min(self._chance.uniform(*RESEND_AT_MOST), state.delay * 2)
            pause = state.delay
        state.failures += 1
        state.wakes_at = now + pause
        if self._clock.now() + timedelta(seconds=pause) > update.expires_at:
            self._queue.drop(update.update_id)
            self._sending.pop(update.update_id, None)
        if not is_gone:
            self._gone_since = None
        elif self._gone_since is None:
            self._gone_since = now
        elif now > self._gone_since + GONE_FOR.total_seconds():
            self.remove()


def _seconds(text: str) -> int:
    return int(text) if text.isdigit() else 0
