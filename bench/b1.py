"""B1: one event per HTTP POST with a visitor's token, 64 at once, 200 only after the commit.

It counts from when the first messages have been classified: until then the process builds, once in
its life, the model that reads them, which takes 0.6 s of a processor.
"""

import time

from bench.bar import Figure
from bench.chat import open_chat
from bench.desk import inbound_desk
from bench.http_load import post_all
from bench.limits import raw_rows_per_second
from bench.waiting import until_classified
from tests.rig.ground import Ground

COUNT = 8_000
WARM = 500
IN_FLIGHT = 64
VISITORS = 200


async def measure(server_url: str, number: int) -> list[Figure]:
    async with Ground(seed=number) as ground:
        chat = await open_chat(ground, VISITORS)
        port = ground.product.port
        warm = [chat.post(n, run="warm") for n in range(WARM)]
        await post_all("127.0.0.1", port, warm, in_flight=IN_FLIGHT)
        assert ground.postgres is not None
        await until_classified(ground.postgres.url)
        load = [chat.post(n, run="b1") for n in range(COUNT)]
        began = time.perf_counter()
        await post_all("127.0.0.1", port, load, in_flight=IN_FLIGHT)
        rate = COUNT / (time.perf_counter() - began)
    async with inbound_desk(server_url) as desk:
        limit = await raw_rows_per_second(desk.url, desk.account_id, COUNT, run=f"b1-{number}")
    return [
        Figure(
            bar="B1",
            what="one event with its token a POST, 64 at once, 200 after commit",
            value=rate,
            limit=limit,
            unit="messages/s",
            must=0.25,
            aim=0.4,
        )
    ]
