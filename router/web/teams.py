"""Routes: teams, and tokens for programs."""

from datetime import datetime
from typing import Annotated

import msgspec

from router.services import teams, tokens
from router.services.case_classes import AccessClass
from router.services.roles import Permission, Role
from router.storage.teams import TeamRow
from router.storage.tokens import TokenRow
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import allow
from router.web.routes import Routes
from router.web.sign_in import Short

routes = Routes(tag="teams")

CHANGE_TEAMS = allow(Permission.CHANGE_TEAMS)
CHANGE_TOKENS = allow(Permission.CHANGE_TOKENS)

Members = Annotated[tuple[Id, ...], msgspec.Meta(max_length=1000)]
Classes = Annotated[tuple[AccessClass, ...], msgspec.Meta(max_length=4)]


class Team(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    member_ids: tuple[int, ...]
    lead_ids: tuple[int, ...]
    """Those of its members who are told what its leads are told."""
    access_classes: tuple[str, ...]
    """Restricted cases that its members see, beside the normal ones."""


class Teams(msgspec.Struct, frozen=True, kw_only=True):
    teams: tuple[Team, ...]


class NewTeam(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Short
    member_ids: Members = ()
    lead_ids: Members = ()
    """Of its members."""
    access_classes: Classes = ()


class TeamChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Short | None = None
    member_ids: Members | None = None
    lead_ids: Members | None = None
    """Of its members; who leaves the team leads it no more."""
    access_classes: Classes | None = None


class Token(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    role: Role
    hint: str
    """Its first characters."""
    agent_id: int
    """For whom it acts."""
    created_at: datetime
    expires_at: datetime | None
    seen_at: datetime | None


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    tokens: tuple[Token, ...]


class NewToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Short
    role: Role
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class MadeToken(Token, frozen=True, kw_only=True):
    token: str
    """Shown once: it cannot be read again."""


@routes.get("/teams", policy=allow(Permission.READ_AGENTS))
async def list_teams(call: Call) -> Teams:
    """All teams by name."""
    rows = await teams.list_teams(call.context.database)
    return Teams(teams=tuple(to_team(row) for row in rows))


@routes.post("/teams", policy=CHANGE_TEAMS, status=201, errors=(409,))
async def add_team(call: Call, body: NewTeam) -> Team:
    """A new team."""
    row = await teams.add_team(
        call.context.database,
        call.caller,
        name=body.name,
        member_ids=body.member_ids,
        lead_ids=body.lead_ids,
        access_classes=body.access_classes,
    )
    return to_team(row)


@routes.patch("/teams/{team_id}", policy=CHANGE_TEAMS, errors=(409,))
async def change_team(call: Call, team_id: Id, body: TeamChanges) -> Team:
    """Change a team; what is left out stays."""
    row = await teams.change_team(
        call.context.database,
        call.caller,
        team_id,
        name=body.name,
        member_ids=body.member_ids,
        lead_ids=body.lead_ids,
        access_classes=body.access_classes,
    )
    return to_team(row)


@routes.delete("/teams/{team_id}", policy=CHANGE_TEAMS)
async def remove_team(call: Call, team_id: Id) -> None:
    """Its cases belong to no team from now on."""
    await teams.remove_team(call.context.database, call.caller, team_id)


@routes.get("/tokens", policy=CHANGE_TOKENS)
async def list_tokens(call: Call) -> Tokens:
    """All tokens, newest first."""
    rows = await tokens.list_tokens(call.context.database)
    return Tokens(tokens=tuple(to_token(row) for row in rows))


@routes.post("/tokens", policy=CHANGE_TOKENS, status=201)
async def add_token(call: Call, body: NewToken) -> MadeToken:
    """A token that acts for oneself, and can do no more than its role and oneself."""
    made = await tokens.add_token(
        call.context.database,
        actor=call.caller.actor,
        agent_id=call.caller.agent_id,
        agent_role=call.caller.role,
        name=body.name,
        role=body.role,
        expires_at=body.expires_at,
    )
    return MadeToken(**msgspec.structs.asdict(to_token(made.row)), token=made.token)


@routes.delete("/tokens/{token_id}", policy=CHANGE_TOKENS)
async def revoke_token(call: Call, token_id: Id) -> None:
    """It is good no longer."""
    await tokens.revoke_token(call.context.database, call.caller.actor, token_id)


def to_team(row: TeamRow) -> Team:
    return Team(
        id=row.id,
        name=row.name,
        member_ids=row.member_ids,
        lead_ids=row.lead_ids,
        access_classes=row.access_classes,
    )


def to_token(row: TokenRow) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        hint=row.hint,
        agent_id=row.agent_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        seen_at=row.used_at,
    )
