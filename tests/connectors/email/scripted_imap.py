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
SENT = "Sent Items"


class ScriptedImap:
    """Knows what the connector asks, over one dict of mails that every folder but Sent shows."""

    def __init__(self, mails: dict[int, bytes] | None = None) -> None:
        self.mails = dict(mails or {})
        self.uid_validity = 1
        self.greeting = b"* OK ready\r\n"
        self.capabilities = CAPABILITIES
        self.password = "right"
        self.folders = [rf'(\HasNoChildren \Sent) "/" "{SENT}"', r'(\HasNoChildren) "/" INBOX']
        """As LIST shows them; every one can be opened, and further ones that are not shown."""
        self.sent: dict[int, bytes] = {}
        self.commands: list[str] = []
        self.hooks: dict[str, Hook] = {}
        self.changed = asyncio.Event()
        self.connections = 0
        self.idling = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._opened: dict[asyncio.Task[None], str] = {}

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

    def asked(self, start: str) -> list[str]:
        return [one for one in self.commands if one.startswith(start)]

    @property
    def _shown(self) -> dict[int, bytes]:
        task = asyncio.current_task()
        assert task is not None
        return self.sent if self._opened.get(task) == SENT else self.mails

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
            case "LIST":
                writer.write("".join(f"* LIST {one}\r\n" for one in self.folders).encode())
            case "EXAMINE" | "SELECT":
                self._open(command, writer)
            case "APPEND":
                await self._append(command, reader, writer)
            case "UID SEARCH":
                writer.write(f"* SEARCH {self._search(command)}\r\n".encode())
            case "UID FETCH":
                self._fetch(command, writer)
            case "UID MOVE":
                for uid in self._uids(command):
                    self.mails.pop(uid, None)
            case "IDLE":
                await self._idle(tag, reader, writer)
                return
            case "LOGOUT":
                writer.write(b"* BYE bye\r\n")
            case _:
                pass
        writer.write(f"{tag} OK done\r\n".encode())

    def _open(self, command: str, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._opened[task] = command.partition('"')[2].rstrip('"')
        following = max(self._shown, default=0) + 1
        writer.write(
            f"* {len(self._shown)} EXISTS\r\n* OK [UIDVALIDITY {self.uid_validity}] ok\r\n"
            f"* OK [UIDNEXT {following}] ok\r\n".encode()
        )

    async def _append(self, command: str, reader: asyncio.StreamReader, writer: Writer) -> None:
        size = int(command.rpartition("{")[2].rstrip("}"))
        writer.write(b"+ go on\r\n")
        await writer.drain()
        raw = await reader.readexactly(size)
        await reader.readline()
        self.sent[max(self.sent, default=0) + 1] = raw

    def _search(self, command: str) -> str:
        """By UID and by Message-ID; every other criterion holds for all mails."""
        shown = sorted(self._shown)
        if (named := re.search(r'HEADER Message-ID "<(.+)>"', command)) is not None:
            wanted = f"message-id: <{named[1]}>".encode()
            shown = [uid for uid in shown if wanted in self._shown[uid].lower()]
        if (first := re.search(r"UID (\d+):\*", command)) is not None:
            # RFC 3501, 6.4.8: `n:*` holds the last mail even if it is below n.
            shown = [uid for uid in shown if uid >= int(first[1])] or shown[-1:]
        elif command.endswith("UID *"):
            shown = shown[-1:]
        elif (some := re.search(r" UID ([\d,]+)$", command)) is not None:
            shown = [uid for uid in shown if str(uid) in some[1].split(",")]
        return " ".join(map(str, shown))

    def _uids(self, command: str) -> list[int]:
        return [int(one) for one in command.split(" ")[2].split(",")]

    def _fetch(self, command: str, writer: Writer) -> None:
        for uid in self._uids(command):
            raw = self._shown.get(uid)
            if raw is None:
                continue
            if "BODY.PEEK" in command:
                is_header = "HEADER" in command
                content = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if is_header else raw
                section = command.partition("BODY.PEEK[")[2].rpartition("]")[0]
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
