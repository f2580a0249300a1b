"""Teams and who is in them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from router.storage.unit_of_work import Fact, UnitOfWork

_LEFT_CASES = """
    with alone as (update cases set team_id = null where team_id = $1 returning *)
    insert into case_history (case_id, at, cause, state, owner_id, priority, topic_id)
    select id, $2, 'team_gone', state, owner_id, priority, topic_id from alone order by id
"""
_LEFT = (
    "delete from memberships where team_id = $1",
    "update topics set default_team_id = null where default_team_id = $1",
    "update mentions set team_id = null where team_id = $1",
    "update snippets set reach = 'personal', team_id = null where team_id = $1",
    "update macros set reach = 'personal', team_id = null where team_id = $1",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamRow:
    id: int
    name: str
    access_classes: tuple[str, ...]
    member_ids: tuple[int, ...]
    lead_ids: tuple[int, ...]


async def list_all(work: UnitOfWork) -> list[TeamRow]:
    return await _rows(work, None)


async def find(work: UnitOfWork, team_id: int) -> TeamRow | None:
    rows = await _rows(work, team_id)
    return rows[0] if rows else None


async def insert(work: UnitOfWork, *, name: str, access_classes: Sequence[str]) -> int | None:
    """The new id. None: a team has that name."""
    found: int | None = await work.driver.fetchval(
        "insert into teams (name, access_classes, created_at) values ($1, $2::jsonb, $3)"
        " on conflict (name) do nothing returning id",
        name,
        json.dumps(list(access_classes)),
        work.now(),
    )
    return found


async def change(
    work: UnitOfWork, team_id: int, *, name: str, access_classes: Sequence[str]
) -> bool:
    """False: another team has that name."""
    found = await work.driver.fetchval(
        "update teams set name = $2, access_classes = $3::jsonb where id = $1"
        " and not exists (select from teams o where o.name = $2 and o.id <> $1) returning id",
        team_id,
        name,
        json.dumps(list(access_classes)),
    )
    return found is not None


async def set_members(work: UnitOfWork, team_id: int, agent_ids: Sequence[int]) -> None:
    """Exactly these; who leads stays."""
    ids = sorted(set(agent_ids))
    await work.driver.execute(
        "delete from memberships where team_id = $1 and not agent_id = any($2::bigint[])",
        team_id,
        ids,
    )
    await work.driver.execute(
        "insert into memberships (team_id, agent_id) select $1, a from unnest($2::bigint[]) a"
        " on conflict do nothing",
        team_id,
        ids,
    )


async def set_leads(work: UnitOfWork, team_id: int, agent_ids: Sequence[int]) -> None:
    """Of its members, exactly these lead it."""
    await work.driver.execute(
        "update memberships set is_lead = not is_lead"
        " where team_id = $1 and is_lead <> (agent_id = any($2::bigint[]))",
        team_id,
        list(agent_ids),
    )


async def missing_agents(work: UnitOfWork, agent_ids: Sequence[int]) -> list[int]:
    """Which of these ids are of no agent."""
    rows = await work.driver.fetch(
        "select i from unnest($1::bigint[]) i where not exists"
        " (select from agents a where a.id = i) order by i",
        list(agent_ids),
    )
    return [row["i"] for row in rows]


async def delete(work: UnitOfWork, team_id: int) -> bool:
    """Its cases belong to no team from now on; its views, macros and canned replies to who made
    them. False: there was no such team.
    """
    await work.driver.execute(_LEFT_CASES, team_id, work.now())
    for statement in _LEFT:
        await work.driver.execute(statement, team_id)
    views = await work.driver.fetch(
        "update saved_views set scope = 'private', team_id = null where team_id = $1 returning id",
        team_id,
    )
    if views:
        work.announce(Fact.VIEWS_CHANGED)
    found = await work.driver.fetchval("delete from teams where id = $1 returning id", team_id)
    return found is not None


async def _rows(work: UnitOfWork, team_id: int | None) -> list[TeamRow]:
    rows = await work.driver.fetch(
        "select t.id, t.name, t.access_classes, array(select m.agent_id from memberships m"
        " where m.team_id = t.id order by m.agent_id) as member_ids,"
        " array(select m.agent_id from memberships m"
        " where m.team_id = t.id and m.is_lead order by m.agent_id) as lead_ids"
        " from teams t where $1::bigint is null or t.id = $1 order by t.name, t.id",
        team_id,
    )
    return [
        TeamRow(
            id=row["id"],
            name=row["name"],
            access_classes=tuple(row["access_classes"]),
            member_ids=tuple(row["member_ids"]),
            lead_ids=tuple(row["lead_ids"]),
        )
        for row in rows
    ]
