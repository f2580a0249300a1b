"""API tokens as rows; the token itself is only a hash here."""

from dataclasses import dataclass
from datetime import datetime

from router.storage.unit_of_work import UnitOfWork

_COLUMNS = "id, name, role, hint, agent_id, created_at, expires_at, used_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    id: int
    name: str
    role: str
    hint: str
    """The token's first characters, to tell it from others."""
    agent_id: int
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


async def insert(
    work: UnitOfWork,
    *,
    name: str,
    role: str,
    token_hash: bytes,
    hint: str,
    agent_id: int,
    expires_at: datetime | None,
) -> TokenRow:
    row = await work.driver.fetchrow(
        "insert into api_tokens (name, role, token_hash, hint, agent_id, created_at, expires_at)"
        f" values ($1, $2, $3, $4, $5, $6, $7) returning {_COLUMNS}",
        name,
        role,
        token_hash,
        hint,
        agent_id,
        work.now(),
        expires_at,
    )
    return TokenRow(**row)


async def list_live(work: UnitOfWork) -> list[TokenRow]:
    """Newest first, expired ones included, revoked ones not."""
    rows = await work.driver.fetch(
        f"select {_COLUMNS} from api_tokens where revoked_at is null and agent_id is not null"
        " order by id desc"
    )
    return [TokenRow(**row) for row in rows]


async def revoke(work: UnitOfWork, token_id: int) -> bool:
    """False: there was none, or it was revoked before."""
    found = await work.driver.fetchval(
        "update api_tokens set revoked_at = $2 where id = $1 and revoked_at is null returning id",
        token_id,
        work.now(),
    )
    return found is not None
