"""Where exactly a mail is cut off decides what we say of it, and what we say is true.

The server stops reading while the mail is on its way, and reads on once we have given up. Whatever
we called not sent must then not have its end in what is left to read.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from connectors.email.config import Config
from connectors.email.sending.compose import Outgoing
from connectors.email.sending.session import Patience
from connectors.email.sending.smtp import SmtpServer
from core.clock import FakeClock
from core.errors import ConnectorError, OutcomeUnknown, TransientError

LARGEST = 12 * 1024 * 1024
END = b"\r\n.\r\n"


class StallingSmtp:
    """Takes every command; reads the content only when it is told to."""

    def __init__(self) -> None:
        self.content = b""
        self.may_read = asyncio.Event()
        self.is_over = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listening.bind(("127.0.0.1", 0))
        server = await asyncio.start_server(self._serve, sock=listening, limit=2**16)
        try:
            yield listening.getsockname()[1]
        finally:
            self.may_read.set()
            async with asyncio.timeout(20):
                await self.is_over.wait()
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx\r\n")
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                if line == b"DATA\r\n":
                    writer.transport.pause_reading()  # type: ignore[attr-defined]  # it can
                    writer.write(b"354 go on\r\n")
                    await self.may_read.wait()
                    writer.transport.resume_reading()  # type: ignore[attr-defined]  # it can
                    while piece := await reader.read(2**20):
                        self.content += piece
                    break
                writer.write(b"250 ok\r\n")
        writer.transport.abort()
        self.is_over.set()


async def outcome_of(size: int) -> tuple[type[ConnectorError], bool]:
    """What we say of a mail of this size, and whether its end reaches the server after all."""
    stalling = StallingSmtp()
    async with stalling.running() as port:
        config = Config.model_validate(
            {
                "address": "help@desk.example",
                "imap_host": "127.0.0.1",
                "imap_security": "none",
                "smtp_host": "127.0.0.1",
                "smtp_port": port,
                "smtp_security": "none",
                "smtp_login": False,
                "password": "p",
            }
        )
        quick = Patience(step=5.0, before_content=5.0, piece=0.1, after_dot=0.1)
        smtp = SmtpServer(config=config, clock=FakeClock(), patience=quick)
        with pytest.raises((TransientError, OutcomeUnknown)) as raised:
            await smtp.send(
                Outgoing(
                    message_id="id",
                    sender="help@desk.example",
                    recipient="ann@people.example",
                    raw=b"Subject: s\r\n\r\n"
                    + b"x" * 62
                    + b"\r\n"
                    + (b"y" * 62 + b"\r\n") * (size // 64),
                )
            )
        await smtp.close()
    return type(raised.value), stalling.content.endswith(END)


async def test_what_is_called_not_sent_never_arrives_and_all_else_may_have() -> None:
    small, large = 1024, LARGEST
    seen = [await outcome_of(small), await outcome_of(large)]
    # Between these lies the size from which on the last bytes never leave us.
    while large - small > 32 * 1024:
        middle = (small + large) // 2
        seen.append(await outcome_of(middle))
        if seen[-1][1]:
            small = middle
        else:
            large = middle
    for beyond in range(-2, 6):
        seen.append(await outcome_of(small + beyond * 16 * 1024))
    assert set(seen) == {(OutcomeUnknown, True), (TransientError, False)}
