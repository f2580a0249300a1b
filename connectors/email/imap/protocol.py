"""The wire side of an IMAP connection: aioimaplib's state machine under a reader of our own.

The library's reader recurses once per line, so that a long answer is a RecursionError, is quadratic
in literals, has no cap, formats every byte for its log, mixes up the answers of several mails and
never answers the challenge of a refused XOAUTH2.
"""

import asyncio
import re
from collections import deque
from typing import Any

from aioimaplib import aioimaplib

from connectors.email.imap.answers import LITERAL, Literal, said

MAX_RESPONSE = 16 * 1024 * 1024
"""Bytes of one answer, unless more was asked for; a literal may claim any size."""
ProtocolError = aioimaplib.AioImapException
"""Whatever the library raises."""
_TAGGED = re.compile(rb"([A-Z]{4}\d{1,9}) (OK|NO|BAD)\b *", re.IGNORECASE)


class ImapProtocol(aioimaplib.IMAP4ClientProtocol):  # type: ignore[misc]  # the library has no types
    """The library's protocol with a flat reader, a cap, and a future for the end.

    One command is under way at a time; whatever comes meanwhile belongs to it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.lost: asyncio.Future[str] = loop.create_future()
        self.greeting: asyncio.Future[bytes] = loop.create_future()
        self.bytes_seen = 0
        self.response_size = 0
        self.response_limit = MAX_RESPONSE
        self.answers_to_challenges: deque[bytes] = deque()
        """What is said to each `+` of an AUTHENTICATE; an empty line after the last."""
        self.last_challenge = b""
        self._rest = bytearray()
        self._literal = bytearray()
        self._literal_size: int | None = None
        self._literal_command: Any = None

    def data_received(self, d: bytes) -> None:
        self.bytes_seen += len(d)
        self.response_size += len(d)
        if self.response_size > self.response_limit:
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

    def send(self, line: str, scrub: str | None = None) -> None:
        """Without the library's log: lines hold passwords and names."""
        self.transport.write(f"{line}\r\n".encode())

    @property
    def is_logged_in(self) -> bool:
        return bool(self.state != aioimaplib.NONAUTH)

    def logged_in(self) -> None:
        """So it is; no folder is open."""
        self.state = aioimaplib.AUTH

    def folder_opened(self) -> None:
        """The library knows only SELECT as a way into this state."""
        self.state = aioimaplib.SELECTED

    def make(self, name: str, *arguments: str, prefix: str = "") -> Any:
        """A command for `execute`."""
        return aioimaplib.Command(name, self.new_tag(), *arguments, prefix=prefix, loop=self.loop)

    def _read(self, received: bytes) -> None:
        """Lines and literals in the order in which they come, without the library's recursion."""
        position = 0
        while not self.lost.done():
            if self._literal_size is not None:
                wanted = self._literal_size - len(self._literal)
                self._literal += received[position : position + wanted]
                position += wanted
                if len(self._literal) < self._literal_size:
                    return
                if self._literal_command is not None:
                    self._literal_command.append_to_resp(Literal(self._literal))
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
        # What follows a literal belongs to the same answer, whatever it looks like.
        continued, self._literal_command = self._literal_command, None
        if continued is not None:
            continued.append_to_resp(line)
            self._expect_literal(line, continued)
        elif not self.greeting.done():
            self.state = aioimaplib.NONAUTH
            if line.upper().startswith(b"* PREAUTH"):
                self.state = aioimaplib.AUTH
            self.greeting.set_result(line)
        elif line.upper().startswith(b"* BYE"):
            self.end(f"the server said goodbye: {said(line[5:])}")
        elif line.startswith(b"*"):
            command = self._pending()
            if command is not None:
                command.append_to_resp(line[1:].lstrip())
            self._expect_literal(line, command)
        elif line.startswith(b"+"):
            self._take_challenge(line)
        elif (tagged := _TAGGED.match(line)) is not None:
            # The library knows results in upper case only.
            result = tagged[2].upper()
            self._response_done(tagged[1] + b" " + result + b" " + line[tagged.end() :])

    def _expect_literal(self, line: bytes, command: Any) -> None:
        found = LITERAL.search(line)
        if found is None:
            return
        self._literal_size = int(found[1])
        self._literal_command = command
        if self._literal_size > self.response_limit:
            self.end("a literal is too long")

    def _pending(self) -> Any:
        if self.pending_sync_command is not None:
            return self.pending_sync_command
        return next(iter(self.pending_async_commands.values()), None)

    def _take_challenge(self, line: bytes) -> None:
        command = self.pending_sync_command
        if command is None or command.name != "AUTHENTICATE":
            self._continuation(line)
            return
        self.last_challenge = line[1:].strip()[:2000]
        answers = self.answers_to_challenges
        self.transport.write((answers.popleft() if answers else b"") + b"\r\n")
