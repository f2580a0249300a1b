"""Files that visitors send: in one go, or in pieces that survive a lost network and a reload.

Pieces are blobs of their own until the last has come, so any node can take the next one, and what
was acknowledged is there after a power cut.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from core.file_names import clean_file_name
from core.ids import hash_token, new_token
from router.blobs import Blobs
from router.services.errors import Conflict, NotFound, Refused
from router.services.media_types import SNIFFED, sniff, well_formed
from router.services.visitors import LocalAccount
from router.storage import visitor_uploads as stored
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork
from router.storage.visitor_uploads import PartialRow
from router.storage.visitors import SessionRow

MAX_WAITING_UPLOADS = 40
"""Of one session within the day that unsent ones are kept."""
MAX_WAITING_FILES_WORTH = 10
"""As many times the size of the largest allowed file may wait of one session, in bytes."""
LARGEST_CHUNK = 4 * 1024 * 1024
SMALLEST_CHUNK = 64 * 1024
"""Of all but the last one: a file must not become a thousand pieces."""
BLOCK = 64 * 1024


class TooManyUploads(Conflict):
    code = "too_many_uploads"


class Uploaded(msgspec.Struct, frozen=True, kw_only=True):
    """A whole file, to be sent with a message within a day."""

    id: int
    name: str
    media_type: str
    """What its bytes say; what its sender says counts where they say nothing."""
    size: int


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a file in pieces has come."""

    received: int
    size: int
    file: Uploaded | None = None
    """Once it is whole."""


async def upload(
    database: Database,
    blobs: Blobs,
    account: LocalAccount,
    row: SessionRow,
    chunks: AsyncIterator[bytes],
    *,
    name: str,
    media_type: str,
    max_size: int,
) -> Uploaded:
    """Store a file in one go. Raises BlobTooLarge, TooManyUploads, Refused if empty."""
    limit = largest(account, max_size)
    async with database.reading() as work:
        await _check_quota(work, row, 0, limit)
    head = bytearray()
    key, size = await blobs.put_stream(_watched(chunks, head), max_size=limit)
    if size == 0:
        raise Refused("The file is empty.", code="empty")
    found = await sniff(bytes(head), media_type)
    async with database.transaction() as work:
        return await _insert(work, row, name=name, media_type=found, size=size, key=key)


async def begin(
    database: Database,
    account: LocalAccount,
    row: SessionRow,
    *,
    name: str,
    media_type: str,
    size: int,
    sha256: str | None,
    max_size: int,
) -> str:
    """The secret key under which the pieces of a new file are added.

    Raises TooManyUploads, Refused `empty` and `too_large`.
    """
    limit = largest(account, max_size)
    if size <= 0:
        raise Refused("The file is empty.", code="empty", field="size")
    if size > limit:
        raise Refused(f"At most {limit} bytes.", code="too_large", field="size")
    key = new_token()
    async with database.transaction() as work:
        await _check_quota(work, row, size, limit)
        await stored.insert_partial(
            work,
            row.id,
            key_hash=hash_token(key),
            name=clean_file_name(name),
            media_type=well_formed(media_type),
            size=size,
            sha256=sha256,
        )
    return key


async def progress(database: Database, row: SessionRow, key: str) -> Progress:
    """Where to go on. Raises NotFound: unknown, over, or of another session."""
    async with database.reading() as work:
        found = await _find(work, row, key)
        return await _to_progress(work, row, found)


