"""Deadlines, alarms, plans; and what happened in cases, to derive them from."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from router.storage import followers
from router.storage.records import Record, fetch, fetch_one
from router.storage.tiers import tier_of
from router.storage.unit_of_work import Fact, UnitOfWork

FOLLOWER = "deadlines"
SWEEP = "deadlines_sweep"
"""The id below which cases that are not solved are still to be derived anew."""
MOST_NAMED = 10
"""Cases of one commit that are told of one by one; a new plan changes thousands."""


class DeadlineRow(msgspec.Struct, frozen=True, kw_only=True):
    case_id: int
    target: str
    ref: int
    policy: str
    plan_id: int | None
    started_at: datetime
    due_at: datetime | None
    remaining_seconds: int | None
    ended_at: datetime | None
    ending: str | None
    breached_at: datetime | None


class AlarmRow(msgspec.Struct, frozen=True, kw_only=True):
    case_id: int
    target: str
    ref: int
    mark: int
    at: datetime


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The next entries of the outbox, as far as deadlines follow from them."""

    until: int
    case_ids: tuple[int, ...]
    said: frozenset[int]
    """Messages that came since then."""
    is_behind: bool
    is_anew: bool
    """Entries were dropped unread, or a plan changed: all cases that run are to be looked at."""


_COLUMNS = ", ".join(DeadlineRow.__struct_fields__)


async def told_after(work: UnitOfWork, position: int, limit: int) -> Told:
    rows = await fetch(
        work,
        """
        select o.position, o.kind, o.ref, coalesce(m.case_id, dm.case_id,
            case when o.kind = $3 then o.ref end) as case_id,
            case when o.kind = any($4::text[]) then o.person_id end as person_id
        from (select * from outbox where position > $1 order by position limit $2) o
        left join messages m on m.id = o.ref and o.kind = any($5::text[])
        left join deliveries d on d.id = o.ref and o.kind = $6
        left join messages dm on dm.id = d.message_id
        order by o.position
        """,
        position,
        limit,
        Fact.CASE_CHANGED.value,
        [Fact.PERSON_CHANGED.value, Fact.PERSON_MERGED.value, Fact.PERSON_SPLIT.value],
        [Fact.MESSAGE_CREATED.value, Fact.MESSAGE_CHANGED.value],
        Fact.DELIVERY_CHANGED.value,
    )
    trimmed = await followers.trimmed(work)
    people = sorted({row["person_id"] for row in rows} - {None})
    cases = {row["case_id"] for row in rows} - {None}
    if people:
        theirs = await fetch(
            work,
            """
            select c.id from persons p join persons m on m.root_id = p.root_id
            join cases c on c.person_id = m.id where p.id = any($1::bigint[])
            """,
            people,
        )
        cases |= {row["id"] for row in theirs}
    return Told(
        until=max(int(rows[-1]["position"]) if rows else position, trimmed),
        case_ids=tuple(sorted(cases)),
        said=frozenset(row["ref"] for row in rows if row["kind"] == Fact.MESSAGE_CREATED.value),
        is_behind=len(rows) >= limit,
        is_anew=trimmed > position
        or any(row["kind"] == Fact.WORKSPACE_CHANGED.value for row in rows),
    )


async def running_below(work: UnitOfWork, below: int, limit: int) -> list[int]:
    """The next cases that are not solved, newest first."""
    rows = await fetch(
        work,
        "select id from cases where id < $1 and state <> 'solved' order by id desc limit $2",
        below,
        limit,
    )
    return [row["id"] for row in rows]


async def cases_after(work: UnitOfWork, after: int, limit: int) -> list[int]:
    """The next of all cases."""
    statement = "select id from cases where id > $1 order by id limit $2"
    rows = await fetch(work, statement, after, limit)
    return [row["id"] for row in rows]


async def cases_to_derive(work: UnitOfWork, case_ids: Collection[int]) -> list[Record]:
    """What policies look at of those that exist, by id."""
    return await fetch(
        work,
        f"""
        select c.id, c.person_id, r.id as root_id, c.opened_at, c.state, c.priority, c.team_id,
            c.owner_id, c.access_class, coalesce(t.path, '{{}}') as topic_ids, {tier_of()} as tier
        from cases c join persons p on p.id = c.person_id join persons r on r.id = p.root_id
        left join topics t on t.id = c.topic_id
        where c.id = any($1::bigint[]) order by c.id
        """,
        sorted(case_ids),
    )


