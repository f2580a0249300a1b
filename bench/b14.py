"""B14: sending by Telegram, beside python-telegram-bot on its own transport.

Both send the same texts to the same people of one stand-in server, which has a process of its own;
as many are in flight. They take turns, so that what the machine does besides falls on both.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import msgspec
import telegram

from bench.bar import Figure
from connectors.telegram.config import Config
from connectors.telegram.connector import TelegramConnector
from core.clock import SystemClock
from core.ids import RemotePlace
from core.messages import Place
from core.testing.builders import connector_context, outbound_message
from router.runtime.egress import EgressGuard

PEOPLE = 64
IN_FLIGHT = 16
"""What the connector's capabilities promise."""
TURNS = 6
MESSAGES = 300
"""In each turn of each."""
TEXT = "Your withdrawal is on its way; it arrives within the hour."

Send = Callable[[int, str], Awaitable[Any]]
"""(person, text)"""


class Server(msgspec.Struct, frozen=True):
    base_url: str
    token: str
    people: list[int]


class Spent(msgspec.Struct):
    """By all turns of one of the two."""

    seconds: float = 0.0
    of_processor: float = 0.0


async def measure(server_url: str, number: int) -> list[Figure]:
    """Needs no database."""
    async with _server() as server, _ours(server) as our_send, _library(server) as their_send:
        ours, theirs = Spent(), Spent()
        await _send_all(our_send, server.people, IN_FLIGHT)
        await _send_all(their_send, server.people, IN_FLIGHT)
        for _ in range(TURNS):
            await _timed(our_send, server.people, ours)
            await _timed(their_send, server.people, theirs)
    total = TURNS * MESSAGES
    return [
        Figure(
            bar="B14",
            what=f"sending by Telegram, {IN_FLIGHT} in flight, beside the library",
            value=total / ours.seconds,
            limit=total / theirs.seconds,
            unit="messages/s",
            must=3,
        ),
        Figure(
            bar="B14",
            what="the same, by a second of the sender's processor time",
            value=total / ours.of_processor,
            limit=total / theirs.of_processor,
            unit="messages/s",
            must=3,
        ),
    ]


async def _timed(send: Send, people: Sequence[int], spent: Spent) -> None:
    began, began_work = time.perf_counter(), time.process_time()
    await _send_all(send, people, MESSAGES)
    spent.seconds += time.perf_counter() - began
    spent.of_processor += time.process_time() - began_work


async def _send_all(send: Send, people: Sequence[int], messages: int) -> None:
    numbers = iter(range(messages))

    async def work() -> None:
        for number in numbers:
            await send(people[number % len(people)], TEXT)

    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))


@asynccontextmanager
async def _server() -> AsyncIterator[Server]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bench.telegram_server", str(PEOPLE)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Server(**json.loads(await process.stdout.readline()))
    finally:
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def _ours(server: Server) -> AsyncIterator[Send]:
    """The connector on the router's own guarded session."""
    config = Config.model_validate({"token": server.token, "api_base_url": server.base_url})
    keys = count()
    async with EgressGuard(["127.0.0.1"]).session() as http:
        connector = TelegramConnector(config, connector_context(http, clock=SystemClock()))
        await connector.open()

        async def send(person: int, text: str) -> None:
            place = Place(remote=RemotePlace(str(person)))
            await connector.send(outbound_message(text, key=f"b14-{next(keys)}", place=place))

        try:
            yield send
        finally:
            await connector.close()


@asynccontextmanager
async def _library(server: Server) -> AsyncIterator[Send]:
    bot = telegram.Bot(server.token, base_url=f"{server.base_url}/bot")
    async with bot:
        yield lambda person, text: bot.send_message(chat_id=person, text=text)
