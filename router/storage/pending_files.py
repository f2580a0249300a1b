"""Files that a network named and nobody has fetched yet."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from router.storage.unit_of_work import Fact, UnitOfWork


class PendingFile(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    person_id: int
    message_id: int
    name: str
    media_type: str
    size: int
    remote: str
    created_at: datetime


async def list_pending(
    work: UnitOfWork, account_id: int, *, without: Collection[int], limit: int
) -> list[PendingFile]:
    """Of one account, the oldest first."""
    rows = await work.driver.fetch(
        """
        select a.id, m.person_id, a.message_id, a.name, a.media_type, a.size, a.remote, a.created_at
        from attachments a
        join messages m on m.id = a.message_id
        where a.state = 'pending' and a.remote is not null and m.account_id = $1
          and a.id <> all($2::bigint[])
        order by a.id limit $3
        """,
        account_id,
        list(without),
        limit,
    )
    return [PendingFile(**row) for row in rows]


async def keep(work: UnitOfWork, file: PendingFile, *, root: int, blob_key: str, size: int) -> None:
    """It is here. Under the lock of `root`, who stands for the file's person now."""
    await _settle(work, file, root, "stored", blob_key, size, "")


async def refuse(work: UnitOfWork, file: PendingFile, reason: str, *, root: int) -> None:
    """It will never be here. Under the lock of `root`."""
    await _settle(work, file, root, "refused", None, file.size, reason)


async def _settle(
    work: UnitOfWork,
    file: PendingFile,
    root: int,
    state: str,
    blob_key: str | None,
    size: int,
    reason: str,
) -> None:
    settled = await work.driver.fetchval(
        """
        update attachments set state = $2, blob_key = $3, sha256 = $3, size = $4,
            refused_reason = $5
        where id = $1 and state = 'pending' returning id
        """,
        file.id,
        state,
        blob_key,
        size,
        reason,
    )
    if settled is not None:
        work.announce(Fact.MESSAGE_CHANGED, person=root, ref=file.message_id)
