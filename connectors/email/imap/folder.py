"""Reading one folder: from the last mail taken over to the newest, batch by batch."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import msgspec

from connectors.email.config import Config
from connectors.email.errors import FolderRefused, ImapLost, ImapRefused, is_for_now
from connectors.email.imap.answers import Listed
from connectors.email.imap.connection import ImapConnection, MailHead
from connectors.email.imap.names import find_folder, shown, to_wire
from connectors.email.imap.position import (
    Position,
    first_position,
    from_cursor,
    position_anew,
)
from connectors.email.imap.protocol import MAX_RESPONSE
from connectors.email.imap.uses import NOT_READ, Use, use_of
from connectors.email.reading.envelope import MEDIA_TYPE, Reading, place_of
from connectors.email.reading.placeholder import to_header_only, to_unreadable
from connectors.email.round_trip import RoundTrips
from connectors.email.worker.reader import MailReader
from core.clock import Clock
from core.connector import Cursor, InboundSink
from core.messages import AnyInboundEvent, MessageReceived, Unreadable

BATCH = 10
"""Mails of one `accept`. Whoever else writes waits for at most so many."""
BATCH_BYTES = 8 * 1024 * 1024
MOST_TRIES = 8
"""Of one mail that the server cannot give, or breaks off at: minutes, with the pauses between."""
REST_AFTER_STORING = 10.0
REST_AFTER_READING = 4.0
"""How long a backlog rests, by how long storing and reading a batch took: other accounts want the
same database, and less of the same processors."""
LONGEST_REST = 15.0
JUNK_WARNING = "The mail server took this mail for junk."


class NotStored(Exception):
    """The sink failed, for its own reasons and not the network's: `__cause__` says which."""


