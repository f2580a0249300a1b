"""Answers that wait before they go out: recalled or given another time under their lock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from router.storage.deliveries import MAY_HAVE_ARRIVED
from router.storage.records import Record, fetch
from router.storage.unit_of_work import Fact, UnitOfWork


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as its composer had it."""

    id: int
    person_id: int
    root_id: int
    case_id: int | None
    agent_id: int | None
    client_key: str | None
    place_id: int | None
    identity_id: int | None
    topic_id: int | None
    subject: str
    text: str
    spans: list[Any]
    participants: list[Any]
    offers: list[str]
    """Answers that it offers to choose from."""
    deleted_at: datetime | None


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What is left to go out of it."""

    id: int
    account_id: int
    state: str
    may_have_arrived: bool


async def find_answer(work: UnitOfWork, message_id: int) -> Waiting | None:
    return await _find(work, "m.id = $1", message_id)


async def find_public_line(work: UnitOfWork, answer: Waiting) -> Waiting | None:
    """What was left where others read along, when the answer went to the person alone."""
    return await _find(
        work,
        "m.agent_id = $1 and m.client_key = $2",
        answer.agent_id,
        f"{answer.client_key}/public",
    )


async def _find(work: UnitOfWork, which: str, *values: object) -> Waiting | None:
    row = await work.driver.fetchrow(
        f"""
        select m.id, m.person_id, p.root_id, m.case_id, m.agent_id, m.client_key, m.place_id,
            (select d.identity_id from deliveries d where d.message_id = m.id and d.copy_to = ''
                order by d.id limit 1) as identity_id,
            m.topic_id, m.subject, m.text, coalesce(m.spans, '[]')::text as spans,
            m.participants::text as participants,
            coalesce(m.context -> 'offers', '[]')::text as offers, m.deleted_at
        from messages m join persons p on p.id = m.person_id
        where {which} and m.direction = 'out'
        """,
        *values,
    )
    if row is None:
        return None
    names = ("spans", "participants", "offers")
    documents = {name: msgspec.json.decode(row[name]) for name in names}
    return Waiting(**dict(row) | documents)


async def lock_sends(work: UnitOfWork, message_ids: Sequence[int]) -> list[Held]:
    """All that sends these messages to anybody, by id. No sender claims of it until the commit."""
    await work.driver.execute(
        "select from deliveries where message_id = any($1::bigint[]) order by id for update",
        list(message_ids),
    )
    # Another statement, so that it sees what a sender committed while the first one waited.
    rows = await work.driver.fetch(
        f"""
        select d.id, d.account_id, d.state, {MAY_HAVE_ARRIVED} is not null as may_have_arrived
        from deliveries d
        where d.message_id = any($1::bigint[]) and d.kind = 'send' order by d.id
        """,
        list(message_ids),
    )
    return [Held(**row) for row in rows]


async def give_time(
    work: UnitOfWork, root_id: int, held: Sequence[Held], due_at: datetime, *, state: str
) -> None:
    """When locked deliveries go out from now on; they count as queued from then.

    What stays `held` holds up nothing that is written later: it has its message's own lane from now
    on (`services.outbound.queueing`), and changes of it that wait follow it there.
    """
    await work.driver.execute(
        "update deliveries set due_at = $2, queued_at = $2, state = $3, state_at = $4"
        " where id = any($1::bigint[])",
        [one.id for one in held],
        due_at,
        state,
        work.now(),
    )
    if state == "held":
        await work.driver.execute(
            """
            update deliveries d set lane = own.lane
            from deliveries o cross join lateral (
                select concat_ws(':', o.place_id, o.person_id, 'at', o.message_id,
                    nullif(o.copy_to, '')) as lane
            ) own
            where o.id = d.id and d.lane <> own.lane and d.state in ('held', 'queued')
              and d.message_id in (select message_id from deliveries where id = any($1::bigint[]))
            """,
            [one.id for one in held],
        )
    work.queued_accounts.update(one.account_id for one in held)
    for one in held:
        work.announce(Fact.DELIVERY_CHANGED, person=root_id, ref=one.id)


async def take_back_files(work: UnitOfWork, agent_id: int, message_id: int) -> list[int]:
    """The message's files are this agent's uploads again, kept for a draft; in their order."""
    rows = await work.driver.fetch(
        """
        with freed as (
            update attachments set message_id = null, uploaded_by_id = $2, is_kept = true,
                created_at = $3
            where message_id = $1 and state = 'stored' returning id, position
        ) select id from freed order by position, id
        """,
        message_id,
        agent_id,
        work.now(),
    )
    return [row["id"] for row in rows]


async def step_back(work: UnitOfWork, root_id: int, case_id: int | None, message_id: int) -> None:
    """Conversation and case end with what was said before this message, if they ended with it."""
    await work.driver.execute(
        """
        update persons p set last_message_id = coalesce((
            select max(newest.id) from persons m cross join lateral (
                select id from messages where person_id = m.id and id < $2
                    and direction <> 'event'
                order by id desc limit 1) newest
            where m.root_id = p.id), p.last_message_id)
        where p.id = $1 and p.last_message_id = $2
        """,
        root_id,
        message_id,
    )
    await work.driver.execute(
        """
        update cases c set revision = revision + 1, last_message_id = coalesce((
            select max(id) from messages where case_id = c.id and id < $2
                and direction <> 'event'), 0)
        where c.id = $1 and c.last_message_id = $2
        """,
        case_id,
        message_id,
    )


async def unanswer(work: UnitOfWork, case_id: int) -> str | None:
    """The case is as if nobody had answered since the person wrote: open, without a first answer
    if there is none left. Its former state; None if it was open, or somebody else answered.
    """
    row = await work.driver.fetchrow(
        """
        with said as (
            select coalesce(max(id) filter (where direction = 'in'), 0) as heard,
                coalesce(max(id) filter (where direction = 'out'
                    and context ->> 'automatic' is null), 0) as answered
            from messages where case_id = $1 and deleted_at is null
        ), before as (select state from cases where id = $1)
        update cases c set revision = revision + 1, state = 'open', snoozed_until = null,
            solved_at = null,
            first_reply_at = case when s.answered > 0 then c.first_reply_at end
        from said s, before b
        where c.id = $1 and c.state <> 'open' and s.answered < greatest(s.heard, 1)
        returning b.state
        """,
        case_id,
    )
    return None if row is None else str(row["state"])


class OwnHolds(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that an agent's own answers wait."""

    everywhere: int | None
    """None: as each account has it."""
    by_account: dict[int, int]
    """Before what holds everywhere."""

    def of(self, account_id: int) -> int | None:
        return self.by_account.get(account_id, self.everywhere)


