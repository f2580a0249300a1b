"""`python -m bench.ui [u1 u4 …] [--json]`: measure the pages, print, exit 1 if a bar fails."""

import asyncio
import importlib
import sys
import time
import traceback
from pathlib import Path

import click
from playwright.async_api import expect

from bench.bar import Figure, show, to_json
from bench.ui.figures import most
from bench.ui.stand import Stand, open_stand
from tests import run_folder
from tests.browser.conftest import WAIT_MS
from tests.rig.own_postgres import OwnPostgres

BARS = tuple(
    sorted(
        (path.stem for path in Path(__file__).parent.glob("u[0-9]*.py")), key=lambda n: int(n[1:])
    )
)
WITHOUT_A_DESK = frozenset({"u01", "u02", "u17", "u20"})


@click.command("bench-ui")
@click.argument("bars", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each figure.")
@click.option("--short", "is_short", is_flag=True, help="U11 and U12 in minutes, and said so.")
def bench_ui(bars: tuple[str, ...], as_json: bool, is_short: bool) -> None:
    """Each bar of the pages (u1, u2, …) beside its limit."""
    wanted = [f"u{int(bar[1:]):02}" for bar in bars] or list(BARS)
    run_folder.begin()
    try:
        figures = asyncio.run(_measure(wanted, as_json=as_json, is_short=is_short))
    finally:
        run_folder.end()
    failed = [figure for figure in figures if not figure.holds]
    click.echo(f"{len(figures) - len(failed)} of {len(figures)} figures hold their bar.")
    sys.exit(1 if failed else 0)


async def _measure(wanted: list[str], *, as_json: bool, is_short: bool) -> list[Figure]:
    expect.set_options(timeout=WAIT_MS)  # a bar says what is too late, not this
    if WITHOUT_A_DESK.issuperset(wanted):
        return await _print(wanted, None, as_json=as_json)
    postgres = OwnPostgres(Path(run_folder.path()) / "bench-ui")
    postgres.start()
    try:
        async with open_stand(postgres.url, is_short=is_short) as stand:
            return await _print(wanted, stand, as_json=as_json)
    finally:
        postgres.stop()


async def _print(wanted: list[str], stand: Stand | None, *, as_json: bool) -> list[Figure]:
    """A bar that breaks is a figure that fails, and the others are measured."""
    found = []
    for bar in wanted:
        began = time.monotonic()
        try:
            figures = await importlib.import_module(f"bench.ui.{bar}").measure(stand)
        except Exception:
            traceback.print_exc()
            figures = [most(bar.upper().replace("U0", "U"), "was not measured", 1, "breaks", 0)]
        found += figures
        for figure in figures:
            click.echo(to_json(figure) if as_json else show(figure))
        click.echo(f"{bar} took {time.monotonic() - began:.0f} s.", err=True)
    return found


if __name__ == "__main__":
    bench_ui()
