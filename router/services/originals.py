"""A message as it was said: its whole text, its versions, its own HTML for a sandboxed frame.

Pictures of the mail are put into the document itself. The frame has an opaque origin, so it sends
no cookie and could load nothing of ours; signed addresses would work, and would end up in
histories and logs and outlive the session.
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

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
from router.storage.kept_pictures import Late
from router.storage.spans import from_column

LARGEST_PICTURE = 2 * 1024 * 1024
MOST_PICTURES = 8 * 1024 * 1024
"""Bytes of the letter's own pictures in a document, and of those from elsewhere. Others of its own
are files to be downloaded."""
MOST_REMOTE = 40
"""Pictures from elsewhere in one document."""
NOTHING_HOLDS = timedelta(days=1)
"""What gave no picture is not asked for again before; and then only if an agent wants it."""
LATE_HOLDS = timedelta(minutes=5)
"""The same of what had not answered in time. Each try tells the sender that somebody looks."""


FetchPictures = Callable[[Sequence[str]], Awaitable[Mapping[str, bytes | Late | None]]]
"""Addresses -> what stands there, of those that were asked for; None: no good answer. Reaches
nothing inside."""


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
    kept, and what gives none at most once a day and when asked for, or once in five minutes if it
    had not answered in time: the sender learns that somebody looked, and not who, from where, or
    how often it is opened.
    """
    async with database.reading() as work:
        await find_message(work, viewer, message_id)
        row = await timeline.whole_text(work, message_id)
        pictures = await stored.inline_images(work, message_id, LARGEST_PICTURE)
        is_trusted = not shows_remote and await person_panel.shows_pictures(work, message_id)
        nothing_since = work.now() - NOTHING_HOLDS if shows_remote else None
    if row is None or row["html"] is None:
        raise NotFound(f"Message {message_id} has no HTML.")
    used = {cid: key for cid, key in pictures.items() if f"cid:{cid}" in row["html"]}
    embedded, _ = await _embedded(blobs, used, _Room())
    remote: dict[str, str] = {}
    if shows_remote or is_trusted:
        addresses = (await asyncio.to_thread(remote_pictures, row["html"]))[:MOST_REMOTE]
        remote = await _remote(database, blobs, message_id, addresses, nothing_since, fetch)
    return await asyncio.to_thread(
        to_document,
        row["html"],
        pictures=embedded,
        remote=remote.get if remote else no_remote,
        text=row["text"],
    )


async def _remote(
    database: Database,
    blobs: Blobs,
    message_id: int,
    addresses: Sequence[str],
    nothing_since: datetime | None,
    fetch: FetchPictures,
) -> dict[str, str]:
    """Address -> data URI, for those that are pictures by their bytes: as they are kept, else as
    they are fetched now. What was asked for is kept from now on, that it gave none as well.
    """
    async with database.reading() as work:
        kept = await kept_pictures.kept_of(work, message_id, addresses, nothing_since=nothing_since)
    room = _Room()
    here = {address: key for address, key in kept.items() if key is not None}
    found, lost = await _embedded(blobs, here, room)
    missing = [one for one in addresses if one not in kept or one in lost]
    fresh: dict[str, tuple[str | None, int]] = {}
    late: dict[str, tuple[None, int]] = {}
    for address, content in (await fetch(missing)).items() if missing else ():
        if content is Late.LATE:
            late[address] = None, 0
            continue
        media_type = "" if content is None else await sniff(content)
        if content is None or media_type not in SAFE_IMAGES:
            fresh[address] = None, 0
            continue
        fresh[address] = await blobs.put(content), len(content)
        if room.takes(content):
            found[address] = _inlined(media_type, content)
    if fresh or late:
        async with database.transaction() as work:
            now = work.now()
            gone = [here[one] for one in lost]
            await kept_pictures.keep(work, message_id, fresh, at=now, lost=gone)
            # As if that had been so long ago that only this is left of the day.
            await kept_pictures.keep(
                work, message_id, late, at=now - NOTHING_HOLDS + LATE_HOLDS, lost=gone
            )
    return found


class _Room:
    """Bytes that pictures may still have in a document."""

    def __init__(self) -> None:
        self.left = MOST_PICTURES

    def takes(self, content: bytes) -> bool:
        """Whether there is room for it, which it has from now on."""
        if len(content) > self.left:
            return False
        self.left -= len(content)
        return True


def _inlined(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


async def _embedded(
    blobs: Blobs, pictures: Mapping[str, str], room: _Room
) -> tuple[dict[str, str], set[str]]:
    """Content id or address -> data URI, for those that are pictures by their bytes and have room;
    and those whose bytes are gone.
    """
    embedded: dict[str, str] = {}
    lost: set[str] = set()
    for cid, key in pictures.items():
        try:
            async with blobs.open(key) as reader:
                content = await reader.read(room.left + 1)
        except BlobMissing:
            lost.add(cid)
            continue
        media_type = await sniff(content)
        if media_type in SAFE_IMAGES and room.takes(content):
            embedded[cid] = _inlined(media_type, content)
    return embedded, lost
