"""The gateway, supervised by us: connections of discord.py, and the session that outlives them.

https://discord.com/developers/docs/events/gateway#connections
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp
import msgspec
import yarl

from connectors.discord.client import MARK_OF_DISCORD, call
from connectors.discord.errors import FAILURES, from_close_code, from_failure
from connectors.discord.library import discord
from core.clock import Clock
from core.errors import PermanentError, TransientError

CONNECT_SECONDS = 20.0
CLOSE_SECONDS = 1.0
LEAVE_RESUMABLE = 4000
"""Closing with 1000 or 1001 would end the session."""
NEW_SESSION_AFTER = frozenset({4003, 4007, 4009})
"""Close codes after which a RESUME is refused anyway."""
MOST_QUEUED = 1000
"""Events that are read ahead of what is stored."""
IDENTIFY_PAUSE = 5.0
"""Seconds between two IDENTIFYs, doubled while sessions stay short: 1000 a day reset the token."""
LONGEST_IDENTIFY_PAUSE = 300.0
SETTLED_AFTER = 120.0
"""Seconds of a session after which the pause starts anew."""
MOST_RECONNECTS = 5
"""In a row without one event, before the supervisor's backoff takes over."""
HASTY = 1.0
"""Seconds: lines that break sooner, again and again, are replaced ever more slowly."""
LONGEST_HASTY_PAUSE = 30.0
MOST_RESUME_FAILURES = 3
"""Connections in a row that came to nothing, before a new session is begun elsewhere."""
HEARD = (
    "READY", "RESUMED", "MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE",
    "MESSAGE_DELETE_BULK", "MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE",
    "MESSAGE_REACTION_REMOVE_ALL", "MESSAGE_REACTION_REMOVE_EMOJI", "CHANNEL_CREATE",
    "CHANNEL_UPDATE", "CHANNEL_DELETE", "THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE",
    "THREAD_LIST_SYNC", "GUILD_CREATE", "GUILD_DELETE", "TYPING_START", "INTERACTION_CREATE",
)  # fmt: skip


class SessionPoint(msgspec.Struct, frozen=True, kw_only=True):
    """How far a session was read: with it, another connection or process resumes."""

    id: str
    sequence: int
    url: str


class Dispatch(NamedTuple):
    """One event of the gateway. `at`: the session read up to and with it; None: it has none."""

    name: str
    body: Any
    at: SessionPoint | None = None


class Inbox:
    """Events in the order in which they came. Full, it makes whoever fills it wait."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Dispatch] = asyncio.Queue()
        self._has_room = asyncio.Event()
        self._has_room.set()

    def put(self, dispatch: Dispatch) -> None:
        self._waiting.put_nowait(dispatch)
        if self._waiting.qsize() >= MOST_QUEUED:
            self._has_room.clear()

    async def get(self) -> Dispatch:
        found = await self._waiting.get()
        self._note()
        return found

    def get_more(self, count: int) -> list[Dispatch]:
        """What waits already, at most so many."""
        found = [self._waiting.get_nowait() for _ in range(min(count, self._waiting.qsize()))]
        self._note()
        return found

    async def room(self) -> None:
        await self._has_room.wait()

    def _note(self) -> None:
        if self._waiting.qsize() < MOST_QUEUED // 2:
            self._has_room.set()


class Heart:
    """Heartbeats on the loop. One that was not acknowledged before the next: a dead line."""

    latency = float("inf")

    def __init__(self, socket: "GatewaySocket", interval: float) -> None:
        self._socket = socket
        self._interval = interval
        self._is_answered = True
        self._task = asyncio.create_task(self._run())

    def tick(self) -> None:
        """Something came; only acknowledgements prove that we are heard."""

    def ack(self) -> None:
        self._is_answered = True

    def beat(self) -> dict[str, Any]:
        return {"op": self._socket.HEARTBEAT, "d": self._socket.sequence}

    def stop(self) -> None:
        self._task.cancel()

    async def _run(self) -> None:
        await asyncio.sleep(self._interval * random.random())  # noqa: S311 - no secret
        while self._is_answered:
            self._is_answered = False
            with suppress(ConnectionError, discord.ConnectionClosed):
                await self._socket.send_heartbeat(self.beat())
            await asyncio.sleep(self._interval)
        # Said before, so that who reads takes the end for ours: aiohttp calls it 1000.
        self._socket._close_code = LEAVE_RESUMABLE
        await self._socket.socket.close(code=LEAVE_RESUMABLE)


class GatewaySocket(discord.gateway.DiscordWebSocket):
    """discord.py's connection, with heartbeats that notice a missing acknowledgement."""

    heart: Heart | None = None
    on_junk: Callable[[str], None]

    async def received_message(self, msg: Any, /) -> None:
        if isinstance(msg, bytes):
            msg = self._decompressor.decompress(msg)
            if msg is None:
                return
        try:
            frame = msgspec.json.decode(msg)
            is_hello = frame["op"] == self.HELLO
        except (msgspec.DecodeError, KeyError, TypeError):
            self.on_junk(str(msg))
            return
        if is_hello:
            self.heart = Heart(self, frame["d"]["heartbeat_interval"] / 1000)
            self._keep_alive = self.heart  # type: ignore[assignment]  # what of it is called
            return
        await super().received_message(msg)

    async def leave(self) -> None:
        """The line is closed and nothing of it runs; the session can be resumed."""
        if self.heart is not None:
            self.heart.stop()
        with suppress(TimeoutError, *FAILURES):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.socket.close(code=LEAVE_RESUMABLE)


