"""An SMTP server that refuses, hangs or breaks off where it is told, for whom it is told.

Raw on purpose: what aiosmtpd cannot do is what a client must survive.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage

from tests.rig.ledger import Ledger
from tests.rig.smtp_sink import HOST
from tests.rig.tokens import tokens_in

HANG, RESET = "HANG", "RESET"
HANG_TAKEN = "HANG_TAKEN"
"""At the final dot: the mail is kept, and nobody is told."""
Say = Callable[[str, str], Awaitable[bool]]
"""(step, what is said if all goes well); whether that was no refusal."""
BEFORE_MAIL = ("banner", "ehlo", "mail")
STEPS = (*BEFORE_MAIL, "rcpt", "data", "body", "dot")


class ScriptSink:
    """Any login is right. What is accepted is in the ledger before the 250, with its bytes here.

    `replies[recipient][step]` are said one after the other at that step, then all goes well again;
    `next_connection` is what the next new connection meets at a step before it names anybody.
    """

    def __init__(self, ledger: Ledger, *, offers_starttls: bool = False) -> None:
        self.replies: dict[str, dict[str, deque[str]]] = defaultdict(lambda: defaultdict(deque))
        self.next_connection: str = ""
        self.hung = asyncio.Event()
        """Somebody waits for an answer that does not come."""
        self.taken: list[tuple[str, bytes]] = []
        """(recipient, content with its dots taken back)."""
        self.verbs: list[str] = []
        self._ledger = ledger
        self._offers_starttls = offers_starttls
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, port: int) -> None:
        self._server = await asyncio.start_server(self._connected, HOST, port, limit=2**25)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.drop()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def drop(self) -> None:
        """Every connection breaks; the next mail needs a new one."""
        for task in list(self._connections):
            task.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        with contextlib.suppress(
            ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError
        ):
            await self._serve(reader, writer)
        writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        trouble, self.next_connection = self.next_connection, ""
        recipient = ""

        async def say(step: str, good: str) -> bool:
            script = self.replies[recipient][step] if recipient else deque[str]()
            reply = script.popleft() if script else HANG if step == trouble else good
            if reply == HANG:
                self.hung.set()
                writer.transport.pause_reading()  # type: ignore[attr-defined]  # it can
                await asyncio.Event().wait()
            if reply == RESET:
                raise ConnectionResetError
            writer.write(reply.encode() + b"\r\n")
            await writer.drain()
            return reply[0] in "23" and not reply.startswith("221")

        if not await say("banner", "220 sink.test ready"):
            return
        while line := (await reader.readline()).decode():
            verb = line.split(" ")[0].strip().upper()
            self.verbs.append(verb)
            match verb:
                case "EHLO":
                    more = "250-STARTTLS\r\n" if self._offers_starttls else ""
                    await say("ehlo", f"250-sink.test\r\n{more}250-SIZE 50000000\r\n250 AUTH PLAIN")
                case "AUTH":
                    await say("auth", "235 2.7.0 ok")
                case "MAIL":
                    recipient = ""
                    await say("mail", "250 2.1.0 ok")
                case "RCPT":
                    recipient = line.partition("<")[2].partition("@")[0]
                    await say("rcpt", "250 2.1.5 ok")
                case "DATA":
                    if await say("data", "354 go on"):
                        await self._take(reader, recipient, say)
                case "QUIT":
                    await say("quit", "221 2.0.0 bye")
                    return
                case _:
                    await say("other", "250 2.0.0 ok")

    async def _take(self, reader: asyncio.StreamReader, recipient: str, say: Say) -> None:
        if self.replies[recipient]["body"]:
            await reader.readexactly(200)
            await say("body", "")
            raise ConnectionResetError
        content = await reader.readuntil(b"\r\n.\r\n")
        raw = content[:-3].replace(b"\r\n..", b"\r\n.")
        script = self.replies[recipient]["dot"]
        if not script or script[0][0] == "2" or script[0] == HANG_TAKEN:
            self._keep(recipient, raw)
        if script and script[0] == HANG_TAKEN:
            script[0] = HANG
        await say("dot", "250 2.0.0 taken")

    def _keep(self, recipient: str, raw: bytes) -> None:
        mail = message_from_bytes(raw, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        body = mail.get_body(("plain",))
        found = tokens_in(body.get_content() if body is not None else "")
        self.taken.append((recipient, raw))
        self._ledger.note("heard", found[0] if found else "", by=recipient)
