"""getUpdates as the official server does it: long polls, and the conflict of two at once.

Rules and figures are those of tdlib/telegram-bot-api, Client.cpp.
"""

import asyncio
from collections.abc import Sequence

from connectors.telegram.sandbox_answers import Refusal
from connectors.telegram.sandbox_updates import Update, UpdateQueue
from connectors.telegram.sandbox_waiting import first_of
from core.clock import Clock

LONGEST_POLL = 50
"""Seconds; a longer timeout is cut to it."""
HASTE = 3.0
"""Seconds within which the same offset again becomes a poll of this length."""
RUSH = 0.5
"""Seconds within which it gets one update only."""
CONFLICT_PAUSE = 3.0
"""Seconds that a further 409 takes after one."""
OTHER_POLL = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)
SET_WEBHOOK = "terminated by setWebhook request"
WEBHOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook "
    "first"
)


class Poller:
    """One bot's polls, of which at most one waits."""

    def __init__(self, clock: Clock, queue: UpdateQueue) -> None:
        self._clock = clock
        self._queue = queue
        self._waiting: asyncio.Future[str] | None = None
        self._last_offset: int | None = None
        self._last_start = 0.0
        self._next_conflict = 0.0

    async def poll(self, offset: int, limit: int, timeout: int) -> Sequence[Update]:
        """Returns at once if there is something. Raises Refusal (409) if another call ended it."""
        now = self._clock.monotonic()
        if offset == self._last_offset:
            since = now - self._last_start
            timeout = int(HASTE) if timeout < HASTE and since < HASTE else timeout
            limit = 1 if since < RUSH else limit
        self._last_offset, self._last_start = offset, now
        found = self._queue.take(offset, limit)
        if found or not timeout:
            return found
        self.end(OTHER_POLL)
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting = ended
        self._queue.changed.clear()
        try:
            await first_of(self._clock, now + timeout, self._queue.changed, ended)
        finally:
            if self._waiting is ended:
                self._waiting = None
        if ended.done():
            raise await self.conflict(ended.result())
        return self._queue.take(offset, limit)

    def end(self, reason: str) -> None:
        """The poll that waits gets a 409 for this reason."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(reason)

    async def conflict(self, reason: str) -> Refusal:
        """The 409 to be raised, after a pause if there was one just now."""
        now = self._clock.monotonic()
        if now < self._next_conflict:
            await self._clock.sleep(CONFLICT_PAUSE)
        else:
            self._next_conflict = now + CONFLICT_PAUSE
        return Refusal(409, reason)