class Gateway:
    """Keeps a session with Discord's gateway, and puts what it says into the inbox."""

    def __init__(self, client: discord.Client, clock: Clock, *, gateway_url: str) -> None:
        self._client = client
        self._clock = clock
        self._gateway_url = gateway_url
        self._inbox = Inbox()
        self._socket: GatewaySocket | None = None
        self._told_url = ""
        self._resume_url = ""
        self._pause = IDENTIFY_PAUSE
        self._identified_at: float | None = None
        self._resume_failures = 0
        self.shards = 1
        """How many connections Discord would have this bot make."""
        self.identify_count = 0
        """How often a session was begun."""
        self.on_wait: Callable[[str], None] = lambda reason: None
        """Told why nothing can be heard for a while."""

    async def run(self, point: SessionPoint | None, inbox: Inbox) -> None:
        """Until cancelled. Raises AuthRefused, BadConfig, TransientError.

        `point` is resumed if the network still can; else READY comes, and whatever was missed is
        gone from here.
        """
        self._inbox = inbox
        listen(self._client, self._take)
        if self._resume_failures >= MOST_RESUME_FAILURES:
            point = None
        fruitless = hasty = 0
        clock = asyncio.get_running_loop().time
        while fruitless < MOST_RECONNECTS:
            if point is None:
                await self._wait_to_identify()
            before, began = point, clock()
            try:
                point = await self._session(point)
            except discord.ConnectionClosed as error:
                raise from_close_code(error.code) from error
            except FAILURES as error:
                raise from_failure(error) from error
            fruitless = fruitless + 1 if point == before else 0
            hasty = hasty + 1 if clock() - began < HASTY else 0
            if hasty > 2:
                await self._clock.sleep(min(2.0 ** (hasty - 2), LONGEST_HASTY_PAUSE))
        raise TransientError("Discord's gateway ends every connection.")

    async def _session(self, point: SessionPoint | None) -> SessionPoint | None:
        """One connection, to its end; with what the next one resumes. None: with nothing."""
        socket = await self._connect(point)
        self._socket = socket
        try:
            while True:
                await self._inbox.room()
                await socket.poll_event()
        except discord.gateway.ReconnectWebSocket as error:
            code = socket._close_code or socket.socket.close_code
            if not error.resume or (code in NEW_SESSION_AFTER and socket._close_code is None):
                return None
            return self._point()
        finally:
            self._socket = None
            await socket.leave()

    async def _connect(self, point: SessionPoint | None) -> GatewaySocket:
        url = point.url if point is not None else self._gateway_url or self._told_url
        self._resume_failures += point is not None
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                socket = await _open(
                    self._client,
                    initial=True,
                    gateway=yarl.URL(url),
                    session=None if point is None else point.id,
                    sequence=None if point is None else point.sequence,
                    resume=point is not None,
                )
        except discord.gateway.ReconnectWebSocket as error:
            raise TransientError("Discord's gateway hung up at once.") from error
        socket.on_junk = lambda raw: self._inbox.put(Dispatch("JUNK", raw))
        self._resume_url = "" if point is None else point.url
        if point is None:
            self.identify_count += 1
            self._identified_at = self._clock.monotonic()
        self._client.ws = socket
        self._resume_failures = 0
        return socket

    async def _wait_to_identify(self) -> None:
        """Returns when a new session may be begun: not too soon after the last, and while Discord
        has one left for us today."""
        if self._identified_at is not None:
            since = self._clock.monotonic() - self._identified_at
            if since > SETTLED_AFTER:
                self._pause = IDENTIFY_PAUSE
            if since < self._pause:
                await self._clock.sleep(self._pause - since)
            self._pause = min(self._pause * 2, LONGEST_IDENTIFY_PAUSE)
        while (wait := await self._wait_for_start()) > 0:
            self.on_wait(
                "Discord allows no further session today: nothing is heard for "
                f"{timedelta(seconds=round(wait))}. Something restarts too often."
            )
            await self._clock.sleep(wait)

    async def _wait_for_start(self) -> float:
        """Seconds until Discord lets us begin a session; where, is known then too."""
        try:
            found = await call(self._client, "GET", "/gateway/bot")
        except FAILURES as error:
            told = from_failure(error)
            if self._gateway_url and isinstance(told, PermanentError):
                return 0.0  # another network that counts no sessions
            raise told from error
        self._told_url = str(found.get("url") or "")
        self.shards = int(found.get("shards") or 1)
        limit = found.get("session_start_limit") or {}
        if limit.get("remaining", 1) > 0:
            return 0.0
        return max(float(limit.get("reset_after", 0)) / 1000, IDENTIFY_PAUSE)

    def _take(self, name: str, body: Any) -> None:
        if name == "READY":
            self._resume_url = self._url_to_resume(body)
        self._inbox.put(Dispatch(name, body, self._point()))

    def _point(self) -> SessionPoint | None:
        socket = self._socket
        if socket is None or socket.session_id is None or socket.sequence is None:
            return None
        return SessionPoint(id=socket.session_id, sequence=socket.sequence, url=self._resume_url)

    def _url_to_resume(self, ready: Mapping[str, Any]) -> str:
        """What READY says, but not Discord's own where another network stands in for it."""
        told = str(ready.get("resume_gateway_url") or "")
        host = urlsplit(told).hostname or ""
        ours = urlsplit(self._gateway_url).hostname or ""
        is_discords = host.endswith(MARK_OF_DISCORD)
        if not host or (ours and is_discords and not ours.endswith(MARK_OF_DISCORD)):
            return self._gateway_url or self._told_url
        return told


