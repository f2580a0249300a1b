"""The API's words for agents; shared by what shows oneself and what shows others."""

from typing import Any

import msgspec

from router.services.roles import Role
from router.storage.agents import AgentRow


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who answers, or did."""

    id: int
    name: str
    email: str
    role: Role
    is_active: bool
    language: str
    has_totp: bool
    team_ids: tuple[int, ...]


class Profile(Agent, frozen=True, kw_only=True):
    """Oneself."""

    signature: str
    settings: dict[str, Any]


def to_agent(row: AgentRow) -> Agent:
    return Agent(
        id=row.id,
        name=row.name,
        email=row.email,
        role=Role(row.role),
        is_active=row.is_active,
        language=row.language,
        has_totp=row.has_totp,
        team_ids=row.team_ids,
    )


def to_profile(row: AgentRow) -> Profile:
    return Profile(
        **{name: getattr(to_agent(row), name) for name in Agent.__struct_fields__},
        signature=row.signature,
        settings=dict(row.settings),
    )
