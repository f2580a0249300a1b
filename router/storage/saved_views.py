"""Saved views: queries that agents keep, for themselves, a team, or all."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec

from router.storage.records import fetch
from router.storage.retention import PUT_BACK_FOR
from router.storage.unit_of_work import UnitOfWork

CHANGEABLE = ("name", "icon", "query", "sort", "scope", "team_id", "position")


class SavedViewRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    icon: str
    query: str
    sort: str
    scope: str
    owner_id: int
    owner_name: str
    team_id: int | None
    team_name: str | None
    position: int
    changed_by: str | None
    changed_at: datetime | None
    is_followed: bool
    """It only followed: `changed_by` renamed or merged what it asks for."""


_SELECT = """
    select v.id, v.name, v.icon, v.query, v.sort, v.scope, v.owner_id, a.name as owner_name,
           v.team_id, t.name as team_name, v.position, b.name as changed_by, v.changed_at,
           v.is_followed
    from saved_views v join agents a on a.id = v.owner_id left join teams t on t.id = v.team_id
    left join agents b on b.id = v.changed_by
"""


async def list_for(
    work: UnitOfWork, agent_id: int, team_ids: Collection[int]
) -> list[SavedViewRow]:
    """An agent's own, those of their teams, and those for all; in the order of the rail."""
    rows = await fetch(
        work,
        f"""
        {_SELECT}
        where v.dropped_at is null and (v.scope = 'shared' or v.owner_id = $1
           or (v.scope = 'team' and v.team_id = any($2::bigint[])))
        order by v.position, v.id
        """,
        agent_id,
        list(team_ids),
    )
    return [SavedViewRow(**row) for row in rows]


async def find(work: UnitOfWork, view_id: int, *, is_dropped: bool = False) -> SavedViewRow | None:
    """`is_dropped`: one that can be put back."""
    rows = await fetch(
        work,
        f"{_SELECT} where v.id = $1"
        " and case when $2 then v.dropped_at >= $3 else v.dropped_at is null end",
        view_id,
        is_dropped,
        work.now() - PUT_BACK_FOR,
    )
    return SavedViewRow(**rows[0]) if rows else None


async def count_of(work: UnitOfWork, agent_id: int) -> int:
    """Bounded by what one agent may have."""
    rows = await fetch(
        work, "select id from saved_views where owner_id = $1 and dropped_at is null", agent_id
    )
    return len(rows)


async def count_shared(work: UnitOfWork) -> int:
    """Those for all; bounded by what one desk may have."""
    rows = await fetch(
        work, "select id from saved_views where scope = 'shared' and dropped_at is null"
    )
    return len(rows)


async def insert(work: UnitOfWork, owner_id: int, values: Mapping[str, Any]) -> int:
    """`values`: all of CHANGEABLE."""
    return int(
        await work.driver.fetchval(
            f"""
            insert into saved_views ({", ".join(CHANGEABLE)}, owner_id, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id
            """,
            *(values[name] for name in CHANGEABLE),
            owner_id,
            work.now(),
        )
    )


async def change(
    work: UnitOfWork, view_id: int, values: Mapping[str, Any], *, by: int | None
) -> None:
    """`values`: all of CHANGEABLE. `by`: who changes it; None: only its place becomes other."""
    settings = ", ".join(f"{name} = ${place}" for place, name in enumerate(CHANGEABLE, start=2))
    await work.driver.execute(
        f"update saved_views set {settings} where id = $1",
        view_id,
        *(values[name] for name in CHANGEABLE),
    )
    if by is not None:
        await work.driver.execute(
            "update saved_views set changed_by = $2, changed_at = $3, is_followed = false"
            " where id = $1",
            view_id,
            by,
            work.now(),
        )


async def drop(work: UnitOfWork, view_id: int) -> None:
    """It can be put back for `PUT_BACK_FOR`."""
    await work.driver.execute(
        "update saved_views set dropped_at = $2 where id = $1", view_id, work.now()
    )


async def put_back(work: UnitOfWork, view_id: int) -> None:
    await work.driver.execute("update saved_views set dropped_at = null where id = $1", view_id)
