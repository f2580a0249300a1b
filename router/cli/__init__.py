"""The commands. A group's module is imported only when it is called, so that `--help` is quick."""

import importlib
import sys

import click

from router.settings import SettingsError

MODULES = {
    "serve": "router.cli.serve",
    "migrate": "router.cli.migrate",
}
"""Command -> the module that defines it under the name `command`."""

EXIT_SETTINGS = 2


class LazyGroup(click.Group):
    """Finds its commands in MODULES."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        path = MODULES.get(cmd_name)
        if path is None:
            return None
        command = importlib.import_module(path).command
        if not isinstance(command, click.Command):
            raise TypeError(f"{path}.command is no command")
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="onethread")
def cli() -> None:
    """One person, one conversation, whatever they write in on.

    Exit codes: 0 done, 1 refused or failed, 2 wrong settings or arguments.
    """


def main() -> None:
    """Errors that ops can mend are one sentence on stderr, never a traceback."""
    try:
        cli.main(standalone_mode=True)
    except SettingsError as error:
        click.echo(f"onethread: {error}", err=True)
        sys.exit(EXIT_SETTINGS)
    except ConnectionError as error:
        click.echo(f"onethread: {error}", err=True)
        sys.exit(1)
