"""A sink that does what the router's does, without a database: commit, crash, or lose the lease."""

import asyncio
from collections.abc import Sequence

from core.connector import Cursor, LeaseLost
from core.messages import AnyInboundEvent


class SinkCrashed(RuntimeError):
    """What `accept` raises when it was told to crash. Stands for a killed process."""


class RecordingSink:
    """Keeps what was committed: `events` in order, repeats included, and `cursors` by scope.

    A crash or a lost lease leaves nothing behind, like a rolled back transaction.
    """

    def __init__(self) -> None:
        self.events: list[AnyInboundEvent] = []
        self.cursors: dict[str, Cursor] = {}
        self.refused: list[AnyInboundEvent] = []
        """What was handed over in calls that did not commit."""
        self.changed = asyncio.Event()
        self._crash = False
        self._lease_is_lost = False
        self._blocked: asyncio.Event | None = None

    def crash_before_commit(self) -> None:
        """The next `accept` that brings events, and all after it, raise SinkCrashed."""
        self._crash = True

    def lose_lease(self) -> None:
        """Every `accept` from now on raises LeaseLost."""
        self._lease_is_lost = True

    def hang(self) -> None:
        """Every `accept` from now on waits for ever, as for a database that is gone."""
        self._blocked = asyncio.Event()

    async def accept(
        self, events: Sequence[AnyInboundEvent], *, cursor: Cursor | None = None
    ) -> None:
        await asyncio.sleep(0)
        if self._lease_is_lost:
            self._refuse(events)
            raise LeaseLost("another process runs this account now")
        if self._blocked is not None:
            self._refuse(events)
            await self._blocked.wait()
        if self._crash and (events or self.refused):
            self._refuse(events)
            raise SinkCrashed("the process ends here, before the commit")
        self.events.extend(events)
        if cursor is not None:
            self.cursors[cursor.scope] = cursor
        self.changed.set()

    def _refuse(self, events: Sequence[AnyInboundEvent]) -> None:
        self.refused.extend(events)
        self.changed.set()
