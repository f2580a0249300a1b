"""`migrate`: bring the database's schema to this version."""

import asyncio

import click

from router.settings import load_settings


@click.command("migrate")
def command() -> None:
    """Bring the schema to this version; `serve` does it too. Safe to run twice, or on two nodes."""
    settings = load_settings()
    from router.foundation import Foundation
    from router.storage.migrate import newest_revision

    async def run() -> None:
        async with Foundation(settings):
            click.echo(f"The schema is at {newest_revision()}.")

    asyncio.run(run())
