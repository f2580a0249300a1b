"""Pictures from elsewhere that were fetched for a letter once: where their bytes are kept."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import Enum

from core.ids import digest
from router.storage.persons import affected
from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork


class Late(Enum):
    """It was asked for, and had not answered when the time was up."""

    LATE = "late"


async def kept_of(
    work: UnitOfWork,
    message_id: int,
    addresses: Collection[str],
    *,
    nothing_since: datetime | None,
) -> dict[str, str | None]:
    """Address -> key of the blob, of those of this letter that are kept; None: it gave no picture.

    What gave none before `nothing_since` is left out.
    """
    by_digest = {_digest(one): one for one in addresses}
    rows = await fetch(
        work,
        "select address_digest, blob_key from kept_pictures"
        " where message_id = $1 and address_digest = any($2::text[])"
        " and (blob_key is not null or $3::timestamptz is null or at >= $3)",
        message_id,
        list(by_digest),
        nothing_since,
    )
    return {by_digest[row["address_digest"]]: row["blob_key"] for row in rows}


async def keep(
    work: UnitOfWork,
    message_id: int,
    found: Mapping[str, tuple[str | None, int]],
    *,
    at: datetime,
    lost: Collection[str] = (),
) -> None:
    """Address -> key and size, None and 0 of what gave no picture; as asked for at `at`. Nothing of
    a letter that was erased or has no HTML any more. A picture that is kept gives way to none only
    if its key is among the `lost`.

    Its row is held until the commit: an erasure comes before, and is seen, or after, and finds it.
    """
    await work.driver.execute(
        """
        with letter as (select id from messages where id = $1 and html is not null for share)
        insert into kept_pictures (message_id, address_digest, blob_key, size, at)
        select letter.id, u.address, u.key, u.size, $5
        from letter, unnest($2::text[], $3::text[], $4::bigint[]) u(address, key, size)
        on conflict (message_id, address_digest)
            do update set blob_key = excluded.blob_key, size = excluded.size, at = excluded.at
            where excluded.blob_key is not null or kept_pictures.blob_key is null
                or kept_pictures.blob_key = any($6::text[])
        """,
        message_id,
        [_digest(address) for address in found],
        [key for key, _ in found.values()],
        [size for _, size in found.values()],
        at,
        list(lost),
    )


async def drop_beyond(work: UnitOfWork, *, size: int, rows: int, limit: int) -> int:
    """Drop the oldest ones, up to `limit`, so that there are at most so many, and so many bytes of
    them; how many. Called again, it comes nearer.
    """
    found = await fetch_one(
        work, "select count(*) as rows, coalesce(sum(size), 0)::bigint as size from kept_pictures"
    )
    assert found is not None, "it counts"
    if found["rows"] <= rows and found["size"] <= size:
        return 0
    status = await work.driver.execute(
        """
        delete from kept_pictures k using (
            select message_id, address_digest, row_number() over oldest as place,
                sum(size) over oldest - size as before
            from (
                select * from kept_pictures order by at, message_id, address_digest limit $3
            ) few
            window oldest as (order by at, message_id, address_digest)
        ) o
        where (o.place <= $1 or o.before < $2) and k.message_id = o.message_id
          and k.address_digest = o.address_digest
        """,
        found["rows"] - rows,
        found["size"] - size,
        limit,
    )
    return affected(status)


def _digest(address: str) -> str:
    """An address may be of any length, and say whom it was made for."""
    return digest(address.encode())
