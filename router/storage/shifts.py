"""Versions of the rota, single changes, holidays of countries, and calendar feeds."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

import msgspec

from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import Fact, UnitOfWork


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is other about one shift on one day; minutes of the local day."""

    shift_key: str
    day: date
    is_cancelled: bool
    starts: int | None
    ends: int | None
    agent_ids: list[int] | None


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    agent_id: int | None
    team_id: int | None
    made_at: datetime
    read_at: datetime | None


_CHANGE = ", ".join(ChangeRow.__struct_fields__)
_FEED = ", ".join(FeedRow.__struct_fields__)


async def lock(work: UnitOfWork) -> None:
    """Nobody else changes the rota, or a day of it, until the commit."""
    await work.driver.execute("lock table rotas in share row exclusive mode")


async def newest(work: UnitOfWork) -> Record | None:
    """`id`, `rota` as JSON, `made_at`."""
    return await fetch_one(
        work, "select id, rota::text as rota, made_at from rotas order by id desc limit 1"
    )


async def is_kept(work: UnitOfWork) -> bool:
    """Whether there is a rota at all."""
    return await fetch_one(work, "select true from rotas limit 1") is not None


async def mark(work: UnitOfWork) -> object:
    """Another one whenever the rota, a day of it, or a holiday changed. None: there is no rota."""
    row = await fetch_one(work, "select mark from rotas order by id desc limit 1")
    return None if row is None else row["mark"]


async def _mark_anew(work: UnitOfWork) -> None:
    await work.driver.execute(
        "update rotas set mark = gen_random_uuid() where id = (select max(id) from rotas)"
    )
    work.announce(Fact.ROTA_CHANGED)


async def insert(work: UnitOfWork, rota: bytes, agent_id: int | None) -> None:
    await work.driver.execute(
        "insert into rotas (rota, agent_id, made_at) values ($1::jsonb, $2, $3)",
        rota.decode(),
        agent_id,
        work.now(),
    )
    work.announce(Fact.ROTA_CHANGED)


async def changes(work: UnitOfWork) -> list[ChangeRow]:
    rows = await fetch(work, f"select {_CHANGE} from duty_changes order by day, shift_key")
    return [ChangeRow(**row) for row in rows]


async def count_changes(work: UnitOfWork, since: date) -> int:
    return int(
        await work.driver.fetchval("select count(*) from duty_changes where day >= $1", since)
    )


async def keep_change(work: UnitOfWork, row: ChangeRow, by_id: int | None) -> None:
    await work.driver.execute(
        f"insert into duty_changes ({_CHANGE}, by_id, made_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)"
        " on conflict (shift_key, day) do update set is_cancelled = excluded.is_cancelled,"
        " starts = excluded.starts, ends = excluded.ends, agent_ids = excluded.agent_ids,"
        " by_id = excluded.by_id, made_at = excluded.made_at",
        *msgspec.structs.astuple(row),
        by_id,
        work.now(),
    )
    await _mark_anew(work)


async def drop_change(work: UnitOfWork, shift_key: str, day: date) -> bool:
    """False: there was none."""
    found = await work.driver.fetchval(
        "delete from duty_changes where shift_key = $1 and day = $2 returning true", shift_key, day
    )
    await _mark_anew(work)
    return found is not None


async def drop_changes_but(work: UnitOfWork, shift_keys: Collection[str], since: date) -> None:
    """Those of other shifts, and those of days before."""
    await work.driver.execute(
        "delete from duty_changes where shift_key <> all($1::text[]) or day < $2",
        sorted(shift_keys),
        since,
    )


async def holidays(work: UnitOfWork) -> list[Record]:
    """Of countries: `country`, `region`, `day`, `name`."""
    return await fetch(
        work, "select country, region, day, name from country_holidays order by day, country"
    )


async def keep_holidays(
    work: UnitOfWork, known: Sequence[tuple[str, str, date, str]], since: date
) -> None:
    """Exactly these (country, region, day, name) from this day on; what was before stays."""
    await work.driver.execute("delete from country_holidays where day >= $1", since)
    await work.driver.execute(
        "insert into country_holidays (country, region, day, name)"
        " select u.* from unnest($1::text[], $2::text[], $3::date[], $4::text[]) u"
        " on conflict do nothing",
        *([one[column] for one in known] for column in range(4)),
    )
    await _mark_anew(work)


async def last_holiday(work: UnitOfWork) -> date | None:
    """Of countries: how far they are known."""
    found: date | None = await work.driver.fetchval("select max(day) from country_holidays")
    return found