async def happenings_of(work: UnitOfWork, case_ids: Collection[int]) -> list[Record]:
    """What people wrote, what agents answered and when that goes out, and lines of the state."""
    return await fetch(
        work,
        """
        select m.case_id, m.id, m.direction, m.text as event, m.received_at as written_at,
            case when m.direction = 'out' then (
                select min(d.queued_at) from deliveries d
                where d.message_id = m.id and d.kind = 'send' and d.copy_to = ''
            ) end as goes_at
        from messages m
        where m.case_id = any($1::bigint[]) and m.deleted_at is null and (
            (m.direction = 'in' and m.nature = 'human' and not m.is_link_code)
            or (m.direction = 'out' and m.agent_id is not null
                and m.context ->> 'automatic' is null)
            or (m.direction = 'event' and m.text in
                ('case_reopened', 'case_waiting', 'case_snoozed', 'case_solved')))
        order by m.case_id, m.id
        """,
        sorted(case_ids),
    )


async def promised(work: UnitOfWork, case_ids: Collection[int]) -> list[int]:
    """Those of the cases in which a promise stands, or something was derived already."""
    rows = await fetch(
        work,
        """
        select m.case_id from promises p
        -- From the few that stand, never from all that was said in these cases.
        cross join lateral (select case_id from messages where id = p.message_id offset 0) m
        where p.ended_at is null and m.case_id = any($1::bigint[])
        union select case_id from deadlines where case_id = any($1::bigint[]) order by 1
        """,
        sorted(case_ids),
    )
    return [row["case_id"] for row in rows]


async def put(
    work: UnitOfWork,
    case_ids: Collection[int],
    found: Sequence[DeadlineRow],
    alarms: Sequence[AlarmRow],
) -> None:
    """These cases have these deadlines and no others; of those that are so already nothing is
    written, and nothing told. What was said of one is never forgotten.
    """
    cases = sorted(case_ids)
    there = {_key(one): one for one in await deadlines_of(work, cases)}
    gone = there.keys() - {_key(one) for one in found}
    if gone:
        await work.driver.execute(
            """
            delete from deadlines d
            using unnest($1::bigint[], $2::text[], $3::bigint[]) u(case_id, target, ref)
            where (d.case_id, d.target, d.ref) = (u.case_id, u.target, u.ref)
            """,
            *zip(*sorted(gone), strict=True),
        )
    later = ", ".join(f"{name} = excluded.{name}" for name in DeadlineRow.__struct_fields__[3:])
    changed = [one for one in found if there.get(_key(one)) != one]
    if changed:
        await work.driver.execute(
            f"""
            insert into deadlines ({_COLUMNS})
            select * from unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::bigint[],
                $6::timestamptz[], $7::timestamptz[], $8::bigint[], $9::timestamptz[],
                $10::text[], $11::timestamptz[])
            on conflict (case_id, target, ref) do update set {later}
            """,
            *([getattr(one, name) for one in changed] for name in DeadlineRow.__struct_fields__),
        )
    tell(work, {one[0] for one in gone} | {one.case_id for one in changed})
    await _put_alarms(work, cases, alarms)


def tell(work: UnitOfWork, case_ids: Collection[int]) -> None:
    """What these owe changed: a commit names MOST_NAMED at most, and says once there are more."""
    named = work.announced(Fact.DEADLINES_CHANGED)
    if None in named:
        return
    if len(named.union(case_ids)) > MOST_NAMED:
        work.announce(Fact.DEADLINES_CHANGED)
        return
    for case in sorted(case_ids):
        work.announce(Fact.DEADLINES_CHANGED, ref=case)


async def _put_alarms(work: UnitOfWork, cases: list[int], alarms: Sequence[AlarmRow]) -> None:
    """Those that were told stay as they are."""
    rows = await fetch(
        work,
        "select id, case_id, target, ref, mark, at, fired_at from deadline_alarms"
        " where case_id = any($1::bigint[])",
        cases,
    )
    there = {(row["case_id"], row["target"], row["ref"], row["mark"]): row for row in rows}
    wanted = {(one.case_id, one.target, one.ref, one.mark): one.at for one in alarms}
    gone = [
        row["id"] for mark, row in there.items() if row["fired_at"] is None and mark not in wanted
    ]
    if gone:
        await work.driver.execute(
            "delete from deadline_alarms where id = any($1::bigint[]) and fired_at is null", gone
        )
    changed = [
        (*mark, at)
        for mark, at in wanted.items()
        if (was := there.get(mark)) is None or (was["fired_at"] is None and was["at"] != at)
    ]
    if changed:
        await work.driver.execute(
            """
            insert into deadline_alarms as d (case_id, target, ref, mark, at)
            select * from unnest($1::bigint[], $2::text[], $3::bigint[], $4::int[],
                $5::timestamptz[])
            on conflict (case_id, target, ref, mark) do update set at = excluded.at
            where d.fired_at is null
            """,
            *zip(*changed, strict=True),
        )


def _key(one: DeadlineRow) -> tuple[int, str, int]:
    return one.case_id, one.target, one.ref


