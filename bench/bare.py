"""The bare commit-and-push loop: what a server with nothing to decide would do.

`python -m bench.bare <database url> <port> <frame size> [<account>]`: POST / commits and writes one
prepared frame, with the body's bytes at its end, to the transport of every socket on /feed. With an
account of the product's own database it commits the rows of a message, else one row of one column.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import asyncpg
from aiohttp import WSMsgType, web

KNOWN = """
    select distinct on (m.identity_id) m.identity_id, m.person_id, m.case_id, m.place_id,
        m.author_name, l.remote_place
    from messages m join places l on l.id = m.place_id
    where m.account_id = $1 and m.direction = 'in' order by m.identity_id, m.id desc
"""
WRITE = """
    with said as (
        insert into messages (person_id, case_id, place_id, account_id, direction, identity_id,
            author_name, level, text, dedup_key, received_at)
        values ($1, $2, $3, $4, 'in', $5, $6, 1, $7, $8, now()) returning id
    ), kept as (
        insert into message_sources (message_id, media_type, raw)
        select id, 'application/json', convert_to($7, 'UTF8') from said
    ), named as (
        insert into remote_refs (account_id, remote_place, remote_id, part, message_id)
        select $4, $9, $8, 0, id from said
    ), moved as (
        update cases set last_message_id = said.id from said where cases.id = $2
    ), touched as (
        update persons set last_message_id = said.id, last_inbound_id = said.id
        from said where persons.id = $1
    )
    insert into outbox (kind, person_id, ref, at) select 'message.created', $1, id, now() from said
"""


Commit = Callable[[bytes], Awaitable[None]]


class Bare:
    def __init__(self, write: Commit, frame_size: int) -> None:
        self._write = write
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
        await self._write(body)
        packed = _packed(self._padding + body)
        for transport in self._transports:
            transport.write(packed)
        return web.Response()


def _packed(body: bytes) -> bytes:
    """One unmasked text frame (RFC 6455, 5.2)."""
    if len(body) < 126:
        return bytes([0x81, len(body)]) + body
    return bytes([0x81, 126]) + len(body).to_bytes(2, "big") + body


async def one_row(pool: asyncpg.Pool) -> Commit:
    await pool.execute("create table if not exists bare (id bigserial primary key, body bytea)")

    async def write(body: bytes) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("insert into bare (body) values ($1)", body)

    return write


async def same_rows(pool: asyncpg.Pool, account_id: int) -> Commit:
    """The rows that `accept` writes of a message, in one statement: nothing is looked up, locked or
    decided. People, cases and places are those that wrote to the account before."""
    known = await pool.fetch(KNOWN, account_id)
    turns = count()

    async def write(body: bytes) -> None:
        number = next(turns)
        one = known[number % len(known)]
        async with pool.acquire() as connection:
            await connection.execute(
                WRITE,
                one["person_id"],
                one["case_id"],
                one["place_id"],
                account_id,
                one["identity_id"],
                one["author_name"],
                body.decode(),
                f"bare-{number}",
                one["remote_place"],
            )

    return write


async def serve(url: str, port: int, frame_size: int, account_id: int | None) -> None:
    pool = await asyncpg.create_pool(url, min_size=2, max_size=4)
    bare = Bare(
        await (one_row(pool) if account_id is None else same_rows(pool, account_id)), frame_size
    )
    app = web.Application()
    app.router.add_get("/feed", bare.feed)
    app.router.add_post("/", bare.commit)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=2048).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    import uvloop

    account = int(sys.argv[4]) if len(sys.argv) > 4 else None
    uvloop.run(serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), account))
