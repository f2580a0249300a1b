"""The networks' own ids of messages, and the changes that came before their message."""

from collections.abc import Iterable, Sequence

import msgspec

from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork


class RemoteRef(msgspec.Struct, frozen=True, kw_only=True):
    account_id: int
    remote_place: str
    remote_id: str
    part: int
    message_id: int


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """An edit or a deletion that waited for its message."""

    message_id: int
    event: bytes


async def insert_refs(work: UnitOfWork, refs: Sequence[RemoteRef]) -> list[Parked]:
    """Store the ids; what was parked for these messages, oldest id first."""
    if not refs:
        return []
    ordered = in_order(refs)
    rows = await work.driver.fetch(insert_statement(1), *columns_of(ordered))
    return to_parked(rows) + await unpark(work, ordered)


def insert_statement(first: int) -> str:
    """The arrays of `columns_of` are its parameters from `first` on."""
    account, place, remote, part, message = (f"${first + number}" for number in range(5))
    return f"""
        insert into remote_refs as r (account_id, remote_place, remote_id, part, message_id)
        select distinct on (account, place, remote, part) account, place, remote, part, message
        from unnest({account}::bigint[], {place}::text[], {remote}::text[], {part}::int[],
            {message}::bigint[]) u(account, place, remote, part, message)
        on conflict (account_id, remote_place, remote_id, part) do update
            set message_id = excluded.message_id where r.message_id is null
        returning message_id, parked::text as parked
    """


def columns_of(refs: Sequence[RemoteRef]) -> list[list[object]]:
    return [[getattr(ref, name) for ref in refs] for name in RemoteRef.__struct_fields__]


def in_order(refs: Sequence[RemoteRef]) -> list[RemoteRef]:
    """As every batch must write them: unsorted parallel ones deadlock."""
    return sorted(refs, key=lambda r: (r.account_id, r.remote_place, r.remote_id, r.part))


def to_parked(rows: Iterable[Record]) -> list[Parked]:
    return [
        Parked(message_id=row["message_id"], event=row["parked"].encode())
        for row in rows
        if row["parked"] is not None
    ]


async def unpark(work: UnitOfWork, refs: Sequence[RemoteRef]) -> list[Parked]:
    """Changes are parked under part 0, as nothing tells them which part they speak of."""
    later_parts = [ref for ref in refs if ref.part]
    if not later_parts:
        return []
    rows = await work.driver.fetch(
        """
        delete from remote_refs r
        using unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[])
            u(account, place, remote, message)
        where r.account_id = u.account and r.remote_place = u.place and r.remote_id = u.remote
          and r.part = 0 and r.message_id is null
        returning u.message as message_id, r.parked::text as parked
        """,
        [ref.account_id for ref in later_parts],
        [ref.remote_place for ref in later_parts],
        [ref.remote_id for ref in later_parts],
        [ref.message_id for ref in later_parts],
    )
    return to_parked(rows)


async def find_message(
    work: UnitOfWork, account_id: int, remote_place: str, remote_id: str
) -> int | None:
    """The message that has this id, whichever of its parts it names."""
    found = await work.driver.fetchval(
        """
        select message_id from remote_refs
        where account_id = $1 and remote_place = $2 and remote_id = $3 and message_id is not null
        limit 1
        """,
        account_id,
        remote_place,
        remote_id,
    )
    return None if found is None else int(found)


async def park(
    work: UnitOfWork, account_id: int, remote_place: str, remote_id: str, event: bytes
) -> None:
    """Keep a change until its message comes. A deletion is never replaced by a late edit."""
    await work.driver.execute(
        """
        insert into remote_refs as r (account_id, remote_place, remote_id, part, parked)
        values ($1, $2, $3, 0, $4::jsonb)
        on conflict (account_id, remote_place, remote_id, part) do update
            set parked = excluded.parked
            where r.message_id is null and coalesce(r.parked ->> 'type', '') <> 'message_deleted'
        """,
        account_id,
        remote_place,
        remote_id,
        event.decode(),
    )