async def idle(work: UnitOfWork, agent_ids: Collection[int], since: datetime) -> list[int]:
    """Those of these agents who are said to be there, and have neither come, read nor written
    anything since then.
    """
    rows = await fetch(
        work,
        """
        select d.agent_id from agent_desks d
        where d.agent_id = any($1::bigint[]) and d.availability in ('online', 'busy')
          and d.since <= $2
          and not exists (select from drafts w where w.agent_id = d.agent_id and w.at > $2)
          and not exists (select from read_marks r where r.agent_id = d.agent_id and r.at > $2)
        order by d.agent_id
        """,
        sorted(agent_ids),
        since,
    )
    return [row["agent_id"] for row in rows]


async def at_work(work: UnitOfWork, agent_ids: Collection[int], since: datetime) -> frozenset[int]:
    """Those of these agents who read or wrote something since then, and have not gone."""
    rows = await fetch(
        work,
        """
        select d.agent_id from agent_desks d
        where d.agent_id = any($1::bigint[]) and d.availability in ('online', 'busy')
          and (exists (select from drafts w where w.agent_id = d.agent_id and w.at > $2)
            or exists (select from read_marks r where r.agent_id = d.agent_id and r.at > $2))
        """,
        sorted(agent_ids),
        since,
    )
    return frozenset(row["agent_id"] for row in rows)


async def due_to_hand_over(
    work: UnitOfWork,
    off_since: Mapping[int, datetime],
    policies: Mapping[int, str],
    usual: str,
    *,
    limit: int,
) -> dict[int, int]:
    """Open cases of those whose shift is over that go to the next one, each with its owner.

    Only what was theirs when it ended: what they took, or were given, after it stays with them.
    `policies` by team; `usual` is for all others. `when_answered` lets what waited for an answer at
    the shift's end wait for its owner: the person began to wait before it.
    """
    rows = await fetch(
        work,
        """
        select c.id, c.owner_id from unnest($1::bigint[], $2::timestamptz[]) u(agent_id, ended)
        join cases c on c.owner_id = u.agent_id and c.state = 'open' and c.owner_id is not null
        left join unnest($3::bigint[], $4::text[]) t(team_id, policy) on t.team_id = c.team_id
        where (coalesce(t.policy, $5) = 'handed_over'
            or (coalesce(t.policy, $5) = 'when_answered' and (
                select min(m.received_at) from messages m
                where m.case_id = c.id and m.direction = 'in' and m.id > coalesce((
                    select o.id from messages o where o.case_id = c.id and o.direction = 'out'
                      and o.nature = 'human' order by o.id desc limit 1), 0)
                ) > u.ended))
          and (select h.owner_id from case_history h where h.case_id = c.id and h.at <= u.ended
               order by h.id desc limit 1) = c.owner_id
          and not exists (select from case_history h where h.case_id = c.id and h.at > u.ended
               and h.owner_id is distinct from c.owner_id)
        order by c.id limit $6
        """,
        list(off_since),
        list(off_since.values()),
        list(policies),
        list(policies.values()),
        usual,
        limit,
    )
    return {row["id"]: row["owner_id"] for row in rows}


async def insert_feed(
    work: UnitOfWork, *, agent_id: int | None, team_id: int | None, token_hash: bytes, by_id: int
) -> FeedRow:
    row = await fetch_one(
        work,
        "insert into calendar_feeds (agent_id, team_id, token_hash, by_id, made_at)"
        f" values ($1, $2, $3, $4, $5) returning {_FEED}",
        agent_id,
        team_id,
        token_hash,
        by_id,
        work.now(),
    )
    assert row is not None
    return FeedRow(**row)


async def feeds(work: UnitOfWork) -> list[FeedRow]:
    rows = await fetch(work, f"select {_FEED} from calendar_feeds order by id")
    return [FeedRow(**row) for row in rows]


async def find_feed(work: UnitOfWork, token_hash: bytes) -> FeedRow | None:
    """None: no such one, or of somebody who works here no more."""
    row = await fetch_one(
        work,
        f"select {_FEED} from calendar_feeds f where token_hash = $1 and (agent_id is null or"
        " (select true from agents a where a.id = f.agent_id and a.is_active) is not null)",
        token_hash,
    )
    return None if row is None else FeedRow(**row)


async def note_read(work: UnitOfWork, feed_id: int) -> None:
    await work.driver.execute(
        "update calendar_feeds set read_at = $2 where id = $1", feed_id, work.now()
    )


async def drop_feed(work: UnitOfWork, feed_id: int) -> None:
    await work.driver.execute("delete from calendar_feeds where id = $1", feed_id)


async def names(work: UnitOfWork) -> tuple[dict[int, str], dict[int, str]]:
    """Of agents who are active, and of teams."""
    agents = await fetch(work, "select id, name from agents where is_active")
    teams = await fetch(work, "select id, name from teams")
    return {row["id"]: row["name"] for row in agents}, {row["id"]: row["name"] for row in teams}
