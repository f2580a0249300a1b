"""Pushes what was committed to the agents whose feeds are open at this process.

One loop follows the outbox for all of them. It holds no truth: whoever misses something, or reads
too slowly, comes again with the position that they reached.
"""

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from aiohttp import web

from router.bus import Bus
from router.services.callers import Caller
from router.services.feed_events import LoadedEvents, load_events
from router.services.viewer import viewer_of
from router.storage import outbox
from router.storage.engine import Database
from router.storage.outbox import OutboxEntry
from router.storage.sight import Sight
from router.web.feed_frames import EventFrame, Hello, Reset, ToAccount, closing, frame

POLL_SECONDS = 1.0
BATCH = 100
LONGEST_GAP = 5_000
"""Entries that are told one by one. Whoever missed more loads everything anew, which is less."""
MOST_WAITING = 1024 * 1024
"""Bytes that a slow reader may leave in our buffer before it is cut off."""
KERNEL_BUFFER = 64 * 1024
"""SO_SNDBUF: what a reader that never reads may pin in the kernel; it takes MiBs by itself."""
LONGEST_STALL = 20.0
"""Seconds in which a buffer must have been empty once."""
CATCH_UP_SECONDS = 30.0
YIELD_EVERY = 100
"""Writes between two turns of the loop: a large audience must not stop everything else."""

log = structlog.get_logger(__name__)


class CutOff(Exception):
    """This feed reads too slowly, or its page went away."""


@dataclass(eq=False, slots=True)
class Feed:
    """One open socket of one agent."""

    caller: Caller
    transport: asyncio.Transport
    agent_id: int
    sight: Sight
    position: int = 0
    stalled_since: float | None = None

    @classmethod
    def of(cls, caller: Caller, request: web.Request) -> "Feed":
        """Raises CutOff if the page is gone."""
        transport = request.transport
        if transport is None or transport.is_closing():
            raise CutOff
        connection = transport.get_extra_info("socket")
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
        viewer = viewer_of(caller)
        return cls(caller, transport, viewer.agent_id, viewer.sight)

    @property
    def waiting(self) -> int:
        return self.transport.get_write_buffer_size()

    def write(self, packed: bytes) -> None:
        """At once or into the buffer; past its bound the feed is cut off."""
        if self.transport.is_closing():
            return
        self.transport.write(packed)
        if self.waiting > MOST_WAITING:
            self.cut()

    def write_event(self, event: EventFrame) -> None:
        if event.position <= self.position:
            return
        self.position = event.position
        if event.only_agent is None or event.only_agent == self.agent_id:
            self.write(event.for_agent(self.agent_id))

    def cut(self) -> None:
        """At once, with what waits in the buffer lost: the page comes again."""
        self.transport.abort()

    def end(self, code: int) -> None:
        """With a reason that the page can read (RFC 6455, 7.4)."""
        if not self.transport.is_closing():
            self.transport.write(closing(code))
            self.transport.close()


