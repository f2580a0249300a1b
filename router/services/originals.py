"""A message as it was said: its whole text, its versions, its own HTML for a sandboxed frame.

Pictures of the mail are put into the document itself. The frame has an opaque origin, so it sends
no cookie and could load nothing of ours; signed addresses would work, and would end up in
histories and logs and outlive the session.
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from core.rich_text import Span
from router.blobs import BlobMissing, Blobs
from router.services.conversations import find_message
from router.services.errors import NotFound
from router.services.media_types import SAFE_IMAGES, sniff
from router.services.safe_html import no_remote, remote_pictures, to_document
from router.services.viewer import Viewer
from router.storage import files as stored
from router.storage import kept_pictures, person_panel, timeline
from router.storage.engine import Database
from router.storage.spans import from_column

LARGEST_PICTURE = 2 * 1024 * 1024
MOST_PICTURES = 8 * 1024 * 1024
"""Bytes of all pictures in one document. Others are files to be downloaded."""
MOST_REMOTE = 40
"""Pictures from elsewhere in one document."""


FetchPictures = Callable[[Sequence[str]], Awaitable[Mapping[str, bytes]]]
"""Addresses -> what stands there, of those that answered in time. Reaches nothing inside."""


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    revision: int
    text: str
    spans: tuple[Span, ...]
    at: datetime


class WholeText(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    spans: tuple[Span, ...]
    full_text: str | None


async def load_revisions(database: Database, viewer: Viewer, message_id: int) -> list[Revision]:
    """Oldest first, the current text last; none if it was never edited. Raises NotFound."""
    async with database.reading() as work:
        await find_message(work, viewer, message_id)
        rows = await timeline.revisions(work, message_id)
    return [
        Revision(
            revision=row["revision"],
            text=row["text"],
            spans=from_column(row["spans"]),
            at=row["at"],
        )
        for row in rows
    ]


async def load_text(database: Database, viewer: Viewer, message_id: int) -> WholeText:
    """Uncut. Raises NotFound."""
    async with database.reading() as work:
        await find_message(work, viewer, message_id)
        row = await timeline.whole_text(work, message_id)
    if row is None:
        raise NotFound(f"There is no message {message_id}.")
    return WholeText(text=row["text"], spans=from_column(row["spans"]), full_text=row["full_text"])


async def load_document(
    database: Database,
    blobs: Blobs,
    viewer: Viewer,
    message_id: int,
    *,
    fetch: FetchPictures,
    shows_remote: bool,
) -> str:
    """Raises NotFound: no such message for this viewer, or it has no HTML.

    Pictures from elsewhere are in it if they are asked for, or if the sender's always are and it is
    proven that this message is theirs. The desk fetches them, once for a letter while they are
    kept: the sender learns that somebody looked, and not who, from where, or how often.
    """
    async with database.reading() as work:
        await find_message(work, viewer, message_id)
        row = await timeline.whole_text(work, message_id)
        pictures = await stored.inline_images(work, message_id, LARGEST_PICTURE)
        shows_remote = shows_remote or await person_panel.shows_pictures(work, message_id)
    if row is None or row["html"] is None:
        raise NotFound(f"Message {message_id} has no HTML.")
    used = {cid: key for cid, key in pictures.items() if f"cid:{cid}" in row["html"]}
    embedded = await _embedded(blobs, used)
    remote = await _remote(database, blobs, message_id, row["html"], fetch) if shows_remote else {}
    return await asyncio.to_thread(
        to_document,
        row["html"],
        pictures=embedded,
        remote=remote.get if remote else no_remote,
        text=row["text"],
    )


async def _remote(
    database: Database, blobs: Blobs, message_id: int, source: str, fetch: FetchPictures
) -> dict[str, str]:
    """Address -> data URI, for those that are pictures by their bytes: as they are kept, else as
    they are fetched now, and kept from now on.
    """
    addresses = (await asyncio.to_thread(remote_pictures, source))[:MOST_REMOTE]
    async with database.reading() as work:
        kept = await kept_pictures.kept_of(work, message_id, addresses)
    found = await _embedded(blobs, kept)
    missing = [one for one in addresses if one not in found]
    fresh: dict[str, tuple[str, int]] = {}
    for address, content in (await fetch(missing)).items() if missing else ():
        media_type = await sniff(content)
        if media_type in SAFE_IMAGES:
            found[address] = _inlined(media_type, content)
            fresh[address] = await blobs.put(content), len(content)
    if fresh:
        async with database.transaction() as work:
            await kept_pictures.keep(work, message_id, fresh)
    return found


def _inlined(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


async def _embedded(blobs: Blobs, pictures: dict[str, str]) -> dict[str, str]:
    """Content id or address -> data URI, for those that are pictures by their bytes."""
    embedded: dict[str, str] = {}
    left = MOST_PICTURES
    for cid, key in pictures.items():
        try:
            async with blobs.open(key) as reader:
                content = await reader.read(left + 1)
        except BlobMissing:
            continue
        media_type = await sniff(content)
        if len(content) > left or media_type not in SAFE_IMAGES:
            continue
        left -= len(content)
        embedded[cid] = _inlined(media_type, content)
    return embedded
