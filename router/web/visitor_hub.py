"""Pushes what was committed to the visitors whose streams are open at this process.

One loop follows the outbox for all of them. It holds no truth: whoever misses something resumes
from their position.
"""

import asyncio
import contextlib
import socket
from collections import defaultdict
from dataclasses import dataclass, field

import msgspec
import structlog

from router.bus import Bus, signals
from router.services.visitor_stream import VisitorMessage, to_message
from router.storage import visitor_stream, visitors
from router.storage.engine import Database, DatabaseUnavailable
from router.storage.visitor_stream import VisitorMessageRow
from router.storage.visitors import SessionRow
from router.web.visitor_presence import Key, VisitorPresence

POLL_SECONDS = 1.0
POSITION_SECONDS = 30.0
MAX_WAITING = 200
MAX_WAITING_BYTES = 64 * 1024
"""What a slow page may leave unread before it is cut off; it resumes by itself. One frame of any
size may wait: who has read all before it is not slow."""
KERNEL_BUFFER = 64 * 1024
"""SO_SNDBUF: what a page that never reads may pin in the kernel; it takes MiBs by itself."""
LONGEST_STEP = 2_000

log = structlog.get_logger(__name__)
_encoder = msgspec.json.Encoder()


class MessagesFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="messages"):
    """Everything up to `position` is with the page once it has these."""

    position: int
    messages: tuple[VisitorMessage, ...]


class TypingFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="typing"):
    is_typing: bool
    author: str


class CaseFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="case"):
    """Something became of the case that was spoken of last: it may be to be rated."""


_CASE = _encoder.encode(CaseFrame())


@dataclass(eq=False, slots=True, kw_only=True)
class Listener:
    """One open stream of one session."""

    row: SessionRow
    token_hash: bytes
    frames: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(MAX_WAITING))
    """None: the stream ends."""
    waiting_bytes: int = 0
    transport: asyncio.Transport | None = None
    is_over: bool = False
    """The session itself is over: coming again with the same token is in vain."""
    is_slow: bool = False
    """It was cut off without a word: what it does not read would only wait longer."""

    @property
    def key(self) -> Key:
        return self.row.account_id, self.row.visitor.session

    def hold(self, transport: asyncio.BaseTransport | None) -> None:
        """Over this it is written. Caps what the kernel keeps of it."""
        if not isinstance(transport, asyncio.Transport):
            return
        self.transport = transport
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)

    def push(self, frame: bytes) -> None:
        is_much = self.waiting_bytes and self.waiting_bytes + len(frame) > MAX_WAITING_BYTES
        if self.frames.full() or is_much:
            self._evict()
            return
        self.waiting_bytes += len(frame)
        self.frames.put_nowait(frame)

    async def next(self) -> bytes | None:
        """The next frame to write; None: the stream ends."""
        frame = await self.frames.get()
        if frame is not None:
            self.waiting_bytes -= len(frame)
        return frame

    def _evict(self) -> None:
        if not self.is_slow:
            log.info("visitor.slow", account=self.row.account_id)
        self.is_slow = True
        self.cut()
        if self.transport is not None:
            self.transport.abort()

    def cut(self, *, is_over: bool = False) -> None:
        self.is_over = self.is_over or is_over
        while self.frames.full():
            self.frames.get_nowait()
        self.frames.put_nowait(None)


