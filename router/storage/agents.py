"""Agents as rows."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from router.storage.unit_of_work import UnitOfWork

ROSTER_LOCK = 0x61676E74
"""Of pg_advisory_xact_lock: whoever counts agents or owners holds it."""

_SELECT = """
select a.id, a.email, a.name, a.role, a.password_hash, a.sealed_totp, a.has_totp, a.totp_last_step,
       a.language, a.settings, a.signature, a.is_active, a.created_at,
       coalesce((select array_agg(m.team_id order by m.team_id)
                   from memberships m where m.agent_id = a.id), '{}'::bigint[]) as team_ids
  from agents a
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    id: int
    email: str
    name: str
    role: str
    password_hash: str | None
    sealed_totp: bytes | None
    has_totp: bool
    totp_last_step: int | None
    language: str
    settings: Mapping[str, Any]
    signature: str
    is_active: bool
    created_at: datetime
    team_ids: tuple[int, ...]


async def lock_roster(work: UnitOfWork) -> None:
    """Until this transaction ends, nobody else makes, promotes or removes an agent."""
    await work.driver.execute("select pg_advisory_xact_lock($1)", ROSTER_LOCK)


async def insert(
    work: UnitOfWork, *, email: str, name: str, role: str, password_hash: str | None
) -> int | None:
    """The new id; they speak the desk's language for now. None: somebody has that address."""
    found: int | None = await work.driver.fetchval(
        "insert into agents (email, name, role, password_hash, created_at, language)"
        " values ($1, $2, $3, $4, $5, coalesce((select language from workspace), 'en'))"
        " on conflict (email) do nothing returning id",
        email,
        name,
        role,
        password_hash,
        work.now(),
    )
    return found


async def find(work: UnitOfWork, agent_id: int) -> AgentRow | None:
    return _to_row(await work.driver.fetchrow(f"{_SELECT} where a.id = $1", agent_id))


async def find_by_email(work: UnitOfWork, email: str) -> AgentRow | None:
    return _to_row(await work.driver.fetchrow(f"{_SELECT} where a.email = $1", email))


async def list_all(work: UnitOfWork) -> list[AgentRow]:
    rows = await work.driver.fetch(f"{_SELECT} order by a.name, a.id")
    return [row for row in map(_to_row, rows) if row is not None]


async def names_of(work: UnitOfWork, agent_ids: Collection[int]) -> dict[int, str]:
    """Of those who have left, too."""
    rows = await work.driver.fetch(
        "select id, name from agents where id = any($1::bigint[])", sorted(agent_ids)
    )
    return {row["id"]: row["name"] for row in rows}


async def exist(work: UnitOfWork) -> bool:
    return bool(await work.driver.fetchval("select exists (select from agents)"))


async def count_other_owners(work: UnitOfWork, agent_id: int) -> int:
    """Active owners besides this agent."""
    found: int = await work.driver.fetchval(
        "select count(*) from agents where role = 'owner' and is_active and id <> $1", agent_id
    )
    return found


async def find_first_owner(work: UnitOfWork) -> AgentRow | None:
    return _to_row(
        await work.driver.fetchrow(
            f"{_SELECT} where a.role = 'owner' and a.is_active order by a.id limit 1"
        )
    )


async def set_standing(
    work: UnitOfWork, agent_id: int, *, name: str, role: str, is_active: bool
) -> None:
    await work.driver.execute(
        "update agents set name = $2, role = $3, is_active = $4 where id = $1",
        agent_id,
        name,
        role,
        is_active,
    )


async def set_profile(
    work: UnitOfWork,
    agent_id: int,
    *,
    name: str,
    language: str,
    signature: str,
    settings: Mapping[str, Any],
) -> None:
    await work.driver.execute(
        "update agents set name = $2, language = $3, signature = $4, settings = $5::jsonb"
        " where id = $1",
        agent_id,
        name,
        language,
        signature,
        json.dumps(settings),
    )


async def set_password(work: UnitOfWork, agent_id: int, password_hash: str) -> None:
    await work.driver.execute(
        "update agents set password_hash = $2 where id = $1", agent_id, password_hash
    )


async def set_totp(
    work: UnitOfWork, agent_id: int, *, sealed: bytes | None, is_confirmed: bool
) -> None:
    await work.driver.execute(
        "update agents set sealed_totp = $2, has_totp = $3, totp_last_step = null where id = $1",
        agent_id,
        sealed,
        is_confirmed,
    )


async def spend_totp_step(work: UnitOfWork, agent_id: int, step: int) -> bool:
    """False: this step, or a later one, was used before."""
    found = await work.driver.fetchval(
        "update agents set totp_last_step = $2 where id = $1"
        " and (totp_last_step is null or totp_last_step < $2) returning id",
        agent_id,
        step,
    )
    return found is not None


def _to_row(row: asyncpg.Record | None) -> AgentRow | None:
    if row is None:
        return None
    return AgentRow(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        role=row["role"],
        password_hash=row["password_hash"],
        sealed_totp=row["sealed_totp"],
        has_totp=row["has_totp"],
        totp_last_step=row["totp_last_step"],
        language=row["language"],
        settings=row["settings"],
        signature=row["signature"],
        is_active=row["is_active"],
        created_at=row["created_at"],
        team_ids=tuple(row["team_ids"]),
    )
