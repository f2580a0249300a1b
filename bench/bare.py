"""The bare commit-and-push loop: what a server with nothing to decide would do.

`python -m bench.bare <database url> <port> <frame size>`: POST / commits one row and writes one
prepared frame, with the body's bytes at its end, to the transport of every socket on /feed.
"""

import asyncio
import sys
from typing import Any

import asyncpg
from aiohttp import WSMsgType, web


class Bare:
    def __init__(self, pool: asyncpg.Pool, frame_size: int) -> None:
        self._pool = pool
        self._padding = b"x" * max(0, frame_size - 64)
        self._transports: set[Any] = set()

    async def feed(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        self._transports.add(transport)
        try:
            async for message in socket:
                if message.type is WSMsgType.CLOSE:
                    break
        finally:
            self._transports.discard(transport)
        return socket

    async def commit(self, request: web.Request) -> web.Response:
        body = await request.read()
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("insert into bare (body) values ($1)", body)
        packed = _packed(self._padding + body)
        for transport in self._transports:
            transport.write(packed)
        return web.Response()


def _packed(body: bytes) -> bytes:
    """One unmasked text frame (RFC 6455, 5.2)."""
    if len(body) < 126:
        return bytes([0x81, len(body)]) + body
    return bytes([0x81, 126]) + len(body).to_bytes(2, "big") + body


async def serve(url: str, port: int, frame_size: int) -> None:
    pool = await asyncpg.create_pool(url, min_size=2, max_size=4)
    await pool.execute("create table if not exists bare (id bigserial primary key, body bytea)")
    bare = Bare(pool, frame_size)
    app = web.Application()
    app.router.add_get("/feed", bare.feed)
    app.router.add_post("/", bare.commit)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=2048).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
