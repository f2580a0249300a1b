"""A bot's updates from their birth until they are confirmed or 24 hours old."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from core.clock import Clock

KEPT_FOR = timedelta(hours=24)
"""After the message's own date; what is older never arrives."""
QUIET = timedelta(days=7)
"""After so long without an update the next number may be any."""
KINDS = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
)
ASKED_FOR_ONLY = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
DEFAULT_KINDS = frozenset(KINDS) - ASKED_FOR_ONLY


class Update(msgspec.Struct, frozen=True, kw_only=True):
    update_id: int
    kind: str
    body: dict[str, Any]
    expires_at: datetime
    lane: str
    """Webhook calls of one lane go out one after the other."""

    def to_json(self) -> dict[str, Any]:
        return {"update_id": self.update_id, self.kind: self.body}


class UpdateQueue:
    """Numbers rise by one, and start anywhere again after a quiet week."""

    def __init__(self, clock: Clock, chance: random.Random) -> None:
        self._clock = clock
        self._chance = chance
        self.pending: dict[int, Update] = {}
        self.next_id = chance.randrange(100_000_000, 900_000_000)
        self.allowed = DEFAULT_KINDS
        self.changed = asyncio.Event()
        self._last_birth: datetime | None = None

    def add(
        self, kind: str, body: dict[str, Any], *, lane: str, date: datetime | None = None
    ) -> Update | None:
        """None if the bot does not want this kind. `date`: of the message; None: now."""
        now = self._clock.now()
        if kind not in self.allowed:
            return None
        if self._last_birth is not None and now - self._last_birth >= QUIET:
            self.next_id = self._chance.randrange(1, 1 << 30)
        self._last_birth = now
        update = Update(
            update_id=self.next_id,
            kind=kind,
            body=body,
            expires_at=(date or now) + KEPT_FOR,
            lane=lane,
        )
        self.next_id += 1
        self.put(update)
        return update

    def put(self, update: Update) -> None:
        """As it is, be it for the second time."""
        self.pending[update.update_id] = update
        self.changed.set()

    def allow(self, kinds: Iterable[str]) -> None:
        """Acts on what is born from now on. Unknown names are ignored; none at all: the default."""
        wanted = frozenset(kinds)
        self.allowed = (wanted & frozenset(KINDS)) or DEFAULT_KINDS

    def take(self, offset: int, limit: int) -> Sequence[Update]:
        """The earliest from `offset` on; all before it are confirmed and forgotten.

        0 confirms nothing; a negative offset counts from the end.
        """
        self._expire()
        first = offset
        if offset < 0:
            last = sorted(self.pending)[offset:]
            first = last[0] if last else self.next_id
        for number in [one for one in self.pending if one < first]:
            del self.pending[number]
        return list(self.pending.values())[:limit]

    def drop(self, update_id: int) -> None:
        """It is confirmed. Idempotent."""
        self.pending.pop(update_id, None)

    def clear(self) -> None:
        self.pending.clear()

    def waiting(self) -> Sequence[Update]:
        """All that are neither confirmed nor expired, oldest first."""
        self._expire()
        return list(self.pending.values())

    def restart_at(self, number: int) -> None:
        """The next update has this number, whatever the last one had."""
        self.next_id = number

    def _expire(self) -> None:
        now = self._clock.now()
        for number in [n for n, one in self.pending.items() if one.expires_at <= now]:
            del self.pending[number]
