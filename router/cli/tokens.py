"""`onethread token ...`"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from router.cli.agents import ACTOR, ROLES
from router.cli.output import json_option, on_record, show, show_json

if TYPE_CHECKING:
    from router.foundation import Foundation

TOKEN_ROLES = (*ROLES, "host")


@click.group("token")
def token_command() -> None:
    """Tokens for programs."""


@token_command.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(TOKEN_ROLES), default="agent", show_default=True)
@click.option("--agent", "email", help="For whom it acts: an agent's address. [the first owner]")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is good. [for ever]")
@json_option
def add(name: str, role: str, email: str | None, days: int | None, as_json: bool) -> None:
    """Make a token and print it, this once."""

    async def run(base: "Foundation") -> dict[str, Any]:
        from router.services.agents import load_by_email, load_first_owner
        from router.services.roles import Role
        from router.services.tokens import add_token

        database = base.database
        agent = await (
            load_first_owner(database) if email is None else load_by_email(database, email)
        )
        made = await add_token(
            database,
            actor=ACTOR,
            agent_id=agent.id,
            agent_role=Role(agent.role),
            name=name,
            role=Role(role),
            expires_at=None if days is None else base.clock.now() + timedelta(days=days),
        )
        return {
            "id": made.row.id,
            "name": name,
            "role": role,
            "agent": agent.email,
            "expires_at": made.row.expires_at,
            "token": made.token,
        }

    made = on_record(run)
    if as_json:
        show_json(made)
    else:
        click.echo(made["token"])


@token_command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """All tokens that were not revoked."""

    async def run(base: "Foundation") -> list[dict[str, Any]]:
        from router.services.tokens import list_tokens

        return [
            {
                "id": row.id,
                "name": row.name,
                "role": row.role,
                "hint": row.hint,
                "agent_id": row.agent_id,
                "expires_at": row.expires_at,
                "used_at": row.used_at,
            }
            for row in await list_tokens(base.database)
        ]

    rows = on_record(run)
    columns = ("id", "name", "role", "hint", "agent_id", "expires_at", "used_at")
    show({"tokens": rows}, as_json, rows=rows, columns=columns)


@token_command.command("revoke")
@click.argument("token_id", type=int)
def revoke(token_id: int) -> None:
    """It is good no longer."""

    async def run(base: "Foundation") -> None:
        from router.services.tokens import revoke_token

        await revoke_token(base.database, ACTOR, token_id)

    on_record(run)
    click.echo(f"Token {token_id} is good no longer.")
