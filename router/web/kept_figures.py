"""Figures of the whole desk for metrics: read from rows now and then, however often they are asked
for, and by however many; behind the answer, so that nobody waits for them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import structlog

from router.storage.engine import Database

if TYPE_CHECKING:
    from router.storage.desk_figures import DeskFigures

LAST_SECONDS = 15.0
"""How old figures may be before they are read anew: Prometheus asks about as often."""
OLDEST_SECONDS = 60.0
"""Whoever asks waits for what is newer than that: nobody asked for a while."""

log = structlog.get_logger(__name__)


class KeptFigures:
    """One reading at a time; whoever asks meanwhile gets what was read before it."""

    def __init__(self) -> None:
        self._reading = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._follows = False
        self._kept: DeskFigures | None = None
        self._read_at = 0.0

    async def read(self, database: Database) -> "tuple[DeskFigures, float]":
        """With how many seconds old they are: at most LAST_SECONDS, or while `following` reads
        them anew, OLDEST_SECONDS."""
        if (kept := self._if_within(OLDEST_SECONDS, database)) is not None and self._follows:
            if self._if_within(LAST_SECONDS, database) is None:
                self._wanted.set()
            return kept
        async with self._reading:
            kept = self._if_within(LAST_SECONDS, database)
            return (await self._read_anew(database), 0.0) if kept is None else kept

    @contextlib.asynccontextmanager
    async def following(self, database: Database) -> AsyncIterator[None]:
        """Until the block ends, what is asked for and old is read anew behind the answer."""
        reading = asyncio.create_task(self._follow(database), name="kept-figures")
        self._follows = True
        try:
            yield
        finally:
            self._follows = False
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _follow(self, database: Database) -> None:
        while True:
            await self._wanted.wait()
            try:
                async with self._reading:
                    await self._read_anew(database)
            except Exception as error:
                # Once they are too old, whoever asks meets the fault.
                log.warning("figures.not_read", fault=type(error).__name__)
            self._wanted.clear()

    async def _read_anew(self, database: Database) -> "DeskFigures":
        from router.storage.desk_figures import desk_figures

        now = database.clock.monotonic()
        async with database.reading() as work:
            self._kept = await desk_figures(work)
        self._read_at = now
        return self._kept

    def _if_within(self, seconds: float, database: Database) -> "tuple[DeskFigures, float] | None":
        age = database.clock.monotonic() - self._read_at
        return None if self._kept is None or age >= seconds else (self._kept, age)
