"""`onethread doctor`: what is wrong with the set-up, and the fix of each."""

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from router.cli.output import Exit, json_option, show_json, text_of

if TYPE_CHECKING:
    from router.cli.findings import Finding
    from router.settings import Settings

_MARKS = {"ok": "ok", "warning": "!", "fault": "FAULT"}


@click.command("doctor")
@click.option("--offline", is_flag=True, help="Don't sign in to the accounts' networks.")
@json_option
def doctor_command(offline: bool, as_json: bool) -> None:
    """Find what is wrong with the set-up, and say the fix. Exit code 1 if there is a fault."""
    found = asyncio.run(_look(offline))
    is_well = not any(one.level == "fault" for one in found)
    if as_json:
        show_json({"ok": is_well, "findings": [asdict(one) for one in found]})
    else:
        for one in found:
            click.echo(f"{_MARKS[one.level]:>5}  {text_of(one.name)}: {text_of(one.detail)}")
            if one.fix:
                click.echo(f"       fix: {text_of(one.fix)}")
        click.echo("All is well." if is_well else "Something is not in order: see FAULT above.")
    if not is_well:
        raise click.exceptions.Exit(Exit.REFUSED)


async def _look(offline: bool) -> "list[Finding]":
    from router.cli import findings
    from router.runtime.log import configure_log
    from router.settings import SettingsError, load_settings

    configure_log(log_format="text", log_level="critical", is_for_ever=False)
    try:
        settings = load_settings()
    except SettingsError as error:
        return [findings.fault("settings", str(error), "Correct it and run doctor again.")]
    found = await findings.on_machine(settings)
    if any(one.name == "data folder" and one.level == "fault" for one in found):
        return found
    return found + await _look_at_record(settings, offline)


async def _look_at_record(settings: "Settings", offline: bool) -> "list[Finding]":
    from router.cli import findings
    from router.foundation import Foundation
    from router.storage.engine import DatabaseUnavailable

    try:
        async with Foundation(settings) as base:
            return await findings.in_record(base, checks_networks=not offline)
    except DatabaseUnavailable as error:
        fix = (
            "Look at the log in the data folder's postgres folder; another program may hold it."
            if settings.database_url is None
            else "Start it, or correct database_url (ONETHREAD_DATABASE_URL)."
        )
        return [findings.fault("database", str(error), fix)]
