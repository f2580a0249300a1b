"""Calls that go out once more under their ids: one, or those of a period, batch by batch."""

from datetime import datetime

import msgspec

from router.storage.persons import affected
from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork


class ReplayRow(msgspec.Struct, frozen=True, kw_only=True):
    """The last period of a webhook that was asked for again."""

    webhook_id: int
    since: datetime | None
    until: datetime | None
    only_failed: bool
    first_id: int
    done_id: int
    last_id: int
    count: int
    begun_at: datetime
    ended_at: datetime | None
    cancelled_by_id: int | None = None
    cancelled: int = 0
    cancelled_by_name: str | None = None


_COLUMNS = ReplayRow.__struct_fields__[:-1]
_ROW = ", ".join(f"r.{name}" for name in _COLUMNS)
_AGAIN = """
    update webhook_calls set state = 'waiting', tries = 0, due_at = $1, again_at = $2,
        first_tried_at = null, ended_at = null, claimed_until = null
    where webhook_id = $3
"""


async def replay_call(work: UnitOfWork, webhook_id: int, call_id: int) -> bool:
    """It is due again, tried as if for the first time. False: no such call has ended."""
    status = await work.driver.execute(
        f"{_AGAIN} and id = $4 and state in ('failed', 'delivered')",
        work.now(),
        work.now(),
        webhook_id,
        call_id,
    )
    return bool(affected(status))


async def begin(
    work: UnitOfWork,
    webhook_id: int,
    *,
    since: datetime | None,
    until: datetime | None,
    only_failed: bool,
) -> bool:
    """Those of the period that have ended by now are to go out again, and nothing has yet. False:
    a former period is still looked through. Under the webhook's lock.
    """
    begun = await work.driver.fetchval(
        """
        insert into webhook_replays as r
            (webhook_id, since, until, only_failed, first_id, done_id, last_id, begun_at)
        select $1, $2, $3, $4, e.first, e.first, e.last, $5 from (select
            coalesce((select id from webhook_calls where webhook_id = $1
                order by webhook_id, id limit 1), 1) - 1 as first,
            coalesce((select id from webhook_calls where webhook_id = $1
                order by webhook_id desc, id desc limit 1), 0) as last) e
        on conflict (webhook_id) do update set since = excluded.since, until = excluded.until,
            only_failed = excluded.only_failed, first_id = excluded.first_id,
            done_id = excluded.done_id, last_id = excluded.last_id, count = 0,
            begun_at = excluded.begun_at, ended_at = null, cancelled_by_id = null,
            cancelled = 0
        where r.ended_at is not null returning webhook_id
        """,
        webhook_id,
        since,
        until,
        only_failed,
        work.now(),
    )
    return begun is not None


async def list_replays(work: UnitOfWork) -> dict[int, ReplayRow]:
    """The last of each webhook."""
    rows = await fetch(
        work,
        f"select {_ROW}, a.name as cancelled_by_name from webhook_replays r"
        " left join agents a on a.id = r.cancelled_by_id",
    )
    return {row["webhook_id"]: ReplayRow(**row) for row in rows}


async def list_running(work: UnitOfWork) -> list[int]:
    """Webhooks of which a period is looked through; not while they are paused."""
    rows = await fetch(
        work,
        "select r.webhook_id from webhook_replays r join webhooks w on w.id = r.webhook_id"
        " where r.ended_at is null and w.state <> 'paused' order by r.webhook_id",
    )
    return [row["webhook_id"] for row in rows]


async def lock_running(work: UnitOfWork, webhook_id: int) -> ReplayRow | None:
    row = await fetch_one(
        work,
        f"select {_ROW} from webhook_replays r where webhook_id = $1 and ended_at is null"
        " for update",
        webhook_id,
    )
    return None if row is None else ReplayRow(**row)


async def advance(work: UnitOfWork, row: ReplayRow, *, limit: int) -> ReplayRow:
    """The next so many calls were looked at, and those of the period are due again. Under the
    replay's lock.

    By their `again_at` they are of this period, and none that somebody asked for by itself.
    """
    looked = await fetch(
        work,
        "select id from webhook_calls where webhook_id = $1 and id > $2 and id <= $3"
        " order by webhook_id, id limit $4",
        row.webhook_id,
        row.done_id,
        row.last_id,
        limit,
    )
    status = await work.driver.execute(
        f"""
        {_AGAIN} and id = any($4::bigint[])
            and (state = 'failed' or (state = 'delivered' and not $5))
            -- What arrived after it was asked for needs no more.
            and ended_at <= $2
            and ($6::timestamptz is null or happened_at >= $6)
            and ($7::timestamptz is null or happened_at < $7)
        """,
        work.now(),
        row.begun_at,
        row.webhook_id,
        [one["id"] for one in looked],
        row.only_failed,
        row.since,
        row.until,
    )
    is_over = len(looked) < limit
    changed = await fetch_one(
        work,
        f"""
        update webhook_replays r set done_id = $2, count = count + $3, ended_at = $4
        where webhook_id = $1 returning {_ROW}
        """,
        row.webhook_id,
        row.last_id if is_over else looked[-1]["id"],
        affected(status),
        work.now() if is_over else None,
    )
    assert changed is not None, "it is locked"
    return ReplayRow(**changed)


async def cancel(work: UnitOfWork, webhook_id: int, agent_id: int) -> ReplayRow | None:
    """The last period ends here: nothing more of it is looked through, and what waits to go out
    again is as its last try left it; what is being sent right now is not tried again. None: nothing
    of it is left to do. Under the webhook's lock.
    """
    row = await fetch_one(
        work, f"select {_ROW} from webhook_replays r where webhook_id = $1 for update", webhook_id
    )
    if row is None:
        return None
    status = await work.driver.execute(
        """
        update webhook_calls c set ended_at = $1, again_at = null, claimed_until = null,
            tries = (select count(*) from webhook_tries t where t.call_id = c.id),
            state = case when (
                select t.status between 200 and 299 from webhook_tries t
                where t.call_id = c.id order by t.id desc limit 1
            ) then 'delivered' else 'failed' end
        where webhook_id = $2 and state = 'waiting' and again_at = $3
            and (claimed_until is null or claimed_until <= $1)
        """,
        work.now(),
        webhook_id,
        row["begun_at"],
    )
    on_the_way = await work.driver.execute(
        "update webhook_calls set ended_at = $1 where webhook_id = $2 and state = 'waiting'"
        " and again_at = $3 and ended_at is null",
        work.now(),
        webhook_id,
        row["begun_at"],
    )
    cancelled = affected(status)
    if row["ended_at"] is not None and not cancelled and not affected(on_the_way):
        return None
    changed = await fetch_one(
        work,
        f"""
        update webhook_replays r set ended_at = coalesce(ended_at, $2), cancelled_by_id = $3,
            cancelled = cancelled + $4, count = count - $4
        where webhook_id = $1 returning {_ROW}
        """,
        webhook_id,
        work.now(),
        agent_id,
        cancelled,
    )
    assert changed is not None, "it is locked"
    return ReplayRow(**changed)
