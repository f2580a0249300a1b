"""What stands in the lines of the waiting queue, and on the desks of agents: read for a page."""

from collections.abc import Sequence

from router.storage.records import Record, fetch
from router.storage.unit_of_work import UnitOfWork

_COUNTED = "count(*) as n, " + ", ".join(
    f"count(*) filter (where priority = {n}) as p{n}" for n in (1, 2, 3, 4)
)
_FREE = "line_id = q.id and offered_to_id is null"
_OLDEST = f"""
    left join lateral (
        select waiting_since as since from waiting_cases where {_FREE}
        order by waiting_since limit 1
    ) s on true
"""
"""Of those of a line that are offered to nobody: by its index, however long the line is."""


async def told(work: UnitOfWork, classes: Sequence[str], *, limit: int, most: int) -> list[Record]:
    """Lines with cases, those first in which somebody waits longest.

    Of a longer line its first `most` are counted, beside those that are offered; `oldest_since` is
    that of all.
    """
    return await fetch(
        work,
        f"""
        select q.id, q.team_id, q.access_class, q.needs, (w.n + coalesce(o.n, 0))::int as waiting,
               coalesce(o.n, 0)::int as offered, least(s.since, o.since) as oldest_since,
               {", ".join(f"(w.p{n} + coalesce(o.p{n}, 0))::int as p{n}" for n in (1, 2, 3, 4))}
        from queue_lines q
        cross join lateral (
            select {_COUNTED} from (
                select priority from waiting_cases
                where {_FREE} order by rank, case_id limit $3) f
        ) w
        {_OLDEST}
        left join (
            select line_id, min(waiting_since) as since, {_COUNTED} from waiting_cases
            where offered_to_id is not null group by line_id
        ) o on o.line_id = q.id
        where q.access_class = any($1::text[]) and (w.n > 0 or o.n > 0)
        order by oldest_since, q.id limit $2
        """,
        list(classes),
        limit,
        most,
    )


async def figures(work: UnitOfWork, *, limit: int, most: int) -> list[Record]:
    """Of all classes, how many wait, how many of them are offered, and since when the oldest does:
    from indexes alone. Of a longer line `most` are counted.
    """
    return await fetch(
        work,
        f"""
        select q.team_id, q.access_class, q.needs, w.n + coalesce(o.n, 0) as waiting,
               coalesce(o.n, 0) as offered, least(s.since, o.since) as oldest_since
        from queue_lines q
        cross join lateral (
            select count(*) as n from (
                select from waiting_cases where {_FREE} limit $2) f
        ) w
        {_OLDEST}
        left join (
            select line_id, min(waiting_since) as since, count(*) as n from waiting_cases
            where offered_to_id is not null group by line_id
        ) o on o.line_id = q.id
        where w.n > 0 or o.n > 0 order by oldest_since, q.id limit $1
        """,
        limit,
        most,
    )


async def held_by(
    work: UnitOfWork, agent_id: int, classes: Sequence[str], *, limit: int
) -> list[Record]:
    """What they are offered now, and their open cases, of these access classes."""
    return await fetch(
        work,
        """
        select h.id as case_id, r.id as person_id, r.display_name as person_name, h.subject,
               h.priority, h.weight, h.offered_until
        from (
            (select c.id, c.person_id, c.subject, c.priority, w.weight, w.offered_until
             from waiting_cases w join cases c on c.id = w.case_id
             where w.offered_to_id = $1 and w.offered_to_id is not null
               and w.offered_until > $4 and c.access_class = any($2::text[])
             order by w.offered_until limit $3)
            union all
            (select c.id, c.person_id, c.subject, c.priority, c.weight, null
             from cases c
             where c.owner_id = $1 and c.owner_id is not null and c.state = 'open'
               and c.access_class = any($2::text[])
             order by c.priority, c.id limit $3)
        ) h join persons p on p.id = h.person_id join persons r on r.id = p.root_id
        order by h.offered_until nulls last, h.priority, h.id limit $3
        """,
        agent_id,
        list(classes),
        limit,
        work.now(),
    )
