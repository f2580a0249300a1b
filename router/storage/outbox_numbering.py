"""Numbers the outbox: the one place where a fact gets its position."""

from router.storage.unit_of_work import UnitOfWork

ROW = "outbox"


class Fenced(Exception):
    """A later relay has numbered the outbox since: stop."""


async def number(work: UnitOfWork, fence: int, *, limit: int) -> tuple[int, int]:
    """Give the next positions, in the order of the rows' ids. (newest position, rows numbered).

    Rows become visible in commit order, which for one person is id order because of that
    person's lock; between persons any order will do. Positions have no gap: they are given out
    and committed by one relay at a time. Raises Fenced.
    """
    row = await work.driver.fetchrow(
        """
        insert into relay_state as r (name, position, fence) values ($1, 0, $2)
        on conflict (name) do update set fence = excluded.fence where r.fence <= excluded.fence
        returning position
        """,
        ROW,
        fence,
    )
    if row is None:
        raise Fenced
    numbered = await work.driver.fetchval(
        """
        with next as (
            select id, row_number() over (order by id) as ordinal from (
                select id from outbox where position is null order by id limit $2
            ) waiting
        ), given as (
            update outbox o set position = $1 + next.ordinal from next where o.id = next.id
            returning o.id
        )
        select count(*) from given
        """,
        row["position"],
        limit,
    )
    newest = int(row["position"]) + int(numbered)
    if numbered:
        await work.driver.execute(
            "update relay_state set position = $2 where name = $1", ROW, newest
        )
    return newest, int(numbered)
