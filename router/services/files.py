"""Files that agents upload and read, and the raw sources of messages."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from core.file_names import clean_file_name
from core.messages import scrub
from router.blobs import Blobs
from router.services.conversations import find_message
from router.services.errors import Conflict, NotFound, Refused
from router.services.media_types import SNIFFED, sniff
from router.services.shown.messages import Attachment
from router.services.viewer import Viewer
from router.storage import files as stored
from router.storage import timeline
from router.storage.engine import Database

MOST_WAITING = 200
"""Uploads of one agent that are not sent yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    name: str
    media_type: str
    size: int
    blob_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The raw source of a message: exactly one of `raw` and `blob_key` is set."""

    media_type: str
    raw: bytes | None
    blob_key: str | None


async def store_upload(
    database: Database,
    blobs: Blobs,
    viewer: Viewer,
    chunks: AsyncIterator[bytes],
    *,
    name: str,
    media_type: str,
    max_size: int,
) -> Attachment:
    """Keep a file to be sent with a message. Raises BlobTooLarge, Refused `empty`, Conflict.

    Its type is what its bytes say; `media_type` counts where they say nothing.
    """
    async with database.reading() as work:
        waiting = await stored.count_uploads(work, viewer.agent_id, MOST_WAITING)
    if waiting >= MOST_WAITING:
        raise Conflict("Send or drop some of your uploads first.", code="too_many_uploads")
    head = bytearray()
    key, size = await blobs.put_stream(_watched(chunks, head), max_size=max_size)
    if size == 0:
        raise Refused("The file is empty.", code="empty")
    found = await sniff(bytes(head), media_type)
    clean = clean_file_name(name)
    async with database.transaction() as work:
        made = await stored.insert_upload(
            work, viewer.agent_id, name=clean, media_type=found, size=size, blob_key=key
        )
    return Attachment(
        id=made,
        name=clean,
        media_type=found,
        size=size,
        state="stored",
        refused_reason="",
        is_inline=False,
        content_id=None,
        description="",
    )


async def _watched(chunks: AsyncIterator[bytes], head: bytearray) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        if len(head) < SNIFFED:
            head += chunk[: SNIFFED - len(head)]
        yield chunk


async def describe_upload(
    database: Database, viewer: Viewer, attachment_id: int, description: str
) -> None:
    """What it shows, told to those who cannot see it. Raises NotFound as `drop_upload` does."""
    clean = " ".join(scrub(description).split())
    async with database.transaction() as work:
        if not await stored.describe_upload(work, viewer.agent_id, attachment_id, clean):
            raise NotFound(f"There is no upload {attachment_id} of yours that waits.")


async def drop_upload(database: Database, viewer: Viewer, attachment_id: int) -> None:
    """Raises NotFound: it is not there, not this agent's, or was sent."""
    async with database.transaction() as work:
        if not await stored.drop_upload(work, viewer.agent_id, attachment_id):
            raise NotFound(f"There is no upload {attachment_id} of yours that waits.")


async def find_file(database: Database, viewer: Viewer, attachment_id: int) -> StoredFile:
    """A file of a message that the viewer may read, of an answer that waits for a second agent
    there, or their own upload.

    Raises NotFound, and Conflict `not_stored` while there are no bytes.
    """
    async with database.reading() as work:
        row = await stored.find_file(work, attachment_id)
        if row is None:
            raise _no_file(attachment_id)
        if row["message_id"] is not None:
            await find_message(work, viewer, row["message_id"])
        elif row["uploaded_by_id"] != viewer.agent_id:
            from router.services.approvals.asking import may_read_file

            if not await may_read_file(work, viewer, attachment_id):
                raise _no_file(attachment_id)
    if row["state"] != "stored" or row["blob_key"] is None:
        raise Conflict("This file is not here.", code="not_stored", state=row["state"])
    return StoredFile(
        name=clean_file_name(row["name"]),
        media_type=row["media_type"],
        size=row["size"],
        blob_key=row["blob_key"],
    )


async def find_source(database: Database, viewer: Viewer, message_id: int) -> Source:
    """The message as its network gave it. Raises NotFound."""
    async with database.reading() as work:
        await find_message(work, viewer, message_id)
        row = await timeline.source(work, message_id)
    if row is None:
        raise NotFound(f"Message {message_id} has no source.")
    return Source(media_type=row["media_type"], raw=row["raw"], blob_key=row["blob_key"])


def _no_file(attachment_id: int) -> NotFound:
    return NotFound(f"There is no file {attachment_id}.")
