"""B3: inbound POST to the frame at an agent's socket, 100 a second, 20 agents.

The product and the two bare loops take turns, all of them running: what the machine does to one
it does to the others. Before the first turn the product has built the model that reads messages,
which it does once in its life.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg

from bench.bar import Figure, median, percentile
from bench.bare_server import bare_server
from bench.chat import Chat, open_chat
from bench.http_load import answer, request
from bench.sockets import is_other_kind, listen
from bench.waiting import until, until_classified
from router.storage.engine import with_database
from tests.rig.ground import Ground

RATE = 100
COUNT = 800
TURNS = 4
REST_S = 1.0
"""After a turn, for what the product still does about it."""
WARM = 100
AGENTS = 20
CONNECTIONS = 16
VISITORS = 50
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

    @property
    def p50(self) -> float:
        """Milliseconds."""
        return median(self.latencies) * 1000

    @property
    def p99(self) -> float:
        """Milliseconds."""
        return percentile(self.latencies, 0.99) * 1000


class Runner:
    """One that answers to posts, and tells its agents."""

    def __init__(self, port: int, make: Callable[[int], bytes]) -> None:
        self.port = port
        self._make = make
        self._next = 0
        self.watch = Stopwatch()

    async def take_turn(self, count: int) -> None:
        """Posted at an even rate, whether or not answers are late; all frames have arrived."""
        idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        for _ in range(CONNECTIONS):
            idle.put_nowait(await asyncio.open_connection("127.0.0.1", self.port))

        async def post(number: int) -> None:
            reader, writer = await idle.get()
            self.watch.posted[number] = time.perf_counter()
            writer.write(self._make(number))
            await answer(reader)
            idle.put_nowait((reader, writer))

        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
                group.create_task(post(self._next + number))
        self._next += count
        await until(lambda: len(self.watch.latencies) >= self._next * AGENTS, seconds=60)
        while not idle.empty():
            idle.get_nowait()[1].close()


async def measure(server_url: str, number: int) -> list[Figure]:
    async with Ground(seed=number) as ground, AsyncExitStack() as stack:
        chat = await open_chat(ground, VISITORS)
        url, frame_size = await _copied(ground, chat)
        ours = Runner(ground.product.port, lambda n: chat.post(n, run="b3"))
        same = Runner(
            await stack.enter_async_context(
                bare_server(url, frame_size=frame_size, account_id=chat.account_id)
            ),
            _bare_post,
        )
        one = Runner(
            await stack.enter_async_context(bare_server(url, frame_size=frame_size)), _bare_post
        )
        await stack.enter_async_context(_listening(ours, "/api/v1/feed", ground.owner.headers))
        for bare in (same, one):
            await stack.enter_async_context(_listening(bare, "/feed", {}))
        for _ in range(TURNS):
            for runner in (ours, same, one):
                await runner.take_turn(COUNT // TURNS)
                await asyncio.sleep(REST_S)
    p50 = ours.watch.p50
    shown = f"POST to an agent's frame, {RATE}/s, {AGENTS} agents"
    return [
        _ceiling(f"{shown}: p50", p50, 10),
        _ceiling(f"{shown}: p99", ours.watch.p99, 60),
        _beside(
            f"{shown}: p50 beside a bare loop, same rows", p50, same.watch.p50, must=2, aim=1.3
        ),
        _beside(f"{shown}: p50 beside a bare loop, one row", p50, one.watch.p50, must=3),
    ]


async def _copied(ground: Ground, chat: Chat) -> tuple[str, int]:
    """A database that is like the product's, with messages in it, and the size of a frame. The
    product runs again afterwards, and has classified a message.
    """
    assert ground.postgres is not None
    warm = await _warmed(ground, chat, "warm")
    await ground.product.stop()
    server = await asyncpg.connect(with_database(ground.postgres.url, "template1"))
    try:
        await server.execute("create database bare template postgres")
    finally:
        await server.close()
    url = with_database(ground.postgres.url, "bare")
    await ground.product.start()
    await ground.product.until_ready()
    await _warmed(ground, chat, "again")
    await until_classified(ground.postgres.url, after=await _newest(url))
    return url, warm.watch.frame_size


async def _warmed(ground: Ground, chat: Chat, run: str) -> Runner:
    """What answered to messages that don't count."""
    runner = Runner(ground.product.port, lambda n: chat.post(n, run=f"{run}-b3"))
    async with _listening(runner, "/api/v1/feed", ground.owner.headers):
        await runner.take_turn(WARM)
    return runner


async def _newest(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("select max(id) from messages"))
    finally:
        await connection.close()


@asynccontextmanager
async def _listening(runner: Runner, path: str, headers: dict[str, str]) -> AsyncIterator[None]:
    sockets = await listen(runner.port, path, headers, AGENTS, runner.watch.heard)
    try:
        yield
    finally:
        for socket in sockets:
            socket.close()


def _bare_post(number: int) -> bytes:
    return request("/", f"b3-{number}.".encode(), host="127.0.0.1", headers=[])


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
