"""`onethread account ...`"""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from router.cli.account_work import logs, rename, retry
from router.cli.agents import ACTOR
from router.cli.output import (
    Exit,
    fail,
    json_option,
    may_ask,
    on_record,
    read_stdin,
    show,
    show_json,
    show_table,
)

if TYPE_CHECKING:
    from router.foundation import Foundation
    from router.storage.accounts import AccountState


@click.group("account")
def account_command() -> None:
    """Mailboxes, bots and sites."""


account_command.add_command(logs)
account_command.add_command(retry)
account_command.add_command(rename)


@account_command.command("add")
@click.argument("channel")
@click.argument("label", required=False)
@click.option(
    "--config",
    "source",
    help="A TOML or JSON file with the settings; - is JSON on stdin.",
)
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="One setting.")
@json_option
def add(
    channel: str, label: str | None, source: str | None, pairs: tuple[str, ...], as_json: bool
) -> None:
    """Make an account, and test it. At a terminal, settings that are missing are asked for."""
    values = _values(source) | dict(_pair(pair) for pair in pairs)

    async def run(base: "Foundation") -> tuple[dict[str, Any], dict[str, Any]]:
        from router.services.accounts import add_account

        connector = base.registry.load(channel)
        if may_ask():
            _ask_for_missing(connector.Config.model_json_schema(), values)
        row = await add_account(
            base.database,
            base.keyring,
            actor=ACTOR,
            channel=channel,
            config_type=connector.Config,
            label=label or base.registry.manifest(channel).name,
            values=values,
        )
        return _shown(base, row), await _checked(base, row.id)

    made, found = on_record(run)
    if as_json:
        show_json({**made, "check": found})
        return
    click.echo(f"Account {made['id']}: {made['label']}.")
    _show_check(found)


@account_command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """All accounts with how they fare."""

    async def run(base: "Foundation") -> list[dict[str, Any]]:
        from router.services.accounts import list_accounts

        return [_shown(base, row) for row in await list_accounts(base.database)]

    rows = on_record(run)
    columns = ("id", "label", "channel", "state", "health", "queued", "last_in_at", "last_out_at")
    show({"accounts": rows}, as_json, rows=rows, columns=columns)
    if not as_json:
        for row in rows:
            if row["paused_reason"]:
                click.echo(f"{row['label']} is paused: {row['paused_reason']}")


@account_command.command("check")
@click.argument("account")
@click.option("--send", "sends", is_flag=True, help="Let it write to itself as well.")
@json_option
def check(account: str, sends: bool, as_json: bool) -> None:
    """Sign in to an account's network now, and say what was found."""

    async def run(base: "Foundation") -> dict[str, Any]:
        return await _checked(base, await find_account(base, account), sends=sends)

    found = on_record(run)
    if as_json:
        show_json(found)
    else:
        _show_check(found)
    if not found["ok"]:
        raise click.exceptions.Exit(Exit.REFUSED)


@account_command.command("authorise")
@click.argument("account")
def authorise(account: str) -> None:
    """Let onethread into an account at its network, where that takes a person and a browser."""

    async def run(base: "Foundation") -> tuple[str, bool]:
        from router.services.accounts import authorise_account, load_row

        row = await load_row(base.database, await find_account(base, account))
        connector = base.factory.make(row)
        secrets = await type(connector).authorise(
            base.factory.config_of(row), connector.context, Terminal()
        )
        runs = await authorise_account(
            base.database, base.keyring, actor=ACTOR, account_id=row.id, secrets=secrets
        )
        return row.label, runs

    label, runs = on_record(run)
    click.echo(f"{label} is let in{' and runs' if runs else '; it is still paused'}.")


class Terminal:
    """Whoever sits at it (`core.connector.Interview`)."""

    def tell(self, text: str) -> None:
        click.echo(text, err=True)

    async def ask(self, question: str) -> str:
        return str(await asyncio.to_thread(click.prompt, question, err=True))


@account_command.command("pause")
@click.argument("account")
@click.option("--reason", default="Paused on the command line.")
@json_option
def pause(account: str, reason: str, as_json: bool) -> None:
    """Nothing comes in or goes out on it; its queue waits."""

    async def run(base: "Foundation") -> dict[str, Any]:
        from router.services.accounts import pause_account

        row = await pause_account(
            base.database, actor=ACTOR, account_id=await find_account(base, account), reason=reason
        )
        return _shown(base, row)

    _tell(on_record(run), "is paused", as_json)


