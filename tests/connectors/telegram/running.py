"""A connector that runs against the sandbox's server, both on a clock whose pauses take no time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import aiohttp

from connectors.telegram.config import Config
from connectors.telegram.connector import TelegramConnector
from connectors.telegram.sandbox_server import BotApiServer
from core.connector import Cursor
from core.messages import AnyInboundEvent, MessageReceived, OutboundMessage
from core.testing.builders import MemoryBlobs, answer_to, connector_context
from core.testing.log import RecordingLog
from core.testing.sink import RecordingSink
from core.testing.trial import PacedClock

PATIENCE = 30.0
HOOK_URL = "http://127.0.0.1:9/hooks/account"
E = TypeVar("E")


class Running:
    """One bot, its network, and what it has handed over."""

    def __init__(
        self, server: BotApiServer, http: aiohttp.ClientSession, clock: PacedClock
    ) -> None:
        self.server = server
        self.http = http
        self.clock = clock
        self.log = RecordingLog()
        self.blobs = MemoryBlobs()
        self.sink = RecordingSink()
        self.connector = self.make()

    def make(self, **settings: Any) -> TelegramConnector:
        given = {
            "token": self.server.token,
            "api_base_url": self.server.base_url,
            "poll_seconds": 1,
            **settings,
        }
        context = connector_context(
            self.http, clock=self.clock, log=self.log, blobs=self.blobs, hook_url=HOOK_URL
        )
        return TelegramConnector(Config.model_validate(given), context)

    @asynccontextmanager
    async def receiving(
        self, cursors: Mapping[str, Cursor] | None = None
    ) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.ensure_future(self.connector.receive(self.sink, cursors or {}))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(self, is_so: Callable[[], E]) -> E:
        """What it gives, once that is something."""
        async with asyncio.timeout(PATIENCE):
            while not (found := is_so()):  # noqa: ASYNC110 - of the server as of the sink
                await asyncio.sleep(0.005)
        return found

    def events(self, kind: type[E]) -> list[E]:
        return [one for one in self.sink.events if isinstance(one, kind)]

    async def event(self, kind: type[E]) -> E:
        return (await self.until(lambda: self.events(kind)))[0]

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.events(MessageReceived)]

    async def correspondence(self, said: Callable[[], Any]) -> MessageReceived:
        """The message that came in when this was said."""
        async with self.receiving():
            before = len(self.events(MessageReceived))
            await said()
            await self.until(lambda: len(self.events(MessageReceived)) > before)
        return self.events(MessageReceived)[-1]

    def answer(self, event: MessageReceived, text: str, **changes: Any) -> OutboundMessage:
        return answer_to(event, text, queued_at=self.clock.now(), **changes)

    def values(self, method: str) -> list[dict[str, str]]:
        return [one.values for one in self.server.calls(method)]

    def handed(self) -> list[AnyInboundEvent]:
        return self.sink.events
