"""API tokens: made for an agent, never stronger than the agent, shown once."""

from dataclasses import dataclass
from datetime import datetime

from core.ids import hash_token, new_token
from router.services import audit
from router.services.agents import check_name
from router.services.errors import Forbidden, NotFound, Refused
from router.services.roles import PERMISSIONS, Role, token_permissions
from router.storage import tokens
from router.storage.engine import Database
from router.storage.tokens import TokenRow

PREFIX = "ot_"
_HINT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    token: str
    """Shown now and never again."""
    row: TokenRow


async def add_token(
    database: Database,
    *,
    actor: str,
    agent_id: int,
    agent_role: Role,
    name: str,
    role: Role,
    expires_at: datetime | None,
) -> NewToken:
    """A token that acts for this agent. Raises Forbidden if it would be stronger, Refused."""
    name = check_name(name)
    if token_permissions(agent_role, role) != PERMISSIONS[role]:
        raise Forbidden(f"A token for {agent_role} cannot be {role}.")
    token = PREFIX + new_token()
    async with database.transaction() as work:
        if expires_at is not None and expires_at <= work.now():
            raise Refused("That time is past.", field="expires_at")
        row = await tokens.insert(
            work,
            name=name,
            role=role,
            token_hash=hash_token(token),
            hint=token[:_HINT],
            agent_id=agent_id,
            expires_at=expires_at,
        )
        facts = {"role": role.value, "agent": agent_id}
        await audit.record(work, actor, "token.added", f"tokens/{row.id}", facts)
    return NewToken(token=token, row=row)


async def list_tokens(database: Database) -> list[TokenRow]:
    """Newest first, those that were revoked left out."""
    async with database.reading() as work:
        return await tokens.list_live(work)


async def revoke_token(database: Database, actor: str, token_id: int) -> None:
    """It is good no longer. Raises NotFound."""
    async with database.transaction() as work:
        if not await tokens.revoke(work, token_id):
            raise NotFound("There is no such token.")
        await audit.record(work, actor, "token.revoked", f"tokens/{token_id}")
