"""`onethread bench`: the benchmarks of a checkout."""

import importlib.util
import subprocess
import sys

import click

from router.cli.output import fail


@click.command("bench", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench_command(arguments: tuple[str, ...]) -> None:
    """Measure this machine against the bars."""
    if importlib.util.find_spec("bench") is None:
        fail("the benchmarks are in the source, not in the wheel: run this in a checkout")
    done = subprocess.run([sys.executable, "-m", "bench", *arguments], check=False)
    raise click.exceptions.Exit(done.returncode)