async def add(
    database: Database,
    blobs: Blobs,
    row: SessionRow,
    key: str,
    chunks: AsyncIterator[bytes],
    *,
    offset: int,
) -> Progress:
    """Take the bytes that begin at `offset`; with the last ones the file is whole.

    An empty piece at the end asks for the result again. Raises NotFound; Conflict `wrong_offset`
    with `received` if the bytes before are missing or these came before; BlobTooLarge past the
    file's size or 4 MiB; Refused `too_small`, and `digest_mismatch`, which ends the upload.
    """
    async with database.reading() as work:
        found = await _find(work, row, key)
    _check_offset(found, offset)
    left = found.size - offset
    if left:
        blob, size = await blobs.put_stream(chunks, max_size=min(left, LARGEST_CHUNK))
        if size < min(left, SMALLEST_CHUNK):
            raise Refused(f"At least {SMALLEST_CHUNK} bytes at a time.", code="too_small")
        async with database.transaction() as work:
            locked = await stored.lock_partial(work, found.id)
            if locked is None:
                raise _unknown()
            _check_offset(locked, offset)
            await stored.add_chunk(work, locked, size=size, blob_key=blob)
        if size < left:
            return Progress(received=offset + size, size=found.size)
    return await _finish(database, blobs, row, found)


def largest(account: LocalAccount, max_size: int) -> int:
    """Bytes of one file."""
    return min(max_size, account.connector.capabilities.files.max_size)


async def _finish(database: Database, blobs: Blobs, row: SessionRow, found: PartialRow) -> Progress:
    """Put the pieces together. Done twice at once, it is one file."""
    async with database.reading() as work:
        keys = await stored.list_chunks(work, found.id)
    head = bytearray()
    blob = ""
    if keys:
        joined = _watched(_joined(blobs, keys), head)
        blob, _ = await blobs.put_stream(joined, max_size=found.size)
    media_type = await sniff(bytes(head), found.media_type)
    async with database.transaction() as work:
        locked = await stored.lock_partial(work, found.id)
        if locked is None:
            raise _unknown()
        if locked.attachment_id is None:
            if locked.sha256 in (None, blob):
                whole = await _insert(
                    work, row, name=found.name, media_type=media_type, size=found.size, key=blob
                )
                await stored.finish_partial(work, found.id, whole.id)
                return Progress(received=found.size, size=found.size, file=whole)
            await stored.drop_partial(work, found.id)
        else:
            return await _to_progress(work, row, locked)
    raise Refused("The file was changed on its way; send it again.", code="digest_mismatch")


async def _joined(blobs: Blobs, keys: Sequence[str]) -> AsyncIterator[bytes]:
    for key in keys:
        async with blobs.open(key) as reader:
            while block := await reader.read(BLOCK):
                yield block


async def _watched(chunks: AsyncIterator[bytes], head: bytearray) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        if len(head) < SNIFFED:
            head += chunk[: SNIFFED - len(head)]
        yield chunk


async def _insert(
    work: UnitOfWork, row: SessionRow, *, name: str, media_type: str, size: int, key: str
) -> Uploaded:
    clean = clean_file_name(name)
    made = await stored.insert_upload(
        work, row.id, name=clean, media_type=media_type, size=size, blob_key=key
    )
    return Uploaded(id=made, name=clean, media_type=media_type, size=size)


async def _find(work: UnitOfWork, row: SessionRow, key: str) -> PartialRow:
    found = await stored.find_partial(work, row.id, hash_token(key))
    if found is None:
        raise _unknown()
    return found


async def _to_progress(work: UnitOfWork, row: SessionRow, found: PartialRow) -> Progress:
    file = None
    if found.attachment_id is not None:
        for one in await stored.list_uploads(work, row.id, [found.attachment_id]):
            file = Uploaded(id=one.id, name=one.name, media_type=one.media_type, size=one.size)
    return Progress(received=found.received, size=found.size, file=file)


async def _check_quota(work: UnitOfWork, row: SessionRow, size: int, limit: int) -> None:
    waiting = await stored.find_waiting(work, row.id)
    if waiting.files >= MAX_WAITING_UPLOADS:
        raise TooManyUploads("Too many files at once; try again tomorrow.")
    if waiting.size + size > MAX_WAITING_FILES_WORTH * limit:
        raise TooManyUploads("Too much at once; try again tomorrow.")


def _check_offset(row: PartialRow, offset: int) -> None:
    if offset != row.received:
        raise Conflict(
            "Go on where it stopped.", code="wrong_offset", received=row.received, size=row.size
        )


def _unknown() -> NotFound:
    return NotFound("There is no such upload, or it is over.")
