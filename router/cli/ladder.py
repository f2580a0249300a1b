"""`onethread ladder ...`"""

from typing import TYPE_CHECKING, Any

import click

from router.cli.agents import ACTOR
from router.cli.output import json_option, on_record, show

if TYPE_CHECKING:
    from router.foundation import Foundation

DESK = "desk"


@click.group("ladder")
def ladder_command() -> None:
    """Where answers go on that did not arrive."""


@ladder_command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """The orders that are set. Without any, answers go on where their person wrote last."""

    async def run(base: "Foundation") -> list[dict[str, Any]]:
        from router.services.accounts import list_accounts
        from router.services.ladder.orders import list_orders

        labels = {one.id: one.label for one in await list_accounts(base.database)}
        return [
            {
                "from": DESK if one.account_id is None else labels.get(one.account_id, "removed"),
                "to": [labels.get(rung, "removed") for rung in one.rungs],
            }
            for one in await list_orders(base.database)
        ]

    rows = on_record(run)
    shown = [{**row, "to": ", ".join(row["to"]) or "nowhere"} for row in rows]
    show({"orders": rows}, as_json, rows=shown, columns=("from", "to"))


@ladder_command.command("set")
@click.argument("account")
@click.argument("rungs", nargs=-1)
def set_(account: str, rungs: tuple[str, ...]) -> None:
    """By which accounts (labels, the first first) goes on what did not arrive by ACCOUNT.

    ACCOUNT is a label or an id, or `desk` for all that have no order of their own. Without RUNGS
    nothing goes on.
    """
    _change(account, rungs)
    click.echo(f"{account}: goes on by {', '.join(rungs) or 'nothing'}.")


@ladder_command.command("clear")
@click.argument("account")
def clear(account: str) -> None:
    """Take an order back: the desk's counts again, or none."""
    _change(account, None)
    click.echo(f"{account}: no order of its own.")


def _change(account: str, rungs: tuple[str, ...] | None) -> None:
    async def run(base: "Foundation") -> None:
        from router.services.accounts import list_accounts
        from router.services.ladder.orders import set_order

        found = await list_accounts(base.database)
        ids = {str(one.id): one.id for one in found} | {one.label: one.id for one in found}
        await set_order(
            base.database,
            actor=ACTOR,
            account_id=None if account == DESK else _id_of(ids, account),
            rungs=None if rungs is None else [_id_of(ids, one) for one in rungs],
        )

    on_record(run)


def _id_of(ids: dict[str, int], label: str) -> int:
    from router.services.errors import NotFound

    if label not in ids:
        raise NotFound(f"There is no account {label!r}; see: onethread account list")
    return ids[label]