class FeedHub:
    """One for a process with the web role. Without a bus it lives from its poll."""

    def __init__(self, database: Database, bus: Bus | None, to_account: ToAccount) -> None:
        self._database = database
        self._bus = bus
        self._to_account = to_account
        self._feeds: set[Feed] = set()
        self._position = 0
        self._turn = asyncio.Lock()
        """Held while a batch is pushed, and while a feed takes its place behind the last one."""

    @property
    def feeds(self) -> Sequence[Feed]:
        return tuple(self._feeds)

    async def run(self) -> None:
        """Until cancelled."""
        positions = self._bus.positions() if self._bus is not None else None
        try:
            while True:
                try:
                    while await self.step():
                        pass
                except Exception as error:
                    log.warning("feed.failed", fault=type(error).__name__)
                    await asyncio.sleep(POLL_SECONDS)
                if positions is None:
                    await asyncio.sleep(POLL_SECONDS)
                else:
                    await positions.wait(POLL_SECONDS)
        finally:
            if positions is not None:
                positions.close()

    async def step(self) -> bool:
        """Push the next batch. True: there may be more."""
        async with self._turn:
            if not self._feeds:
                return False
            audience: dict[Sight, set[int]] = {}
            for feed in self._feeds:
                audience.setdefault(feed.sight, set()).add(feed.agent_id)
            async with self._database.reading() as work:
                entries = await outbox.entries_after(work, self._position, limit=BATCH)
                if not entries:
                    return False
                loaded = await load_events(work, entries, audience)
            await self._push(loaded)
            self._position = entries[-1].position
        return len(entries) == BATCH

    async def _push(self, loaded: LoadedEvents) -> None:
        written = 0
        for event in loaded.events:
            frames = {
                sight: EventFrame(event, scene, self._to_account)
                for sight, scene in loaded.scenes.items()
                if scene.shows(event)
            }
            for feed in self.feeds:
                found = frames.get(feed.sight)
                if found is None:
                    continue
                feed.write_event(found)
                written += 1
                if written % YIELD_EVERY == 0:
                    await asyncio.sleep(0)

    async def join(self, feed: Feed, after: int | None) -> None:
        """Tell what came after `after`, then everything as it comes: no gap, no repeat.

        Without a position, or with one that can't be told from, it begins at the newest. Raises
        CutOff.
        """
        async with self._database.reading() as work:
            extent = await outbox.extent(work)
        wanted = extent.newest if after is None else after
        is_told = extent.covers(wanted) and extent.newest - wanted <= LONGEST_GAP
        feed.position = wanted if is_told else extent.newest
        feed.write(frame(Hello(position=feed.position, agent_id=feed.agent_id)))
        if not is_told:
            feed.write(frame(Reset(position=feed.position)))
        while await self._catch_up(feed) == BATCH:
            await _drained(feed)
        async with self._turn:
            while await self._catch_up(feed) == BATCH:
                pass
            if feed.transport.is_closing():
                raise CutOff
            if not self._feeds:
                self._position = feed.position
            self._feeds.add(feed)
        # What was committed between the last look and now is behind the hub's position too.

    def leave(self, feed: Feed) -> None:
        self._feeds.discard(feed)

    async def _catch_up(self, feed: Feed) -> int:
        """Tell one page of what the feed has missed; how many entries it was made of."""
        async with self._database.reading() as work:
            extent = await outbox.extent(work)
            if not extent.covers(feed.position):  # trimmed while we told
                feed.position = extent.newest
                feed.write(frame(Reset(position=feed.position)))
                return 0
            entries = await outbox.entries_after(work, feed.position, limit=BATCH)
            loaded = await load_events(work, entries, {feed.sight: [feed.agent_id]})
        self._tell(feed, entries, loaded)
        return len(entries)

    def _tell(self, feed: Feed, entries: Sequence[OutboxEntry], loaded: LoadedEvents) -> None:
        scene = loaded.scenes[feed.sight]
        for event in loaded.events:
            if scene.shows(event):
                feed.write_event(EventFrame(event, scene, self._to_account))
        if entries:
            feed.position = entries[-1].position

    def cut_stalled(self, now: float) -> None:
        """End feeds whose buffer was not empty for too long. `now` in monotonic seconds."""
        for feed in self.feeds:
            if feed.waiting == 0:
                feed.stalled_since = None
            elif feed.stalled_since is None:
                feed.stalled_since = now
            elif now - feed.stalled_since > LONGEST_STALL:
                log.info("feed.cut_off", agent=feed.agent_id, waiting=feed.waiting)
                feed.cut()

    def end_all(self, code: int) -> None:
        for feed in self.feeds:
            feed.end(code)


async def _drained(feed: Feed) -> None:
    """Wait until the reader has taken most of it. Raises CutOff."""
    try:
        async with asyncio.timeout(CATCH_UP_SECONDS):
            # A transport says only to its protocol, which is aiohttp's, that it has drained.
            while feed.waiting > MOST_WAITING // 4:  # noqa: ASYNC110 - see above
                await asyncio.sleep(0.02)
    except TimeoutError as error:
        feed.cut()
        raise CutOff from error
    if feed.transport.is_closing():
        raise CutOff
