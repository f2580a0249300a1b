"""F17, F18: pages that never read cost little and miss nothing; many that come back cost little."""

import asyncio
import base64
import os
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from core.clock import FakeClock
from core.connector import Visitor
from router.storage.visitors import SessionRow
from router.web import visitor_door, visitor_hub
from router.web.visitor_cache import KEEP_SECONDS
from router.web.visitor_hub import VisitorHub
from tests.web.visiting import PATIENCE, Chat, Page

LONG = "x" * 15_000
TRANSACTIONS = ("BEGIN", "COMMIT")
HUB_LOOKS = "select position, trimmed from relay_state"
"""Of the one loop for all visitors."""


@asynccontextmanager
async def deaf_page(page: Page) -> AsyncIterator[None]:
    """A socket of this page that says hello and never reads again."""
    url = page.chat.desk.server.make_url(f"/hooks/{page.site.hook}/socket")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(connection, (url.host, url.port))
    key = base64.b64encode(os.urandom(16)).decode()
    await loop.sock_sendall(
        connection,
        f"GET {url.path} HTTP/1.1\r\nHost: {url.host}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Origin: {page.site.origin}\r\nAuthorization: Bearer {page.token}\r\n\r\n".encode(),
    )
    answer = await loop.sock_recv(connection, 4096)
    assert answer.startswith(b"HTTP/1.1 101")
    hello = b'{"type":"hello"}'
    masked = bytes([0x81, 0x80 | len(hello), 0, 0, 0, 0]) + hello
    await loop.sock_sendall(connection, masked)
    try:
        yield
    finally:
        connection.close()


def hub_of(chat: Chat) -> VisitorHub:
    return chat.desk.server.app[visitor_door.HUB]


async def until(chat: Chat, listeners: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while hub_of(chat).count_open() != listeners:  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.01)


async def test_page_that_never_reads_is_cut_off_and_one_that_reads_gets_all(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("Hello")
    await chat.relay()
    position = (await page.read())["position"]
    async with deaf_page(page), page.socket() as good:
        await good.next("replay")
        await until(chat, 2)

        seen: set[str] = set()
        for n in range(60):
            await chat.answer(page, f"{n} {LONG}")
            # One at a time: whoever hears of all at the end may be slow too.
            while len(seen) <= n:
                seen |= {m["text"].split()[0] for m in (await good.next("messages"))["messages"]}

        await until(chat, 1)
    # And it resumes where it stopped.
    stream = await page.read(position)
    assert {m["text"].split()[0] for m in stream["messages"]} == {str(n) for n in range(60)}


async def test_what_waits_for_a_slow_page_is_counted_in_bytes() -> None:
    row = SessionRow(id=1, account_id=1, visitor=Visitor(session="s"), expires_at=FakeClock().now())
    listener = visitor_hub.Listener(row=row, token_hash=b"")
    half = bytes(visitor_hub.MAX_WAITING_BYTES // 2)
    large = bytes(2 * visitor_hub.MAX_WAITING_BYTES)
    listener.push(large)
    assert not listener.is_slow
    assert await listener.next() == large
    listener.push(half)
    listener.push(half)
    assert not listener.is_slow
    assert await listener.next() == half

    listener.push(half)
    assert not listener.is_slow
    listener.push(b"one more")

    assert listener.is_slow


async def test_kernel_keeps_little_for_a_page(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []
    hold = visitor_hub.Listener.hold

    def spy(self: visitor_hub.Listener, transport: asyncio.BaseTransport | None) -> None:
        hold(self, transport)
        assert self.transport is not None
        connection = self.transport.get_extra_info("socket")
        held.append(connection.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF))

    monkeypatch.setattr(visitor_hub.Listener, "hold", spy)
    page = await chat.visitor(await chat.site())
    async with page.socket() as wire:
        await wire.next("replay")

    # Linux doubles what it is told, for its own bookkeeping.
    assert held == [2 * visitor_hub.KERNEL_BUFFER]


async def test_coming_back_takes_three_queries(chat: Chat, clock: FakeClock) -> None:
    page = await chat.visitor(await chat.site())
    await page.open(page.sign())
    await page.say("Hello")
    async with page.socket() as wire:
        position = (await wire.next("replay"))["stream"]["position"]
    await until(chat, 0)
    await chat.flush_presence()
    clock.advance(timedelta(seconds=KEEP_SECONDS + 1))  # nobody remembers the session any more
    asked: list[str] = []

    def note(record: Any) -> None:
        query = re.sub(r"\s+", " ", record.query).strip()
        if not query.startswith((*TRANSACTIONS, HUB_LOOKS)):
            asked.append(query)

    # Connections are used last in, first out, and nobody else is here.
    async with chat.database.reading() as work:
        work.driver.add_query_logger(note)
    async with page.socket(position) as wire:
        await wire.next("replay")

    assert 2 <= len(asked) <= 3, asked
