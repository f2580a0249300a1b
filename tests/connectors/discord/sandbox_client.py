"""discord.py's own client on the sandbox, with all that it hears in a list."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import yarl

from connectors.discord.library import discord
from connectors.discord.sandbox_server import DiscordServer
from connectors.discord.sandbox_settings import Rate, Settings

PATIENCE = 20.0
Route = discord.http.Route
DiscordWebSocket = discord.gateway.DiscordWebSocket


def quick(**changes: Any) -> Settings:
    """The rules of the real one, without its waits."""
    chosen: dict[str, Any] = {
        "identify_rate": Rate(count=100, seconds=1),
        "rates": {},
        "other_rate": Rate(count=1_000, seconds=1),
        "global_rate": Rate(count=1_000, seconds=1),
    }
    return Settings(**{**chosen, **changes})


class ListeningClient(discord.Client):
    """Hears everything; waits for nothing that the library waits for out of politeness."""

    def __init__(self, intents: discord.Intents | None = None, **options: Any) -> None:
        chosen = intents or discord.Intents.default()
        if intents is None:
            chosen.message_content = True
        super().__init__(
            intents=chosen,
            guild_ready_timeout=0.02,
            enable_debug_events=True,
            chunk_guilds_at_startup=False,
            **options,
        )
        self.heard: list[tuple[str, tuple[Any, ...]]] = []
        self.changed = asyncio.Event()
        self.running: asyncio.Task[None] | None = None
        """Its connection, while `listening`."""

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        super().dispatch(event, *args, **kwargs)
        self.heard.append((event, args))
        self.changed.set()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """The library waits for 5 s before a second IDENTIFY."""

    def all(self, event: str) -> list[Any]:
        return [args[0] if args else None for name, args in self.heard if name == event]

    async def first(self, event: str, condition: Callable[[Any], bool] = lambda _: True) -> Any:
        """Waits until it has come; raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for one in self.all(event):
                    if condition(one):
                        return one
                self.changed.clear()
                await self.changed.wait()

    async def message(self, text: str) -> discord.Message:
        found: discord.Message = await self.first("message", lambda one: one.content == text)
        return found

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 - a test looks at what has no event
                await asyncio.sleep(0.005)


@asynccontextmanager
async def served(settings: Settings | None = None, **options: Any) -> AsyncIterator[DiscordServer]:
    server = DiscordServer(settings=settings or quick(), **options)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def pointed_at(server: DiscordServer) -> AsyncIterator[None]:
    """The library's fixed addresses are the sandbox's."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE = server.api_base_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(server.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


@asynccontextmanager
async def listening(
    server: DiscordServer, client: ListeningClient | None = None, *, is_awaited: bool = True
) -> AsyncIterator[ListeningClient]:
    """Logged in and connected, with its first READY behind it."""
    one = client or ListeningClient()
    async with pointed_at(server):
        await one.login(server.token)
        task = one.running = asyncio.create_task(one.connect())
        try:
            if is_awaited:
                await one.first("ready")
            yield one
        finally:
            await one.close()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def logged_in(
    server: DiscordServer, client: ListeningClient | None = None
) -> AsyncIterator[ListeningClient]:
    """REST alone, without the gateway."""
    one = client or ListeningClient()
    async with pointed_at(server):
        await one.login(server.token)
        try:
            yield one
        finally:
            await one.close()


__all__ = [
    "ListeningClient",
    "Route",
    "discord",
    "listening",
    "logged_in",
    "pointed_at",
    "quick",
    "served",
]
