"""B21: a page of the waiting queue at 100,000 open cases: the first, and one from far back."""

import time
from collections.abc import Awaitable, Callable

from bench.bar import Figure, median
from bench.queue import open_queue
from router.services.assignment import board, shown
from router.services.viewer import Viewer
from router.storage.engine import Database

CASES = 100_000
AGENTS = 200
TURNS = 30
FAR = 20_000


async def measure(server_url: str, number: int) -> list[Figure]:
    async with open_queue(server_url, agents=AGENTS, cases=CASES, capacity=2) as database:
        viewer = Viewer(0)
        first = await shown.load_queue(database, viewer, after=None, team_id=None, limit=50)
        assert len(first.cases) == 50, len(first.cases)
        assert first.next is not None
        near = await _median(database, viewer, None)
        far = await _median(database, viewer, await _far(database))
        lines = await _median_of(lambda: board.load_lines(database, viewer))
    return [
        _figure("the waiting queue, first page of 100,000", near),
        _figure(f"the waiting queue, a page {FAR:,} cases deep", far),
        _figure("its lines with how many wait, since when, for whom", lines),
    ]


def _figure(what: str, value: float) -> Figure:
    return Figure(bar="B21", what=what, value=value, unit="ms", must=50, is_ceiling=True)


async def _far(database: Database) -> str:
    async with database.reading() as work:
        row = await work.driver.fetchrow(
            "select rank, case_id from waiting_cases order by rank, case_id offset $1 limit 1", FAR
        )
    return shown.to_cursor(row, FAR)


async def _median(database: Database, viewer: Viewer, after: str | None) -> float:
    return await _median_of(
        lambda: shown.load_queue(database, viewer, after=after, team_id=None, limit=50)
    )


async def _median_of(ask: Callable[[], Awaitable[object]]) -> float:
    took = []
    for turn in range(TURNS + 3):
        started = time.perf_counter()
        await ask()
        if turn >= 3:
            took.append((time.perf_counter() - started) * 1000)
    return median(took)
