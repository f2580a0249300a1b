"""Agents: the first one, invitations, new passwords by link, roles, leaving."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from core.ids import hash_token, new_token
from router.services import audit
from router.services.callers import Caller
from router.services.errors import Conflict, Forbidden, NotFound, Refused
from router.services.passwords import Passwords
from router.services.roles import Role, may_grant
from router.services.sign_in import NewSession, Origin, begin_session, normal_email
from router.storage import agent_photos, agents, invitations, sessions, workspace
from router.storage.agents import AgentRow
from router.storage.audit import Facts
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork

SETUP_LIFE = timedelta(hours=24)
INVITATION_LIFE = timedelta(days=7)
RESET_LIFE = timedelta(hours=2)
MAX_NAME = 100
_ADDRESS = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,189}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Good once, until then."""

    url: str
    expires_at: datetime


async def agents_exist(database: Database) -> bool:
    async with database.reading() as work:
        return await agents.exist(work)


async def make_setup_link(database: Database, web_url: str) -> Link | None:
    """The link that makes the first agent; earlier ones are good no longer. None: there is one."""
    token = new_token()
    async with database.transaction() as work:
        await agents.lock_roster(work)
        if await agents.exist(work):
            return None
        await invitations.drop_open(work, "setup")
        expires_at = work.now() + SETUP_LIFE
        await invitations.insert(
            work,
            token_hash=hash_token(token),
            purpose="setup",
            role=Role.OWNER,
            expires_at=expires_at,
        )
    return _link(web_url, "setup", token, expires_at)


async def set_up(
    database: Database,
    passwords: Passwords,
    *,
    token: str,
    name: str,
    email: str,
    password: str,
    origin: Origin,
) -> NewSession:
    """The first owner, signed in. Raises Refused, and Conflict once there is an agent."""
    name, email = check_name(name), check_email(email)
    async with database.reading() as work:
        # Asked before the password is hashed, which is dear.
        if await invitations.find_open(work, hash_token(token), ("setup",)) is None:
            raise _spent()
    password_hash = await passwords.hash(password)
    async with database.transaction() as work:
        await agents.lock_roster(work)
        if await invitations.spend(work, hash_token(token), ("setup",)) is None:
            raise _spent()
        if await agents.exist(work):
            raise Conflict("The first agent is there already: sign in.", code="set_up")
        agent_id = await _insert(work, email, name, Role.OWNER, password_hash)
        await audit.record(
            work, f"agents/{agent_id}", "agent.added", f"agents/{agent_id}", {"role": "owner"}
        )
        return await begin_session(work, agent_id, origin)


async def add_agent(
    database: Database,
    passwords: Passwords,
    *,
    actor: str,
    name: str,
    email: str,
    role: Role,
    password: str | None,
) -> int:
    """A new agent; the id. For the command line. Raises Refused, Conflict.

    Without a password they choose one by a link (`make_reset_link`).
    """
    name, email = check_name(name), check_email(email)
    password_hash = None if password is None else await passwords.hash(password)
    async with database.transaction() as work:
        await agents.lock_roster(work)
        agent_id = await _insert(work, email, name, role, password_hash)
        facts = {"role": role.value}
        await audit.record(work, actor, "agent.added", f"agents/{agent_id}", facts)
    return agent_id


async def invite(
    database: Database, caller: Caller, web_url: str, *, email: str | None, role: Role
) -> Link:
    """A link by which somebody becomes an agent. Raises Forbidden, Refused, Conflict."""
    _check_grant(caller, role)
    address = None if email is None else check_email(email)
    token = new_token()
    async with database.transaction() as work:
        if address is not None and await agents.find_by_email(work, address) is not None:
            raise _taken()
        expires_at = work.now() + INVITATION_LIFE
        invitation_id = await invitations.insert(
            work,
            token_hash=hash_token(token),
            purpose="invite",
            role=role,
            email=address,
            expires_at=expires_at,
        )
        subject = f"invitations/{invitation_id}"
        await audit.record(work, caller.actor, "agent.invited", subject, {"role": role.value})
        language = (await workspace.find(work)).language
    return _link(web_url, "invite", token, expires_at, email=address, language=language)


