"""Files that a visitor has uploaded and not sent yet."""

from collections.abc import Sequence

import msgspec

from router.storage.unit_of_work import UnitOfWork


class UploadRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    media_type: str
    size: int
    blob_key: str


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


async def count_uploads(work: UnitOfWork, session_id: int) -> int:
    """Uploaded by this session and not yet dropped by the janitor."""
    return int(
        await work.driver.fetchval(
            "select count(*) from attachments where visitor_session_id = $1 and message_id is null",
            session_id,
        )
    )
