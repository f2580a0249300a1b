"""The wire side of an IMAP connection: aioimaplib's state machine under a reader of our own.

The library's reader recurses once per line, so that a long answer is a RecursionError, is quadratic
in literals, has no cap, and formats every byte for its log.
"""

import asyncio
import re
from typing import Any

from aioimaplib import aioimaplib

MAX_RESPONSE = 256 * 1024 * 1024
"""Bytes of one answer; a literal may claim any size."""

LITERAL = re.compile(rb"\{(\d{1,12})\}$")
"""How a line announces that so many bytes of content follow it."""


class ImapProtocol(aioimaplib.IMAP4ClientProtocol):  # type: ignore[misc]  # the library has no types
    """The library's protocol with a flat reader, a cap, and a future for the end."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.lost: asyncio.Future[str] = loop.create_future()
        self.greeting: asyncio.Future[bytes] = loop.create_future()
        self.bytes_seen = 0
        self.response_size = 0
        self._rest = bytearray()
        self._literal = bytearray()
        self._literal_size: int | None = None
        self._literal_command: Any = None

    def data_received(self, d: bytes) -> None:
        self.bytes_seen += len(d)
        self.response_size += len(d)
        if self.response_size > MAX_RESPONSE:
            self.end("an answer is too long")
            return
        try:
            self._read(d)
        except (aioimaplib.AioImapException, UnicodeDecodeError, ValueError) as error:
            self.end(f"an answer cannot be read: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        self.end(f"connection lost{f': {exc}' if exc is not None else ''}")

    @property
    def has_more(self) -> bool:
        """Something was received behind the last whole answer."""
        return bool(self._rest) or self._literal_size is not None

    def end(self, reason: str) -> None:
        if not self.lost.done():
            self.lost.set_result(reason)
        if self.transport is not None:
            self.transport.abort()

    def _read(self, received: bytes) -> None:
        """Lines and literals in the order in which they come, without the library's recursion."""
        position = 0
        while True:
            if self._literal_size is not None:
                wanted = self._literal_size - len(self._literal)
                self._literal += received[position : position + wanted]
                position += wanted
                if len(self._literal) < self._literal_size:
                    return
                if self._literal_command is not None:
                    self._literal_command.append_to_resp(bytes(self._literal))
                self._literal, self._literal_size = bytearray(), None
            end = received.find(b"\n", position)
            if end < 0:
                self._rest += received[position:]
                break
            line = bytes(self._rest + received[position:end]).rstrip(b"\r")
            self._rest.clear()
            position = end + 1
            self._take_line(line)
        if self.pending_sync_command is not None:
            self.pending_sync_command.flush()

    def _take_line(self, line: bytes) -> None:
        if not self.greeting.done():
            self.state = aioimaplib.NONAUTH
            if line.upper().startswith(b"* PREAUTH"):
                self.state = aioimaplib.AUTH
            self.greeting.set_result(line)
            return
        if line.upper().startswith(b"* BYE"):
            self.end(f"the server said goodbye: {line[5:200].decode('utf-8', 'replace').strip()}")
            return
        # What follows a literal belongs to the same answer, whatever it looks like.
        continued, self._literal_command = self._literal_command, None
        if continued is not None:
            continued.append_to_resp(line)
            command = continued
        else:
            command = self._handle_line(line, None)
        literal = LITERAL.search(line)
        if literal is not None:
            self._literal_size = int(literal[1])
            self._literal_command = command
            if self._literal_size > MAX_RESPONSE:
                self.end("a literal is too long")
