"""Routes: agents and their invitations."""

from datetime import datetime

import msgspec

from router.services import agents, totp
from router.services.errors import Forbidden
from router.services.roles import Permission, Role
from router.web.arguments import Id
from router.web.auth import check_is_person
from router.web.context import Call
from router.web.policy import allow
from router.web.routes import Routes
from router.web.shapes import Agent, to_agent
from router.web.sign_in import Short

routes = Routes(tag="agents")

READ = allow(Permission.READ_AGENTS)
CHANGE = allow(Permission.CHANGE_AGENTS)


class Agents(msgspec.Struct, frozen=True, kw_only=True):
    agents: tuple[Agent, ...]


class AgentChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Short | None = None
    role: Role | None = None
    is_active: bool | None = None


class NewInvitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    role: Role
    email: Short | None = None
    """If set, the link is for this address only."""


class InvitationLink(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    """Good once. Hand it on by a way you trust."""
    expires_at: datetime


@routes.get("/agents", policy=READ)
async def list_agents(call: Call) -> Agents:
    """All agents by name, those who left included."""
    rows = await agents.list_agents(call.context.database)
    return Agents(agents=tuple(to_agent(row) for row in rows))


@routes.patch("/agents/{agent_id}", policy=CHANGE, errors=(409,))
async def change_agent(call: Call, agent_id: Id, body: AgentChanges) -> Agent:
    """Change a name, a role, or whether somebody still works here; their sessions end."""
    row = await agents.change_agent(
        call.context.database,
        call.caller,
        agent_id,
        name=body.name,
        role=body.role,
        is_active=body.is_active,
    )
    return to_agent(row)


@routes.post("/agents/{agent_id}/reset", policy=CHANGE, status=201)
async def reset_password(call: Call, agent_id: Id) -> InvitationLink:
    """A link by which another agent sets a new password. Not for a token."""
    _check_is_for_another(call, agent_id)
    link = await agents.make_reset_link(
        call.context.database,
        call.caller.actor,
        call.context.settings.web_url,
        agent_id,
        granter=call.caller.role,
    )
    return InvitationLink(url=link.url, expires_at=link.expires_at)


@routes.delete("/agents/{agent_id}/totp", policy=CHANGE)
async def reset_totp(call: Call, agent_id: Id) -> None:
    """For another agent who lost their device. Not for a token."""
    _check_is_for_another(call, agent_id)
    await totp.reset_totp(
        call.context.database, call.caller.actor, agent_id, granter=call.caller.role
    )


@routes.post("/invitations", policy=CHANGE, status=201, errors=(409,))
async def invite_agent(call: Call, body: NewInvitation) -> InvitationLink:
    """A link by which somebody becomes an agent."""
    link = await agents.invite(
        call.context.database,
        call.caller,
        call.context.settings.web_url,
        email=body.email,
        role=body.role,
    )
    return InvitationLink(url=link.url, expires_at=link.expires_at)


def _check_is_for_another(call: Call, agent_id: int) -> None:
    """A stolen session or token would become the account: one's own password asks for the former
    one, and the second factor for a code.
    """
    check_is_person(call)
    if agent_id == call.caller.agent_id:
        raise Forbidden("Change your own password and second factor in your settings.")
