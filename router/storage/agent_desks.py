"""Desks of agents: whether they are there, how much they have, what they can; the row is a lock."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from router.storage.records import Record, fetch
from router.storage.unit_of_work import UnitOfWork


async def lock(work: UnitOfWork, agent_ids: Collection[int]) -> None:
    """Hold these desks until the commit, ascending; whoever had none has one, and is offline."""
    ids = sorted(set(agent_ids))
    await work.driver.execute(
        "insert into agent_desks (agent_id, since) select a, $2 from unnest($1::bigint[]) a"
        " where not exists (select from agent_desks d where d.agent_id = a)"
        " order by a on conflict do nothing",
        ids,
        work.now(),
    )
    await work.driver.execute(
        "select from agent_desks where agent_id = any($1::bigint[]) order by agent_id"
        " for no key update",
        ids,
    )


async def lock_ready(work: UnitOfWork, agent_ids: Collection[int] | None) -> list[int]:
    """Hold the desks of those who take new cases and whom nobody else is just giving some.

    Waits for nobody. None: of all.
    """
    rows = await fetch(
        work,
        """
        select d.agent_id from agent_desks d
        where d.availability = 'online' and ($1::bigint[] is null or d.agent_id = any($1))
        order by d.agent_id for no key update skip locked
        """,
        None if agent_ids is None else list(agent_ids),
    )
    return [row["agent_id"] for row in rows]


async def load(work: UnitOfWork, agent_ids: Collection[int] | None = None) -> list[Record]:
    """Active agents with their desks and what they have, by name. None: all of them."""
    return await fetch(
        work,
        """
        select a.id as agent_id, a.name, a.role, coalesce(d.availability, 'offline') as
                   availability, coalesce(d.set_by, 'agent') as set_by, d.since, d.capacity,
               coalesce((select sum(c.weight) from cases c
                         where c.owner_id = a.id and c.owner_id is not null
                           and c.state = 'open'), 0)::int
               + coalesce((select sum(least(w.weight, coalesce(d.capacity, w.weight)))
                           from waiting_cases w where w.offered_to_id = a.id
                             and w.offered_to_id is not null), 0)::int as load,
               array(select m.team_id from memberships m where m.agent_id = a.id) as team_ids,
               array(select distinct k.name from memberships m join teams t on t.id = m.team_id
                     cross join lateral jsonb_array_elements_text(t.access_classes) k(name)
                     where m.agent_id = a.id) as access_classes,
               array(select s.skill || '=' || s.proficiency from agent_skills s
                     where s.agent_id = a.id order by s.skill) as skills
        from agents a left join agent_desks d on d.agent_id = a.id
        where a.is_active and ($1::bigint[] is null or a.id = any($1)) order by a.name, a.id
        """,
        None if agent_ids is None else list(agent_ids),
    )


async def set_availability(
    work: UnitOfWork, agent_id: int, availability: str, *, set_by: str
) -> bool:
    """Of a locked desk. False: it was so already."""
    return (
        await work.driver.fetchval(
            "update agent_desks set availability = $2, set_by = $3, since = $4,"
            " was_busy = availability = 'busy' and $3 = 'absence'"
            " where agent_id = $1 and availability <> $2 returning agent_id",
            agent_id,
            availability,
            set_by,
            work.now(),
        )
        is not None
    )


async def set_capacity(work: UnitOfWork, agent_id: int, capacity: int | None) -> None:
    await work.driver.execute(
        "update agent_desks set capacity = $2 where agent_id = $1", agent_id, capacity
    )


async def set_skills(work: UnitOfWork, agent_id: int, skills: Mapping[str, int]) -> None:
    """Exactly these."""
    await work.driver.execute("delete from agent_skills where agent_id = $1", agent_id)
    await work.driver.execute(
        "insert into agent_skills (agent_id, skill, proficiency)"
        " select $1, u.* from unnest($2::text[], $3::int[]) u",
        agent_id,
        list(skills),
        list(skills.values()),
    )


async def note_seen(work: UnitOfWork, agent_ids: Sequence[int]) -> None:
    """A page of theirs is open now."""
    await work.driver.execute(
        "insert into desk_sightings (agent_id, seen_at) select a, $2 from unnest($1::bigint[]) a"
        " order by a on conflict (agent_id) do update set seen_at = excluded.seen_at",
        sorted(set(agent_ids)),
        work.now(),
    )


async def absent(work: UnitOfWork, before: datetime) -> list[int]:
    """Who is said to be there, and has had no page open since then."""
    rows = await fetch(
        work,
        """
        select d.agent_id from agent_desks d join desk_sightings s on s.agent_id = d.agent_id
        where d.availability in ('online', 'busy')
          and greatest(d.since, s.seen_at) < $1 order by d.agent_id
        """,
        before,
    )
    return [row["agent_id"] for row in rows]


async def back(work: UnitOfWork) -> dict[int, str]:
    """Who went away without a word, and has a page open since: what they said that they are."""
    rows = await fetch(
        work,
        """
        select d.agent_id, case when d.was_busy then 'busy' else 'online' end as availability
        from agent_desks d join desk_sightings s on s.agent_id = d.agent_id
        where d.set_by = 'absence' and d.availability = 'offline' and s.seen_at > d.since
        order by d.agent_id
        """,
    )
    return {row["agent_id"]: row["availability"] for row in rows}


async def keep_live_channels(work: UnitOfWork, channels: Collection[str]) -> None:
    """On which somebody waits at the other end. What stands in the queue keeps its weight."""
    await work.driver.execute(
        "delete from live_channels where channel <> all($1::text[])", sorted(channels)
    )
    await work.driver.execute(
        "insert into live_channels (channel) select c from unnest($1::text[]) c order by 1"
        " on conflict do nothing",
        sorted(channels),
    )


async def used_channels(work: UnitOfWork) -> list[str]:
    """Of which there is an account."""
    rows = await fetch(work, "select distinct channel from accounts where state <> 'removed'")
    return [row["channel"] for row in rows]


async def told(work: UnitOfWork) -> list[Record]:
    """How many agents are how, for metrics."""
    return await fetch(
        work,
        "select d.availability, count(*) as count from agent_desks d"
        " join agents a on a.id = d.agent_id and a.is_active group by 1 order by 1",
    )
