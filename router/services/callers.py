"""Who calls: an agent's session or token, and what it may do at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.ids import hash_token
from router.services.roles import (
    PERMISSIONS,
    Permission,
    Role,
    access_classes_of,
    token_permissions,
)
from router.storage import callers
from router.storage.engine import Database

SESSION_IDLE = timedelta(minutes=30)
"""Unused for so long, a session is over."""
SESSION_LONGEST = timedelta(hours=12)
"""From signing in, whatever happens."""
USE_NOTED_EVERY = timedelta(seconds=60)
"""How exact "last used" is; each note is a write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who signed in, or whose token it is, with what they may do right now."""

    agent_id: int
    name: str
    role: Role
    permissions: frozenset[Permission]
    team_ids: frozenset[int]
    access_classes: frozenset[str]
    """Of cases that they may see."""
    session_id: int | None = None
    """None: a token, or work that they began earlier."""
    token_id: int | None = None
    csrf_token: str | None = None
    has_totp: bool = False

    @property
    def actor(self) -> str:
        """As the audit log names them."""
        if self.token_id is not None:
            return f"agents/{self.agent_id} tokens/{self.token_id}"
        return f"agents/{self.agent_id}"


async def find_session_caller(database: Database, token: str) -> Caller | None:
    """Whose live session this is; from now on it counts as used. None: it is not alive."""
    now = database.clock.now()
    async with database.reading() as work:
        row = await callers.find_by_session(work, hash_token(token), idle_since=now - SESSION_IDLE)
    if row is None:
        return None
    if row.session_id is not None and (row.seen_at is None or now - row.seen_at > USE_NOTED_EVERY):
        async with database.transaction() as work:
            await callers.note_session_use(work, row.session_id)
    return _to_caller(row)


async def find_token_caller(database: Database, token: str) -> Caller | None:
    """Whose API token this is. None: unknown, revoked or expired."""
    now = database.clock.now()
    async with database.reading() as work:
        row = await callers.find_by_token(work, hash_token(token))
    if row is None:
        return None
    if row.token_id is not None and (row.seen_at is None or now - row.seen_at > USE_NOTED_EVERY):
        async with database.transaction() as work:
            await callers.note_token_use(work, row.token_id)
    return _to_caller(row)


async def find_agent(database: Database, agent_id: int) -> Caller | None:
    """For what an agent began and is not over: what they may do by now. None: they are off."""
    async with database.reading() as work:
        row = await callers.find_by_agent(work, agent_id)
    return None if row is None else _to_caller(row)


async def find_standing(database: Database, asked: Sequence[Caller]) -> list[Caller | None]:
    """For open feeds: each caller as they stand now, in their order. None: they may not call.

    An open feed counts as use, so a session with one doesn't end of idleness.
    """
    sessions = {one.session_id for one in asked if one.session_id is not None}
    tokens = {one.token_id for one in asked if one.token_id is not None}
    if not sessions and not tokens:
        return [None for _ in asked]
    noted_since = database.clock.now() - USE_NOTED_EVERY
    async with database.reading() as work:
        rows = await callers.list_standing(work, sessions, tokens)
    standing = {(row.session_id, row.token_id): _to_caller(row) for row in rows}
    stale = [
        row.session_id
        for row in rows
        if row.session_id is not None and (row.seen_at is None or row.seen_at < noted_since)
    ]
    if stale:
        async with database.transaction() as work:
            await callers.note_sessions_use(work, stale, unless_since=noted_since)
    return [standing.get((one.session_id, one.token_id)) for one in asked]


def _to_caller(row: callers.CallerRow) -> Caller:
    role = Role(row.role)
    permissions = PERMISSIONS[role]
    if row.token_role is not None:
        # A token may be weaker than its agent, never stronger, also after the agent's demotion.
        token_role = Role(row.token_role)
        permissions = token_permissions(role, token_role)
        if permissions == PERMISSIONS[token_role]:
            role = token_role
    return Caller(
        agent_id=row.agent_id,
        name=row.name,
        role=role,
        permissions=permissions,
        team_ids=row.team_ids,
        access_classes=access_classes_of(permissions, row.access_classes),
        session_id=row.session_id,
        token_id=row.token_id,
        csrf_token=row.csrf_token,
        has_totp=row.has_totp,
    )
