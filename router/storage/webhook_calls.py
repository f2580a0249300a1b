"""Calls of webhooks: noted down from facts, claimed, tried, logged."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from router.storage import followers
from router.storage.persons import affected
from router.storage.records import Record, fetch, fetch_one, plan_for_values
from router.storage.sight import Sight
from router.storage.unit_of_work import OUTBOX, Fact, UnitOfWork
from router.storage.webhooks_out import NOTICED_FOR

FOLLOWER = "webhooks"
ORDERED_TRIES = 5
"""So often a call is tried before later ones of its conversation go past it."""
_READ = (Fact.MESSAGE_CREATED, Fact.MESSAGE_CHANGED, Fact.MESSAGE_SEEN, Fact.FINDING_CHANGED)
_OF_MESSAGES = ", ".join(f"'{kind}'" for kind in _READ)


class NewCall(msgspec.Struct, frozen=True, kw_only=True):
    webhook_id: int
    kind: str
    position: int | None
    person_id: int | None
    case_id: int | None
    message_id: int | None
    facts: dict[str, Any]
    happened_at: datetime


class CallRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    webhook_id: int
    event_id: str
    kind: str
    position: int | None
    person_id: int | None
    case_id: int | None
    message_id: int | None
    facts: dict[str, Any]
    happened_at: datetime
    state: str
    tries: int
    due_at: datetime
    first_tried_at: datetime | None
    ended_at: datetime | None


class LoggedCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call with its last try."""

    id: int
    webhook_id: int
    event_id: str
    kind: str
    person_id: int | None
    case_id: int | None
    message_id: int | None
    happened_at: datetime
    state: str
    tries: int
    due_at: datetime
    again_at: datetime | None
    tried_at: datetime | None
    status: int | None
    milliseconds: int | None
    answer: str | None
    fault: str | None


