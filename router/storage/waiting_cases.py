"""The waiting queue: cases without an owner that wait for us, in lines of equal needs."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from router.storage.persons import affected
from router.storage.records import Record, fetch, fetch_one
from router.storage.tiers import tier_of
from router.storage.unit_of_work import UnitOfWork

LineKey = tuple[int, str, str]
"""Team (0: none), access class, needs."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A case as it is to stand in the queue."""

    case_id: int
    line_id: int
    rank: datetime
    waiting_since: datetime
    priority: int
    tier: str
    weight: int
    is_live: bool
    last_owner_id: int | None


async def sources(
    work: UnitOfWork, case_ids: Collection[int], *, tier_attribute: str, owned_since: datetime
) -> list[Record]:
    """What decides whether and where these cases stand in the queue, by id.

    `waits_since`: since when the person has had no answer; where they had one, since when the case
    is open and nobody's. `last_owner_id`: who had a case of this
    conversation last, not before `owned_since`.
    """
    return await fetch(
        work,
        f"""
        select c.id, c.state, c.owner_id, c.team_id, c.priority, c.access_class, c.weight,
               c.joined_case_id is not null as is_aside,
               coalesce(t.path, '{{}}') as topic_path, r.id as root_id, r.language,
               r.blocked_at is not null as is_blocked, c.opened_at,
               {tier_of("$2")} as tier,
               coalesce((select true from messages m join accounts a on a.id = m.account_id
                         join live_channels l on l.channel = a.channel
                         where m.id = c.last_message_id), false) as is_live,
               coalesce((select min(m.received_at) from messages m
                where m.case_id = c.id and m.direction = 'in' and m.id > coalesce((
                    select o.id from messages o where o.case_id = c.id and o.direction = 'out'
                      and o.nature = 'human' and o.deleted_at is null
                    order by o.id desc limit 1), 0)),
                (select min(h.at) from case_history h
                 where h.case_id = c.id and h.id > coalesce((
                    select g.id from case_history g where g.case_id = c.id
                      and (g.state <> 'open' or g.owner_id is not null)
                    order by g.id desc limit 1), 0))) as waits_since,
               last.agent_id as last_owner_id,
               w.case_id is not null as is_waiting, w.line_id, w.waiting_since, w.is_relaxed,
               w.offered_to_id
        from cases c
        join persons p on p.id = c.person_id join persons r on r.id = p.root_id
        left join topics t on t.id = c.topic_id
        left join waiting_cases w on w.case_id = c.id
        left join lateral (
            select s.agent_id from persons m join cases k on k.person_id = m.id
            join assignments s on s.case_id = k.id
            where m.root_id = r.id and s.step = 'assigned' and s.at >= $3
            order by s.id desc limit 1
        ) last on c.owner_id is null
        where c.id = any($1::bigint[]) order by c.id
        """,
        list(case_ids),
        tier_attribute,
        owned_since,
    )


async def lines_of(work: UnitOfWork, wanted: Collection[LineKey]) -> dict[LineKey, int]:
    """Their ids; those that are new are made."""
    listed = sorted(wanted)
    columns = [[one[column] for one in listed] for column in range(3)]
    await work.driver.execute(
        """
        insert into queue_lines (team_id, access_class, needs)
        select u.* from unnest($1::bigint[], $2::text[], $3::text[]) u(t, a, n)
        where not exists (select from queue_lines q
                          where q.team_id = u.t and q.access_class = u.a and q.needs = u.n)
        order by 1, 2, 3 on conflict do nothing
        """,
        *columns,
    )
    rows = await fetch(
        work,
        """
        select q.id, q.team_id, q.access_class, q.needs
        from unnest($1::bigint[], $2::text[], $3::text[]) u(t, a, n)
        join queue_lines q on q.team_id = u.t and q.access_class = u.a and q.needs = u.n
        """,
        *columns,
    )
    return {(row["team_id"], row["access_class"], row["needs"]): row["id"] for row in rows}


