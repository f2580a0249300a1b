"""Puts an event's files and raw source where they survive, before any row names them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from core.messages import (
    AnyInboundEvent,
    InboundAttachment,
    MessageReceived,
    Unreadable,
    scrub,
)
from router.blobs import BlobMissing, Blobs

_encoder = msgspec.json.Encoder()

_TIMES = ("sent_at", "edited_at", "deleted_at", "at", "since")
_LARGEST = 2**63 - 1

INLINE_SOURCE = 16 * 1024
"""Raw sources up to this many bytes stay in their row: one fsync less for chat messages."""


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    attachment: InboundAttachment
    blob_key: str | None
    size: int
    refused: str = ""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The raw source of one event: in the row, or as a blob."""

    media_type: str
    raw: bytes | None
    blob_key: str | None


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """One event of one account with everything heavy already stored."""

    account_id: int
    event: AnyInboundEvent
    source: Source | None = None
    files: tuple[StoredFile, ...] = ()


async def prepare(
    blobs: Blobs, account_id: int, events: Sequence[AnyInboundEvent]
) -> list[Prepared]:
    """Store files and sources, and take out of the texts what the database cannot hold."""
    return [await _prepare(blobs, account_id, _storable(event)) for event in events]


def _storable(event: AnyInboundEvent) -> AnyInboundEvent:
    """The event without NUL and lone surrogates, in whichever text of it they are, without times
    outside the calendar, and with numbers of 64 bits.
    """
    event = _timely(event)
    try:
        if b"\\u0000" not in _encoder.encode(_without_bytes(event)):
            return event
    except (UnicodeEncodeError, OverflowError):
        pass
    plain = msgspec.to_builtins(event, builtin_types=(bytes, datetime))
    cleaned: AnyInboundEvent = msgspec.convert(
        _scrubbed(plain), AnyInboundEvent, builtin_types=(bytes, datetime)
    )
    return cleaned


def _timely(event: AnyInboundEvent) -> AnyInboundEvent:
    """Times are what the sender's clock says, and a few hours beside the first or the last day of
    the calendar no UTC time is left.
    """
    wrong: dict[str, None] = {}
    for name in _TIMES:
        moment = getattr(event, name, None)
        if moment is not None and not _is_in_calendar(moment):
            wrong[name] = None
    return msgspec.structs.replace(event, **wrong) if wrong else event


def _is_in_calendar(moment: datetime) -> bool:
    try:
        moment.astimezone(UTC)
    except OverflowError:
        return False
    return True


def _without_bytes(event: AnyInboundEvent) -> AnyInboundEvent:
    if isinstance(event, MessageReceived):
        files = tuple(msgspec.structs.replace(one, content=None) for one in event.attachments)
        return msgspec.structs.replace(event, raw=None, attachments=files)
    return msgspec.structs.replace(event, raw=None)


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {_scrubbed(name): _scrubbed(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed(one) for one in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-_LARGEST, min(value, _LARGEST))
    return value


async def _prepare(blobs: Blobs, account_id: int, event: AnyInboundEvent) -> Prepared:
    source = None
    if event.raw is not None and isinstance(event, MessageReceived | Unreadable):
        source = await _store_source(blobs, event.raw, event.raw_media_type)
    files: tuple[StoredFile, ...] = ()
    if isinstance(event, MessageReceived):
        files = tuple([await _store_file(blobs, one) for one in event.attachments])
    return Prepared(account_id=account_id, event=event, source=source, files=files)


async def _store_source(blobs: Blobs, raw: bytes, media_type: str) -> Source:
    if len(raw) <= INLINE_SOURCE:
        return Source(media_type=media_type, raw=raw, blob_key=None)
    return Source(media_type=media_type, raw=None, blob_key=await blobs.put(raw))


async def _store_file(blobs: Blobs, one: InboundAttachment) -> StoredFile:
    if one.content is not None:
        key = await blobs.put(one.content)
        return StoredFile(attachment=one, blob_key=key, size=len(one.content))
    if one.blob_key is not None:
        try:
            size = await blobs.size(one.blob_key)
        except BlobMissing:
            return StoredFile(
                attachment=one, blob_key=None, size=one.size, refused="The file is gone."
            )
        return StoredFile(attachment=one, blob_key=one.blob_key, size=size)
    return StoredFile(attachment=one, blob_key=None, size=one.size, refused=one.refused or "")
