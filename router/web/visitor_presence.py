"""Which visitors have a page open right now: written in batches, and said to agents live."""

import asyncio

import structlog

from router.bus import Bus, signals
from router.storage import visitors
from router.storage.engine import Database

SAY_AGAIN_SECONDS = 10.0
FLUSH_SECONDS = 0.5
"""Thousands of pages that come back at once are a few statements."""

Key = tuple[int, str]
"""(account, session)"""

log = structlog.get_logger(__name__)


class VisitorPresence:
    """Counts the open streams of this process. `run` until cancelled."""

    def __init__(self, database: Database, bus: Bus | None) -> None:
        self._database = database
        self._bus = bus
        self._open: dict[Key, int] = {}
        self._changed: set[Key] = set()
        self._wake = asyncio.Event()

    def come(self, key: Key) -> None:
        self._open[key] = self._open.get(key, 0) + 1
        self._note(key)

    def go(self, key: Key) -> None:
        left = self._open.pop(key, 1) - 1
        if left:
            self._open[key] = left
        self._note(key)

    def _note(self, key: Key) -> None:
        self._changed.add(key)
        self._wake.set()

    async def run(self) -> None:
        said_at = 0.0
        clock = self._database.clock
        while True:
            try:
                async with asyncio.timeout(SAY_AGAIN_SECONDS):
                    await self._wake.wait()
                await asyncio.sleep(FLUSH_SECONDS)
            except TimeoutError:
                pass
            if clock.monotonic() - said_at >= SAY_AGAIN_SECONDS:
                self._changed |= self._open.keys()
                said_at = clock.monotonic()
            try:
                await self.flush()
            except Exception as error:
                log.warning("visitor_presence.failed", fault=type(error).__name__)

    async def flush(self) -> None:
        """Record and say what has changed since the last time."""
        self._wake.clear()
        changed, self._changed = self._changed, set()
        if not changed:
            return
        here = sorted(key for key in changed if key in self._open)
        gone = sorted(changed - set(here))
        async with self._database.transaction() as work:
            if here:
                await visitors.note_seen(work, here)
            if gone:
                await visitors.note_left(work, gone)
        for key in here:
            await self._say(key, is_online=True)
        for key in gone:
            await self._say(key, is_online=False)

    async def _say(self, key: Key, *, is_online: bool) -> None:
        if self._bus is None:
            return
        signal = signals.VisitorSignal(account_id=key[0], session=key[1], is_online=is_online)
        await self._bus.say_live(signals.encode(signal))
