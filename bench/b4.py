"""B4: one message to 200 and to 1,000 agents' sockets, and what an idle socket costs."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping

from bench.bar import Figure
from bench.bare_server import bare_server
from bench.chat import open_chat
from bench.http_load import post_all, request
from bench.sockets import is_other_kind, listen
from bench.waiting import until
from router.storage.migrate import create_database
from tests.rig.ground import Ground
from tests.rig.product import rss_mib

LOADS = ((200, 200), (1000, 60))
"""(sockets, messages)"""
IN_FLIGHT = 16
_MARK = re.compile(rb"b4-\d+\.")


class Counter:
    def __init__(self) -> None:
        self.frames = 0
        self.size = 0

    def heard(self, body: bytes, at: float) -> None:
        if _MARK.search(body) is not None and not is_other_kind(body):
            self.frames += 1
            self.size = len(body)


async def measure(server_url: str, number: int) -> list[Figure]:
    figures: list[Figure] = []
    for sockets, messages in LOADS:
        async with Ground(seed=number) as ground:
            chat = await open_chat(ground, 20)
            load = [chat.post(n, run="b4") for n in range(messages)]
            before = rss_mib(ground.product.pid)
            counter = Counter()
            rate, grown = await _fan_out(
                ground.product.port,
                "/api/v1/feed",
                ground.owner.headers,
                sockets,
                load,
                counter,
                lambda pid=ground.product.pid: rss_mib(pid),
            )
        url = await create_database(server_url, f"bare_{sockets}_{number}_{int(time.time())}")
        bare_counter = Counter()
        async with bare_server(url, frame_size=counter.size) as port:
            bodies = [f"b4-{n}.".encode() for n in range(messages)]
            limit, _ = await _fan_out(
                port,
                "/feed",
                {},
                sockets,
                [request("/", body, host="127.0.0.1", headers=[]) for body in bodies],
                bare_counter,
                lambda: 0.0,
            )
        figures += _figures(sockets, rate, limit, (grown - before) * 1024 / sockets)
    return figures


def _figures(sockets: int, rate: float, limit: float, kib: float) -> list[Figure]:
    fan_out = Figure(
        bar="B4",
        what=f"fan-out to {sockets} agents beside prepared frames",
        value=rate,
        limit=limit,
        unit="frames/s",
        must=0.5,
        aim=0.8,
    )
    idle = Figure(
        bar="B4",
        what=f"memory of an idle agent's socket, {sockets} open",
        value=kib,
        unit="KiB",
        must=40,
        aim=20,
        is_ceiling=True,
    )
    return [fan_out, idle] if sockets >= 1000 else [fan_out]


async def _fan_out(
    port: int,
    path: str,
    headers: Mapping[str, str],
    sockets: int,
    load: list[bytes],
    counter: Counter,
    memory: Callable[[], float],
) -> tuple[float, float]:
    """(frames a second from the first post to the last frame, memory with all sockets idle)."""
    opened = await listen(port, path, headers, sockets, counter.heard)
    await asyncio.sleep(1)
    idle = memory()
    expected = len(load) * sockets
    began = time.perf_counter()
    await post_all("127.0.0.1", port, load, in_flight=IN_FLIGHT)
    await until(lambda: counter.frames >= expected, seconds=120)
    took = time.perf_counter() - began
    for transport in opened:
        transport.close()
    return expected / took, idle
