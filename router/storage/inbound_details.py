"""What goes with new messages of a batch: sources, the networks' ids, pointers, facts.

One statement for six tables: they share the batch and the commit, and each statement of its own
would be one more round trip before the network gets its answer.
"""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from router.storage.remote_refs import Parked, RemoteRef, in_order, to_parked, unpark
from router.storage.unit_of_work import UnitOfWork

Source = tuple[int, str, bytes | None, str | None]
"""(message, media type, raw or None, blob key or None)."""


class Pointers(msgspec.Struct, frozen=True, kw_only=True):
    """How far new messages move cases and conversations (by root) on."""

    cases: Mapping[int, int]
    reopened: Collection[int]
    roots: Mapping[int, int]
    inbound: Mapping[int, int]
    """Root -> its newest message from a person."""


async def insert_details(
    work: UnitOfWork,
    sources: Sequence[Source],
    refs: Sequence[RemoteRef],
    pointers: Pointers,
) -> list[Parked]:
    """All of it, with the facts that were announced so far; what was parked for the messages."""
    cases, roots = sorted(pointers.cases), sorted(pointers.roots)
    reopened = set(pointers.reopened)
    ordered = in_order(refs)
    rows = await work.driver.fetch(
        """
        with kept as (
            insert into message_sources (message_id, media_type, raw, blob_key)
            select * from unnest($1::bigint[], $2::text[], $3::bytea[], $4::text[])
        ), touched as (
            update cases c set
                last_message_id = greatest(c.last_message_id, u.newest),
                state = case when u.reopen then 'open' else c.state end,
                solved_at = case when u.reopen then null else c.solved_at end,
                snoozed_until = case when u.reopen then null else c.snoozed_until end,
                revision = c.revision + u.reopen::int
            from unnest($5::bigint[], $6::bigint[], $7::boolean[]) u(id, newest, reopen)
            where c.id = u.id
        ), moved as (
            update persons p set
                last_message_id = greatest(p.last_message_id, u.newest),
                last_inbound_id = greatest(p.last_inbound_id, u.inbound)
            from unnest($8::bigint[], $9::bigint[], $10::bigint[]) u(id, newest, inbound)
            where p.id = u.id
        ), told as (
            insert into outbox (kind, person_id, ref, at)
            select kind, person_id, ref, $14 from unnest($11::text[], $12::bigint[], $13::bigint[])
                with ordinality u(kind, person_id, ref, ord) order by ord
        ), named as (
            insert into remote_refs as r (account_id, remote_place, remote_id, part, message_id)
            select distinct on (account, place, remote, part) account, place, remote, part, message
            from unnest($15::bigint[], $16::text[], $17::text[], $18::int[], $19::bigint[])
                u(account, place, remote, part, message)
            on conflict (account_id, remote_place, remote_id, part) do update
                set message_id = excluded.message_id where r.message_id is null
            returning message_id, parked
        )
        select message_id, parked::text as parked from named where parked is not null
        """,
        *([one[column] for one in sources] for column in range(4)),
        cases,
        [pointers.cases[case] for case in cases],
        [case in reopened for case in cases],
        roots,
        [pointers.roots[root] for root in roots],
        [pointers.inbound.get(root, 0) for root in roots],
        *work.take_announced(),
        work.now(),
        *([getattr(ref, name) for ref in ordered] for name in RemoteRef.__struct_fields__),
    )
    return to_parked(rows) + await unpark(work, ordered)