async def make_reset_link(
    database: Database, actor: str, web_url: str, agent_id: int, *, granter: Role = Role.OWNER
) -> Link:
    """A link by which this agent sets a new password; earlier ones are good no longer.

    Raises NotFound, Forbidden.
    """
    token = new_token()
    async with database.transaction() as work:
        # Else whoever is made an owner meanwhile is one whose password somebody else sets.
        await agents.lock_roster(work)
        agent = await _load(work, agent_id)
        if not may_grant(granter, Role(agent.role)):
            raise Forbidden("Only an owner may do that to an owner.")
        await invitations.drop_open(work, "reset", agent_id=agent_id)
        expires_at = work.now() + RESET_LIFE
        await invitations.insert(
            work,
            token_hash=hash_token(token),
            purpose="reset",
            role=agent.role,
            email=agent.email,
            agent_id=agent_id,
            expires_at=expires_at,
        )
        await audit.record(work, actor, "password.reset_begun", f"agents/{agent_id}")
    return _link(web_url, "invite", token, expires_at, email=agent.email)


async def accept_invitation(
    database: Database,
    passwords: Passwords,
    *,
    token: str,
    name: str,
    email: str,
    password: str,
    origin: Origin,
) -> NewSession | None:
    """An agent by invitation, signed in; or a new password, if the link was for that.

    None: the new password holds, and a second factor is needed to sign in. Raises Refused,
    Conflict.
    """
    name, email = check_name(name), check_email(email)
    purposes = ("invite", "reset")
    async with database.reading() as work:
        if await invitations.find_open(work, hash_token(token), purposes) is None:
            raise _spent()
    password_hash = await passwords.hash(password)
    async with database.transaction() as work:
        await agents.lock_roster(work)
        invitation = await invitations.spend(work, hash_token(token), purposes)
        if invitation is None:
            raise _spent()
        if invitation.email is not None and invitation.email != email:
            raise Refused("The link was made for another address.", field="email")
        if invitation.agent_id is not None:
            return await _reset(work, invitation.agent_id, password_hash, origin)
        agent_id = await _insert(work, email, name, Role(invitation.role), password_hash)
        facts: Facts = {"role": invitation.role, "invitation": invitation.id}
        await audit.record(work, f"agents/{agent_id}", "agent.added", f"agents/{agent_id}", facts)
        return await begin_session(work, agent_id, origin)


async def list_agents(database: Database) -> list[AgentRow]:
    """By name, those who left included."""
    async with database.reading() as work:
        return await agents.list_all(work)


async def load_agent(database: Database, agent_id: int) -> AgentRow:
    """Raises NotFound."""
    async with database.reading() as work:
        return await _load(work, agent_id)


async def load_by_email(database: Database, email: str) -> AgentRow:
    """Raises NotFound."""
    async with database.reading() as work:
        agent = await agents.find_by_email(work, normal_email(email))
    if agent is None:
        raise NotFound("There is no agent with that address.")
    return agent


async def load_first_owner(database: Database) -> AgentRow:
    """The oldest active one. Raises NotFound."""
    async with database.reading() as work:
        agent = await agents.find_first_owner(work)
    if agent is None:
        raise NotFound("There is no owner yet: add one with onethread agent add --role owner.")
    return agent


