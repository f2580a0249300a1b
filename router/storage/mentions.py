"""Agents that a note names, and whether they have seen it."""

from collections.abc import Collection, Sequence

from router.storage.unit_of_work import UnitOfWork


async def mention(
    work: UnitOfWork,
    message_id: int,
    person_id: int,
    agent_ids: Sequence[int],
    team_ids: Sequence[int],
) -> None:
    """The note names these active agents, and the active members of these teams, each once."""
    await work.driver.execute(
        """
        with named as (
            select id, null::bigint as team_id from agents where id = any($3::bigint[])
            union all
            select m.agent_id, m.team_id from memberships m where m.team_id = any($4::bigint[])
        ), made as (
            insert into mentions (message_id, agent_id, person_id, team_id, at)
            select distinct on (n.id) $1, n.id, $2, n.team_id, $5
            from named n join agents a on a.id = n.id and a.is_active
            order by n.id, n.team_id nulls first
            returning agent_id
        )
        update messages set context = context || jsonb_build_object(
            'mentions', (select coalesce(jsonb_agg(agent_id order by agent_id), '[]') from made))
        where id = $1
        """,
        message_id,
        person_id,
        list(agent_ids),
        list(team_ids),
        work.now(),
    )


async def mark_seen(
    work: UnitOfWork, agent_id: int, member_ids: Collection[int], message_id: int
) -> list[int]:
    """The agent has read up to this message: the notes that were not seen before."""
    rows = await work.driver.fetch(
        """
        update mentions set seen_at = $4
        where agent_id = $1 and person_id = any($2::bigint[]) and message_id <= $3
          and seen_at is null
        returning message_id
        """,
        agent_id,
        list(member_ids),
        message_id,
        work.now(),
    )
    return sorted(row["message_id"] for row in rows)


async def mark_unseen(work: UnitOfWork, agent_id: int, message_ids: Collection[int]) -> None:
    await work.driver.execute(
        "update mentions set seen_at = null where agent_id = $1 and message_id = any($2::bigint[])",
        agent_id,
        list(message_ids),
    )
