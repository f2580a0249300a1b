"""Duties that agents give away, swap, or leave open while they are absent."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

import msgspec

from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import Fact, UnitOfWork


class ExchangeRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    kind: str
    state: str
    shift_key: str
    day: date
    agent_id: int
    to_id: int | None
    other_shift: str | None
    other_day: date | None
    taken_by: int | None
    note: str
    made_at: datetime
    unseen_ids: list[int]


_ROW = ", ".join(ExchangeRow.__struct_fields__)
_LIVE = "state in ('open', 'accepted')"


async def insert_once(
    work: UnitOfWork,
    *,
    kind: str,
    state: str,
    shift_key: str,
    day: date,
    agent_id: int,
    to_id: int | None = None,
    other: tuple[str, date] | None = None,
    taken_by: int | None = None,
    note: str,
    by_id: int,
    unseen_ids: Collection[int],
) -> ExchangeRow | None:
    """None: something goes on already about this duty of this agent."""
    row = await fetch_one(
        work,
        "insert into shift_exchanges (kind, state, shift_key, day, agent_id, to_id, other_shift,"
        " other_day, taken_by, note, by_id, unseen_ids, made_at, changed_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)"
        " on conflict (shift_key, day, agent_id) where state in ('open', 'accepted') do nothing"
        f" returning {_ROW}",
        kind,
        state,
        shift_key,
        day,
        agent_id,
        to_id,
        *(other or (None, None)),
        taken_by,
        note,
        by_id,
        sorted(unseen_ids),
        work.now(),
    )
    work.announce(Fact.ROTA_CHANGED)
    return None if row is None else ExchangeRow(**row)


async def find(work: UnitOfWork, exchange_id: int) -> ExchangeRow | None:
    row = await fetch_one(work, f"select {_ROW} from shift_exchanges where id = $1", exchange_id)
    return None if row is None else ExchangeRow(**row)


async def move(
    work: UnitOfWork,
    exchange_id: int,
    state: str,
    *,
    taken_by: int | None,
    unseen_ids: Collection[int],
) -> None:
    await work.driver.execute(
        "update shift_exchanges set state = $2, taken_by = $3, unseen_ids = $4, changed_at = $5"
        " where id = $1",
        exchange_id,
        state,
        taken_by,
        sorted(unseen_ids),
        work.now(),
    )
    work.announce(Fact.ROTA_CHANGED)


async def pass_by(work: UnitOfWork, exchange_id: int, agent_id: int) -> None:
    """The agent has seen it, or does not want it."""
    await work.driver.execute(
        "update shift_exchanges set unseen_ids = array_remove(unseen_ids, $2) where id = $1",
        exchange_id,
        agent_id,
    )
    # Nobody else's: what others see of it stays.
    work.announce(Fact.DESK_CHANGED, ref=agent_id)


async def has_news(work: UnitOfWork, agent_id: int) -> bool:
    """Whether there is anything that the agent has not seen."""
    found = await work.driver.fetchval(
        "select true from shift_exchanges"
        " where unseen_ids <> '{}' and unseen_ids @> array[$1::bigint] limit 1",
        agent_id,
    )
    return found is not None


async def note_seen(work: UnitOfWork, agent_id: int) -> None:
    """The agent has seen all there is. Of several rows: whoever calls it holds the rota."""
    found = await work.driver.fetch(
        "update shift_exchanges set unseen_ids = array_remove(unseen_ids, $1)"
        " where unseen_ids <> '{}' and unseen_ids @> array[$1::bigint] returning id",
        agent_id,
    )
    if found:
        work.announce(Fact.DESK_CHANGED, ref=agent_id)


async def drop_before(work: UnitOfWork, since: date) -> None:
    """Those of days before."""
    await work.driver.execute("delete from shift_exchanges where day < $1", since)


async def forget_notes(work: UnitOfWork, since: date) -> None:
    """Those of days before."""
    await work.driver.execute(
        "update shift_exchanges set note = '' where day < $1 and note <> ''", since
    )


async def live(work: UnitOfWork) -> list[ExchangeRow]:
    """What goes on of days that are not over, newest first."""
    rows = await fetch(
        work,
        f"select {_ROW} from shift_exchanges where {_LIVE} and day >= $1 order by id desc",
        _lately(work),
    )
    return [ExchangeRow(**row) for row in rows]


async def ended(
    work: UnitOfWork, since: datetime, agent_id: int | None, *, limit: int
) -> list[ExchangeRow]:
    """What ended since then, newest first; of this agent, or of all."""
    rows = await fetch(
        work,
        f"select {_ROW} from shift_exchanges where changed_at >= $1 and not ({_LIVE})"
        " and ($2::bigint is null or $2 in (agent_id, to_id, taken_by))"
        " order by changed_at desc, id desc limit $3",
        since,
        agent_id,
        limit,
    )
    return [ExchangeRow(**row) for row in rows]


async def done(work: UnitOfWork, since: date) -> list[ExchangeRow]:
    """Of days from then on."""
    rows = await fetch(
        work,
        f"select {_ROW} from shift_exchanges where state = 'done' and day >= $1 order by id",
        since,
    )
    return [ExchangeRow(**row) for row in rows]


async def waiting_for(work: UnitOfWork, agent_id: int, *, may_decide: bool) -> list[int]:
    """What of this the agent has not seen, or, with the permission, is to be decided of others."""
    rows = await fetch(
        work,
        "select id from shift_exchanges"
        " where unseen_ids <> '{}' and unseen_ids @> array[$1::bigint]"
        f" and (day >= $3 or not ({_LIVE}))"
        f" union select id from shift_exchanges where {_LIVE} and state = 'accepted' and $2"
        " and day >= $3 and $1 not in (agent_id, taken_by) order by id desc limit 100",
        agent_id,
        may_decide,
        _lately(work),
    )
    return [row["id"] for row in rows]


def _lately(work: UnitOfWork) -> date:
    """Wherever on earth a duty is that has not begun, it is of this day or later."""
    return work.now().date() - timedelta(days=1)