async def deadlines_of(work: UnitOfWork, case_ids: Collection[int]) -> list[DeadlineRow]:
    """In the order of their beginning."""
    rows = await fetch(
        work,
        f"select {_COLUMNS} from deadlines where case_id = any($1::bigint[])"
        " order by case_id, started_at, target, ref",
        sorted(case_ids),
    )
    return [DeadlineRow(**row) for row in rows]


async def due_alarms(
    work: UnitOfWork, now: datetime, limit: int, *, but: Collection[int] = ()
) -> list[tuple[int, int]]:
    """(alarm, person) of what is to be said now but for these, the longest due first."""
    rows = await fetch(
        work,
        """
        select a.id, c.person_id from deadline_alarms a join cases c on c.id = a.case_id
        where a.fired_at is null and a.at <= $1 and a.id <> all($3::bigint[])
        order by a.at, a.id limit $2
        """,
        now,
        limit,
        sorted(but),
    )
    return [(row["id"], row["person_id"]) for row in rows]


async def lock_alarm(work: UnitOfWork, alarm_id: int) -> Record | None:
    return await fetch_one(work, "select * from deadline_alarms where id = $1 for update", alarm_id)


async def mark_fired(work: UnitOfWork, alarm_id: int) -> None:
    await work.driver.execute(
        "update deadline_alarms set fired_at = $2 where id = $1", alarm_id, work.now()
    )


async def team_leads(work: UnitOfWork, team_id: int) -> list[int]:
    rows = await fetch(
        work,
        "select agent_id from memberships where team_id = $1 and is_lead order by agent_id",
        team_id,
    )
    return [row["agent_id"] for row in rows]


async def active_of(work: UnitOfWork, agent_ids: Collection[int]) -> list[int]:
    """Those of these agents who work here."""
    rows = await fetch(
        work,
        "select id from agents where id = any($1::bigint[]) and is_active order by id",
        sorted(agent_ids),
    )
    return [row["id"] for row in rows]


async def agents(work: UnitOfWork) -> list[Record]:
    """`id` and `role` of all who work here, and the `access_classes` that their teams name."""
    return await fetch(
        work,
        """
        select a.id, a.role,
            array(select distinct k.name from memberships m join teams t on t.id = m.team_id
                  cross join lateral jsonb_array_elements_text(t.access_classes) k(name)
                  where m.agent_id = a.id) as access_classes
        from agents a where a.is_active order by a.id
        """,
    )


async def next_due(
    work: UnitOfWork, root_ids: Collection[int], classes: Sequence[str]
) -> list[Record]:
    """Of each conversation what runs and is due first, in cases of these access classes."""
    return await fetch(
        work,
        """
        select distinct on (q.root_id) q.root_id as conversation_id, d.case_id, d.target, d.due_at,
            a.at as warn_at
        from persons q join cases k on k.person_id = q.id and k.state <> 'solved'
        cross join lateral (
            select case_id, target, ref, due_at from deadlines
            where case_id = k.id and ended_at is null and due_at is not null
            order by due_at limit 1 offset 0) d
        left join deadline_alarms a on a.case_id = d.case_id and a.target = d.target
            and a.ref = d.ref and a.mark = 0
        where q.root_id = any($1::bigint[]) and k.access_class = any($2::text[])
        order by q.root_id, d.due_at
        """,
        sorted(root_ids),
        list(classes),
    )


async def insert_plan(work: UnitOfWork, kept: bytes, agent_id: int | None) -> int:
    """A further version, in force from now on; the follower looks at all cases that run."""
    work.announce(Fact.WORKSPACE_CHANGED)
    return int(
        await work.driver.fetchval(
            "insert into deadline_plans (kept, agent_id, made_at) values ($1::jsonb, $2, $3)"
            " returning id",
            kept.decode(),
            agent_id,
            work.now(),
        )
    )


async def lock_plans(work: UnitOfWork) -> None:
    """Nobody else makes a version until the commit."""
    await work.driver.execute("lock table deadline_plans in share row exclusive mode")


async def plans(work: UnitOfWork) -> list[Record]:
    """All versions, oldest first."""
    return await fetch(
        work,
        "select id, kept::text as kept, made_at from deadline_plans order by id",
    )


async def saved_plans(work: UnitOfWork, limit: int) -> list[Record]:
    """Those that agents saved, newest first."""
    return await fetch(
        work,
        """
        select p.id, p.kept::text as kept, p.made_at, a.name
        from deadline_plans p join agents a on a.id = p.agent_id order by p.id desc limit $1
        """,
        limit,
    )


async def drop_derived(work: UnitOfWork) -> None:
    """All deadlines, and all alarms that were not told: they are derived anew."""
    await work.driver.execute("delete from deadlines")
    await work.driver.execute("delete from deadline_alarms where fired_at is null")
