"""One WebSocket at the sandbox's gateway."""

import asyncio
import json
import zlib
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from connectors.discord.sandbox_compression import Compressor, compressor_named
from connectors.discord.sandbox_sessions import Intent, Session

if TYPE_CHECKING:
    from connectors.discord.sandbox_gateway import Gateway

SILENCE = 4000
"""The close code for a client that doesn't beat: it may resume."""
ENDING = frozenset({1000, 1001, 4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014})
"""Close codes after which a session can't be resumed."""
LARGE_FRAME = 2_048
"""Bytes from which on a frame is compressed for a client that asked for it in IDENTIFY."""


@dataclass(frozen=True, slots=True)
class _Close:
    code: int


class Connection:
    """Reads what the client sends and acts on it; a second task writes what is queued."""

    def __init__(self, gateway: "Gateway", request: web.Request) -> None:
        self._gateway = gateway
        self._request = request
        self._socket = web.WebSocketResponse(timeout=1, max_msg_size=0)
        self._queue: asyncio.Queue[dict[str, Any] | _Close] = asyncio.Queue()
        self._sent: deque[float] = deque()
        """When the client sent something, in the loop's seconds."""
        self._beat_at = 0.0
        self._compressor: Compressor | None = None
        self._compresses_large = False
        self.session: Session | None = None
        self.version = 0
        self.is_at_resume_address = request.path.endswith("/resume")

    async def run(self) -> web.StreamResponse:
        await self._socket.prepare(self._request)
        writer = asyncio.create_task(self._write())
        try:
            self._greet()
            await self._read()
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return self._socket

    def put(self, frame: dict[str, Any]) -> None:
        self._queue.put_nowait(frame)

    def close(self, code: int) -> None:
        self._queue.put_nowait(_Close(code))

    def invalidate(self, *, is_resumable: bool) -> None:
        """Op 9."""
        session = self.session
        if session is not None and not is_resumable:
            self._gateway.end(session)
            self.session = None
        self.put({"op": 9, "d": is_resumable})

    def cut(self) -> None:
        """The line breaks, without a close frame."""
        if self._request.transport is not None:
            self._request.transport.abort()

    def _greet(self) -> None:
        query = self._request.query
        interval = self._gateway.settings.heartbeat_interval
        self._beat_at = asyncio.get_running_loop().time()
        if not query.get("v", "").isdigit() or int(query["v"]) not in {9, 10}:
            return self.close(4012)
        self.version = int(query["v"])
        if query.get("encoding", "json") != "json":
            return self.close(4002)
        if "compress" in query:
            self._compressor = compressor_named(query["compress"])
            if self._compressor is None:
                return self.close(4002)
        return self.put({"op": 10, "d": {"heartbeat_interval": int(interval * 1000), "_trace": []}})

    async def _read(self) -> None:
        settings = self._gateway.settings
        loop = asyncio.get_running_loop()
        while True:
            patience = settings.heartbeat_interval * settings.silent_intervals
            left = self._beat_at + patience - loop.time()
            try:
                message = await self._socket.receive(timeout=max(left, 0.001))
            except TimeoutError:
                await self._close_now(SILENCE)
                return
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                self._note_end(message.type)
                return
            self._act(message.data)

    def _note_end(self, kind: WSMsgType) -> None:
        code = self._socket.close_code
        if kind is WSMsgType.CLOSE:
            self._gateway.client_close_codes.append(code)
            if code in {1000, 1001}:
                self._end_session()

    def _end_session(self) -> None:
        if self.session is not None:
            self._gateway.end(self.session)

    def _act(self, text: str | bytes) -> None:
        settings = self._gateway.settings
        now = asyncio.get_running_loop().time()
        while self._sent and self._sent[0] <= now - settings.gateway_sends.seconds:
            self._sent.popleft()
        self._sent.append(now)
        if len(self._sent) > settings.gateway_sends.count:
            return self.close(4008)
        raw = text.encode() if isinstance(text, str) else text
        if len(raw) > settings.largest_frame:
            return self.close(4002)
        try:
            frame = json.loads(raw)
        except ValueError:
            return self.close(4002)
        if not isinstance(frame, dict) or not isinstance(frame.get("op"), int):
            return self.close(4002)
        return self._obey(frame["op"], frame.get("d"))

    def _obey(self, operation: int, body: Any) -> None:
        if operation == 1:
            self._gateway.faults.heartbeats += 1
            self._beat_at = asyncio.get_running_loop().time()
            if not self._gateway.faults.misses_acks:
                self.put({"op": 11})
            return None
        if operation in {2, 6}:
            if self.session is not None:
                return self.close(4005)
            if not isinstance(body, dict):
                return self.close(4002)
            self._compresses_large = self._compressor is None and body.get("compress") is True
            act = self._gateway.identify if operation == 2 else self._gateway.resume
            return act(self, body)
        if operation not in {3, 4, 8, 31}:
            return self.close(4001)
        if self.session is None:
            return self.close(4003)
        if operation == 8:
            return self._tell_members(self.session, body)
        return None

    def _tell_members(self, session: Session, wanted: Any) -> None:
        """GUILD_MEMBERS_CHUNK. All members, without a query, need the intent."""
        world = self._gateway.world
        guild = world.guilds.get(int(wanted.get("guild_id", 0)))
        if guild is None:
            return None
        asked = wanted.get("user_ids")
        if asked is None:
            prefix = str(wanted.get("query", "")).casefold()
            if not prefix and not session.intents & Intent.GUILD_MEMBERS:
                return self.close(4014)
            names = {number: world.profiles[number].username for number in guild.members}
            found = [one for one, name in names.items() if name.casefold().startswith(prefix)]
            missing: list[int] = []
        else:
            numbers = [int(one) for one in (asked if isinstance(asked, list) else [asked])]
            found = [one for one in numbers if one in guild.members]
            missing = [one for one in numbers if one not in guild.members]
        objects = self._gateway.objects
        body = {
            "guild_id": str(guild.id),
            "members": [objects.member_of(guild, one) for one in found],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [str(one) for one in missing],
        }
        if "nonce" in wanted:
            body["nonce"] = wanted["nonce"]
        return self._gateway.tell(session, "GUILD_MEMBERS_CHUNK", body)

    async def _write(self) -> None:
        while True:
            frame = await self._queue.get()
            if isinstance(frame, _Close):
                await self._close_now(frame.code)
                return
            await self._gateway.faults.flows.wait()
            text = json.dumps({"op": 0, "d": None, "s": None, "t": None, **frame})
            if self._compressor is not None:
                await self._socket.send_bytes(self._compressor.compress(text.encode()))
            elif self._compresses_large and len(text) > LARGE_FRAME:
                await self._socket.send_bytes(zlib.compress(text.encode()))
            else:
                await self._socket.send_str(text)

    async def _close_now(self, code: int) -> None:
        self._gateway.close_codes.append(code)
        if code in ENDING:
            self._end_session()
        await self._socket.close(code=code)