class Progress(NamedTuple):
    """What is known of a folder between two batches."""

    waiting: int
    """Mails that are there and were not taken over yet."""
    taken: int
    """Events of this batch."""
    reached: datetime | None
    """When the newest mail that was taken over came to the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What reading folders needs, beside a connection."""

    config: Config
    reading: Reading
    reader: MailReader
    clock: Clock
    sink: InboundSink
    round_trips: RoundTrips
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held for a batch: whatever the number of folders, one batch is in memory."""
    tries: Counter[str] = field(default_factory=Counter)
    """How often a mail was asked for in vain, by its key."""


class FolderStream:
    """One folder of a mailbox; each batch is handed over together with its cursor.

    Every method raises ImapLost, ImapRefused, OSError, NotStored, and what the sink raises.
    """

    def __init__(
        self,
        name: str,
        following: Following,
        cursor: Cursor | None,
        warn: Callable[[str, str], None],
    ) -> None:
        """`warn(name, sentence)`: it is read, but not all is done that ops want."""
        self.name = name
        self._following = following
        self._position = from_cursor(cursor) if cursor is not None else None
        self.warn = warn
        self._listed: Listed | None = None
        self._others: list[Listed] = []
        """What there is while it is not listed."""
        self._waiting: list[int] = []

    async def open(self, connection: ImapConnection) -> None:
        """The folder is open, and where to go on is known. Raises FolderRefused.

        A first position is committed at once, so that "now" stays now.
        """
        config = self._following.config
        writes = config.mark_seen or bool(config.move_to)
        wire = await self._find(connection)
        try:
            validity = await connection.open(wire, writes=writes)
        except FolderRefused as error:
            others = f". There are: {shown(self._others)}" if self._others else ""
            raise FolderRefused(f"{error}{others}") from error
        if self._position is None:
            self._position = await first_position(
                connection, validity, config.start_from, self._following.clock.now()
            )
            await self._accept([], self._position)
        elif self._position.validity != validity:
            self._position = await position_anew(connection, validity, self._position)
            self._waiting = []

    async def take_batch(self, connection: ImapConnection) -> Progress:
        """The next mails are accepted, up to BATCH."""
        if self._position is None:
            raise RuntimeError("the folder was not opened")
        if not self._waiting:
            self._waiting = await connection.search_after(self._position.uid)
        uids, rest = self._waiting[:BATCH], self._waiting[BATCH:]
        if not uids:
            return Progress(waiting=0, taken=0, reached=None)
        async with self._following.turn:
            batch = _Batch(self, connection, self._position)
            taken, reached = await batch.take(uids)
        self._waiting = rest
        if rest:
            await self._following.clock.sleep(min(batch.owed_rest, LONGEST_REST))
        return Progress(waiting=len(rest), taken=taken, reached=reached)

    async def _find(self, connection: ImapConnection) -> str:
        """Its name on the wire. Raises FolderRefused."""
        if self._listed is None:
            try:
                self._others = await connection.folders()
            except ImapRefused:
                self._others = []
            found = find_folder(self.name, self._others)
            if found is None:
                # Shared folders are often not listed, and some servers list nothing.
                return to_wire(self.name)
            use = use_of(found)
            if use in NOT_READ:
                raise FolderRefused(f"{NOT_READ[use]}, so it is not read")
            self._listed, self._others = found, []
        return self._listed.name

    def forget(self) -> None:
        """It may have been renamed, or made anew."""
        self._listed = None

    @property
    def is_junk(self) -> bool:
        return self._listed is not None and use_of(self._listed) is Use.JUNK

    async def _accept(self, events: Sequence[AnyInboundEvent], position: Position) -> None:
        try:
            await self._following.sink.accept(events, cursor=position.as_cursor(self.name))
        except (OSError, TimeoutError) as error:
            raise NotStored from error
        self._position = position


class _Batch:
    """Mails of one search, on their way to the sink."""

    def __init__(self, stream: FolderStream, connection: ImapConnection, at: Position) -> None:
        self._stream = stream
        self._connection = connection
        self._following = stream._following
        self._position = at
        self._events: list[AnyInboundEvent] = []
        self._uids: list[int] = []
        self._size = 0
        self._taken = 0
        self.owed_rest = 0.0
        """Seconds."""

    async def take(self, uids: Sequence[int]) -> tuple[int, datetime | None]:
        reached = None
        for head in await self._heads(uids):
            if self._position.wants(head):
                try:
                    await self._add(head)
                except (ImapRefused, ImapLost):
                    # What was read before this mail is not asked for again.
                    await self._flush(marks=False)
                    raise
            self._position = self._position.at(head.uid)
            reached = head.received_at or reached
            if self._size >= BATCH_BYTES:
                await self._flush()
        # The cursor passes the mails that were deleted meanwhile, too.
        self._position = self._position.at(uids[-1])
        await self._flush()
        return self._taken, reached

    async def _add(self, head: MailHead) -> None:
        events = await self._events_of(head)
        if not events:
            return
        if self._stream.is_junk:
            events = [_as_junk(event) for event in events]
        if not self._following.config.desk_answers:
            events = [_as_anybodys(event) for event in events]
        self._events += events
        self._uids.append(head.uid)
        self._size += max(head.size, sum(len(event.raw or b"") for event in events))

    async def _flush(self, *, marks: bool = True) -> None:
        events, self._events = self._events, []
        uids, self._uids = self._uids, []
        self._size = 0
        with self._owing(REST_AFTER_STORING):
            await self._stream._accept(events, self._position)
        self._taken += len(events)
        if uids and marks:
            await self._mark(uids)

    async def _mark(self, uids: Sequence[int]) -> None:
        """Only what was committed, and only if ops want it."""
        config = self._following.config
        try:
            if config.mark_seen:
                await self._connection.mark_seen(uids)
            if config.move_to:
                await self._connection.move(uids, to_wire(config.move_to))
        except ImapRefused as error:
            words = f"Its mails are read, but not marked or moved: {error}"
            self._stream.warn(self._stream.name, words)

    async def _heads(self, uids: Sequence[int]) -> list[MailHead]:
        """Of all that are still there. A server may refuse all when one is gone (RFC 2180, 4.1)."""
        try:
            heads = await self._connection.heads(uids)
        except ImapRefused:
            heads = []
        missing = set(uids) - {head.uid for head in heads}
        if not missing:
            return heads
        for uid in await self._still_there(sorted(missing)):
            try:
                heads += await self._connection.heads([uid]) or [_unknown(uid)]
            except ImapRefused:
                heads.append(_unknown(uid))
        return sorted(heads, key=lambda head: head.uid)

    async def _still_there(self, uids: Sequence[int]) -> list[int]:
        # NOOP lets the server tell of what is gone; in a FETCH it may not (RFC 3501, 7.4.1).
        await self._connection.noop()
        wanted = ",".join(str(uid) for uid in uids)
        return [uid for uid in await self._connection.search(f"UID {wanted}") if uid in uids]

    async def _events_of(self, head: MailHead) -> Sequence[AnyInboundEvent]:
        key = f"refused:{self._stream.name}:{self._position.validity}:{head.uid}"
        tries = self._following.tries
        if tries[key] >= MOST_TRIES:
            return await self._in_its_place(head, key, "The mail server fails to give this mail.")
        tries[key] += 1
        try:
            events = await self._read(head)
        except ImapRefused as error:
            if is_for_now(str(error)):
                raise
            # One mail that the server cannot give must not hold up those behind it.
            reason = f"The mail server does not give this mail: {error}"
            events = await self._in_its_place(head, key, reason)
        del tries[key]
        return events

    async def _read(self, head: MailHead) -> Sequence[AnyInboundEvent]:
        """Raises ImapRefused."""
        limit = self._following.config.max_mail_size
        reading = self._following.reading
        if head.size > limit:
            header = await self._connection.header(head.uid)
            if header is None:
                return await self._gone_or_refused(head)
            return (to_header_only(header, head.size, head.received_at, reading),)
        # Some servers only estimate the size.
        raw = await self._connection.mail(head.uid, limit=2 * limit + MAX_RESPONSE)
        if raw is None:
            return await self._gone_or_refused(head)
        if self._following.round_trips.is_one(raw):
            return ()
        if len(raw) > limit:
            return (to_header_only(raw[: 64 * 1024], len(raw), head.received_at, reading),)
        with self._owing(REST_AFTER_READING):
            return await self._following.reader.read(raw)

    @contextmanager
    def _owing(self, share: float) -> Iterator[None]:
        began = self._following.clock.monotonic()
        try:
            yield
        finally:
            self.owed_rest += share * (self._following.clock.monotonic() - began)

    async def _gone_or_refused(self, head: MailHead) -> Sequence[AnyInboundEvent]:
        if await self._still_there([head.uid]):
            raise ImapRefused("it lists the mail, and answers without it")
        return ()

    async def _in_its_place(
        self, head: MailHead, key: str, reason: str
    ) -> Sequence[AnyInboundEvent]:
        try:
            header = await self._connection.header(head.uid)
        except ImapRefused:
            header = None
        if header:
            return (to_unreadable(header, reason, self._following.reading),)
        return (
            Unreadable(
                event_key=key,
                raw_media_type=MEDIA_TYPE,
                reason=reason,
                sent_at=head.received_at,
            ),
        )


def _unknown(uid: int) -> MailHead:
    return MailHead(uid=uid, size=0, received_at=None)


def _as_junk(event: AnyInboundEvent) -> AnyInboundEvent:
    if not isinstance(event, MessageReceived):
        return event
    return msgspec.structs.replace(event, warnings=(JUNK_WARNING, *event.warnings))


def _as_anybodys(event: AnyInboundEvent) -> AnyInboundEvent:
    """Nobody speaks for the desk by mail unless ops allow it, however well they are proven."""
    if not isinstance(event, MessageReceived) or not event.is_from_desk:
        return event
    return msgspec.structs.replace(event, is_from_desk=False, place=place_of(event.sender.handle))
