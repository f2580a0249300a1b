"""An IMAP server that keeps to a small script, and misbehaves where it is told to."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

Writer = asyncio.StreamWriter
Hook = Callable[[str, Writer], Awaitable[bool]]
"""Gets tag and writer; True: it has answered itself."""
CAPABILITIES = "IMAP4rev1 IDLE UIDPLUS"


class ScriptedImap:
    """Knows LOGIN, EXAMINE, UID SEARCH, UID FETCH, IDLE, NOOP, LOGOUT over a dict of mails."""

    def __init__(self, mails: dict[int, bytes] | None = None) -> None:
        self.mails = dict(mails or {})
        self.uid_validity = 1
        self.greeting = b"* OK ready\r\n"
        self.capabilities = CAPABILITIES
        self.password = "right"
        self.commands: list[str] = []
        self.hooks: dict[str, Hook] = {}
        self.changed = asyncio.Event()
        self.connections = 0
        self.idling = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def add(self, uid: int, raw: bytes) -> None:
        self.mails[uid] = raw
        self.changed.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            writer.write(self.greeting)
            while line := await reader.readline():
                text = line.decode().rstrip("\r\n")
                self.commands.append(text.partition(" ")[2])
                await self._answer(text, reader, writer)
                await writer.drain()
        writer.transport.abort()

    async def _answer(self, text: str, reader: asyncio.StreamReader, writer: Writer) -> None:
        tag, _, command = text.partition(" ")
        if not command:  # a late DONE
            return
        name = " ".join(command.split(" ")[:2]) if command.startswith("UID") else command.split()[0]
        hook = self.hooks.get(name)
        if hook is not None and await hook(tag, writer):
            return
        match name:
            case "CAPABILITY":
                writer.write(f"* CAPABILITY {self.capabilities}\r\n".encode())
            case "LOGIN" if f'"{self.password}"' not in command:
                writer.write(f"{tag} NO [AUTHENTICATIONFAILED] wrong\r\n".encode())
                return
            case "EXAMINE":
                following = max(self.mails, default=0) + 1
                writer.write(
                    f"* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY {self.uid_validity}] ok\r\n"
                    f"* OK [UIDNEXT {following}] ok\r\n".encode()
                )
            case "UID SEARCH":
                writer.write(f"* SEARCH {self._search(command)}\r\n".encode())
            case "UID FETCH":
                self._fetch(command, writer)
            case "IDLE":
                await self._idle(tag, reader, writer)
                return
            case "LOGOUT":
                writer.write(b"* BYE bye\r\n")
            case _:
                pass
        writer.write(f"{tag} OK done\r\n".encode())

    def _search(self, command: str) -> str:
        first = re.search(r"UID (\d+):\*", command)
        wanted = [uid for uid in sorted(self.mails) if first is None or uid >= int(first[1])]
        # RFC 3501, 6.4.8: `n:*` holds the last mail even if it is below n.
        return " ".join(map(str, wanted or sorted(self.mails)[-1:]))

    def _fetch(self, command: str, writer: Writer) -> None:
        uids = [int(one) for one in command.split(" ")[2].split(",")]
        for uid in uids:
            raw = self.mails.get(uid)
            if raw is None:
                continue
            if "BODY.PEEK" in command:
                is_header = "HEADER" in command
                content = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if is_header else raw
                section = "HEADER" if is_header else ""
                head = f"* {uid} FETCH (UID {uid} BODY[{section}] {{{len(content)}}}\r\n"
                writer.write(head.encode() + content + b")\r\n")
            else:
                day = '"05-Jan-2026 10:00:00 +0000"'
                fields = f"UID {uid} RFC822.SIZE {len(raw)} INTERNALDATE {day}"
                writer.write(f"* {uid} FETCH ({fields})\r\n".encode())

    async def _idle(self, tag: str, reader: asyncio.StreamReader, writer: Writer) -> None:
        writer.write(b"+ idling\r\n")
        await writer.drain()
        self.idling.set()
        done = asyncio.ensure_future(reader.readline())
        change = asyncio.ensure_future(self.changed.wait())
        try:
            await asyncio.wait({done, change}, return_when=asyncio.FIRST_COMPLETED)
            if change.done():
                self.changed.clear()
                writer.write(f"* {len(self.mails)} EXISTS\r\n".encode())
                await writer.drain()
            await done
        finally:
            done.cancel()
            change.cancel()
            await asyncio.gather(done, change, return_exceptions=True)
        writer.write(f"{tag} OK idle done\r\n".encode())
