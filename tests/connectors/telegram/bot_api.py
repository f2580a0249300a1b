"""A sandbox server and two ways to call it: plain HTTP, and the library that people use."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from telegram import Bot
from telegram.request import HTTPXRequest

from connectors.telegram.sandbox_server import BotApiServer
from core.testing.stepped_clock import SteppedClock
from tests.waiting import PATIENCE


@dataclass
class Api:
    """Calls methods over plain HTTP, and sees what a library hides."""

    server: BotApiServer
    http: aiohttp.ClientSession
    clock: SteppedClock
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    """Of the last answer."""

    async def call(self, method: str, **values: Any) -> Any:
        """The result. Raises LookupError with the description of a refusal."""
        body = await self.answer(method, **values)
        if not body["ok"]:
            raise LookupError(body["description"])
        return body["result"]

    async def answer(self, method: str, **values: Any) -> dict[str, Any]:
        """The whole answer, whatever it is."""
        url = f"{self.server.base_url}/bot{self.server.token}/{method}"
        async with self.http.post(url, json=values) as answer:
            self.status = answer.status
            self.headers = dict(answer.headers)
            body: dict[str, Any] = await answer.json()
            return body

    async def refused(self, method: str, **values: Any) -> str:
        """The description of the refusal that this call meets."""
        body = await self.answer(method, **values)
        assert body["ok"] is False, body
        assert body["error_code"] == self.status
        return str(body["description"])

    async def updates(self, **values: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.call("getUpdates", **values)
        return found

    async def refusal_noted(self) -> None:
        """The webhook's last call has ended, and the server knows how."""
        await until(lambda: not self.server.webhooks[self.server.bot.id].is_calling)

    def polling(self, **values: Any) -> "asyncio.Task[dict[str, Any]]":
        return asyncio.ensure_future(self.answer("getUpdates", **values))


@asynccontextmanager
async def serving(**how: Any) -> AsyncIterator[Api]:
    clock = SteppedClock()
    server = BotApiServer(clock, **how)
    await server.start()
    async with aiohttp.ClientSession() as http:
        yield Api(server, http, clock)
    await server.stop()


def bot_of(server: BotApiServer) -> Bot:
    """The library's, with its own transport."""
    return Bot(
        server.token,
        base_url=f"{server.base_url}/bot",
        base_file_url=f"{server.base_url}/file/bot",
        # Reading this machine's certificates takes a second, and here is no TLS.
        request=HTTPXRequest(httpx_kwargs={"verify": False}),
        get_updates_request=HTTPXRequest(httpx_kwargs={"verify": False}),
    )


async def until(condition: Callable[[], object]) -> None:
    """Lets everything go on until this is true."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - the server has no event for each of them
            await asyncio.sleep(0.001)


async def settle() -> None:
    """Lets what is under way on loopback come to rest."""
    for _ in range(5):
        await asyncio.sleep(0.002)
