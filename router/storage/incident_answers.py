"""Answers to all cases of an incident: begun once, worked off case by case, stopped, counted."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec

from router.storage.incidents import tell
from router.storage.records import Record, fetch, fetch_one
from router.storage.sight import Sight
from router.storage.unit_of_work import UnitOfWork

_COUNTED = ("waiting", "done", "told", "failed", "cancelled", "recalled")
_COUNTS = ", ".join(
    f"(count(*) filter (where s.state = '{state}'))::int as {state}" for state in _COUNTED
)
_SEEN = "c.access_class = any($2::text[])"


class NewAnswer(msgspec.Struct, frozen=True, kw_only=True):
    incident_id: int
    agent_id: int
    macro_id: int | None
    client_key: str
    words: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    classes: Sequence[str]
    only_unsolved: bool
    solves: bool


class AnswerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One with what became of its cases, as far as they are seen."""

    id: int
    incident_id: int
    agent_id: int
    agent_name: str
    macro_name: str | None
    words: list[dict[str, Any]]
    only_unsolved: bool
    solves: bool
    state: str
    because: str
    stopped_by_id: int | None
    stopped_by_name: str | None
    begun_at: datetime
    ended_at: datetime | None
    cases: int
    waiting: int
    done: int
    told: int
    failed: int
    cancelled: int
    recalled: int


async def cases_for(
    work: UnitOfWork, incident_id: int, sight: Sight, *, only_unsolved: bool
) -> list[Record]:
    """Its cases that are seen and for which no other stands, by id, and whose each is."""
    return await fetch(
        work,
        """
        select k.id, p.root_id from cases k join persons p on p.id = k.person_id
        where k.incident_id = $1 and k.merged_into_id is null
          and k.access_class = any($2::text[]) and (k.state <> 'solved' or not $3)
        order by k.incident_id, k.id
        """,
        incident_id,
        sight.listed,
        only_unsolved,
    )


async def find_by_key(work: UnitOfWork, agent_id: int, client_key: str) -> Record | None:
    return await fetch_one(
        work,
        "select id, incident_id, macro_id, words, only_unsolved, solves from incident_answers"
        " where agent_id = $1 and client_key = $2",
        agent_id,
        client_key,
    )


async def insert(work: UnitOfWork, new: NewAnswer, case_ids: Collection[int]) -> int | None:
    """None: another answer to this incident is under way. Under the incident's lock."""
    made: int | None = await work.driver.fetchval(
        """
        insert into incident_answers (incident_id, agent_id, macro_id, client_key, words, actions,
            classes, only_unsolved, solves, begun_at)
        values ($1, $2, $3, $4, $5::jsonb, $6::jsonb, $7::jsonb, $8, $9, $10)
        on conflict (incident_id) where state in ('running', 'stopping') do nothing returning id
        """,
        new.incident_id,
        new.agent_id,
        new.macro_id,
        new.client_key,
        *(msgspec.json.encode(one).decode() for one in (new.words, new.actions, new.classes)),
        new.only_unsolved,
        new.solves,
        work.now(),
    )
    if made is not None:
        await work.driver.execute(
            "insert into incident_answer_steps (answer_id, case_id)"
            " select $1, id from unnest($2::bigint[]) id order by id",
            made,
            list(case_ids),
        )
        tell(work, [new.incident_id])
    return made


async def newest_of(
    work: UnitOfWork, incident_id: int, sight: Sight, *, known: Collection[int] = (), limit: int
) -> list[AnswerRow]:
    """Newest first; none of those `known` that have ended."""
    return await _load(
        work,
        "a.id in (select id from incident_answers where incident_id = $1"
        f" order by id desc limit {limit:d})"
        " and (a.ended_at is null or a.id <> all($3::bigint[]))",
        incident_id,
        sight,
        list(known),
    )


async def find(work: UnitOfWork, answer_id: int, sight: Sight) -> AnswerRow | None:
    rows = await _load(work, "a.id = $1", answer_id, sight)
    return rows[0] if rows else None


async def _load(
    work: UnitOfWork, which: str, value: int, sight: Sight, *more: object
) -> list[AnswerRow]:
    rows = await fetch(
        work,
        f"""
        select a.*, g.name as agent_name, b.name as stopped_by_name, m.name as macro_name, n.*
        from incident_answers a join agents g on g.id = a.agent_id
        left join agents b on b.id = a.stopped_by_id left join macros m on m.id = a.macro_id
        cross join lateral (
            select count(*)::int as cases, {_COUNTS}
            from incident_answer_steps s join cases c on c.id = s.case_id
            where s.answer_id = a.id and {_SEEN}
        ) n
        where {which} order by a.id desc
        """,
        value,
        sight.listed,
        *more,
    )
    return [AnswerRow(**{one: row[one] for one in AnswerRow.__struct_fields__}) for row in rows]


async def failures_of(
    work: UnitOfWork, answer_id: int, sight: Sight, after: int, *, limit: int
) -> list[Record]:
    """Cases behind this one in which nothing was said, with why, by id, as far as they are seen."""
    return await fetch(
        work,
        f"""
        select s.case_id, p.root_id, r.display_name, s.code, s.reason
        from incident_answer_steps s join cases c on c.id = s.case_id
        join persons p on p.id = c.person_id join persons r on r.id = p.root_id
        where s.answer_id = $1 and {_SEEN} and s.state = 'failed' and s.case_id > $3
        order by s.case_id limit $4
        """,
        answer_id,
        sight.listed,
        after,
        limit,
    )


