"""Whom a danger was told to, and whether anybody has come."""

from collections.abc import Collection, Sequence
from datetime import datetime

from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork

MOST = 500
"""More running ones than this wait for nobody at once."""


BESIDE = """
    left join lateral (
        select l.id, l.ended_at from danger_pages l
        where l.case_id = g.case_id and l.id < g.id and g.ended_at = g.at
          and (l.ended_at is null or l.ended_at > g.at)
        order by l.id desc limit 1
    ) l on true
"""
"""Of a page `g`: the one that ran when it was told, which it is over with."""
OVER = "case when l.id is null then g.ended_at else l.ended_at end as ended_at"


async def begin(
    work: UnitOfWork,
    *,
    case_id: int,
    message_id: int,
    danger: str,
    told: Sequence[int],
    escalate_at: datetime | None,
    is_escalated: bool,
    is_over: bool = False,
) -> bool:
    """False: the case has one that nobody answered, or had one for this message. `is_over`: nothing
    comes of it later.
    """
    return (
        await work.driver.fetchval(
            """
            insert into danger_pages
                (case_id, message_id, danger, at, told, escalate_at, escalated_at, ended_at)
            values ($1, $2, $3, $4, $5, $6, case when $7 then $4::timestamptz end,
                case when $8 then $4::timestamptz end)
            on conflict do nothing returning id
            """,
            case_id,
            message_id,
            danger,
            work.now(),
            list(told),
            escalate_at,
            is_escalated,
            is_over,
        )
        is not None
    )


async def due(work: UnitOfWork, *, limit: int) -> list[tuple[int, int]]:
    """(page, person) of those for which it is time to tell others, the longest due first."""
    rows = await fetch(
        work,
        """
        select g.id, c.person_id from danger_pages g join cases c on c.id = g.case_id
        where g.ended_at is null and g.escalated_at is null and g.escalate_at <= $1
        order by g.escalate_at limit $2
        """,
        work.now(),
        limit,
    )
    return [(row["id"], row["person_id"]) for row in rows]


async def count_recent(work: UnitOfWork, since: datetime, *, dangers: Collection[str]) -> int:
    """How many of these were told to anybody since then, of the newest 500 of all."""
    return int(
        await work.driver.fetchval(
            """
            select count(*)
            from (select at, told, danger from danger_pages order by id desc limit 500) g
            where g.at > $1 and g.told <> '{}' and g.danger = any($2::text[])
            """,
            since,
            sorted(dangers),
        )
    )


async def find(work: UnitOfWork, page_id: int) -> Record | None:
    """One that runs, with its case, and whether somebody at the desk did something in it since."""
    return await fetch_one(work, f"{_RUNNING} and g.id = $1", page_id)


async def find_of_case(work: UnitOfWork, case_id: int) -> Record | None:
    """The same of the one that runs in this case."""
    return await fetch_one(work, f"{_RUNNING} and g.case_id = $1", case_id)


_RUNNING = """
        select g.*, c.state, c.access_class, c.team_id, c.owner_id, c.person_id, p.root_id,
            (select true from messages x where x.case_id = c.id and x.agent_id is not null
                and x.received_at >= g.at and x.id > g.message_id
                and not (x.direction = 'event' and (
                    x.text in ('case_restricted', 'case_unrestricted')
                    or x.text = 'case_assigned' and x.context -> 'owner_id' = 'null'))
                limit 1) is not null
            or (select true from case_history h where h.case_id = c.id
                and h.agent_id is not null and h.at >= g.at limit 1) is not null
            or (select true from finding_corrections k where k.message_id = g.message_id
                and k.is_urgent is not true) is not null as is_answered
        from danger_pages g join cases c on c.id = g.case_id join persons p on p.id = c.person_id
        where g.ended_at is null
"""


async def end(work: UnitOfWork, page_id: int) -> None:
    await work.driver.execute(
        "update danger_pages set ended_at = $2 where id = $1 and ended_at is null",
        page_id,
        work.now(),
    )


async def end_answered(work: UnitOfWork, page_id: int) -> None:
    """It gave way to nothing that begins now: somebody had come."""
    await work.driver.execute(
        """
        update danger_pages set ended_at = greatest(at, $2::timestamptz - interval '2 seconds')
        where id = $1 and ended_at is null
        """,
        page_id,
        work.now(),
    )