class TryRow(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    status: int | None
    milliseconds: int
    answer: str
    fault: str


_CALL = ", ".join(f"c.{name}" for name in CallRow.__struct_fields__)
_LOGGED = """
    select c.id, c.webhook_id, c.event_id, c.kind, c.person_id, c.case_id, c.message_id,
        c.happened_at, c.state, c.tries, c.due_at, c.again_at, t.at as tried_at,
        t.status, t.milliseconds, t.answer, t.fault
    from webhook_calls c left join lateral (
        select * from webhook_tries where call_id = c.id order by id desc limit 1
    ) t on true
"""


async def position_of(work: UnitOfWork) -> int:
    """How far was read; what was dropped of the outbox before that is passed over."""
    row = await fetch_one(
        work,
        f"""
        select greatest(coalesce((select position from followers where name = '{FOLLOWER}'), 0),
            coalesce((select trimmed from relay_state where name = '{OUTBOX}'), 0)) as position
        """,
    )
    return 0 if row is None else int(row["position"])


async def take_position(work: UnitOfWork) -> int:
    """The same, held until the commit."""
    return await followers.take_untrimmed(work, FOLLOWER)


async def keep_position(work: UnitOfWork, position: int) -> None:
    await followers.keep(work, FOLLOWER, position)


async def facts_after(work: UnitOfWork, position: int, *, limit: int) -> list[Record]:
    """The next facts in order, with what decides who is told of them."""
    return await fetch(
        work,
        f"""
        select o.position, o.kind, o.at, d.id as delivery_id, d.state as delivery_state,
            o.kind = '{Fact.FINDING_CHANGED}' and o.person_id is null as is_reading,
            m.id as message_id, m.direction, m.nature, m.state as message_state,
            m.agent_id as message_agent_id,
            case when m.direction = 'event' then m.text else '' end as text,
            case when m.direction = 'event' then m.context else '{{}}' end as line,
            m.direction = 'in' and m.id = (
                select x.id from messages x where x.case_id = m.case_id order by x.id limit 1
            ) as is_first,
            c.id as case_id, c.access_class, c.team_id, coalesce(t.path, '{{}}') as topic_ids,
            r.id as root_id,
            case when c.id is null then array(
                select distinct k.access_class from persons q join cases k on k.person_id = q.id
                where q.root_id = r.id) end as person_classes
        from (select * from outbox where position > $1 order by position limit $2) o
        left join deliveries d on o.kind = '{Fact.DELIVERY_CHANGED}' and d.id = o.ref
        left join messages m
            on m.id = case when o.kind in ({_OF_MESSAGES}) then o.ref else d.message_id end
        left join persons p on p.id = coalesce(m.person_id, o.person_id)
        left join persons r on r.id = p.root_id
        left join cases c
            on c.id = coalesce(case when o.kind = '{Fact.CASE_CHANGED}' then o.ref end, m.case_id)
        left join topics t on t.id = c.topic_id
        order by o.position
        """,
        position,
        limit,
    )


async def insert_calls(work: UnitOfWork, calls: Sequence[NewCall]) -> None:
    """Each once for its webhook, fact and kind, whoever notes it down again."""
    if not calls:
        return
    columns = [[getattr(one, name) for one in calls] for name in NewCall.__struct_fields__]
    columns[6] = [msgspec.json.encode(one.facts).decode() for one in calls]
    await work.driver.execute(
        """
        insert into webhook_calls (event_id, webhook_id, kind, position, person_id, case_id,
            message_id, facts, happened_at, made_at, due_at)
        select 'evt_' || replace(gen_random_uuid()::text, '-', ''), u.webhook_id, u.kind,
            u.position, u.person_id, u.case_id, u.message_id, u.facts::jsonb, u.happened_at, $9, $9
        from unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[],
            $6::bigint[], $7::text[], $8::timestamptz[]) with ordinality
            u(webhook_id, kind, position, person_id, case_id, message_id, facts, happened_at, ord)
        order by u.ord
        on conflict (webhook_id, position, kind) do nothing
        """,
        *columns,
        work.now(),
    )


async def claim(
    work: UnitOfWork, webhook_id: int, *, limit: int, lifetime: timedelta
) -> list[CallRow]:
    """The next due calls that nobody is trying and that no earlier one holds back, each counted as
    tried once more. Committed before the first byte leaves: who dies while trying leaves it to be
    tried again after `lifetime`, and has failed if somebody ended it meanwhile.
    """
    rows = await fetch(
        work,
        f"""
        with next as (
            select id from webhook_calls n
            where n.webhook_id = $1 and n.state = 'waiting' and n.due_at <= $2
                and (n.claimed_until is null or n.claimed_until <= $2)
                and not exists (
                    select from webhook_calls e
                    where e.webhook_id = n.webhook_id and e.person_id = n.person_id
                        and e.state = 'waiting' and e.id < n.id and e.tries < {ORDERED_TRIES})
            order by n.due_at, n.id limit $3 for update skip locked
        )
        update webhook_calls c set tries = c.tries + case when c.ended_at is null then 1 else 0 end,
            state = case when c.ended_at is null then c.state else 'failed' end,
            claimed_until = case when c.ended_at is null then $4::timestamptz end,
            first_tried_at = coalesce(c.first_tried_at, $2)
        from next where c.id = next.id returning {_CALL}
        """,
        webhook_id,
        work.now(),
        limit,
        work.now() + lifetime,
    )
    claimed = [CallRow(**row) for row in rows if row["state"] == "waiting"]
    return sorted(claimed, key=lambda one: one.id)


async def texts_of(
    work: UnitOfWork, message_ids: Collection[int], classes: Sequence[str]
) -> dict[int, str]:
    """Of those that were said or noted, are still there, and stand in cases of these classes."""
    rows = await fetch(
        work,
        """
        select m.id, m.text from messages m left join cases c on c.id = m.case_id
        where m.id = any($1::bigint[]) and m.direction <> 'event' and m.deleted_at is null
            and coalesce(c.access_class, 'normal') = any($2::text[])
        """,
        list(message_ids),
        list(classes),
    )
    return {row["id"]: row["text"] for row in rows}


async def finish(
    work: UnitOfWork, call: CallRow, *, state: str, due_at: datetime | None = None
) -> bool:
    """What became of a claim; one that somebody ended meanwhile is not tried again. False, with
    nothing written: another one took it over, or it is gone."""
    finished = await work.driver.fetchval(
        """
        update webhook_calls set due_at = coalesce($4, due_at), claimed_until = null,
            state = case when $3 = 'waiting' and ended_at is not null then 'failed' else $3 end,
            ended_at = case when $3 <> 'waiting' or ended_at is not null then $5::timestamptz end
        where id = $1 and tries = $2 and claimed_until is not null returning id
        """,
        call.id,
        call.tries,
        state,
        due_at,
        work.now(),
    )
    return finished is not None


async def insert_try(work: UnitOfWork, call_id: int, row: TryRow) -> None:
    await work.driver.execute(
        """
        insert into webhook_tries (call_id, at, status, milliseconds, answer, fault)
        select id, $2, $3, $4, $5, $6 from webhook_calls where id = $1
        """,
        call_id,
        row.at,
        row.status,
        row.milliseconds,
        row.answer,
        row.fault,
    )


async def hasten(work: UnitOfWork, webhook_id: int) -> None:
    """What was to be tried again later is due: its receiver is back."""
    await work.driver.execute(
        """
        update webhook_calls set due_at = $2
        where webhook_id = $1 and state = 'waiting' and tries > 0 and due_at > $2
            and claimed_until is null
        """,
        webhook_id,
        work.now(),
    )


async def list_calls(
    work: UnitOfWork, webhook_id: int, *, state: str | None, before: int | None, limit: int
) -> list[LoggedCall]:
    """Newest first."""
    await plan_for_values(work)  # a plan for any state walks past what waits
    rows = await fetch(
        work,
        f"""{_LOGGED} where c.webhook_id = $1 and ($2::text is null or c.state = $2)
            and ($3::bigint is null or c.id < $3) order by c.id desc limit $4""",
        webhook_id,
        state,
        before,
        limit,
    )
    return [LoggedCall(**row) for row in rows]


async def find_call(work: UnitOfWork, call_id: int) -> LoggedCall | None:
    row = await fetch_one(work, f"{_LOGGED} where c.id = $1", call_id)
    return None if row is None else LoggedCall(**row)


async def unseen(work: UnitOfWork, calls: Collection[LoggedCall], sight: Sight) -> frozenset[int]:
    """Those of these calls that are of cases, or of conversations, which the sight does not reach
    now."""
    if sight.is_full or not calls:
        return frozenset()
    rows = await fetch(
        work,
        """
        select w.id from webhook_calls w left join cases c on c.id = w.case_id
        where w.id = any($1::bigint[]) and not case when c.id is not null
            then c.access_class = any($2::text[]) else (
                select bool_or(k.access_class = any($2::text[]))
                from persons o join persons q on q.root_id = o.root_id
                join cases k on k.person_id = q.id where o.id = w.person_id) is not false end
        """,
        [one.id for one in calls],
        sight.listed,
    )
    return frozenset(row["id"] for row in rows)


async def tries_of(work: UnitOfWork, call_id: int) -> list[TryRow]:
    """Newest first."""
    rows = await fetch(
        work,
        "select at, status, milliseconds, answer, fault from webhook_tries"
        " where call_id = $1 order by id desc limit 100",
        call_id,
    )
    return [TryRow(**row) for row in rows]


async def last_calls(work: UnitOfWork, webhook_ids: Collection[int]) -> dict[int, LoggedCall]:
    """The newest call of each webhook that was tried, also one that waits again since."""
    rows = await fetch(
        work,
        f"""
        select l.* from unnest($1::bigint[]) w(id) cross join lateral (
            {_LOGGED} where c.webhook_id = w.id and (c.tries > 0 or c.again_at is not null)
            order by c.id desc limit 1
        ) l
        """,
        list(webhook_ids),
    )
    return {row["webhook_id"]: LoggedCall(**row) for row in rows}


async def count_waiting(work: UnitOfWork, webhook_ids: Collection[int]) -> dict[int, int]:
    """Up to 1,000 of each."""
    rows = await fetch(
        work,
        """
        select w.id, n.count from unnest($1::bigint[]) w(id) cross join lateral (
            select count(*) from (select from webhook_calls
                where webhook_id = w.id and state = 'waiting' limit 1000) s
        ) n
        """,
        list(webhook_ids),
    )
    return {row["id"]: row["count"] for row in rows}


async def insert_emitted(
    work: UnitOfWork, *, word: str, root_id: int, case_id: int | None, message_id: int | None
) -> int:
    """For each webhook that is told of what rules say of such a case; how many calls that are."""
    status = await work.driver.execute(
        """
        insert into webhook_calls (event_id, webhook_id, kind, person_id, case_id, message_id,
            facts, happened_at, made_at, due_at)
        select 'evt_' || replace(gen_random_uuid()::text, '-', ''), w.id, 'rule_emitted', $2, $3,
            $4, jsonb_build_object('word', $1::text), $5, $5, $5
        from webhooks w left join cases c on c.id = $3 left join topics t on t.id = c.topic_id
        where w.dropped_at is null and w.kinds ? 'rule_emitted'
            and (w.state = 'active' or w.paused_at > $6)
            and (w.team_ids = '{}' or c.team_id = any(w.team_ids))
            and (w.topic_ids = '{}' or t.path && w.topic_ids)
            and case when c.id is not null then w.classes ? c.access_class else
                (select bool_or(w.classes ? k.access_class) from persons q
                 join cases k on k.person_id = q.id where q.root_id = $2) is not false end
        order by w.id
        """,
        word,
        root_id,
        case_id,
        message_id,
        work.now(),
        work.now() - NOTICED_FOR,
    )
    return affected(status)


async def insert_test(work: UnitOfWork, webhook_id: int) -> int:
    return int(
        await work.driver.fetchval(
            """
            insert into webhook_calls (event_id, webhook_id, kind, happened_at, made_at, due_at)
            values ('evt_' || replace(gen_random_uuid()::text, '-', ''), $1, 'test', $2, $2, $2)
            returning id
            """,
            webhook_id,
            work.now(),
        )
    )
