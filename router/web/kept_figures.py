"""Figures of the whole desk for metrics: read from rows now and then, however often they are asked
for, and by however many."""

import asyncio
from typing import TYPE_CHECKING

from router.storage.engine import Database

if TYPE_CHECKING:
    from router.storage.desk_figures import DeskFigures

LAST_SECONDS = 30.0
"""How old figures may be. Prometheus asks every 15 seconds or so, each of its copies by itself."""


class KeptFigures:
    """One reading at a time; whoever asks meanwhile gets what it finds."""

    def __init__(self) -> None:
        self._reading = asyncio.Lock()
        self._kept: DeskFigures | None = None
        self._read_at = 0.0

    async def read(self, database: Database) -> "DeskFigures":
        """No older than `LAST_SECONDS`."""
        from router.storage.desk_figures import desk_figures

        async with self._reading:
            now = database.clock.monotonic()
            if self._kept is None or now - self._read_at >= LAST_SECONDS:
                async with database.reading() as work:
                    self._kept = await desk_figures(work)
                self._read_at = now
            return self._kept
