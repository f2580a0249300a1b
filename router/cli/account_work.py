"""`onethread account logs`, `retry`, `rename`: what happens on an account, and what failed."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from router.cli.agents import ACTOR
from router.cli.output import Exit, json_option, on_record, show_json, text_of

if TYPE_CHECKING:
    from router.foundation import Foundation
    from router.services.viewer import Viewer
    from router.storage.account_log import LogLine

FOLLOW_SECONDS = 1.0
PAGE = 1_000
"""Deliveries that are looked at in one go."""


@click.command("logs")
@click.argument("account")
@click.option("-f", "--follow", "is_followed", is_flag=True, help="Go on, until Ctrl+C.")
@click.option("--message", "message_id", type=int, help="All that happened to this one message.")
@json_option
def logs(account: str, is_followed: bool, message_id: int | None, as_json: bool) -> None:
    """What happens on an account: ids, states and times, and nobody's words.

    With --json each line is an object of its own.
    """

    async def run(base: "Foundation") -> None:
        from router.cli.accounts import find_account
        from router.services import account_log
        from router.storage.sight import FULL_SIGHT

        found = await find_account(base, account)
        if message_id is not None:
            lines = await account_log.load_lines(
                base.database, found, message_id=message_id, sight=FULL_SIGHT
            )
            _say(lines, as_json)
            return
        tail = await account_log.follow(base.database, found, sight=FULL_SIGHT)
        _say(tail.lines, as_json)
        while is_followed:
            await asyncio.sleep(FOLLOW_SECONDS)
            tail = await account_log.follow(base.database, found, sight=FULL_SIGHT, after=tail)
            _say(tail.lines, as_json)

    on_record(run)


@click.command("retry")
@click.argument("account")
@click.option("--delivery", "delivery_ids", type=int, multiple=True, help="Only this one.")
@json_option
def retry(account: str, delivery_ids: tuple[int, ...], as_json: bool) -> None:
    """Send again what failed on an account. What may have arrived is left to the inbox."""

    async def run(base: "Foundation") -> dict[str, Any]:
        from router.cli.accounts import find_account
        from router.services.held import decide_all
        from router.services.viewer import Viewer

        desk = Viewer(agent_id=0)
        failed = await _failed(base, desk, await find_account(base, account))
        wanted = [one for one in failed if not delivery_ids or one in delivery_ids]
        decided = await decide_all(base.database, desk, wanted, "resend", actor=ACTOR)
        missing = [one for one in delivery_ids if one not in wanted]
        refused = [
            {"id": one.id, "code": one.code, "detail": one.detail} for one in decided.refused
        ]
        refused += [
            {"id": one, "code": "not_found", "detail": "It did not fail on this account."}
            for one in missing
        ]
        return {"sent_again": decided.done, "refused": refused}

    done = on_record(run)
    if as_json:
        show_json(done)
    else:
        click.echo(f"{len(done['sent_again'])} go out again.")
        for one in done["refused"]:
            click.echo(f"Delivery {one['id']} stays: {one['detail']}", err=True)
    if done["refused"]:
        raise click.exceptions.Exit(Exit.REFUSED)


async def _failed(base: "Foundation", desk: "Viewer", account_id: int) -> list[int]:
    """All of what certainly did not arrive, newest first."""
    from router.services.held import list_held

    found: list[int] = []
    while True:
        rows = await list_held(
            base.database,
            desk,
            account_id=account_id,
            trouble=("failed", "dead"),
            before=found[-1] if found else None,
            limit=PAGE,
        )
        found += (one.id for one in rows)
        if len(rows) < PAGE:
            return found


@click.command("rename")
@click.argument("account")
@click.argument("label")
@json_option
def rename(account: str, label: str, as_json: bool) -> None:
    """Call it something else. Its settings stay."""

    async def run(base: "Foundation") -> dict[str, Any]:
        from router.cli.accounts import find_account
        from router.services.accounts import change_account, load_account

        before = await load_account(base.database, await find_account(base, account))
        row = await change_account(
            base.database,
            base.keyring,
            actor=ACTOR,
            account_id=before.id,
            config_type=base.registry.load(before.channel).Config,
            label=label,
        )
        return {"id": row.id, "label": row.label, "was": before.label}

    done = on_record(run)
    if as_json:
        show_json(done)
    else:
        click.echo(f"{done['was']} is called {done['label']}.")


def _say(lines: "Iterable[LogLine]", as_json: bool) -> None:
    import msgspec

    for line in lines:
        if as_json:
            click.echo(msgspec.json.encode(line).decode())
            continue
        what = [
            text_of(line.at),
            line.kind,
            line.code,
            f"message={line.message_id}" if line.message_id else "",
            f"delivery={line.delivery_id}" if line.delivery_id else "",
            f"{line.ms:.0f} ms" if line.ms is not None else "",
            text_of(line.reason) if line.reason else "",
        ]
        click.echo("  ".join(part for part in what if part))
