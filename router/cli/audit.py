"""`onethread audit verify`."""

from typing import TYPE_CHECKING

import click

from router.cli.output import Exit, json_option, on_record, show_json

if TYPE_CHECKING:
    from router.foundation import Foundation
    from router.services.audit import ChainCheck


@click.group("audit")
def audit_command() -> None:
    """The record of who did what."""


@audit_command.command("verify")
@click.option("--head", help="The last entry's hash, as an earlier run printed it.")
@click.option("--entries", type=int, help="How many entries an earlier run counted.")
@json_option
def verify(head: str | None, entries: int | None, as_json: bool) -> None:
    """Recompute the chain. Changed, removed or moved entries show.

    What was cut off at the end shows only against a --head that was kept elsewhere.
    """

    async def run(base: "Foundation") -> "ChainCheck":
        from router.services.audit import verify as recompute

        return await recompute(base.database, expected_head=head, expected_entries=entries)

    found = on_record(run)
    if as_json:
        show_json(
            {
                "is_whole": found.is_whole,
                "entries": found.entries,
                "head": found.head,
                "broken_at": found.broken_at,
                "reason": found.reason,
            }
        )
    elif found.is_whole:
        click.echo(f"Whole: {found.entries} entries. Keep the head elsewhere: {found.head}")
    elif found.broken_at is None:
        click.echo(f"Broken: {found.reason}.")
    else:
        click.echo(f"Broken at entry {found.broken_at}: {found.reason}.")
    if not found.is_whole:
        raise click.exceptions.Exit(Exit.REFUSED)
