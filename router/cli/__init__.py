"""The command line: one module per group, imported only when it is asked for."""

import importlib
import sys

import click

from router.cli.output import Exit

_COMMANDS = {
    "serve": ("serve", "Run the desk."),
    "demo": ("demo", "Try a desk with made-up people, in a database of its own."),
    "migrate": ("serve", "Bring the database to this version."),
    "doctor": ("doctor", "Find what is wrong with the set-up, and say the fix."),
    "agent": ("agents", "Add agents, and help them in again."),
    "token": ("tokens", "Tokens for programs."),
    "account": ("accounts", "Mailboxes, bots and sites."),
    "ladder": ("ladder", "Where answers go on that did not arrive."),
    "connector": ("connectors", "Channels: list, begin a new one, prove one."),
    "inspect": ("inspection", "Show what a channel reads in a raw source."),
    "triage": ("triage", "Show what the classifier finds in a message."),
    "person": ("persons", "Show, export, erase, merge and split persons."),
    "conversation": ("conversations", "Show what was said, or search it."),
    "quarantine": ("quarantine", "Inbound events that could not be read."),
    "deadlines": ("deadlines", "What is owed by when."),
    "audit": ("audit", "The record of who did what."),
    "backup": ("backup", "Copy everything into a folder."),
    "restore": ("backup", "Bring a copy back; nothing is sent twice."),
    "openapi": ("openapi", "Print the API's OpenAPI document."),
    "bench": ("bench", "Measure this machine against the bars."),
}

_EPILOG = """\b
Exit codes: 0 done; 1 refused, or something is not in order; 2 wrong usage or a wrong
setting; 3 the database does not answer. Settings come from onethread.toml in this
folder and from ONETHREAD_* in the environment."""


class Commands(click.Group):
    """Knows every command's name and line without importing it: `--help` is there at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _ = _COMMANDS[cmd_name]
        found = getattr(importlib.import_module(f"router.cli.{module}"), f"{cmd_name}_command")
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.command(
    cls=Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="onethread", message="onethread %(version)s")
def cli() -> None:
    """One person, one conversation, whatever they write in on."""


def main() -> None:
    """Run a command, and end the process with its exit code."""
    try:
        # Outside of its standalone mode click returns the code of `Exit` instead of raising it.
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else Exit.DONE)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(Exit.REFUSED)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.USAGE)
    except BrokenPipeError:
        # Whoever read our output had enough: `onethread person show 1 | head`.
        sys.stderr.close()
        sys.exit(Exit.DONE)
