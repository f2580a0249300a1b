"""`onethread agent ...`"""

from typing import TYPE_CHECKING, Any

import click

from router.cli.output import (
    Exit,
    fail,
    json_option,
    may_ask,
    on_record,
    read_stdin,
    show,
    show_json,
)

if TYPE_CHECKING:
    from router.foundation import Foundation

ROLES = ("owner", "admin", "supervisor", "agent", "auditor")
ACTOR = "cli"


@click.group("agent")
def agent_command() -> None:
    """Add agents, and help them in again."""


@agent_command.command("add")
@click.argument("address")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(ROLES), default="agent", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password's one line from stdin.")
@click.option("--link", is_flag=True, help="Print a link by which they choose a password.")
@json_option
def add(
    address: str, name: str, role: str, password_stdin: bool, link: bool, as_json: bool
) -> None:
    """Add an agent. Asks for a password at a terminal; see --password-stdin and --link."""
    password = None if link else _password(password_stdin)

    async def run(base: "Foundation") -> dict[str, Any]:
        from router.services import agents
        from router.services.passwords import Passwords
        from router.services.roles import Role

        agent_id = await agents.add_agent(
            base.database,
            Passwords(),
            actor=ACTOR,
            name=name,
            email=address,
            role=Role(role),
            password=password,
        )
        made: dict[str, Any] = dict(id=agent_id, email=address, role=role)
        if link:
            found = await agents.make_reset_link(
                base.database, ACTOR, base.settings.web_url, agent_id
            )
            made |= {"url": found.url, "expires_at": found.expires_at}
        return made

    made = on_record(run)
    if as_json:
        show_json(made)
        return
    click.echo(f"Agent {made['id']}: {address} ({role}).")
    if link:
        click.echo(f"They choose a password at {made['url']}")


@agent_command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """All agents, those who left included."""

    from router.web.shapes import Agent, to_agent

    async def run(base: "Foundation") -> list[dict[str, Any]]:
        import msgspec

        from router.services.agents import list_agents

        return [msgspec.to_builtins(to_agent(row)) for row in await list_agents(base.database)]

    rows = on_record(run)
    show({"agents": rows}, as_json, rows=rows, columns=Agent.__struct_fields__)


@agent_command.command("reset")
@click.argument("address")
@click.option("--totp", is_flag=True, help="Also forget their second factor.")
@json_option
def reset(address: str, totp: bool, as_json: bool) -> None:
    """Print a link by which an agent chooses a new password."""

    async def run(base: "Foundation") -> dict[str, Any]:
        from router.services.agents import load_by_email, make_reset_link
        from router.services.totp import reset_totp

        agent = await load_by_email(base.database, address)
        if totp:
            await reset_totp(base.database, ACTOR, agent.id)
        link = await make_reset_link(base.database, ACTOR, base.settings.web_url, agent.id)
        return {"id": agent.id, "url": link.url, "expires_at": link.expires_at}

    made = on_record(run)
    if as_json:
        show_json(made)
    else:
        click.echo(f"Good once, until {made['expires_at']:%Y-%m-%d %H:%M} UTC: {made['url']}")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return read_stdin().decode().rstrip("\r\n")
    if not may_ask():
        fail("no terminal to ask at: use --password-stdin or --link", Exit.USAGE)
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
