"""What happened on an account, message by message, from rows that exist: ids, states and times.

No texts, names or addresses: `reason` is the network's sentence, and whoever shows it masks it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from router.storage.records import Record, fetch, fetch_one
from router.storage.sight import Sight
from router.storage.unit_of_work import Fact, UnitOfWork

WINDOW = 2000
"""Entries of the outbox that one look goes through."""

LineKind = Literal["came_in", "queued", "attempt", "outcome", "state", "account", "quarantined"]


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One fact. The same `key` says the same again, in its newest words."""

    key: str
    at: datetime
    kind: LineKind
    code: str
    """Of an outcome or a state."""
    message_id: int | None
    delivery_id: int | None
    attempt: int | None
    ms: float | None
    """How long the attempt took, or how long after it was said a message came in."""
    reason: str


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """What facts up to `position` speak of."""

    position: int
    messages: tuple[int, ...]
    deliveries: tuple[int, ...]


async def touched_after(work: UnitOfWork, account_id: int, position: int | None) -> Touched:
    """The next entries; None: the newest ones."""
    if position is None:
        newest = await work.driver.fetchval("select max(position) from outbox")
        position = max(0, int(newest or 0) - WINDOW)
    rows = await fetch(
        work,
        f"""
        select o.position, o.kind, o.ref,
               coalesce(m.account_id, d.account_id) as account_id
          from (select position, kind, ref from outbox
                 where position > $1 order by position limit $2) o
          left join messages m
            on o.kind in ('{Fact.MESSAGE_CREATED}', '{Fact.MESSAGE_CHANGED}') and m.id = o.ref
          left join deliveries d on o.kind = '{Fact.DELIVERY_CHANGED}' and d.id = o.ref
         order by o.position
        """,
        position,
        WINDOW,
    )
    own = [row for row in rows if row["account_id"] == account_id]
    messages = _refs(own, Fact.MESSAGE_CREATED) + _refs(own, Fact.MESSAGE_CHANGED)
    # A new answer's deliveries have no fact of their own yet.
    queued = await fetch(
        work,
        "select id from deliveries where message_id = any($1::bigint[]) and account_id = $2",
        list(messages),
        account_id,
    )
    changed = {*_refs(own, Fact.DELIVERY_CHANGED), *(row["id"] for row in queued)}
    return Touched(
        position=rows[-1]["position"] if rows else position,
        messages=messages,
        deliveries=tuple(sorted(changed)),
    )


def _refs(rows: Sequence[Record], kind: Fact) -> tuple[int, ...]:
    return tuple(sorted({row["ref"] for row in rows if row["kind"] == kind}))


_SEEN = "(c.id is null or c.access_class = any($2::text[]))"


async def lines(work: UnitOfWork, touched: Touched, sight: Sight) -> list[LogLine]:
    """Of these messages and deliveries as they are now, in the order of time."""
    rows = await fetch(
        work,
        f"""
        select 'in-' || m.id as key, m.received_at as at, 'came_in' as kind,
               m.nature as code, m.id as message_id, null::bigint as delivery_id,
               null::int as attempt,
               (extract(epoch from m.received_at - m.sent_at) * 1000)::float8 as ms, '' as reason
          from messages m left join cases c on c.id = m.case_id
         where m.id = any($1::bigint[]) and m.direction = 'in' and {_SEEN}
        """,
        list(touched.messages),
        sight.listed,
    )
    rows += await fetch(
        work,
        f"""
        with d as (
          select d.id, d.message_id, d.kind, d.queued_at, d.state, d.state_at, d.code, d.reason,
                 d.attempt
            from deliveries d join messages m on m.id = d.message_id
            left join cases c on c.id = m.case_id
           where d.id = any($1::bigint[]) and {_SEEN}
        )
        select 'queued-' || id as key, queued_at as at, 'queued' as kind, kind as code, message_id,
               id as delivery_id, null::int as attempt, null::float8 as ms, '' as reason from d
        union all
        select 'try-' || a.delivery_id || '-' || a.attempt, a.started_at, 'attempt', '',
               d.message_id, d.id, a.attempt, null, ''
          from delivery_attempts a join d on d.id = a.delivery_id
        union all
        select 'end-' || a.delivery_id || '-' || a.attempt, a.finished_at, 'outcome', a.outcome,
               d.message_id, d.id, a.attempt,
               (extract(epoch from a.finished_at - a.started_at) * 1000)::float8, a.reason
          from delivery_attempts a join d on d.id = a.delivery_id
         where a.finished_at is not null and a.outcome <> 'paced'
        union all
        select 'state-' || id || '-' || state, state_at, 'state', state, message_id, id, null, null,
               reason
          from d where state in ('delivered', 'read', 'failed', 'unknown', 'cancelled')
        """,
        list(touched.deliveries),
        sight.listed,
    )
    return sorted((LogLine(**row) for row in rows), key=lambda line: (line.at, line.key))


async def account_lines(work: UnitOfWork, account_id: int, since: datetime) -> list[LogLine]:
    """What became of the account, and what came in that nobody could read, since then."""
    rows = await fetch(
        work,
        """
        select 'account-' || id as key, at, 'account' as kind, code, null::bigint as message_id,
               null::bigint as delivery_id, null::int as attempt, null::float8 as ms, reason
          from account_events where account_id = $1 and at >= $2 and kind = 'state'
        union all
        select 'quarantine-' || id, last_seen_at, 'quarantined', state, message_id, null, null,
               null, reason
          from quarantine where account_id = $1 and last_seen_at >= $2
         order by at
        """,
        account_id,
        since,
    )
    return [LogLine(**row) for row in rows]


async def of_message(work: UnitOfWork, account_id: int, message_id: int) -> Touched | None:
    """All deliveries of one message, also those by other accounts before. None: not of this one."""
    found = await fetch_one(
        work,
        """
        select m.id, coalesce(array_agg(d.id) filter (where d.id is not null), '{}') as deliveries
          from messages m left join deliveries d on d.message_id = m.id
         where m.id = $1 and (m.account_id = $2 or $2 in
               (select account_id from deliveries where message_id = $1))
         group by m.id
        """,
        message_id,
        account_id,
    )
    if found is None:
        return None
    return Touched(position=0, messages=(message_id,), deliveries=tuple(found["deliveries"]))
