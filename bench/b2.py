"""B2: pollers handing over 50 events at a time, 8 in flight, through `accept`."""

import asyncio
import time

from bench.bar import Figure
from bench.desk import InboundDesk, inbound_desk
from bench.events import message
from bench.limits import raw_rows_per_second

COUNT = 10_000
HANDED_OVER = 50
IN_FLIGHT = 8


async def measure(server_url: str, number: int) -> list[Figure]:
    async with inbound_desk(server_url) as desk:
        run = f"b2-{number}"
        rate = await _rate(desk, run)
        limit = await raw_rows_per_second(desk.url, desk.account_id, COUNT, run=run)
    return [
        Figure(
            bar="B2",
            what="50 at a time, 8 in flight, through accept",
            value=rate,
            limit=limit,
            unit="messages/s",
            must=0.40,
            aim=0.65,
        )
    ]


async def _rate(desk: InboundDesk, run: str) -> float:
    events = [message(n, run=run) for n in range(COUNT)]
    chunks = [events[i : i + HANDED_OVER] for i in range(0, COUNT, HANDED_OVER)]

    async def poll() -> None:
        while chunks:
            await desk.sink.accept(chunks.pop())

    began = time.perf_counter()
    await asyncio.gather(*(poll() for _ in range(IN_FLIGHT)))
    return COUNT / (time.perf_counter() - began)