class VisitorHub:
    """One for a process with the web role. Without a bus it lives from its poll."""

    def __init__(self, database: Database, bus: Bus | None) -> None:
        self._database = database
        self._bus = bus
        self._presence = VisitorPresence(database, bus)
        self._listeners: dict[Key, set[Listener]] = defaultdict(set)
        self._position: int | None = None

    async def begin(self) -> None:
        """From here on nothing is missed. Without a database, from when it is back."""
        with contextlib.suppress(DatabaseUnavailable):
            await self.step()

    async def run(self) -> None:
        """Until cancelled; then every stream is told to come again, and nobody's session ends."""
        forget = self._bus.on_live(self._hear) if self._bus else lambda: None
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow(), name="visitor-hub")
                group.create_task(self._say_positions(), name="visitor-positions")
                group.create_task(self._presence.run(), name="visitor-presence")
        finally:
            forget()
            for listener in self._all():
                listener.cut()

    def join(self, row: SessionRow, token_hash: bytes) -> Listener:
        """From now on everything new is pushed. Catch up after this, so that nothing is between."""
        listener = Listener(row=row, token_hash=token_hash)
        self._listeners[listener.key].add(listener)
        self._presence.come(listener.key)
        return listener

    def leave(self, listener: Listener) -> None:
        self._listeners[listener.key].discard(listener)
        if not self._listeners[listener.key]:
            del self._listeners[listener.key]
        self._presence.go(listener.key)

    def count_open(self) -> int:
        """Streams that are open at this process."""
        return len(self._all())

    async def end(self, row: SessionRow, token_hash: bytes) -> None:
        """The token is worthless: the streams that were opened with it end, at other nodes too."""
        over = signals.VisitorOver(
            account_id=row.account_id, session=row.visitor.session, token_hash=token_hash.hex()
        )
        self._end(over)
        if self._bus is not None:
            await self._bus.say_live(signals.encode(over))

    def _end(self, over: signals.VisitorOver) -> None:
        for listener in tuple(self._listeners.get((over.account_id, over.session), ())):
            if listener.token_hash.hex() == over.token_hash:
                listener.cut(is_over=True)

    async def flush_presence(self) -> None:
        """Record at once who is there, instead of in a moment."""
        await self._presence.flush()

    def _all(self) -> list[Listener]:
        return [one for ones in self._listeners.values() for one in ones]

    async def _follow(self) -> None:
        positions = self._bus.positions() if self._bus else None
        announced = 0
        try:
            while True:
                try:
                    while await self.step(announced):
                        pass
                except Exception as error:
                    log.warning("visitor_hub.failed", fault=type(error).__name__)
                    await asyncio.sleep(POLL_SECONDS)
                if positions is None:
                    await asyncio.sleep(POLL_SECONDS)
                else:
                    announced = await positions.wait(POLL_SECONDS)
        finally:
            if positions is not None:
                positions.close()

    async def step(self, announced: int = 0) -> bool:
        """Push what came since the last step. True: there is more."""
        if self._position is not None and not self._listeners:
            # Whoever joins later reads at least as far as was announced by then.
            self._position = max(self._position, announced)
            return False
        async with self._database.reading() as work:
            newest, _ = await visitor_stream.newest_position(work)
            # Asked only now: whoever joins after this reads a snapshot that is later than ours.
            accounts = sorted({account for account, _ in self._listeners})
            after = newest if self._position is None else self._position
            if self._position is None:
                # Nobody knows what those who are here have missed. Coming again, they get it.
                for listener in self._all():
                    listener.cut()
            until = min(newest, after + LONGEST_STEP)
            rows: list[VisitorMessageRow] = []
            echoed: list[tuple[int, Key]] = []
            hosts: dict[Key, str] = {}
            cases: list[Key] = []
            if until > after and accounts:
                ids = await visitor_stream.changed_in_accounts(
                    work, after, until, accounts=accounts
                )
                rows = await visitor_stream.list_by_id(work, ids) if ids else []
                foreign = [row.id for row in rows if row.account_id not in accounts]
                echoed = await visitor_stream.echoed_to(work, foreign) if foreign else []
                places = {(row.account_id, row.remote_place) for row in rows}
                keys = sorted(places | {place for _, place in echoed})
                hosts = await visitors.hosts_of_sessions(work, keys) if keys else {}
                cases = await visitor_stream.changed_cases(work, after, until, accounts=accounts)
        self._position = max(until, after)
        self._push(_placed(rows, echoed), hosts, self._position)
        for key in cases:
            for listener in tuple(self._listeners.get(key, ())):
                listener.push(_CASE)
        return until < newest

    def _push(
        self, placed: list[tuple[Key, VisitorMessage]], hosts: dict[Key, str], position: int
    ) -> None:
        if not placed:
            return
        by_place: dict[Key, list[VisitorMessage]] = defaultdict(list)
        by_host: dict[Key, list[VisitorMessage]] = defaultdict(list)
        for place, message in placed:
            by_place[place].append(message)
            if place in hosts:
                by_host[place[0], hosts[place]].append(message)
        # Encoded once: many pages of one session would each keep their own copy.
        packed: dict[tuple[str, Key], bytes] = {}
        for listener in self._all():
            host = listener.row.host_account
            of, key = ("place", listener.key)
            messages = by_place.get(key)
            if host is not None:
                of, key = ("host", (listener.row.account_id, host))
                messages = by_host.get(key)
            if messages:
                if (of, key) not in packed:
                    frame = MessagesFrame(position=position, messages=tuple(messages))
                    packed[of, key] = _encoder.encode(frame)
                listener.push(packed[of, key])

    async def _say_positions(self) -> None:
        """So that a quiet page comes back to a short gap, not to a whole page."""
        while True:
            await asyncio.sleep(POSITION_SECONDS)
            if self._position is None or not self._listeners:
                continue
            frame = _encoder.encode(MessagesFrame(position=self._position, messages=()))
            for listener in self._all():
                listener.push(frame)

    def _hear(self, raw: bytes) -> None:
        match signals.decode(raw):
            case signals.TypingSignal(side="agent") as signal:
                frame = TypingFrame(is_typing=signal.is_typing, author=signal.name)
                encoded = _encoder.encode(frame)
                key = (signal.account_id, signal.remote_place)
                for listener in tuple(self._listeners.get(key, ())):
                    listener.push(encoded)
            case signals.VisitorOver() as over:
                self._end(over)
            case _:
                return


def _placed(
    rows: list[VisitorMessageRow], echoed: list[tuple[int, Key]]
) -> list[tuple[Key, VisitorMessage]]:
    """Each message with where it is seen: in its own place, and wherever it is shown too."""
    by_id = {row.id: row for row in rows}
    own = [((row.account_id, row.remote_place), to_message(row)) for row in rows]
    return own + [(place, to_message(by_id[i], is_elsewhere=True)) for i, place in echoed]