async def list_under_way(work: UnitOfWork) -> list[Record]:
    """All with something left to do, oldest first."""
    return await fetch(
        work,
        "select * from incident_answers where state in ('running', 'stopping') order by id",
    )


async def open_cases(work: UnitOfWork, answer_id: int, *, limit: int) -> list[int]:
    """The first of those to whom nothing was said yet."""
    rows = await fetch(
        work,
        "select case_id from incident_answer_steps where answer_id = $1 and state = 'waiting'"
        " order by answer_id, case_id limit $2",
        answer_id,
        limit,
    )
    return [row["case_id"] for row in rows]


async def recallable_cases(work: UnitOfWork, answer_id: int, *, limit: int) -> list[int]:
    """Of those answered of which something has not gone out, and which nobody has tried to take
    back: what goes out next comes first, what is on its way to a sender already comes last."""
    rows = await fetch(
        work,
        """
        select s.case_id from incident_answer_steps s
        cross join lateral (
            select min(d.due_at) filter (where d.state = 'held') as held_until,
                count(*) as waiting
            from deliveries d
            where d.message_id = any(s.message_ids) and d.kind = 'send'
              and d.state in ('held', 'queued')
            offset 0
        ) d
        where s.answer_id = $1 and s.state = 'done' and s.code = '' and d.waiting > 0
        order by d.held_until nulls last, s.case_id desc limit $2
        """,
        answer_id,
        limit,
    )
    return [row["case_id"] for row in rows]


async def lock_step(
    work: UnitOfWork, answer_id: int, case_id: int, *, state: str, step: str
) -> Record | None:
    """This step, if it and its answer are in these states: until the commit nobody else takes it,
    and nobody ends the answer. Under the conversation's lock."""
    under_way = await fetch_one(
        work,
        "select id from incident_answers where id = $1 and state = $2 for share",
        answer_id,
        state,
    )
    if under_way is None:
        return None
    return await fetch_one(
        work,
        "select case_id, message_ids, reason from incident_answer_steps"
        " where answer_id = $1 and case_id = $2 and state = $3 for update",
        answer_id,
        case_id,
        step,
    )


async def put_step(
    work: UnitOfWork,
    answer_id: int,
    case_id: int,
    state: str,
    *,
    code: str = "",
    reason: str = "",
    message_ids: Sequence[int] | None = None,
) -> None:
    """What became of one case. Under its step's lock."""
    await work.driver.execute(
        "update incident_answer_steps set state = $3, code = $4, reason = $5,"
        " message_ids = coalesce($6::bigint[], message_ids)"
        " where answer_id = $1 and case_id = $2",
        answer_id,
        case_id,
        state,
        code,
        reason,
        None if message_ids is None else list(message_ids),
    )


async def told_by(work: UnitOfWork, answer_id: int, root_id: int) -> list[int]:
    """What this answer said to this person in another case; empty: nothing."""
    found = await work.driver.fetchval(
        """
        select s.message_ids from persons p join cases c on c.person_id = p.id
        join incident_answer_steps s on s.case_id = c.id and s.answer_id = $1
            and s.state = 'done' and s.message_ids <> '{}'
        where p.root_id = $2 limit 1
        """,
        answer_id,
        root_id,
    )
    return list(found or ())


async def lock_told(
    work: UnitOfWork, answer_id: int, case_id: int, message_ids: Sequence[int]
) -> list[Record]:
    """The steps of other cases of this one's person in which nothing was said because of these
    messages. Under the conversation's lock."""
    return await fetch(
        work,
        """
        select s.case_id, s.reason from cases k join persons o on o.id = k.person_id
        join persons p on p.root_id = o.root_id join cases c on c.person_id = p.id
        join incident_answer_steps s on s.case_id = c.id and s.answer_id = $1
            and s.state = 'told' and s.message_ids && $3::bigint[]
        where k.id = $2 order by s.case_id for update of s
        """,
        answer_id,
        case_id,
        list(message_ids),
    )


async def stop(
    work: UnitOfWork, answer_id: int, *, because: str, agent_id: int | None
) -> Record | None:
    """No further case is answered, those that wait are said to be cancelled, and what has not gone
    out is taken back from now on. None: it is not running."""
    row = await fetch_one(
        work,
        """
        update incident_answers set state = 'stopping', because = $2, stopped_by_id = $3
        where id = $1 and state = 'running' returning incident_id
        """,
        answer_id,
        because,
        agent_id,
    )
    if row is not None:
        await work.driver.execute(
            "update incident_answer_steps set state = 'cancelled'"
            " where answer_id = $1 and state = 'waiting'",
            answer_id,
        )
        tell(work, [row["incident_id"]])
    return row


async def end(work: UnitOfWork, answer_id: int, state: str, ended: str) -> None:
    """From this state into this, if nothing of it is left to do."""
    row = await fetch_one(
        work,
        """
        update incident_answers a set state = $3, ended_at = $4 where id = $1 and state = $2
          and not exists (select from incident_answer_steps s
                          where s.answer_id = a.id and s.state = 'waiting')
        returning incident_id
        """,
        answer_id,
        state,
        ended,
        work.now(),
    )
    if row is not None:
        tell(work, [row["incident_id"]])
