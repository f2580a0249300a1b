"""What stands in the lines of the waiting queue, and on the desks of agents: read for a page."""

from collections.abc import Sequence

from router.storage.records import Record, fetch
from router.storage.unit_of_work import UnitOfWork


async def told(work: UnitOfWork, classes: Sequence[str] | None, *, limit: int) -> list[Record]:
    """Lines with cases, those first in which somebody waits longest. None: of all classes.

    It walks the whole queue once, which is a few rows on most desks.
    """
    return await fetch(
        work,
        """
        select q.id, q.team_id, q.access_class, q.needs, w.* from (
            select line_id, sum(n)::int as waiting, sum(offered)::int as offered,
                   min(oldest) as oldest_since,
                   coalesce(sum(n) filter (where priority = 1), 0)::int as p1,
                   coalesce(sum(n) filter (where priority = 2), 0)::int as p2,
                   coalesce(sum(n) filter (where priority = 3), 0)::int as p3,
                   coalesce(sum(n) filter (where priority = 4), 0)::int as p4
            from (select line_id, priority, count(*) as n, count(offered_to_id) as offered,
                         min(waiting_since) as oldest
                  from waiting_cases group by line_id, priority) p
            group by line_id
        ) w join queue_lines q on q.id = w.line_id
        where $1::text[] is null or q.access_class = any($1)
        order by w.oldest_since, q.id limit $2
        """,
        None if classes is None else list(classes),
        limit,
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
