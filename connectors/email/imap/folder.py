"""Following one folder: from the last mail taken over to the newest, then waiting for more."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

import msgspec

from connectors.email.config import Config
from connectors.email.errors import FOR_NOW, ImapRefused
from connectors.email.imap.connection import FolderState, ImapConnection, MailHead
from connectors.email.reading.envelope import MEDIA_TYPE, Reading
from connectors.email.reading.placeholder import to_header_only
from connectors.email.worker.reader import MailReader
from core.clock import Clock
from core.connector import Cursor, CursorValue, InboundSink
from core.messages import AnyInboundEvent, Unreadable

BATCH = 50
BATCH_BYTES = 8 * 1024 * 1024
MOST_REFUSALS = 8
"""Of one mail that the server cannot give for now: a few minutes with the pauses between them."""
FIRST_WAIT = 1.0
"""Seconds of the first IDLE after a mail; each further one is twice as long.

What comes between a look and IDLE is not announced by every server, and mails come in flocks.
"""
CLOCK_DIFFERENCE = timedelta(hours=1)
"""How far the server's clock may be behind ours when we ask for mails since a moment."""


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a folder was read. UIDs hold under one UIDVALIDITY (RFC 3501, 2.3.1.1)."""

    validity: int
    uid: int
    """The last mail that was taken over."""
    since: datetime | None = None
    """Mails that came earlier were never wanted; None: all are."""
    old_until: int = 0
    """Up to this UID, mails from before `since` are left out: UIDs were given anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What following a folder needs, beside its connection."""

    config: Config
    reading: Reading
    reader: MailReader
    clock: Clock
    on_read: Callable[[int], None]
    """Called with the number of events each time the folder has been read to its end."""
    refusals: Counter[str] = field(default_factory=Counter)
    """How often the server could not give a mail for now, by its key."""


async def follow(
    folder: str,
    connection: ImapConnection,
    sink: InboundSink,
    cursor: Cursor | None,
    following: Following,
) -> None:
    """Never returns; raises ImapLost, ImapRefused, OSError, and what the sink raises.

    ImapRefused is also raised for a mail that the server cannot give for now.

    Each cursor is handed over together with the events that it covers.
    """
    state = await connection.examine(folder)
    stream = _Stream(folder=folder, connection=connection, sink=sink, following=following)
    position = await stream.start(state, cursor)
    wait = FIRST_WAIT
    while True:
        before, position = position, await stream.catch_up(position)
        wait = FIRST_WAIT if position != before else min(wait * 2, following.config.idle_seconds)
        if connection.can_idle:
            await connection.wait_for_change(wait)
        else:
            await following.clock.sleep(following.config.poll_seconds)
            await connection.noop()


@dataclass(slots=True, kw_only=True)
class _Stream:
    folder: str
    connection: ImapConnection
    sink: InboundSink
    following: Following

    async def start(self, state: FolderState, cursor: Cursor | None) -> Position:
        """Where to go on; a first position is committed at once, so that "now" stays now."""
        if cursor is None:
            position = await self._first_position(state)
            await self._accept([], position)
            return position
        position = msgspec.json.decode(cursor.value.encode(), type=Position)
        if position.validity == state.uid_validity:
            return position
        # All UIDs are void. Everything wanted is read again; the keys of the events drop doubles.
        newest = await self._newest(state)
        uids = (
            await self.connection.search_since((position.since - timedelta(days=1)).date())
            if position.since is not None
            else []
        )
        first = 0 if position.since is None else (uids[0] - 1 if uids else newest)
        return Position(
            validity=state.uid_validity,
            uid=first,
            since=position.since,
            old_until=newest if position.since is not None else 0,
        )

    async def _first_position(self, state: FolderState) -> Position:
        start_from = self.following.config.start_from
        if start_from == "all":
            return Position(validity=state.uid_validity, uid=0)
        newest = await self._newest(state)
        if start_from == "now":
            since = self.following.clock.now() - CLOCK_DIFFERENCE
            return Position(validity=state.uid_validity, uid=newest, since=since)
        since = datetime.combine(start_from, time(), tzinfo=UTC)
        uids = await self.connection.search_since(start_from)
        uid = uids[0] - 1 if uids else newest
        return Position(validity=state.uid_validity, uid=uid, since=since, old_until=newest)

    async def _newest(self, state: FolderState) -> int:
        if state.uid_next:
            return state.uid_next - 1
        return max(await self.connection.search_after(0), default=0)

    async def catch_up(self, position: Position) -> Position:
        """The position after the newest mail, everything up to it accepted."""
        uids = await self.connection.search_after(position.uid)
        count = 0
        for start in range(0, len(uids), BATCH):
            position, taken = await self._take(uids[start : start + BATCH], position)
            count += taken
        self.following.on_read(count)
        return position

    async def _take(self, uids: Sequence[int], position: Position) -> tuple[Position, int]:
        events: list[AnyInboundEvent] = []
        size = count = 0
        passed = position
        for head in await self.connection.heads(uids):
            if not self._is_wanted(head, position):
                continue
            try:
                events += await self._events_of(head, position)
            except ImapRefused:
                if events:
                    await self._accept(events, passed)
                raise
            passed = _at(position, head.uid)
            size += head.size
            count += 1
            if len(events) >= BATCH or size >= BATCH_BYTES:
                position = _at(position, head.uid)
                await self._accept(events, position)
                events, size = [], 0
        # The cursor passes the mails that were deleted meanwhile, too.
        position = _at(position, uids[-1])
        await self._accept(events, position)
        return position, count

    def _is_wanted(self, head: MailHead, position: Position) -> bool:
        if position.since is None or head.uid > position.old_until or head.received_at is None:
            return True
        return head.received_at >= position.since

    async def _events_of(self, head: MailHead, position: Position) -> Sequence[AnyInboundEvent]:
        limit = self.following.config.max_mail_size
        reading = self.following.reading
        try:
            if head.size > limit:
                header = await self.connection.header(head.uid)
                if header is None:
                    return ()
                return (to_header_only(header, head.size, head.received_at, reading),)
            raw = await self.connection.mail(head.uid)
        except ImapRefused as error:
            key = f"refused:{self.folder}:{position.validity}:{head.uid}"
            if FOR_NOW.search(str(error)) and self.following.refusals[key] < MOST_REFUSALS:
                self.following.refusals[key] += 1
                raise
            # One mail that the server cannot give must not hold up those behind it.
            return (
                Unreadable(
                    event_key=key,
                    raw_media_type=MEDIA_TYPE,
                    reason=f"The mail server does not give this mail: {error}",
                    sent_at=head.received_at,
                ),
            )
        if raw is None:
            return ()
        if len(raw) > limit:
            return (to_header_only(raw[: 64 * 1024], len(raw), head.received_at, reading),)
        return await self.following.reader.read(raw)

    async def _accept(self, events: Sequence[AnyInboundEvent], position: Position) -> None:
        value = CursorValue(msgspec.json.encode(position).decode())
        await self.sink.accept(events, cursor=Cursor(scope=self.folder, value=value))


def _at(position: Position, uid: int) -> Position:
    return msgspec.structs.replace(position, uid=max(uid, position.uid))
