"""A gateway client that does nothing by itself: each frame is sent and read by the test."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from connectors.discord.sandbox_server import DiscordServer
from connectors.discord.sandbox_sessions import Intent

PATIENCE = 20.0
EVERYTHING = (
    Intent.GUILDS
    | Intent.GUILD_MESSAGES
    | Intent.GUILD_MESSAGE_REACTIONS
    | Intent.GUILD_MESSAGE_TYPING
    | Intent.DIRECT_MESSAGES
    | Intent.DIRECT_MESSAGE_REACTIONS
    | Intent.DIRECT_MESSAGE_TYPING
    | Intent.MESSAGE_CONTENT
)


class RawGateway:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse, server: DiscordServer) -> None:
        self.socket = socket
        self._server = server
        self._stream = zlib.decompressobj()
        self.number: int | None = None
        """Of the last dispatch."""

    async def next(self) -> dict[str, Any]:
        """The next frame; a close is `{"close": code}`."""
        message = await self.socket.receive(timeout=PATIENCE)
        match message.type:
            case aiohttp.WSMsgType.TEXT:
                text = message.data
            case aiohttp.WSMsgType.BINARY:
                text = self._stream.decompress(message.data).decode()
            case _:
                return {"op": None, "t": None, "close": self.socket.close_code}
        frame: dict[str, Any] = {"close": None, **json.loads(text)}
        if frame["s"] is not None:
            self.number = frame["s"]
        return frame

    async def dispatch(self, name: str) -> dict[str, Any]:
        """The body of the next one of this name; others are passed over."""
        while True:
            frame = await self.next()
            assert frame["close"] is None, f"closed with {frame['close']} before {name}"
            if frame["t"] == name:
                body: dict[str, Any] = frame["d"]
                return body

    async def close_code(self) -> int:
        while True:
            frame = await self.next()
            if frame["op"] is None:
                code: int = frame["close"]
                return code

    async def rest(self) -> list[dict[str, Any]]:
        """All that is under way: what comes before the answer to a heartbeat."""
        await self.send(1, self.number)
        came: list[dict[str, Any]] = []
        while (frame := await self.next())["op"] != 11:
            assert frame["close"] is None, f"closed with {frame['close']}"
            came.append(frame)
        return came

    async def is_silent(self, seconds: float = 0.05) -> bool:
        """Nothing comes for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self.next()
        except TimeoutError:
            return True
        return False

    async def send(self, operation: int, body: Any) -> None:
        await self.socket.send_str(json.dumps({"op": operation, "d": body}))

    async def identify(self, intents: int = EVERYTHING, **changes: Any) -> dict[str, Any]:
        """Up to READY, of which this is the body."""
        await self.send_identify(intents, **changes)
        return await self.dispatch("READY")

    async def send_identify(self, intents: Any = EVERYTHING, **changes: Any) -> None:
        body = {
            "token": self._server.token,
            "intents": int(intents) if isinstance(intents, int) else intents,
            "properties": {"os": "linux", "browser": "test", "device": "test"},
        }
        await self.send(2, {**body, **changes})

    async def send_resume(self, session_id: str, number: int, **changes: Any) -> None:
        body = {"token": self._server.token, "session_id": session_id, "seq": number}
        await self.send(6, {**body, **changes})


@asynccontextmanager
async def greeted(
    server: DiscordServer, url: str | None = None, query: str = "v=10&encoding=json"
) -> AsyncIterator[RawGateway]:
    """Connected, with Hello behind it."""
    async with connected(server, url, query) as gateway:
        assert (await gateway.next())["op"] == 10
        yield gateway


@asynccontextmanager
async def connected(
    server: DiscordServer, url: str | None = None, query: str = "v=10&encoding=json"
) -> AsyncIterator[RawGateway]:
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{url or server.gateway_url}?{query}") as socket,
    ):
        yield RawGateway(socket, server)
