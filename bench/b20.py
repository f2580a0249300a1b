"""B20: waiting cases given to 200 agents at once, by the loop and as agents solve what they have.

5,000 cases wait in 12 lines (languages). First the queue is drained in batches into empty desks;
then eight tasks solve cases one by one, each of which brings the next in the same transaction.
"""

import asyncio
import time

from bench.bar import Figure
from bench.queue import open_queue
from router.services import cases
from router.services.assignment.draining import drain
from router.services.cases import CaseChange
from router.services.viewer import Viewer
from router.storage.engine import Database

AGENTS = 200
CASES = 5_000
ROOM = 12
SOLVED = 800
SOLVERS = 8


async def measure(server_url: str, number: int) -> list[Figure]:
    async with open_queue(server_url, agents=AGENTS, cases=CASES, capacity=ROOM) as database:
        started = time.perf_counter()
        given = 0
        while True:
            async with database.transaction() as work:
                step = await drain(work)
            if not step:
                break
            given += step
        drained = given / (time.perf_counter() - started)
        assert given == AGENTS * ROOM, given
        solved = await _solve(database)
    return [
        Figure(
            bar="B20",
            what=f"waiting cases given to {AGENTS} agents",
            value=drained,
            unit="cases/s",
            must=500,
        ),
        Figure(
            bar="B20",
            what="cases solved, each bringing the next with it",
            value=solved,
            unit="cases/s",
            must=20,
        ),
    ]


async def _solve(database: Database) -> float:
    async with database.reading() as work:
        rows = await work.driver.fetch(
            "select id, owner_id from cases where owner_id is not null order by id limit $1", SOLVED
        )
    waiting = iter(rows)

    async def solve() -> None:
        for row in waiting:
            viewer = Viewer(row["owner_id"])
            await cases.change_case(database, viewer, row["id"], CaseChange(state="solved"))

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(SOLVERS):
            group.create_task(solve())
    took = time.perf_counter() - started
    async with database.reading() as work:
        owned = await work.driver.fetchval(
            "select count(*) from cases where owner_id is not null and state = 'open'"
        )
    assert owned > AGENTS * ROOM - SOLVED // 2, owned
    return len(rows) / took
