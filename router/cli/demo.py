"""`onethread demo`: a whole desk of make-believe people, in a database of its own."""

import json
import shutil
from pathlib import Path

import click

from router.cli.output import Exit, fail, settings_or_fail

FOLDER = "demo"
MARK = "demo.json"
"""What was made, and how to sign in. Only a folder that has it is ever wiped."""


@click.command("demo")
@click.option("--people", default=5_000, show_default=True, type=click.IntRange(1, 200_000))
@click.option("--messages", default=50_000, show_default=True, type=click.IntRange(2, 2_000_000))
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same people.")
@click.option("--wipe", is_flag=True, help="Drop all of it, and stop.")
def demo_command(people: int, messages: int, seed: int, wipe: bool) -> None:
    """Run a desk with made-up people who write by themselves. Nothing of yours is touched."""
    settings = settings_or_fail()
    folder = settings.data_dir / FOLDER
    if wipe:
        _wipe(folder)
        return

    from router.bootstrap import demonstrate
    from router.services.demo import Wanted
    from router.settings import SettingsError
    from router.storage.engine import DatabaseUnavailable

    own = settings.model_copy(update={"data_dir": folder, "database_url": None})
    wanted = Wanted(people=people, messages=messages, seed=seed)
    try:
        demonstrate(own, wanted, mark=folder / MARK)
    except SettingsError as error:
        fail(str(error), Exit.USAGE)
    except DatabaseUnavailable as error:
        fail(str(error), Exit.DATABASE)


def _wipe(folder: Path) -> None:
    if not folder.exists():
        click.echo("There is no demonstration.")
        return
    try:
        json.loads((folder / MARK).read_text("utf-8"))
    except (OSError, ValueError):
        fail(f"{folder} was not made by this command: it is left alone")
    if (folder / "postgres" / "postmaster.pid").exists():
        fail("the demonstration is running: stop it first")
    shutil.rmtree(folder)
    click.echo("The demonstration is gone.")
