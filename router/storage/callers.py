"""Who stands behind a session's or a token's hash, with their teams, in one statement each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from router.storage.unit_of_work import UnitOfWork

_TEAMS = """
  coalesce((select array_agg(m.team_id) from memberships m where m.agent_id = a.id),
           '{}'::bigint[]) as team_ids,
  coalesce((select array_agg(distinct c.name)
              from memberships m join teams t on t.id = m.team_id
              cross join lateral jsonb_array_elements_text(t.access_classes) c(name)
             where m.agent_id = a.id), '{}'::text[]) as access_classes
"""
_BY_SESSION = f"""
select a.id as agent_id, a.name, a.role, a.has_totp, s.id as session_id, s.csrf_token,
       null::bigint as token_id, null::text as token_role, s.seen_at, {_TEAMS}
  from sessions s join agents a on a.id = s.agent_id
 where s.token_hash = $1 and s.revoked_at is null and a.is_active
   and s.expires_at > $2 and s.seen_at > $3
"""
_BY_TOKEN = f"""
select a.id as agent_id, a.name, a.role, a.has_totp, null::bigint as session_id,
       null::text as csrf_token, t.id as token_id, t.role as token_role,
       t.used_at as seen_at, {_TEAMS}
  from api_tokens t join agents a on a.id = t.agent_id
 where t.token_hash = $1 and t.revoked_at is null and a.is_active
   and (t.expires_at is null or t.expires_at > $2)
"""
_BY_AGENT = f"""
select a.id as agent_id, a.name, a.role, a.has_totp, null::bigint as session_id,
       null::text as csrf_token, null::bigint as token_id, null::text as token_role,
       null::timestamptz as seen_at, {_TEAMS}
  from agents a where a.id = $1 and a.is_active
"""
_STANDING = f"""
select a.id as agent_id, a.name, a.role, a.has_totp, s.id as session_id, s.csrf_token,
       null::bigint as token_id, null::text as token_role, s.seen_at, {_TEAMS}
  from sessions s join agents a on a.id = s.agent_id
 where s.id = any($1::bigint[]) and s.revoked_at is null and a.is_active and s.expires_at > $3
union all
select a.id, a.name, a.role, a.has_totp, null, null, t.id, t.role, t.used_at, {_TEAMS}
  from api_tokens t join agents a on a.id = t.agent_id
 where t.id = any($2::bigint[]) and t.revoked_at is null and a.is_active
   and (t.expires_at is null or t.expires_at > $3)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerRow:
    """One of `session_id` and `token_id` is set at most; none: work that they began earlier."""

    agent_id: int
    name: str
    role: str
    has_totp: bool
    team_ids: frozenset[int]
    access_classes: frozenset[str]
    session_id: int | None = None
    csrf_token: str | None = None
    token_id: int | None = None
    token_role: str | None = None
    seen_at: datetime | None = None
    """When the session or token was last noted as used."""


async def find_by_session(
    work: UnitOfWork, token_hash: bytes, *, idle_since: datetime
) -> CallerRow | None:
    """None: unknown, revoked, past its end, not used since `idle_since`, or the agent is off."""
    row = await work.driver.fetchrow(_BY_SESSION, token_hash, work.now(), idle_since)
    if row is None:
        return None
    return _to_row(row)


async def find_by_token(work: UnitOfWork, token_hash: bytes) -> CallerRow | None:
    """None: unknown, revoked, expired, or its agent is off."""
    row = await work.driver.fetchrow(_BY_TOKEN, token_hash, work.now())
    if row is None:
        return None
    return _to_row(row)


async def find_by_agent(work: UnitOfWork, agent_id: int) -> CallerRow | None:
    """As they stand now, without a session. None: there is no such agent, or they are off."""
    row = await work.driver.fetchrow(_BY_AGENT, agent_id)
    return None if row is None else _to_row(row)


async def list_standing(
    work: UnitOfWork, session_ids: Collection[int], token_ids: Collection[int]
) -> list[CallerRow]:
    """Those of these sessions and tokens that stand, however long ago they were used."""
    rows = await work.driver.fetch(_STANDING, list(session_ids), list(token_ids), work.now())
    return [_to_row(row) for row in rows]


def _to_row(row: asyncpg.Record) -> CallerRow:
    return CallerRow(
        agent_id=row["agent_id"],
        name=row["name"],
        role=row["role"],
        has_totp=row["has_totp"],
        team_ids=frozenset(row["team_ids"]),
        access_classes=frozenset(row["access_classes"]),
        session_id=row["session_id"],
        csrf_token=row["csrf_token"],
        token_id=row["token_id"],
        token_role=row["token_role"],
        seen_at=row["seen_at"],
    )


async def note_session_use(work: UnitOfWork, session_id: int) -> None:
    await work.driver.execute(
        "update sessions set seen_at = $2 where id = $1 and seen_at < $2", session_id, work.now()
    )


async def note_sessions_use(
    work: UnitOfWork, session_ids: Collection[int], *, unless_since: datetime
) -> None:
    """Those of them that were not noted since then are used now."""
    await work.driver.execute(
        "update sessions set seen_at = $2 where id = any($1::bigint[]) and seen_at < $3",
        sorted(session_ids),
        work.now(),
        unless_since,
    )


async def note_token_use(work: UnitOfWork, token_id: int) -> None:
    await work.driver.execute(
        "update api_tokens set used_at = $2 where id = $1", token_id, work.now()
    )
