"""What became of accounts and what went wrong on them: rows that ops screens count and list.

States are noted where they change. Faults are read off the attempts by a loop that follows the
outbox, so that neither what comes in nor what goes out waits for it. What the network said of them
stands in the attempts alone: nothing is left of it once a person is erased.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from router.storage import followers
from router.storage.records import fetch
from router.storage.sight import Sight
from router.storage.unit_of_work import Fact, UnitOfWork

FOLLOWER = "account_events"
HOURS = 24
"""Of the errors that are counted by the hour."""
NO_FAULT = ("", "sent", "paced", "rate_limited")
"""Outcomes of attempts that say nothing against the account: to wait is not to fail."""
RECENT = 2000
"""How many of the newest rows a figure of now looks at."""


class AccountEventRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    account_id: int
    at: datetime
    kind: Literal["fault", "state"]
    code: str
    reason: str
    actor: str
    delivery_id: int | None
    attempt: int | None


class StandingRow(msgspec.Struct, frozen=True, kw_only=True):
    """How one account fares, in figures that only ops look at."""

    account_id: int
    errors: tuple[int, ...]
    """By hour, the last one is the hour until now."""
    lag_seconds: float | None
    """Half of the newest messages were here this long after they were said."""
    lease_owner: str | None
    """The process that runs it: machine and number."""
    last_error_at: datetime | None
    last_error_code: str
    last_error: str


async def note_state(
    work: UnitOfWork, account_id: int, code: str, *, reason: str = "", actor: str = ""
) -> None:
    await work.driver.execute(
        "insert into account_events (account_id, at, kind, code, reason, actor)"
        " values ($1, $2, 'state', $3, $4, $5)",
        account_id,
        work.now(),
        code,
        reason,
        actor,
    )


async def follow(work: UnitOfWork, *, limit: int) -> int:
    """Note the faults that the next entries of the outbox tell of, each once; how many entries.

    How far was read is committed with them, so that nothing is left out or counted twice.
    """
    position = await followers.take_untrimmed(work, FOLLOWER)
    rows = await fetch(
        work,
        "select position, kind, ref from outbox where position > $1 order by position limit $2",
        position,
        limit,
    )
    if not rows:
        return 0
    changed = sorted({row["ref"] for row in rows if row["kind"] == Fact.DELIVERY_CHANGED})
    if changed:
        await _note_faults(work, changed)
    await followers.keep(work, FOLLOWER, int(rows[-1]["position"]))
    return len(rows)


async def _note_faults(work: UnitOfWork, delivery_ids: Sequence[int]) -> None:
    await work.driver.execute(
        """
        insert into account_events (account_id, at, kind, code, delivery_id, attempt)
        select d.account_id, a.finished_at, 'fault', a.outcome, a.delivery_id, a.attempt
          from delivery_attempts a join deliveries d on d.id = a.delivery_id
         where a.delivery_id = any($1::bigint[]) and a.finished_at is not null
           and a.outcome <> all($2::text[])
         order by a.finished_at
            on conflict (delivery_id, attempt) do nothing
        """,
        list(delivery_ids),
        list(NO_FAULT),
    )


_REASON = "case when e.kind = 'fault' then coalesce(t.reason, '') else e.reason end as reason"
_JOINED = """
  account_events e
  left join delivery_attempts t on t.delivery_id = e.delivery_id and t.attempt = e.attempt
  left join deliveries d on d.id = e.delivery_id
  left join messages m on m.id = d.message_id
  left join cases c on c.id = m.case_id
"""


def _seen(classes: str) -> str:
    return f"(c.id is null or c.access_class = any({classes}::text[]))"


_STANDINGS = f"""
with hours as (
  select e.account_id, floor(extract(epoch from $1 - e.at) / 3600)::int as ago, count(*) as count
    from account_events e
   where e.at > $2 and (e.kind = 'fault' or e.code = 'down'
         or (e.code = 'paused' and e.actor = ''))
   group by 1, 2
), unread as (
  select q.account_id, floor(extract(epoch from $1 - q.first_seen_at) / 3600)::int as ago,
         count(*) as count
    from (select account_id, first_seen_at from quarantine order by id desc limit $3) q
   where q.first_seen_at > $2 group by 1, 2
), errors as (
  select account_id, jsonb_object_agg(ago, count) as by_hour
    from (select account_id, ago, sum(count) as count
            from (select * from hours union all select * from unread) u
           where ago between 0 and 23 group by 1, 2) s
   group by account_id
), lags as (
  select m.account_id, percentile_cont(0.5) within group (
           order by greatest(extract(epoch from m.received_at - m.sent_at), 0)) as seconds
    from (select account_id, received_at, sent_at, direction
            from messages order by id desc limit $3) m
   where m.direction = 'in' and m.sent_at is not null and m.received_at > $2
   group by m.account_id
)
select a.id as account_id, errors.by_hour, lags.seconds::float8 as lag_seconds, l.owner,
       last.at as last_error_at, last.code as last_error_code, last.reason as last_error
  from accounts a
  left join errors on errors.account_id = a.id
  left join lags on lags.account_id = a.id
  left join leases l on l.name = 'account/' || a.id  -- as `leases.account_lease` writes it
                    and l.expires_at > clock_timestamp()
  left join lateral (
    select e.at, e.code, {_REASON} from {_JOINED}
     where e.account_id = a.id and {_seen("$4")}
       and (e.kind = 'fault' or e.code in ('down', 'degraded')
            or (e.code = 'paused' and e.actor = ''))
     order by e.at desc limit 1) last on true
 where a.state <> 'removed'
 order by a.id
"""


async def standings(work: UnitOfWork, sight: Sight) -> list[StandingRow]:
    """Of every account that was not removed, by id. Faults of cases that are not seen count, and
    are not told.
    """
    now = work.now()
    rows = await fetch(work, _STANDINGS, now, now - timedelta(hours=HOURS), RECENT, sight.listed)
    return [
        StandingRow(
            account_id=row["account_id"],
            errors=_by_hour(row["by_hour"]),
            lag_seconds=row["lag_seconds"],
            lease_owner=row["owner"],
            last_error_at=row["last_error_at"],
            last_error_code=row["last_error_code"] or "",
            last_error=row["last_error"] or "",
        )
        for row in rows
    ]


def _by_hour(found: dict[str, int] | None) -> tuple[int, ...]:
    counts = {} if found is None else found
    return tuple(int(counts.get(str(ago), 0)) for ago in reversed(range(HOURS)))


async def history(
    work: UnitOfWork, account_id: int, sight: Sight, *, before: int | None, limit: int
) -> list[AccountEventRow]:
    """What became of it, newest first, from the one before `before`; but for faults of cases that
    are not seen.
    """
    rows = await fetch(
        work,
        f"""
        select e.id, e.account_id, e.at, e.kind, e.code, {_REASON}, e.actor, e.delivery_id,
               e.attempt
          from {_JOINED}
         where e.account_id = $1 and ($2::bigint is null or e.id < $2) and {_seen("$4")}
         order by e.id desc limit $3
        """,
        account_id,
        before,
        limit,
        sight.listed,
    )
    return [AccountEventRow(**row) for row in rows]
