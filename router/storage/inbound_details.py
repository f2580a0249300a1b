"""What goes with new messages of a batch: sources, the networks' ids, pointers, facts.

One statement for six tables: they share the batch and the commit, and each statement of its own
would be one more round trip before the network gets its answer.
"""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from router.storage.persons import bump_columns, bump_statement
from router.storage.remote_refs import (
    Parked,
    RemoteRef,
    columns_of,
    in_order,
    insert_statement,
    to_parked,
    unpark,
)
from router.storage.unit_of_work import (
    NUMBERED,
    UnitOfWork,
    announce_statement,
    announced_rows,
)

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
    cases = sorted(pointers.cases)
    reopened = set(pointers.reopened)
    ordered = in_order(refs)
    rows = await work.driver.fetch(
        _STATEMENT,
        *([one[column] for one in sources] for column in range(4)),
        cases,
        [pointers.cases[case] for case in cases],
        [case in reopened for case in cases],
        *bump_columns(pointers.roots, pointers.inbound),
        *work.take_announced(),
        *columns_of(ordered),
    )
    work.numbered = rows[0]["numbered"]
    return to_parked(rows) + await unpark(work, ordered)


_TOLD = announce_statement(announced_rows(11), at="$14", fence="$15")
_STATEMENT = f"""
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
), noted as (
    insert into case_history (case_id, at, cause, state, owner_id, team_id, priority, topic_id,
        is_reopening)
    select c.id, $14::timestamptz, 'wrote', 'open', c.owner_id, c.team_id, c.priority, c.topic_id,
        c.state = 'solved'
    from unnest($5::bigint[], $7::boolean[]) u(id, reopen) join cases c on c.id = u.id
    where u.reopen and c.state <> 'open' order by c.id
), moved as ({bump_statement(8)}
), {_TOLD}, named as ({insert_statement(16)}
)
select null::bigint as message_id, null::text as parked, {NUMBERED} as numbered
union all
select message_id, parked, null from named where parked is not null
"""