async def change_agent(
    database: Database,
    caller: Caller,
    agent_id: int,
    *,
    name: str | None = None,
    role: Role | None = None,
    is_active: bool | None = None,
) -> AgentRow:
    """New name, role or standing. A changed role or leaving ends the agent's sessions, a link for a
    new password, and open invitations that the agent could give and no longer can. The photo of
    who leaves is gone.

    Raises NotFound, Forbidden (an owner, and one is not), Conflict (the last owner).
    """
    async with database.transaction() as work:
        await agents.lock_roster(work)
        before = await _load(work, agent_id)
        new_role = role or Role(before.role)
        new_active = before.is_active if is_active is None else is_active
        _check_grant(caller, Role(before.role))
        _check_grant(caller, new_role)
        stays_owner = new_role is Role.OWNER and new_active
        if (
            before.role == Role.OWNER
            and not stays_owner
            and await agents.count_other_owners(work, agent_id) == 0
        ):
            raise Conflict("The desk needs an owner: make another first.", code="last_owner")
        await agents.set_standing(
            work,
            agent_id,
            name=before.name if name is None else check_name(name),
            role=new_role,
            is_active=new_active,
        )
        if not new_active:
            await agent_photos.drop(work, agent_id)
        if not new_active or new_role != before.role:
            await sessions.revoke_all(work, agent_id)
            # Who may reset an agent's password may not do it to an owner.
            await invitations.drop_open(work, "reset", agent_id=agent_id)
            # Who gave an invitation is not in it, so all of the kind end; others give new ones.
            lost = [
                one
                for one in Role
                if may_grant(Role(before.role), one)
                and not (new_active and may_grant(new_role, one))
            ]
            await invitations.drop_invitations(work, lost)
        facts = {"role": new_role.value, "is_active": new_active}
        await audit.record(work, caller.actor, "agent.changed", f"agents/{agent_id}", facts)
        return await _load(work, agent_id)


async def change_profile(
    database: Database,
    agent_id: int,
    *,
    name: str | None = None,
    language: str | None = None,
    signature: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> AgentRow:
    """What agents change of themselves. `settings` is the page's own; it replaces the former."""
    async with database.transaction() as work:
        before = await _load(work, agent_id)
        await agents.set_profile(
            work,
            agent_id,
            name=before.name if name is None else check_name(name),
            language=language or before.language,
            signature=before.signature if signature is None else signature,
            settings=before.settings if settings is None else settings,
        )
        return await _load(work, agent_id)


def check_email(email: str) -> str:
    """The stored form. Raises Refused."""
    address = normal_email(email)
    if _ADDRESS.fullmatch(address) is None:
        raise Refused("That is no mail address.", field="email")
    return address


def check_name(name: str) -> str:
    """Raises Refused: empty, too long, or with control characters."""
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise Refused(f"A name has 1 to {MAX_NAME} printable characters.", field="name")
    return name


def check_is_for_agents(role: Role) -> None:
    """Raises Refused for a role that only tokens have."""
    if role is Role.HOST:
        raise Refused("Only a token has this role.", code="role_of_tokens", field="role")


async def _insert(
    work: UnitOfWork, email: str, name: str, role: Role, password_hash: str | None
) -> int:
    check_is_for_agents(role)
    agent_id = await agents.insert(
        work, email=email, name=name, role=role, password_hash=password_hash
    )
    if agent_id is None:
        raise _taken()
    return agent_id


async def _reset(
    work: UnitOfWork, agent_id: int, password_hash: str, origin: Origin
) -> NewSession | None:
    agent = await _load(work, agent_id)
    await agents.set_password(work, agent_id, password_hash)
    await sessions.revoke_all(work, agent_id)
    await audit.record(work, f"agents/{agent_id}", "password.reset", f"agents/{agent_id}")
    if agent.has_totp or not agent.is_active:
        return None
    return await begin_session(work, agent_id, origin)


async def _load(work: UnitOfWork, agent_id: int) -> AgentRow:
    agent = await agents.find(work, agent_id)
    if agent is None:
        raise NotFound("There is no such agent.")
    return agent


def _check_grant(caller: Caller, role: Role) -> None:
    check_is_for_agents(role)
    if not may_grant(caller.role, role):
        raise Forbidden("Only an owner may do that to an owner.")


def _taken() -> Conflict:
    return Conflict("There is an agent with that address.", code="email_taken")


def _spent() -> Refused:
    return Refused(
        "The link is not good any more: it was used, or its time is over.",
        code="link_spent",
        field="token",
    )


def _link(
    web_url: str,
    page: str,
    token: str,
    expires_at: datetime,
    *,
    email: str | None = None,
    language: str | None = None,
) -> Link:
    """`language`: in which the page greets whoever opens it."""
    query = urlencode(_given(token=token, email=email, language=language))
    return Link(url=f"{web_url}/{page}?{query}", expires_at=expires_at)


def _given(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
