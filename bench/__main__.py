"""`python -m bench [b1 b2 …] [--rounds 3] [--json]`: measure, print, exit 1 if a bar fails."""

import asyncio
import importlib
import sys
from pathlib import Path

import click

from bench.bar import Figure, median_of, show, to_json
from tests import run_folder
from tests.rig.own_postgres import OwnPostgres

BARS = (
    "b1",
    "b2",
    "b3",
    "b4",
    "b5",
    "b9",
    "b11",
    "b12",
    "b13",
    "b14",
    "b15",
    "b16",
    "b17",
    "b18",
    "b19",
    "b20",
    "b21",
)


@click.command("bench")
@click.argument("bars", nargs=-1, type=click.Choice(BARS))
@click.option("--rounds", default=3, show_default=True, help="The middle one is shown.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each figure.")
def bench(bars: tuple[str, ...], rounds: int, as_json: bool) -> None:
    """Each bar as a ratio to a limit measured in the same run, or beside an absolute bar."""
    run_folder.begin()
    postgres = OwnPostgres(Path(run_folder.path()) / "bench")
    postgres.start()
    try:
        figures = [
            figure
            for bar in bars or BARS
            for figure in asyncio.run(_measure(bar, postgres.url, rounds, as_json=as_json))
        ]
    finally:
        postgres.stop()
        run_folder.end()
    failed = [figure for figure in figures if not figure.holds]
    click.echo(f"{len(figures) - len(failed)} of {len(figures)} figures hold their bar.")
    sys.exit(1 if failed else 0)


async def _measure(bar: str, url: str, rounds: int, *, as_json: bool) -> list[Figure]:
    module = importlib.import_module(f"bench.{bar}")
    by_what: dict[str, list[Figure]] = {}
    for number in range(rounds):
        for figure in await module.measure(url, number):
            by_what.setdefault(figure.what, []).append(figure)
    found = [median_of(ones) for ones in by_what.values()]
    for figure in found:
        click.echo(to_json(figure) if as_json else show(figure))
    return found


if __name__ == "__main__":
    bench()
