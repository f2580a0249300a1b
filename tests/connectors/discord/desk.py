"""A bot of the desk's on the sandbox, with what it handed over in a list."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import aiohttp

from connectors.discord.config import Config
from connectors.discord.connector import DiscordConnector
from connectors.discord.sandbox_messages import Draft
from connectors.discord.sandbox_people import Person
from connectors.discord.sandbox_places import Place
from connectors.discord.sandbox_records import Channel
from connectors.discord.sandbox_server import DiscordServer
from connectors.discord.sandbox_settings import Settings
from core.connector import Cursor
from core.messages import AnyInboundEvent, MessageReceived
from core.testing.builders import MemoryBlobs, connector_context
from core.testing.log import RecordingLog
from core.testing.sink import RecordingSink
from core.testing.trial import PacedClock, Reception
from tests.connectors.discord.sandbox_client import quick, served

E = TypeVar("E", bound=AnyInboundEvent)
PATIENCE = 30.0


class Desk:
    """One account. `reading` starts its `receive`; what was committed outlives it in `sink`."""

    def __init__(self, server: DiscordServer, http: aiohttp.ClientSession, **config: Any) -> None:
        self.server = server
        self.clock = PacedClock()
        self.log = RecordingLog()
        self.blobs = MemoryBlobs()
        self.sink = RecordingSink()
        self.config = {
            "token": server.token,
            "api_base_url": server.api_base_url,
            "gateway_url": server.gateway_url,
            "registers_commands": False,
            **config,
        }
        self._http = http
        self.connector = self.made()

    def made(self) -> DiscordConnector:
        context = connector_context(self._http, clock=self.clock, log=self.log, blobs=self.blobs)
        return DiscordConnector(Config.model_validate(self.config), context)

    @asynccontextmanager
    async def reading(self, *, is_awaited: bool = True) -> AsyncIterator[Reception]:
        """`receive` runs, with the cursors that were committed before."""
        connector = self.connector
        await connector.open()
        task = asyncio.ensure_future(connector.receive(self.sink, dict(self.sink.cursors)))
        try:
            if is_awaited:
                await self.until(lambda: task.done() or connector.health().state == "running")
            yield Reception(self.sink, task, PATIENCE)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def hears(self, person: Person, text: str) -> None:
        """It is there for this one direct message, whose place it knows from then on."""
        async with self.reading() as reading:
            await person.writes_dm(text)
            await reading.message(text)

    async def restarts(self) -> None:
        """Another process takes over: what was not committed is forgotten."""
        await self.connector.close()
        self.connector = self.made()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 - a test looks at what has no event
                await asyncio.sleep(0.003)

    def all(self, kind: type[E]) -> list[E]:
        return [one for one in self.sink.events if isinstance(one, kind)]

    @property
    def texts(self) -> list[str]:
        """Of the messages that came, without repetitions, in the order in which they came."""
        return list({one.event_key: one.text for one in self.all(MessageReceived)}.values())

    @property
    def cursors(self) -> Mapping[str, Cursor]:
        return self.sink.cursors


@asynccontextmanager
async def desk_on(server: DiscordServer, **config: Any) -> AsyncIterator[Desk]:
    async with aiohttp.ClientSession() as http:
        desk = Desk(server, http, **config)
        try:
            yield desk
        finally:
            await desk.connector.close()


@asynccontextmanager
async def at_desk(settings: Settings | None = None, **config: Any) -> AsyncIterator[Desk]:
    """A fresh Discord without waits, and a desk that reads direct messages."""
    async with served(settings or quick()) as server, desk_on(server, **config) as desk:
        yield desk


def say_many(desk: Desk, who: Person, where: Place | Channel, texts: list[str]) -> None:
    channel = where.channel if isinstance(where, Place) else where
    for text in texts:
        desk.server.messages.post(channel, who.id, Draft(text=text))


def end_sessions(desk: Desk) -> None:
    """So that nothing can be resumed."""
    desk.server.gateway.sessions.clear()