async def put(work: UnitOfWork, entries: Sequence[Entry]) -> int:
    """They stand in the queue so; how many did not before. An offer that was made stays."""
    ordered = sorted(entries, key=lambda one: one.case_id)
    return affected(
        await work.driver.execute(
            """
            insert into waiting_cases as w (case_id, line_id, rank, waiting_since, priority, tier,
                weight, is_live, last_owner_id, entered_at)
            select u.*, $10::timestamptz
            from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::timestamptz[],
                $5::int[], $6::text[], $7::int[], $8::boolean[], $9::bigint[]) u
            on conflict (case_id) do update set line_id = excluded.line_id, rank = excluded.rank,
                waiting_since = excluded.waiting_since, priority = excluded.priority,
                tier = excluded.tier, weight = excluded.weight, is_live = excluded.is_live,
                last_owner_id = excluded.last_owner_id,
                entered_at = case when w.line_id = excluded.line_id then w.entered_at
                                  else excluded.entered_at end
            where (w.line_id, w.rank, w.priority, w.tier, w.weight, w.is_live, w.last_owner_id)
                is distinct from (excluded.line_id, excluded.rank, excluded.priority,
                    excluded.tier, excluded.weight, excluded.is_live, excluded.last_owner_id)
            """,
            [one.case_id for one in ordered],
            [one.line_id for one in ordered],
            [one.rank for one in ordered],
            [one.waiting_since for one in ordered],
            [one.priority for one in ordered],
            [one.tier for one in ordered],
            [one.weight for one in ordered],
            [one.is_live for one in ordered],
            [one.last_owner_id for one in ordered],
            work.now(),
        )
    )


async def take_out(work: UnitOfWork, case_ids: Collection[int]) -> list[Record]:
    """They stand in the queue no more; those that did, with whom they were offered to."""
    return await fetch(
        work,
        "delete from waiting_cases where case_id = any($1::bigint[])"
        " returning case_id, offered_to_id",
        list(case_ids),
    )


async def relax(work: UnitOfWork, case_ids: Collection[int]) -> None:
    """Those that need skills and stand in their line since before then need none from now on.

    Under their conversations' locks.
    """
    await work.driver.execute(
        "update waiting_cases set is_relaxed = true where case_id = any($1::bigint[])",
        list(case_ids),
    )


async def due_to_relax(work: UnitOfWork, before: datetime, *, limit: int) -> list[int]:
    """Those that need skills, and stand in their line since before then."""
    rows = await fetch(
        work,
        """
        select w.case_id from queue_lines q join waiting_cases w on w.line_id = q.id
        where q.needs <> '' and w.entered_at < $1 and w.offered_to_id is null
          and not w.is_relaxed
        limit $2
        """,
        before,
        limit,
    )
    return [row["case_id"] for row in rows]


async def lines_waiting(work: UnitOfWork) -> list[Record]:
    """Lines in which some case is offered to nobody."""
    return await fetch(
        work,
        """
        select q.id, q.team_id, q.access_class, q.needs from queue_lines q
        where (select true from waiting_cases w
               where w.line_id = q.id and w.offered_to_id is null limit 1) is not null
        order by q.id
        """,
    )


async def lines_by_id(work: UnitOfWork, line_ids: Collection[int]) -> list[Record]:
    return await fetch(
        work,
        "select id, team_id, access_class, needs from queue_lines where id = any($1::bigint[])",
        list(line_ids),
    )


async def first_of(
    work: UnitOfWork,
    able: Mapping[int, Collection[int]],
    *,
    but: Collection[int],
    limit: int,
) -> list[Record]:
    """The first cases of each of these lines, with who refused them.

    `able`: who may be given those of a line. What all of them refused is left out.
    """
    pairs = [(line, agent) for line, agents in able.items() for agent in agents]
    return await fetch(
        work,
        """
        with lines as (
            select u.id, array_agg(u.agent) as able
            from unnest($1::bigint[], $5::bigint[]) u(id, agent) group by u.id
        )
        select w.case_id, w.line_id, w.rank, w.weight, w.waiting_since, w.last_owner_id,
               array(select f.agent_id from case_refusals f
                     where f.case_id = w.case_id and f.until > $4) as refused_by
        from lines l cross join lateral (
            select * from waiting_cases
            where line_id = l.id and offered_to_id is null and case_id <> all($2::bigint[])
              and (select count(*) from case_refusals f
                   where f.case_id = waiting_cases.case_id and f.agent_id = any(l.able)
                     and f.until > $4) < cardinality(l.able)
            order by rank, case_id limit $3
        ) w
        """,
        [line for line, _ in pairs],
        sorted(but),
        limit,
        work.now(),
        [agent for _, agent in pairs],
    )


