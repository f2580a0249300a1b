"""A bot's updates from their birth until they are confirmed or 24 hours old."""

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from core.clock import Clock

KEPT_FOR = timedelta(hours=24)
"""After the message's own date; what is older never arrives."""
QUIET = timedelta(days=7)
"""After so long without an update the next number may be any."""
NEAR = 10
MAX_PENDING = 100_000
"""An offset beyond the next number by more than NEAR, or below the first by this: it is ignored."""
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


def _nobody(*_: object) -> None:
    """Where nothing is kept over a restart."""


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
        self.last: Update | None = None
        self.repeats: list[Update] = []
        self.last_birth: datetime | None = None
        self.kept: Callable[[Update], None] = _nobody
        self.forgotten: Callable[[int], None] = _nobody
        self.reallowed: Callable[[], None] = _nobody

    def add(
        self,
        kind: str,
        body: dict[str, Any],
        *,
        lane: str,
        date: datetime | None = None,
        kept_for: timedelta | None = None,
    ) -> Update | None:
        """None if the bot does not want this kind, or it is too old. `date`: of the message."""
        now = self._clock.now()
        expires_at = (date or now) + (kept_for or KEPT_FOR)
        if kind not in self.allowed or expires_at <= now:
            return None
        if self.last_birth is not None and now - self.last_birth >= QUIET:
            self.next_id = self._chance.randrange(1, 1 << 30)
        self.last_birth = now
        update = Update(
            update_id=self.next_id,
            kind=kind,
            body=body,
            expires_at=expires_at,
            lane=lane,
        )
        self.next_id += 1
        self.last = update
        self.put(update)
        return update

    def put(self, update: Update) -> None:
        """As it is, with the number that it has."""
        self.pending[update.update_id] = update
        self.kept(update)
        self.changed.set()

    def repeat_last(self) -> None:
        """Shown once more, confirmed or not: a webhook that was called twice, a lost answer."""
        if self.last is None:
            raise LookupError("there was no update yet")
        self.repeats.append(self.last)
        self.changed.set()

    def allow(self, kinds: Iterable[str]) -> None:
        """Acts on what is born from now on. Unknown names are ignored; none at all: the default."""
        wanted = frozenset(kind.lower() for kind in kinds)
        allowed = (wanted & frozenset(KINDS)) or DEFAULT_KINDS
        if allowed != self.allowed:
            self.allowed = allowed
            self.reallowed()

    @property
    def is_default(self) -> bool:
        return self.allowed == DEFAULT_KINDS

    def take(self, offset: int, limit: int) -> Sequence[Update]:
        """The earliest from `offset` on; all before it are confirmed and forgotten.

        0 confirms nothing, nor does a number far from all of ours; a negative one counts from the
        end.
        """
        self._expire()
        first = offset
        if offset > self.next_id + NEAR or 0 < offset < self._first() - MAX_PENDING:
            first = 0
        if offset < 0:
            last = sorted(self.pending)[offset:]
            first = last[0] if last else self.next_id
        for number in [one for one in self.pending if one < first]:
            self.drop(number)
        repeats, self.repeats = self.repeats, []
        fresh = [self.pending[number] for number in sorted(self.pending)[:limit]]
        return [*(one for one in repeats if one not in fresh), *fresh]

    def drop(self, update_id: int) -> None:
        """It is confirmed or expired. Idempotent."""
        if self.pending.pop(update_id, None) is not None:
            self.forgotten(update_id)

    def clear(self) -> None:
        for number in list(self.pending):
            self.drop(number)

    def waiting(self) -> Sequence[Update]:
        """All that are neither confirmed nor expired, oldest first."""
        self._expire()
        return list(self.pending.values())

    def restart_at(self, number: int) -> None:
        """The next update has this number, whatever the last one had; as after a quiet week."""
        if self.waiting():
            raise ValueError("numbers start anew only when no update is waiting")
        self.next_id = number

    def _expire(self) -> None:
        now = self._clock.now()
        for number in [n for n, one in self.pending.items() if one.expires_at <= now]:
            self.drop(number)

    def _first(self) -> int:
        return min(self.pending, default=self.next_id)
