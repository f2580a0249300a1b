"""An SMTP server that answers each verb from a table, and hangs or closes where it is told."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Self

HANG, CLOSE = "HANG", "CLOSE"
GOOD = {
    "GREETING": "220 mx ready",
    "EHLO": "250-mx\r\n250-SIZE 100000000\r\n250 AUTH PLAIN",
    "AUTH": "235 2.7.0 ok",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "RSET": "250 2.0.0 ok",
    "DATA": "354 go on",
    "BODY": "",
    "END": "250 2.0.0 taken",
    "QUIT": "221 2.0.0 bye",
}


class ScriptedSmtp:
    """Answers each verb from a table; can hang or close in the place of any answer."""

    def __init__(self, changes: Mapping[str, str]) -> None:
        self.replies = {**GOOD, **changes}
        self.mails: list[bytes] = []
        self.tls: ssl.SSLContext | None = None
        """What STARTTLS upgrades to."""
        self.verbs: list[str] = []
        self.lines: list[str] = []
        self.once: dict[str, str] = {}
        """Replies that are given a single time."""
        self.connections = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        self.port = await self.start()
        try:
            yield self
        finally:
            await self.stop()

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=2**25)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        self._server.close()
        self.drop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def drop(self) -> None:
        for task in list(self._tasks):
            task.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await self._serve(reader, writer)
        writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await self._reply("GREETING", writer):
            return
        while line := await reader.readline():
            said = line.decode().strip()
            verb = (said.split() or [""])[0].upper()
            key = said if said in self.replies else verb
            self.verbs.append(verb)
            self.lines.append(said)
            if not await self._reply(key, writer):
                return
            if verb == "DATA" and self.replies["DATA"].startswith("354"):
                if self.replies["BODY"]:
                    await reader.readexactly(1000)
                    if not await self._reply("BODY", writer):
                        return
                content = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append(content)
                if not await self._reply("END", writer):
                    return
            if verb == "STARTTLS" and self.tls is not None:
                await writer.start_tls(self.tls)
                self.replies["EHLO"] = GOOD["EHLO"]
                self.verbs.append("(encrypted)")
            if verb == "QUIT":
                return

    async def _reply(self, key: str, writer: asyncio.StreamWriter) -> bool:
        reply = self.once.pop(key, "") or self.replies.get(key, "502 5.5.1 unknown")
        if reply == HANG:
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # streams can
            await asyncio.Event().wait()
        if reply == CLOSE:
            return False
        writer.write(reply.encode() + b"\r\n")
        await writer.drain()
        return True
