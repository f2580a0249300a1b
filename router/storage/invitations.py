"""Links that are good once: the first set-up, an invitation, a new password."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from router.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRow:
    id: int
    purpose: str
    email: str | None
    role: str
    agent_id: int | None


async def insert(
    work: UnitOfWork,
    *,
    token_hash: bytes,
    purpose: str,
    role: str,
    email: str | None = None,
    agent_id: int | None = None,
    expires_at: datetime,
) -> int:
    found: int = await work.driver.fetchval(
        "insert into invitations (token_hash, purpose, role, email, agent_id, created_at,"
        " expires_at) values ($1, $2, $3, $4, $5, $6, $7) returning id",
        token_hash,
        purpose,
        role,
        email,
        agent_id,
        work.now(),
        expires_at,
    )
    return found


async def spend(
    work: UnitOfWork, token_hash: bytes, purposes: tuple[str, ...]
) -> InvitationRow | None:
    """Used up from now on. None: unknown, used, expired, or for another purpose."""
    row = await work.driver.fetchrow(
        "update invitations set spent_at = $2 where token_hash = $1 and purpose = any($3)"
        " and spent_at is null and expires_at > $2 returning id, purpose, email, role, agent_id",
        token_hash,
        work.now(),
        list(purposes),
    )
    return None if row is None else InvitationRow(**row)


async def find_open(
    work: UnitOfWork, token_hash: bytes, purposes: tuple[str, ...]
) -> InvitationRow | None:
    """None as in `spend`; the link stays good."""
    row = await work.driver.fetchrow(
        "select id, purpose, email, role, agent_id from invitations where token_hash = $1"
        " and purpose = any($3) and spent_at is null and expires_at > $2",
        token_hash,
        work.now(),
        list(purposes),
    )
    return None if row is None else InvitationRow(**row)


async def drop_invitations(work: UnitOfWork, roles: Collection[str]) -> None:
    """Open invitations to these roles are good no longer."""
    await work.driver.execute(
        "delete from invitations where purpose = 'invite' and spent_at is null"
        " and role = any($1::text[])",
        sorted(roles),
    )


async def drop_open(work: UnitOfWork, purpose: str, *, agent_id: int | None = None) -> None:
    """Earlier links of this purpose (for this agent) are good no longer."""
    await work.driver.execute(
        "delete from invitations where purpose = $1 and agent_id is not distinct from $2"
        " and spent_at is null",
        purpose,
        agent_id,
    )
