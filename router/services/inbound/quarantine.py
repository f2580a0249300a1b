"""Events that could not be read or stored: kept raw, shown as a placeholder, replayable."""

import msgspec

from core.ids import RemotePlace
from core.messages import (
    AnyInboundEvent,
    MessageReceived,
    Place,
    PlaceKind,
    Sender,
    Unreadable,
)
from router.blobs import Blobs
from router.services.errors import Conflict, NotFound
from router.services.inbound import messages
from router.services.inbound.sources import Prepared, Source, prepare
from router.storage import quarantine as stored
from router.storage.engine import Database
from router.storage.inbound import DedupKey
from router.storage.quarantine import QuarantineRow
from router.storage.unit_of_work import UnitOfWork

UNREADABLE_REALM = "unreadable"
"""Where placeholders stand of which not even the sender could be read: one person an account."""

_decoder: msgspec.json.Decoder[AnyInboundEvent] = msgspec.json.Decoder(AnyInboundEvent)


def placeholder(account_id: int, event: Unreadable) -> MessageReceived:
    """A message that says that something came; its source is one click away."""
    sender = event.sender or Sender(
        realm=UNREADABLE_REALM, handle=f"account/{account_id}", shown_as="Unreadable messages"
    )
    place = event.place or Place(remote=RemotePlace("onethread:unreadable"), kind=PlaceKind.DIRECT)
    return MessageReceived(
        event_key=event.event_key,
        raw=event.raw,
        raw_media_type=event.raw_media_type,
        place=place,
        sender=sender,
        sent_at=event.sent_at,
        warnings=(event.reason,),
    )


async def note(work: UnitOfWork, prepared: Prepared, event: Unreadable) -> None:
    """List what a connector could not read; the same again only counts up."""
    source = prepared.source
    await stored.put(
        work,
        account_id=prepared.account_id,
        event_key=messages.dedup_key(event.event_key),
        event=None,
        raw=source.raw if source else None,
        raw_media_type=event.raw_media_type,
        blob_key=source.blob_key if source else None,
        reason=event.reason,
    )


async def link(work: UnitOfWork, account_id: int, event_key: str, message: int | None) -> None:
    if message is not None:
        await stored.link(work, account_id, messages.dedup_key(event_key), message)


async def put(database: Database, prepared: Prepared, *, reason: str) -> dict[DedupKey, int]:
    """Keep an event that could not be stored, with its placeholder where that much works.

    The ids of its placeholder, as `messages.store` gives them.
    """
    event = prepared.event
    source = prepared.source
    key = messages.dedup_key(event.event_key)
    async with database.transaction() as work:
        await stored.put(
            work,
            account_id=prepared.account_id,
            event_key=key,
            event=msgspec.json.encode(msgspec.structs.replace(event, raw=None)),
            raw=source.raw if source else None,
            raw_media_type=event.raw_media_type,
            blob_key=source.blob_key if source else None,
            reason=reason,
        )
        if not isinstance(event, MessageReceived | Unreadable):
            return {}
        # Whatever the event says may be what could not be stored: nothing of it is in here.
        shown = placeholder(
            prepared.account_id, Unreadable(event_key=event.event_key, reason=reason)
        )
        bare = Prepared(account_id=prepared.account_id, event=shown, source=source)
        done = await messages.store(work, [(bare, shown, True)], now=work.now())
        for message in done.ids.values():
            await stored.link(work, prepared.account_id, key, message)
        return done.ids


async def replay(database: Database, blobs: Blobs, quarantine_id: int) -> QuarantineRow:
    """Try again to store a quarantined event. Doing it twice stores it once.

    Raises NotFound; Conflict if it is no longer waiting, if only its raw source is there (a
    connector could not read it: the source is kept for a later version), or if it fails again.
    """
    async with database.reading() as work:
        found = await stored.find(work, quarantine_id)
    if found is None:
        raise NotFound(f"There is no quarantine entry {quarantine_id}.")
    event = _replayable(found)
    [prepared] = await prepare(blobs, found.account_id, [event])
    # A key of its own: the placeholder holds the event's.
    again = msgspec.structs.replace(event, event_key=f"replay:{event.event_key}")
    source = Source(media_type=found.raw_media_type, raw=found.raw, blob_key=found.blob_key)
    has_source = found.raw is not None or found.blob_key is not None
    prepared = msgspec.structs.replace(prepared, event=again, source=source if has_source else None)
    async with database.transaction() as work:
        await _lock_waiting(work, quarantine_id)
        done = await messages.store(work, [(prepared, again, False)], now=work.now())
        [message] = done.ids.values()
        return await stored.resolve(work, quarantine_id, "replayed", message)


def _replayable(row: QuarantineRow) -> MessageReceived:
    if row.event is None:
        raise Conflict(
            "The connector could not read it, so there is no event to replay; its source is kept.",
            code="source_only",
        )
    event = _decoder.decode(row.event)
    if not isinstance(event, MessageReceived):
        raise Conflict("It is a change of a message that is gone.", code="source_only")
    return event


async def _lock_waiting(work: UnitOfWork, quarantine_id: int) -> QuarantineRow:
    row = await stored.lock(work, quarantine_id)
    if row is None:
        raise NotFound(f"There is no quarantine entry {quarantine_id}.")
    if row.state != "waiting":
        raise Conflict(f"This entry was {row.state} before.", code="not_waiting")
    return row


async def drop(database: Database, quarantine_id: int) -> QuarantineRow:
    """Give up on it; its placeholder and source stay. Raises NotFound, Conflict."""
    async with database.transaction() as work:
        row = await _lock_waiting(work, quarantine_id)
        return await stored.resolve(work, quarantine_id, "dropped", row.message_id)
