"""Canned replies: personal, of a team, or everybody's."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from router.storage.records import Record, fetch, fetch_one
from router.storage.retention import PUT_BACK_FOR
from router.storage.unit_of_work import UnitOfWork

_COLUMNS = "s.id, s.reach, s.agent_id, s.team_id, s.title, s.tags, s.texts, s.changed_at"


async def list_for(work: UnitOfWork, agent_id: int, *, sees_teams: bool) -> list[Record]:
    """What this agent may use, by title: shared ones, their own, and those of their teams
    (`sees_teams`: of all).
    """
    return await fetch(
        work,
        f"""
        select {_COLUMNS}, (s.team_id is not null and exists (select from memberships m
            where m.team_id = s.team_id and m.agent_id = $1)) as is_member
        from snippets s
        where s.dropped_at is null and (s.reach = 'shared'
           or (s.reach = 'personal' and s.agent_id = $1)
           or (s.reach = 'team' and ($2 or s.team_id in (
                select team_id from memberships where agent_id = $1))))
        order by lower(s.title), s.id limit 2000
        """,
        agent_id,
        sees_teams,
    )


async def lock_snippet(
    work: UnitOfWork, snippet_id: int, *, is_dropped: bool = False
) -> Record | None:
    """`is_dropped`: one that can be put back."""
    return await fetch_one(
        work,
        f"select {_COLUMNS} from snippets s"
        " where s.id = $1 and case when $2 then s.dropped_at >= $3 else s.dropped_at is null end"
        " for update",
        snippet_id,
        is_dropped,
        work.now() - PUT_BACK_FOR,
    )


async def find_snippet(work: UnitOfWork, snippet_id: int) -> Record | None:
    return await fetch_one(
        work,
        f"select {_COLUMNS} from snippets s where s.id = $1 and s.dropped_at is null",
        snippet_id,
    )


async def is_member(work: UnitOfWork, agent_id: int, team_id: int) -> bool:
    row = await fetch_one(
        work, "select from memberships where agent_id = $1 and team_id = $2", agent_id, team_id
    )
    return row is not None


async def put_snippet(
    work: UnitOfWork,
    snippet_id: int | None,
    *,
    agent_id: int,
    reach: str,
    team_id: int | None,
    title: str,
    tags: Sequence[str],
    texts: Mapping[str, Any],
) -> int:
    """A new one without an id; `agent_id` is who made it, and stays."""
    values = (
        reach,
        team_id,
        title,
        msgspec.json.encode(tags).decode(),
        msgspec.json.encode(texts).decode(),
        work.now(),
    )
    if snippet_id is None:
        made = await work.driver.fetchval(
            "insert into snippets (reach, team_id, title, tags, texts, changed_at, agent_id)"
            " values ($1, $2, $3, $4::jsonb, $5::jsonb, $6, $7) returning id",
            *values,
            agent_id,
        )
        return int(made)
    await work.driver.execute(
        "update snippets set reach = $1, team_id = $2, title = $3, tags = $4::jsonb,"
        " texts = $5::jsonb, changed_at = $6 where id = $7",
        *values,
        snippet_id,
    )
    return snippet_id


async def drop_snippet(work: UnitOfWork, snippet_id: int) -> None:
    """It can be put back for `PUT_BACK_FOR`."""
    await work.driver.execute(
        "update snippets set dropped_at = $2 where id = $1", snippet_id, work.now()
    )


async def put_back(work: UnitOfWork, snippet_id: int) -> None:
    await work.driver.execute("update snippets set dropped_at = null where id = $1", snippet_id)