def listen(client: discord.Client, take: Callable[[str, Any], None]) -> None:
    """Have the client call this with every event's name and JSON, as it comes.

    Of our own client nothing else looks at them: discord.py's caches are not needed, and fail on
    what they don't expect.
    """
    state = client._connection

    def hearer(name: str) -> Callable[[Any], None]:
        return lambda body: take(name, body)

    state.parsers = {name: hearer(name) for name in HEARD}


def listen_along(client: discord.Client, take: Callable[[str, Any], None]) -> Callable[[], None]:
    """The same for a client that somebody else runs, and that goes on. Returns how to stop."""
    parsers = client._connection.parsers
    before = {name: parsers.get(name) for name in HEARD}

    def hearer(name: str) -> Callable[[Any], None]:
        theirs = before[name]

        def hear(body: Any) -> None:
            take(name, body)
            if theirs is not None:
                theirs(body)

        return hear

    def stop() -> None:
        for name, theirs in before.items():
            if theirs is None:
                parsers.pop(name, None)
            else:
                parsers[name] = theirs

    parsers.update({name: hearer(name) for name in HEARD})
    return stop


async def _open(client: discord.Client, **options: Any) -> GatewaySocket:
    """Connected, greeted, and identified or resumed."""
    try:
        return await GatewaySocket.from_client(client, **options)
    except aiohttp.WSServerHandshakeError as error:
        raise TransientError("Discord's gateway refuses connections.") from error