async def call_again(work: UnitOfWork, page_id: int) -> None:
    """It is to be told at once to those who are told later, also where they were told already."""
    await work.driver.execute(
        """
        update danger_pages set escalate_at = $2, escalated_at = null
        where id = $1 and ended_at is null
        """,
        page_id,
        work.now(),
    )


async def end_of_case(work: UnitOfWork, case_id: int) -> None:
    await work.driver.execute(
        "update danger_pages set ended_at = $2 where case_id = $1 and ended_at is null",
        case_id,
        work.now(),
    )


async def was_told(work: UnitOfWork, page: Record, danger: str) -> bool:
    """Whether this danger was told in the case of a page that runs, since that began; or until
    then, and gave way to it.
    """
    row = await fetch_one(
        work,
        """
        select (select true from danger_pages g where g.case_id = $1 and g.danger = $2
                and g.ended_at > $3::timestamptz - interval '1 second'
                and g.told <> '{}' limit 1) is not null
            or (select true from messages m where m.case_id = $1 and m.direction = 'event'
                and m.text = 'danger_told' and m.context ->> 'danger' = $2
                and m.context -> 'told' <> '[]' and m.received_at >= $3 limit 1) is not null as told
        """,
        page["case_id"],
        danger,
        page["at"],
    )
    return row is not None and bool(row["told"])


async def forget(work: UnitOfWork, message_id: int) -> None:
    """As if nobody had been told of this message; the lines that said so stay."""
    await work.driver.execute("delete from danger_pages where message_id = $1", message_id)


async def running(work: UnitOfWork, case_id: int) -> int | None:
    row = await fetch_one(
        work, "select id from danger_pages where case_id = $1 and ended_at is null", case_id
    )
    return None if row is None else int(row["id"])


async def escalate(work: UnitOfWork, page_id: int, told: Collection[int]) -> None:
    """These know of it too now."""
    await work.driver.execute(
        """
        update danger_pages set escalated_at = $2,
            told = array(select distinct a from unnest(told || $3::bigint[]) a order by a)
        where id = $1
        """,
        page_id,
        work.now(),
        sorted(told),
    )


async def name(work: UnitOfWork, message_id: int, agent_ids: Sequence[int]) -> None:
    """It stands among what names these agents, until they have read it."""
    await work.driver.execute(
        """
        insert into mentions (message_id, agent_id, person_id, at)
        select m.id, a, m.person_id, $3 from messages m cross join unnest($2::bigint[]) a
        where m.id = $1 order by a on conflict do nothing
        """,
        message_id,
        list(agent_ids),
        work.now(),
    )


async def told_to(
    work: UnitOfWork, agent_id: int, since: datetime, *, first: Collection[str]
) -> list[Record]:
    """Those that run and that this agent was told of since then, the newest first: as `find`, with
    the name of the person. Of more than there are told, the newest, and of these dangers before
    all others.
    """
    rows = await fetch(
        work,
        """
        select id from danger_pages g
        where g.ended_at is null and g.at > $1 and g.told @> array[$2::bigint]
        order by (g.danger = any($4::text[])) desc, g.id desc limit $3
        """,
        since,
        agent_id,
        MOST,
        sorted(first),
    )
    if not rows:
        return []
    return await fetch(
        work,
        f"""
        select q.*, r.display_name from ({_RUNNING} and g.id = any($1::bigint[])) q
        join persons r on r.id = q.root_id order by q.id desc
        """,
        [row["id"] for row in rows],
    )


async def told_beside(
    work: UnitOfWork, agent_id: int, since: datetime, *, dangers: Collection[str]
) -> list[Record]:
    """What this agent was told of beside one of these dangers that runs and was told since then:
    whether somebody has come is said of that.
    """
    rows = await fetch(
        work,
        """
        select id from danger_pages
        where ended_at is null and at > $1 and danger = any($2::text[])
        order by at desc limit $3
        """,
        since,
        sorted(dangers),
        MOST,
    )
    if not rows:
        return []
    return await fetch(
        work,
        f"""
        select b.id, b.message_id, b.danger, b.at, b.escalated_at, q.case_id, q.state,
            q.access_class, q.root_id, q.is_answered, r.display_name
        from ({_RUNNING} and g.id = any($1::bigint[])) q
        join persons r on r.id = q.root_id
        cross join lateral (
            select d.* from messages m join danger_pages d on d.message_id = m.id
            where m.case_id = q.case_id and m.id > q.message_id and d.at >= q.at
                and d.told @> array[$2::bigint] offset 0
        ) b
        """,
        [row["id"] for row in rows],
        agent_id,
    )