@account_command.command("resume")
@click.argument("account")
@json_option
def resume(account: str, as_json: bool) -> None:
    """It runs again, and its queue goes out."""

    async def run(base: "Foundation") -> dict[str, Any]:
        from router.services.accounts import resume_account

        row = await resume_account(
            base.database, actor=ACTOR, account_id=await find_account(base, account)
        )
        return _shown(base, row)

    _tell(on_record(run), "runs", as_json)


@account_command.command("remove")
@click.argument("account")
@click.option("--yes", is_flag=True, help="Don't ask.")
@json_option
def remove(account: str, yes: bool, as_json: bool) -> None:
    """Forget its settings and secrets; what was said on it stays."""
    if not yes:
        if not may_ask():
            fail("no terminal to ask at: use --yes", Exit.USAGE)
        click.confirm(f"Remove {account}?", abort=True, err=True)

    async def run(base: "Foundation") -> dict[str, Any]:
        from router.services.accounts import remove_account

        found = await find_account(base, account)
        await remove_account(base.database, actor=ACTOR, account_id=found)
        return {"id": found, "label": account}

    _tell(on_record(run), "is removed", as_json)


def _tell(row: dict[str, Any], what: str, as_json: bool) -> None:
    if as_json:
        show_json(row)
    else:
        click.echo(f"{row['label']} {what}.")


async def find_account(base: "Foundation", account: str) -> int:
    """By id or by label."""
    from router.services.accounts import list_accounts
    from router.services.errors import NotFound

    for row in await list_accounts(base.database):
        if account in (str(row.id), row.label):
            return row.id
    raise NotFound(f"There is no account {account!r}; see: onethread account list")


def _shown(base: "Foundation", row: "AccountState") -> dict[str, Any]:
    return {
        "id": row.id,
        "label": row.label,
        "channel": row.channel,
        "state": row.state,
        "paused_reason": row.paused_reason,
        "paused_code": row.paused_code,
        "health": row.health.get("state", "starting") if row.state == "active" else "-",
        "health_detail": row.health.get("detail", ""),
        "queued": row.queued,
        "held": row.held,
        "last_in_at": row.last_in_at,
        "last_out_at": row.last_out_at,
        "is_sandbox": row.is_sandbox,
        "hook_url": f"{base.settings.web_url}/hooks/{row.hook_token}",
    }


def _values(source: str | None) -> dict[str, Any]:
    if source is None:
        return {}
    try:
        if source == "-":
            found = json.loads(read_stdin())
        elif source.endswith(".toml"):
            import tomllib

            found = tomllib.loads(Path(source).read_text())
        else:
            found = json.loads(Path(source).read_text())
    except (OSError, ValueError) as error:
        fail(f"--config {source}: {error}", Exit.USAGE)
    if not isinstance(found, dict):
        fail(f"--config {source}: an object of settings is wanted", Exit.USAGE)
    return found


def _pair(pair: str) -> tuple[str, Any]:
    """`port=993` is a number and `tls=true` a truth, as in JSON; everything else is text."""
    name, separator, text = pair.partition("=")
    if not separator or not name:
        fail(f"--set {pair}: write it as NAME=VALUE", Exit.USAGE)
    try:
        return name, json.loads(text)
    except ValueError:
        return name, text


def _ask_for_missing(schema: dict[str, Any], values: dict[str, Any]) -> None:
    required = schema.get("required", ())
    for name, field in schema["properties"].items():
        if name in values or not (name in required or field.get("ask")):
            continue
        is_secret = field.get("format") == "password"
        label = field.get("title", name)
        default = None if name in required else ""
        answer = click.prompt(
            label, default=default, show_default=False, hide_input=is_secret, err=True
        )
        if answer or name in required:
            values[name] = answer


async def _checked(base: "Foundation", account_id: int, *, sends: bool = False) -> dict[str, Any]:
    from router.runtime.account_check import check_account, is_fine
    from router.services.accounts import load_row

    row = await load_row(base.database, account_id)
    found = await check_account(base.factory, row, sends=sends)
    steps = [
        {"name": one.name, "ok": one.ok, "detail": one.detail, "fix": "" if one.ok else one.fix}
        for one in found.steps
    ]
    return {"ok": is_fine(found), "shown_as": found.shown_as, "steps": steps}


def _show_check(found: dict[str, Any]) -> None:
    if found["shown_as"]:
        click.echo(f"There we are {found['shown_as']}.")
    show_table(found["steps"], ("name", "ok", "detail", "fix"))
