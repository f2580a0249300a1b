"""Puts an event's files and raw source where they survive, before any row names them."""

from collections.abc import Sequence

import msgspec

from core.messages import AnyInboundEvent, InboundAttachment, MessageReceived, Unreadable
from router.blobs import BlobMissing, Blobs

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
    return [await _prepare(blobs, account_id, event) for event in events]


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
