"""`onethread deadlines rebuild`."""

from typing import TYPE_CHECKING

import click

from router.cli.output import on_record

if TYPE_CHECKING:
    from router.foundation import Foundation


@click.group("deadlines")
def deadlines_command() -> None:
    """What is owed by when."""


@deadlines_command.command("rebuild")
def rebuild() -> None:
    """Derive all deadlines anew from what was committed. They are equal to those that stood."""

    async def run(base: "Foundation") -> int:
        from router.services.deadlines.following import rebuild as derive_all

        return await derive_all(base.database)

    count = on_record(run)
    click.echo(f"Derived anew: the deadlines of {count} cases.")
