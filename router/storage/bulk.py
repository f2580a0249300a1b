"""Bulk jobs: one change for many conversations, a row for what became of each."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from router.storage.records import Record, fetch, fetch_one
from router.storage.sight import Sight
from router.storage.unit_of_work import UnitOfWork

_COUNTED = ("waiting", "done", "skipped", "failed", "undone", "kept", "proposed")
_COUNTS = ", ".join(f"count(*) filter (where s.state = '{state}') as {state}" for state in _COUNTED)
MOST_REASONS = 5


class JobRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    agent_id: int
    change: dict[str, Any]
    classes: list[str]
    query: str | None
    state: str
    wanted: int
    made_at: datetime
    ended_at: datetime | None
    waiting: int
    done: int
    skipped: int
    failed: int
    undone: int
    kept: int
    proposed: int
    cases: int
    """That it changed, or put back."""
    reasons: list[dict[str, Any]]
    """Why some failed or were kept: sentence and how many, most first."""


async def insert_job(
    work: UnitOfWork,
    *,
    agent_id: int,
    change: Mapping[str, Any],
    classes: Sequence[str],
    query: str | None,
    roots: Collection[int],
    cases: Mapping[int, Sequence[int]] | None = None,
) -> int:
    """`cases`: of each conversation those that are to be changed; none: the one of its row."""
    job_id = int(
        await work.driver.fetchval(
            """
            insert into bulk_jobs (agent_id, change, classes, query, wanted, made_at)
            values ($1, $2::jsonb, $3::jsonb, $4, $5, $6) returning id
            """,
            agent_id,
            msgspec.json.encode(change).decode(),
            msgspec.json.encode(list(classes)).decode(),
            query,
            len(roots),
            work.now(),
        )
    )
    await work.driver.execute(
        "insert into bulk_steps (job_id, person_id) select $1, id from unnest($2::bigint[]) id"
        " order by id",
        job_id,
        list(roots),
    )
    if cases:
        await work.driver.execute(
            """
            update bulk_steps s set case_ids = n.ids from (
                select root, array_agg(id order by id) as ids
                from unnest($2::bigint[], $3::bigint[]) u (root, id) group by root) n
            where s.job_id = $1 and s.person_id = n.root
            """,
            job_id,
            [root for root, ids in cases.items() for _ in ids],
            [one for ids in cases.values() for one in ids],
        )
    return job_id


async def unsolved_of(work: UnitOfWork, roots: Collection[int], sight: Sight) -> list[Record]:
    """The unsolved cases of these conversations that are seen, with what a list can ask of one."""
    return await fetch(
        work,
        """
        select c.id, p.root_id, c.state, c.owner_id, c.team_id, c.label_ids, c.topic_id, c.priority,
            c.incident_id, c.last_message_id,
            coalesce(i.state <> 'resolved', false) as has_incident, o.dues, o.nears,
            coalesce((
                select true from messages m join deliveries d on d.message_id = m.id
                where m.case_id = c.id and m.direction = 'out' and d.state in ('failed', 'unknown')
                limit 1), false) as has_trouble,
            coalesce((
                select jsonb_agg(jsonb_build_object('field_id', v.field_id, 'value', v.value))
                from case_field_values v where v.case_id = c.id), '[]') as fields
        from persons p join cases c on c.person_id = p.id and c.state <> 'solved'
        left join incidents i on i.id = c.incident_id
        cross join lateral (
            select coalesce(array_agg(d.due_at), '{}') as dues,
                coalesce(array_agg(a.at), '{}') as nears
            from deadlines d left join deadline_alarms a
                on a.case_id = d.case_id and a.target = d.target and a.ref = d.ref and a.mark = 0
            where d.case_id = c.id and d.ended_at is null and d.due_at is not null
        ) o
        where p.root_id = any($1::bigint[]) and c.access_class = any($2::text[])
          and c.merged_into_id is null
        order by c.id
        """,
        list(roots),
        sight.listed,
    )


async def labels_in_use(work: UnitOfWork) -> frozenset[int]:
    rows = await fetch(work, "select id from labels where dropped_at is null")
    return frozenset(row["id"] for row in rows)


async def load_jobs(work: UnitOfWork, job_ids: Collection[int]) -> list[JobRow]:
    """Newest first, with what became of their conversations so far."""
    rows = await fetch(
        work,
        f"""
        select j.*, s.*, coalesce((
            select json_agg(r) from (
                select reason as sentence, count(*) as count from bulk_steps
                where job_id = j.id and reason <> '' and state in ('failed', 'kept')
                group by reason order by count(*) desc, reason limit {MOST_REASONS}
            ) r), '[]') as reasons
        from bulk_jobs j cross join lateral (
            select {_COUNTS}, coalesce(sum(s.cases), 0)::int as cases
            from bulk_steps s where s.job_id = j.id
        ) s
        where j.id = any($1::bigint[]) order by j.id desc
        """,
        list(job_ids),
    )
    return [JobRow(**{name: row[name] for name in JobRow.__struct_fields__}) for row in rows]


async def newest_of(work: UnitOfWork, agent_id: int, *, limit: int) -> list[int]:
    rows = await fetch(
        work,
        "select id from bulk_jobs where agent_id = $1 order by id desc limit $2",
        agent_id,
        limit,
    )
    return [row["id"] for row in rows]


async def next_under_way(work: UnitOfWork) -> Record | None:
    """The oldest job with something left to do, and whether it is being undone."""
    return await fetch_one(
        work,
        """
        select id, agent_id, change, classes, state from bulk_jobs
        where state in ('running', 'undoing') order by id limit 1
        """,
    )


async def open_steps(
    work: UnitOfWork, job_id: int, states: Sequence[str], *, limit: int
) -> list[Record]:
    """Those in one of these states, in the order of their conversations."""
    return await fetch(
        work,
        """
        select person_id, case_id, case_ids, before, revision from bulk_steps
        where job_id = $1 and state = any($2::text[]) order by person_id limit $3
        """,
        job_id,
        list(states),
        limit,
    )


async def put_step(
    work: UnitOfWork,
    job_id: int,
    person_id: int,
    state: str,
    *,
    reason: str = "",
    case_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    revision: int | None = None,
    cases: int | None = None,
) -> None:
    """What became of one conversation, and of how many of its cases. What is not given
    stays as it was noted before."""
    await work.driver.execute(
        """
        update bulk_steps set state = $3, reason = $4, case_id = coalesce($5, case_id),
            before = coalesce($6::jsonb, before), revision = coalesce($7, revision),
            cases = coalesce($8, cases)
        where job_id = $1 and person_id = $2
        """,
        job_id,
        person_id,
        state,
        reason,
        case_id,
        None if before is None else msgspec.json.encode(before).decode(),
        revision,
        cases,
    )


async def set_state(
    work: UnitOfWork, job_id: int, before: str, state: str, classes: Sequence[str] | None = None
) -> bool:
    """False: it was in another state. What is done keeps no values of fields: they may say
    something of the people, and go with them from where they stand then.
    """
    found = await work.driver.fetchval(
        """
        update bulk_jobs set state = $3, classes = coalesce($4::jsonb, classes),
            change = case when $3 = 'done' and change ? 'set_fields' then jsonb_set(
                change, '{set_fields}', coalesce((
                    select jsonb_agg(jsonb_build_object('field_id', one -> 'field_id', 'value', ''))
                    from jsonb_array_elements(change -> 'set_fields') one
                ), '[]')) else change end,
            ended_at = case when $3 in ('done', 'undone') then $5::timestamptz end
        where id = $1 and state = $2 returning id
        """,
        job_id,
        before,
        state,
        None if classes is None else msgspec.json.encode(list(classes)).decode(),
        work.now(),
    )
    return found is not None


async def marks_of(work: UnitOfWork, agent_id: int, member_ids: Collection[int]) -> dict[str, int]:
    """Member -> up to which message this agent has read; without those never read."""
    rows = await fetch(
        work,
        "select person_id, message_id from read_marks"
        " where agent_id = $1 and person_id = any($2::bigint[])",
        agent_id,
        list(member_ids),
    )
    return {str(row["person_id"]): row["message_id"] for row in rows}


async def put_marks(work: UnitOfWork, agent_id: int, marks: Mapping[str, int]) -> None:
    """Exactly these, also where that is less than before."""
    await work.driver.execute(
        """
        insert into read_marks (agent_id, person_id, message_id, at)
        select $1, member, mark, $4 from unnest($2::bigint[], $3::bigint[]) u(member, mark)
        order by member
        on conflict (agent_id, person_id) do update
            set message_id = excluded.message_id, at = excluded.at
        """,
        agent_id,
        [int(member) for member in marks],
        list(marks.values()),
        work.now(),
    )


async def newest_inbound(
    work: UnitOfWork, member_ids: Collection[int], hidden: Collection[int]
) -> int | None:
    """Of these members, in a case that is seen."""
    found: int | None = await work.driver.fetchval(
        """
        select max(n.id) from unnest($1::bigint[]) member cross join lateral (
            select id from messages where person_id = member and direction = 'in'
                and (case_id is null or case_id <> all($2::bigint[]))
            order by id desc limit 1
        ) n
        """,
        list(member_ids),
        list(hidden),
    )
    return found
