"""The relay's numbering of the outbox: of what got no position with its own commit."""

from router.storage.unit_of_work import OUTBOX, UnitOfWork


class Fenced(Exception):
    """A later relay has numbered the outbox since: stop."""


async def claim(work: UnitOfWork, fence: int) -> None:
    """From here on only this fence numbers. Waits for a numbering that is under way.

    Raises Fenced.
    """
    row = await work.driver.fetchrow(
        """
        insert into relay_state as r (name, position, fence) values ($1, 0, $2)
        on conflict (name) do update set fence = excluded.fence where r.fence <= excluded.fence
        returning fence
        """,
        OUTBOX,
        fence,
    )
    if row is None:
        raise Fenced


async def number(work: UnitOfWork, fence: int, *, limit: int) -> tuple[int, int]:
    """Give the next positions, in the order of the rows' ids. (newest position, rows numbered).

    Rows become visible in commit order, which for one person is id order because of that
    person's lock; between persons any order will do. Positions have no gap: one relay at a time
    gives them out, and it has claimed the fence in a transaction before, so that this statement's
    snapshot holds all that earlier relays numbered. Raises Fenced; StatementRefused, with nothing
    numbered, if PostgreSQL still ran an earlier numbering of this fence whose connection was lost.
    """
    row = await work.driver.fetchrow(NUMBERING, OUTBOX, fence, limit)
    if row is None:
        raise Fenced
    return int(row["newest"]), int(row["numbered"])


# `coalesce`: `is null` would let the planner join with the index of all that wait.
NUMBERING = """
with held as (
    select position from relay_state where name = $1 and fence = $2 for update
), next as (
    select id, row_number() over (order by id) as ordinal from (
        select id from outbox where position is null order by id limit $3
    ) waiting
), given as (
    update outbox o set position = held.position + next.ordinal
    from next, held where o.id = next.id and coalesce(o.position, 0) = 0
    returning o.position
), counted as (
    select max(position) as newest, count(*) as numbered from given
), moved as (
    update relay_state set position = counted.newest from counted
    where name = $1 and counted.numbered > 0
)
select coalesce(counted.newest, held.position) as newest, counted.numbered,
    1 / case when counted.numbered = (select count(*) from next) then 1 else 0 end as whole
from held, counted
"""
