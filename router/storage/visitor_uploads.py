"""Files that a visitor has uploaded and not sent yet, and those on their way in pieces."""

from collections.abc import Sequence

import msgspec

from router.storage.unit_of_work import UnitOfWork


class UploadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A whole file."""

    id: int
    name: str
    media_type: str
    size: int
    blob_key: str


class PartialRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file of which the first `received` bytes have come."""

    id: int
    name: str
    media_type: str
    """What its sender says it is."""
    size: int
    sha256: str | None
    received: int
    attachment_id: int | None
    """The whole file, once it is."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What a session has uploaded, or said that it will, and not sent with a message yet."""

    files: int
    size: int


_COLUMNS = "id, name, media_type, size, sha256, received, attachment_id"


async def insert_upload(
    work: UnitOfWork, session_id: int, *, name: str, media_type: str, size: int, blob_key: str
) -> int:
    return int(
        await work.driver.fetchval(
            "insert into attachments (visitor_session_id, name, media_type, size, sha256,"
            " blob_key, state, created_at) values ($1, $2, $3, $4, $5, $5, 'stored', $6)"
            " returning id",
            session_id,
            name,
            media_type,
            size,
            blob_key,
            work.now(),
        )
    )


async def list_uploads(work: UnitOfWork, session_id: int, ids: Sequence[int]) -> list[UploadRow]:
    """Those of these that this session uploaded, in the order asked for."""
    rows = await work.driver.fetch(
        "select a.id, a.name, a.media_type, a.size, a.blob_key"
        " from unnest($2::bigint[]) with ordinality u(id, ord) join attachments a on a.id = u.id"
        " where a.visitor_session_id = $1 and a.state = 'stored' and a.blob_key is not null"
        " order by u.ord",
        session_id,
        list(ids),
    )
    return [UploadRow(**row) for row in rows]


async def find_waiting(work: UnitOfWork, session_id: int) -> Waiting:
    """Uploaded by this session and not yet dropped by the janitor, whole or in pieces."""
    row = await work.driver.fetchrow(
        """
        select count(*) as files, coalesce(sum(size), 0)::bigint as size from (
            select size from attachments where visitor_session_id = $1 and message_id is null
            union all
            select size from visitor_uploads
            where visitor_session_id = $1 and attachment_id is null
        ) waiting
        """,
        session_id,
    )
    assert row is not None
    return Waiting(**row)


async def insert_partial(
    work: UnitOfWork,
    session_id: int,
    *,
    key_hash: bytes,
    name: str,
    media_type: str,
    size: int,
    sha256: str | None,
) -> None:
    """A file of which nothing has come yet."""
    await work.driver.execute(
        "insert into visitor_uploads (visitor_session_id, key_hash, name, media_type, size,"
        " sha256, created_at) values ($1, $2, $3, $4, $5, $6, $7)",
        session_id,
        key_hash,
        name,
        media_type,
        size,
        sha256,
        work.now(),
    )


async def find_partial(work: UnitOfWork, session_id: int, key_hash: bytes) -> PartialRow | None:
    """None: unknown, over, or of another session."""
    return _to_partial(
        await work.driver.fetchrow(
            f"select {_COLUMNS} from visitor_uploads"
            " where key_hash = $2 and visitor_session_id = $1",
            session_id,
            key_hash,
        )
    )


async def lock_partial(work: UnitOfWork, upload_id: int) -> PartialRow | None:
    """Nobody else adds to it until the unit of work ends."""
    return _to_partial(
        await work.driver.fetchrow(
            f"select {_COLUMNS} from visitor_uploads where id = $1 for update", upload_id
        )
    )


async def add_chunk(work: UnitOfWork, row: PartialRow, *, size: int, blob_key: str) -> None:
    """The next bytes of a locked upload."""
    await work.driver.execute(
        "insert into visitor_upload_chunks (upload_id, start, size, blob_key)"
        " values ($1, $2, $3, $4)",
        row.id,
        row.received,
        size,
        blob_key,
    )
    await work.driver.execute(
        "update visitor_uploads set received = received + $2 where id = $1", row.id, size
    )


async def list_chunks(work: UnitOfWork, upload_id: int) -> list[str]:
    """Blob keys, first bytes first."""
    rows = await work.driver.fetch(
        "select blob_key from visitor_upload_chunks where upload_id = $1 order by start", upload_id
    )
    return [row["blob_key"] for row in rows]


async def finish_partial(work: UnitOfWork, upload_id: int, attachment_id: int) -> None:
    """It is whole under this id; its chunks are dropped."""
    await work.driver.execute(
        "update visitor_uploads set attachment_id = $2 where id = $1", upload_id, attachment_id
    )
    await work.driver.execute("delete from visitor_upload_chunks where upload_id = $1", upload_id)


async def drop_partial(work: UnitOfWork, upload_id: int) -> None:
    """Idempotent; its chunks go with it."""
    await work.driver.execute("delete from visitor_uploads where id = $1", upload_id)


def _to_partial(row: object) -> PartialRow | None:
    return None if row is None else PartialRow(**dict(row))  # type: ignore[call-overload]  # a record
