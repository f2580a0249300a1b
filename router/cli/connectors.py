"""`onethread connector ...`"""

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from router.cli.output import Exit, fail, json_option, show


@click.group("connector")
def connector_command() -> None:
    """Channels: list, begin a new one, prove one."""


@connector_command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Channels that are installed, and why one cannot be used."""
    from router.runtime.registry import Registry

    rows: list[dict[str, Any]] = [
        {
            "channel": entry.channel,
            "name": entry.manifest.name if entry.manifest else None,
            "intake": [one.value for one in entry.manifest.intake] if entry.manifest else [],
            "contract": entry.manifest.contract if entry.manifest else None,
            "problem": entry.problem,
        }
        for entry in Registry().channels()
    ]
    show(
        {"channels": rows},
        as_json,
        rows=rows,
        columns=("channel", "name", "intake", "contract", "problem"),
    )


@connector_command.command("new")
@click.argument("channel")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to make. [connectors/CHANNEL in a checkout, else ./CHANNEL]",
)
def new(channel: str, into: Path | None) -> None:
    """Begin a connector: files that work and pass their tests from the first minute."""
    from core.scaffold import write_scaffold

    if into is None:
        package = Path("connectors")
        into = package / channel if (package / "__init__.py").exists() else Path(channel)
    try:
        written = write_scaffold(into, channel)
    except (ValueError, FileExistsError, OSError) as error:
        fail(str(error))
    for path in written:
        click.echo(path)
    click.echo(f"Prove it: onethread connector check {channel}")


@connector_command.command("check")
@click.argument("channel")
def check(channel: str) -> None:
    """Run the conformance kit on a connector, and its own tests."""
    from core.errors import ConnectorError
    from router.runtime.registry import Registry

    if importlib.util.find_spec("pytest") is None:
        fail("the conformance kit needs pytest: pip install pytest pytest-asyncio", Exit.USAGE)
    try:
        manifest = Registry().manifest(channel)
    except ConnectorError as error:
        fail(str(error))
    package = manifest.entry.partition(":")[0].rpartition(".")[0]
    found = [path for path in _test_places(package, channel) if path.exists()]
    if not found:
        fail(f"{channel} has no tests; docs/add-a-connector.md shows the five lines they need")
    # By module, never by path below it: a channel may be called like a standard module.
    command = [sys.executable, "-m", "pytest", "-q", "-n0", *(str(path) for path in found)]
    done = subprocess.run(command, check=False)
    raise click.exceptions.Exit(Exit.DONE if done.returncode == 0 else Exit.REFUSED)


def _test_places(package: str, channel: str) -> list[Path]:
    places = [Path("tests") / "connectors" / channel]
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        places.append(Path(folder) / "tests")
    return places
