"""The bus over PostgreSQL NOTIFY: from the one relay and for live signals, to every node.

NOTIFY takes a lock at commit that all committers share, so nothing on the hot path uses it.
"""

import asyncio
import base64
import contextlib
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog

from router.bus import LiveListener, Positions
from router.bus.local import LocalBus

POSITION_CHANNEL = "onethread_position"
LIVE_CHANNEL = "onethread_live"
RECONNECT_SECONDS = 1.0
SAY_EVERY_SECONDS = 0.01
"""Between two positions: other nodes need the newest only, and each costs everybody a wake-up."""
SAY_AFTER_SECONDS = 0.002
"""Our own loops go first: they are about to ask the same PostgreSQL."""

log = structlog.get_logger(__name__)


class Link(Protocol):
    """A connection that listens: `router.storage.notifications`."""

    async def say(self, channel: str, text: str) -> None:
        """Raises OSError when the connection is lost."""
        ...

    async def lost(self) -> None:
        """Returns when the connection is lost."""
        ...


Connect = Callable[[Mapping[str, Callable[[str], None]]], AbstractAsyncContextManager[Link]]
"""Channel -> what is called with each text said there. Raises OSError."""


class PostgresBus:
    """A lost connection is made again; meanwhile listeners live from their poll."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._local = LocalBus()
        self._task: asyncio.Task[None] | None = None
        self._link: Link | None = None
        self._ready = asyncio.Event()
        self._announced = 0
        self._speaker: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._listen(), name="bus")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await self._ready.wait()

    async def close(self) -> None:
        for task in (self._speaker, self._task):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        self._speaker = self._task = None
        await self._local.close()

    def announce(self, position: int) -> None:
        """At once to our own loops. Other nodes hear the newest position, not each one."""
        self._local.tell(position)
        self._announced = position
        if self._speaker is None or self._speaker.done():
            self._speaker = asyncio.create_task(self._say_position(), name="bus-position")

    def positions(self) -> Positions:
        return self._local.positions()

    async def say_live(self, signal: bytes) -> None:
        await self._say(LIVE_CHANNEL, base64.b64encode(signal).decode())

    def on_live(self, listener: LiveListener) -> Callable[[], None]:
        return self._local.on_live(listener)

    async def _say_position(self) -> None:
        said = 0
        await asyncio.sleep(SAY_AFTER_SECONDS)
        while said != self._announced:
            said = self._announced
            await self._say(POSITION_CHANNEL, str(said))
            await asyncio.sleep(SAY_EVERY_SECONDS)

    async def _say(self, channel: str, text: str) -> None:
        if self._link is None:
            return
        try:
            await self._link.say(channel, text)
        except OSError:
            log.warning("bus.hint_lost", channel=channel)

    async def _listen(self) -> None:
        was_lost = False
        hear = {
            POSITION_CHANNEL: lambda text: self._local.tell(int(text)),
            LIVE_CHANNEL: lambda text: self._local.tell_live(base64.b64decode(text)),
        }
        while True:
            try:
                async with self._connect(hear) as link:
                    self._link = link
                    self._ready.set()
                    if was_lost:
                        log.info("bus.back")
                    was_lost = False
                    await link.lost()
            except OSError:
                pass  # said below, once
            finally:
                self._link = None
            if not was_lost:
                log.warning("bus.lost")
            was_lost = True
            await asyncio.sleep(RECONNECT_SECONDS)