async def page(
    work: UnitOfWork,
    after: tuple[datetime, int] | None,
    classes: Sequence[str],
    *,
    team_id: int | None,
    limit: int,
) -> list[Record]:
    """The next of the queue behind this place, in its order, of these access classes."""
    # First the places, by the index of ranks; then what is told of them.
    behind = "and (w.rank, w.case_id) > ($4, $5)" if after else ""
    return await fetch(
        work,
        _SHOWN.format(
            entries=f"""
                select w.* from waiting_cases w join queue_lines q on q.id = w.line_id
                where q.access_class = any($1::text[])
                  and ($2::bigint is null or q.team_id = $2) {behind}
                order by w.rank, w.case_id limit $3
            """
        )
        + " order by w.rank, w.case_id",
        list(classes),
        team_id,
        limit,
        *(after or ()),
    )


async def offers_to(work: UnitOfWork, agent_id: int) -> list[Record]:
    """What this agent is offered now, the oldest offer first."""
    return await fetch(
        work,
        _SHOWN.format(
            entries="select * from waiting_cases where offered_to_id = $1 and offered_until > $2"
        )
        + " order by w.offered_until, w.case_id",
        agent_id,
        work.now(),
    )


async def count(work: UnitOfWork, classes: Sequence[str], *, team_id: int | None, most: int) -> int:
    """How many of these access classes wait, for this team or in all; no more than `most`."""
    row = await fetch_one(
        work,
        f"""
        select count(*) as n from (
            select from queue_lines q join waiting_cases w on w.line_id = q.id
            where q.access_class = any($1::text[]) {"and q.team_id = $3" if team_id else ""}
            limit $2
        ) w
        """,
        list(classes),
        most,
        *((team_id,) if team_id else ()),
    )
    return 0 if row is None else int(row["n"])


async def find_offer(work: UnitOfWork, case_id: int) -> Record | None:
    """Whom it is offered to, until when, what it weighs, and in which line it stands."""
    return await fetch_one(
        work,
        "select w.offered_to_id, w.offered_until, w.weight, w.waiting_since, w.line_id,"
        " q.team_id, q.access_class, q.needs"
        " from waiting_cases w join queue_lines q on q.id = w.line_id where w.case_id = $1",
        case_id,
    )


async def without_entry(work: UnitOfWork, above: int, *, limit: int) -> tuple[list[int], int]:
    """Of the next cases by id: those that wait without an owner and stand nowhere; the last id."""
    rows = await fetch(
        work,
        """
        select c.id, c.state = 'open' and c.owner_id is null and w.case_id is null as is_missing
        from (select * from cases where id > $1 order by id limit $2) c
        left join waiting_cases w on w.case_id = c.id order by c.id
        """,
        above,
        limit,
    )
    return [row["id"] for row in rows if row["is_missing"]], rows[-1]["id"] if rows else 0


async def cases_in(work: UnitOfWork, team_id: int) -> list[int]:
    rows = await fetch(
        work,
        "select w.case_id from queue_lines q join waiting_cases w on w.line_id = q.id"
        " where q.team_id = $1",
        team_id,
    )
    return [row["case_id"] for row in rows]


_SHOWN = """
    select w.case_id, r.id as person_id, r.display_name as person_name, c.subject, w.priority,
           c.topic_id, coalesce(t.name, '') as topic,
           w.tier, w.weight, w.is_live, w.rank, w.waiting_since, w.entered_at, w.line_id,
           w.last_owner_id, w.offered_to_id, w.offered_until, o.name as offered_to_name,
           q.team_id, q.access_class, q.needs,
           array(select f.agent_id from case_refusals f
                 where f.case_id = w.case_id) as refused_by
    from ({entries}) w join queue_lines q on q.id = w.line_id
    join cases c on c.id = w.case_id
    join persons p on p.id = c.person_id join persons r on r.id = p.root_id
    left join agents o on o.id = w.offered_to_id
    left join topics t on t.id = c.topic_id
"""
