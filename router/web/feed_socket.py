"""One open socket of an agent's feed: how far it has been told, and how fast its page reads."""

import asyncio
import contextlib
import socket
from dataclasses import dataclass

from aiohttp import web

from router.services.callers import Caller
from router.services.viewer import viewer_of
from router.storage.sight import Sight
from router.web.feed_frames import EventFrame, Reset, closing, frame

MOST_WAITING = 1024 * 1024
"""Bytes that a reader may leave in our buffer before it falls behind."""
KERNEL_BUFFER = 64 * 1024
"""SO_SNDBUF: what a reader that never reads may pin in the kernel; it takes MiBs by itself."""
LONGEST_STALL = 20.0
"""Seconds in which a reader must take something of what waits for it."""
CATCH_UP_SECONDS = 30.0


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
    """Told up to here."""
    written: int = 0
    taken: int = 0
    """Of `written`, when it was last looked at."""
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

    @property
    def is_slow(self) -> bool:
        return self.waiting > MOST_WAITING

    def write(self, packed: bytes) -> None:
        """At once or into the buffer."""
        transport = self.transport
        if not transport.is_closing():
            transport.write(packed)
            self.written += len(packed)

    def write_event(self, event: EventFrame) -> None:
        if event.position <= self.position:
            return
        self.position = event.position
        if event.only_agent is None or event.only_agent == self.agent_id:
            self.write(event.for_agent(self.agent_id))

    def begin_anew(self, position: int) -> None:
        """What lies before cannot be told: the page loads everything afresh."""
        self.position = position
        self.write(frame(Reset(position=position)))

    def has_stalled(self, now: float) -> bool:
        """Whether it took nothing of what waits for LONGEST_STALL. `now` in monotonic seconds."""
        waiting = self.waiting
        taken = self.written - waiting
        if waiting == 0 or taken > self.taken:
            self.taken, self.stalled_since = taken, None
        elif self.stalled_since is None:
            self.stalled_since = now
        return self.stalled_since is not None and now - self.stalled_since > LONGEST_STALL

    def cut(self) -> None:
        """At once, with what waits in the buffer lost: the page comes again."""
        self.transport.abort()

    def end(self, code: int) -> None:
        """With a reason that the page can read (RFC 6455, 7.4)."""
        if not self.transport.is_closing():
            self.transport.write(closing(code))
            self.transport.close()


async def drained(feed: Feed) -> None:
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