async def find_own_holds(work: UnitOfWork, agent_id: int) -> OwnHolds:
    rows = await fetch(
        work,
        """
        select null::bigint as account_id, hold_seconds from agents where id = $1
        union all select account_id, hold_seconds from agent_holds where agent_id = $1
        """,
        agent_id,
    )
    return OwnHolds(
        everywhere=next((row["hold_seconds"] for row in rows if row["account_id"] is None), None),
        by_account={
            row["account_id"]: row["hold_seconds"] for row in rows if row["account_id"] is not None
        },
    )


async def accounts_with_holds(work: UnitOfWork) -> list[Record]:
    return await fetch(
        work,
        "select id as account_id, channel, label, hold_seconds from accounts"
        " where state <> 'removed' order by lower(label), id",
    )


async def set_own_hold(
    work: UnitOfWork, agent_id: int, account_id: int, seconds: int | None
) -> bool:
    """On one account; None: as everywhere else. Whether there is such an account."""
    if seconds is None:
        await work.driver.execute(
            "delete from agent_holds where agent_id = $1 and account_id = $2", agent_id, account_id
        )
        return True
    found = await work.driver.fetchval(
        """
        insert into agent_holds (agent_id, account_id, hold_seconds)
        select $1, id, $3 from accounts where id = $2 and state <> 'removed'
        on conflict (agent_id, account_id) do update set hold_seconds = excluded.hold_seconds
        returning account_id
        """,
        agent_id,
        account_id,
        seconds,
    )
    return found is not None


async def set_hold(work: UnitOfWork, table: str, row_id: int, seconds: int | None) -> bool:
    """Of an agent or an account; whether there is such a row. None: as its account or channel."""
    if table not in ("agents", "accounts"):
        raise ValueError(f"no holds in {table}")
    found = await work.driver.fetchval(
        f"update {table} set hold_seconds = $2 where id = $1 returning id", row_id, seconds
    )
    return found is not None
