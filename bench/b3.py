"""B3: inbound POST to the frame at an agent's socket, 100 a second, 20 agents."""

import asyncio
import re
import time
from collections.abc import Callable

from bench.bar import Figure, median, percentile
from bench.bare_server import bare_server
from bench.chat import open_chat
from bench.http_load import answer, request
from bench.sockets import is_other_kind, listen
from bench.waiting import until
from router.storage.migrate import create_database
from tests.rig.ground import Ground

RATE = 100
COUNT = 800
AGENTS = 20
CONNECTIONS = 16
_MARK = re.compile(rb"b3-(\d+)\.")


class Stopwatch:
    """When each message was posted, and how long each frame of it took to arrive."""

    def __init__(self) -> None:
        self.posted: dict[int, float] = {}
        self.latencies: list[float] = []
        self.frame_size = 0

    def heard(self, body: bytes, at: float) -> None:
        found = _MARK.search(body)
        if found is not None and not is_other_kind(body):
            self.latencies.append(at - self.posted[int(found[1])])
            self.frame_size = len(body)


async def measure(server_url: str, number: int) -> list[Figure]:
    async with Ground(seed=number) as ground:
        chat = await open_chat(ground, 50)
        watch = Stopwatch()
        agents = await listen(
            ground.product.port, "/api/v1/feed", ground.owner.headers, AGENTS, watch.heard
        )
        await _post(ground.product.port, lambda n: chat.post(n, run="b3"), watch)
        for agent in agents:
            agent.close()
        assert ground.postgres is not None
        await ground.product.stop()
        same = await _bare_p50(ground.postgres.url, watch.frame_size, chat.account_id)
    url = await create_database(server_url, f"bare_{number}_{int(time.time())}")
    one = await _bare_p50(url, watch.frame_size, None)
    p50, p99 = median(watch.latencies) * 1000, percentile(watch.latencies, 0.99) * 1000
    shown = "POST to an agent's frame, 100/s, 20 agents"
    return [
        _ceiling(f"{shown}: p50", p50, 10),
        _ceiling(f"{shown}: p99", p99, 60),
        _beside(f"{shown}: p50 beside a bare loop, same rows", p50, same, must=2, aim=1.3),
        _beside(f"{shown}: p50 beside a bare loop, one row", p50, one, must=3),
    ]


async def _bare_p50(url: str, frame_size: int, account_id: int | None) -> float:
    """Milliseconds."""
    watch = Stopwatch()
    async with bare_server(url, frame_size=frame_size, account_id=account_id) as port:
        sockets = await listen(port, "/feed", {}, AGENTS, watch.heard)
        await _post(
            port,
            lambda n: request("/", f"b3-{n}.".encode(), host="127.0.0.1", headers=[]),
            watch,
        )
        for socket in sockets:
            socket.close()
    return median(watch.latencies) * 1000


def _beside(
    what: str, value: float, limit: float, *, must: float, aim: float | None = None
) -> Figure:
    return Figure(
        bar="B3",
        what=what,
        value=value,
        limit=limit,
        unit="ms",
        must=must,
        aim=aim,
        is_ceiling=True,
    )


def _ceiling(what: str, value: float, must: float) -> Figure:
    return Figure(bar="B3", what=what, value=value, unit="ms", must=must, is_ceiling=True)


async def _post(port: int, make: Callable[[int], bytes], watch: Stopwatch) -> None:
    """Post at an even rate, whether or not answers are late."""
    idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        idle.put_nowait(await asyncio.open_connection("127.0.0.1", port))

    async def post(number: int) -> None:
        reader, writer = await idle.get()
        watch.posted[number] = time.perf_counter()
        writer.write(make(number))
        await answer(reader)
        idle.put_nowait((reader, writer))

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(COUNT):
            await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            group.create_task(post(number))
    await until(lambda: len(watch.latencies) >= COUNT * AGENTS, seconds=60)
    while not idle.empty():
        idle.get_nowait()[1].close()
