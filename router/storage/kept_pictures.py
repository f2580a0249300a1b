"""Pictures from elsewhere that were fetched for a letter once: where their bytes are kept."""

from collections.abc import Collection, Mapping

from core.ids import digest
from router.storage.records import fetch
from router.storage.unit_of_work import UnitOfWork


async def kept_of(work: UnitOfWork, message_id: int, addresses: Collection[str]) -> dict[str, str]:
    """Address -> key of the blob, of those of this letter that are kept."""
    by_digest = {_digest(one): one for one in addresses}
    rows = await fetch(
        work,
        "select address_digest, blob_key from kept_pictures"
        " where message_id = $1 and address_digest = any($2::text[])",
        message_id,
        list(by_digest),
    )
    return {by_digest[row["address_digest"]]: row["blob_key"] for row in rows}


async def keep(work: UnitOfWork, message_id: int, found: Mapping[str, tuple[str, int]]) -> None:
    """Address -> key and size. Nothing of a letter that was erased or has no HTML any more.

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
        """,
        message_id,
        [_digest(address) for address in found],
        [key for key, _ in found.values()],
        [size for _, size in found.values()],
        work.now(),
    )


async def drop_beyond(work: UnitOfWork, most: int) -> int:
    """Drop the oldest ones, so that all together are at most this many bytes; how many."""
    rows = await fetch(
        work,
        """
        delete from kept_pictures k using (
            select message_id, address_digest,
                sum(size) over (order by at desc, message_id desc, address_digest) as together
            from kept_pictures
        ) o
        where o.together > $1 and k.message_id = o.message_id
          and k.address_digest = o.address_digest
        returning k.message_id
        """,
        most,
    )
    return len(rows)


def _digest(address: str) -> str:
    """An address may be of any length, and say whom it was made for."""
    return digest(address.encode())
