"""One connection with an IMAP server: aioimaplib, made to notice when it is over.

Left to itself the library hangs for ever on a BYE in IDLE, does not notice a closed connection and
has no STARTTLS. Here every wait is for the answer, the loss of the connection and our own clock
together, and any doubt ends the connection.
"""

import asyncio
import contextlib
import re
import ssl
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any, Self

from aioimaplib import aioimaplib

from connectors.email.errors import (
    FOR_NOW,
    FolderRefused,
    ImapLost,
    ImapRefused,
    LoginRefused,
    NoEncryption,
)
from connectors.email.imap.protocol import LITERAL, ImapProtocol

CONNECT_TIMEOUT = 20.0
SILENCE = 30.0
"""Seconds without a byte after which a server that owes an answer is given up."""
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,12})\b")
_RECEIVED = re.compile(rb'\bINTERNALDATE "([^"]{20,40})"')
_VALIDITY = re.compile(rb"UIDVALIDITY (\d{1,10})")
_NEXT = re.compile(rb"UIDNEXT (\d{1,10})")
_EXISTS = re.compile(rb"^(\d{1,10}) EXISTS", re.IGNORECASE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderState:
    uid_validity: int
    uid_next: int
    """0: the server does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHead:
    """What is asked before a mail is fetched."""

    uid: int
    size: int
    received_at: datetime | None


class ImapConnection:
    """Logged in, used for one command at a time; after any doubt closed and not used again."""

    def __init__(self, protocol: ImapProtocol, *, silence: float) -> None:
        self._protocol = protocol
        self._silence = silence
        self._idle_is_refused = False

    @classmethod
    async def connect(
        cls,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        is_starttls: bool,
        username: str,
        password: str,
        silence: float = SILENCE,
    ) -> Self:
        """Raises ImapLost, ImapRefused, LoginRefused, NoEncryption, OSError."""
        loop = asyncio.get_running_loop()
        protocol = ImapProtocol(loop)
        async with asyncio.timeout(CONNECT_TIMEOUT):
            await loop.create_connection(
                lambda: protocol, host, port, ssl=None if is_starttls else tls
            )
        connection = cls(protocol, silence=silence)
        try:
            await connection._greet()
            if is_starttls:
                await connection._start_tls(host, tls)
            await connection._run(protocol.capability())
            await connection._login(username, password)
        except BaseException:
            connection.abort()
            raise
        return connection

    @property
    def can_idle(self) -> bool:
        return "IDLE" in self._protocol.capabilities and not self._idle_is_refused

    @property
    def is_lost(self) -> bool:
        return bool(self._protocol.lost.done())

    async def examine(self, folder: str) -> FolderState:
        """The folder is open for reading only, so nothing done here can mark a mail as seen."""
        try:
            lines = await self._command("EXAMINE", _quoted(folder))
        except ImapRefused as error:
            raise FolderRefused(f"{folder}: {error}") from error
        # The library knows only SELECT as a way into this state.
        self._protocol.state = aioimaplib.SELECTED
        text = b"\n".join(lines)
        validity, following = _VALIDITY.search(text), _NEXT.search(text)
        if validity is None:
            raise ImapRefused(f"the folder {folder} has no UIDVALIDITY")
        return FolderState(
            uid_validity=int(validity[1]), uid_next=int(following[1]) if following else 0
        )

    async def search_after(self, uid: int) -> list[int]:
        """UIDs above this one, ascending. A server answers `n:*` with the last mail at least."""
        return [found for found in await self._search(f"UID {uid + 1}:*") if found > uid]

    async def search_since(self, day: date) -> list[int]:
        """UIDs of the mails that arrived on this day or later, by the server's calendar."""
        return await self._search(f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}")

    async def heads(self, uids: Sequence[int]) -> list[MailHead]:
        """Ascending; without those that are gone by now."""
        lines = await self._fetch(uids, "(UID RFC822.SIZE INTERNALDATE)")
        heads = {
            int(uid[1]): MailHead(uid=int(uid[1]), size=int(size[1]), received_at=_received(line))
            for line in lines
            if (uid := _UID.search(line)) is not None and (size := _SIZE.search(line)) is not None
        }
        return [heads[uid] for uid in sorted(heads.keys() & set(uids))]

    async def mail(self, uid: int) -> bytes | None:
        """The source as it is, without marking it; None: it is gone."""
        return await self._literal_of(uid, "(UID BODY.PEEK[])")

    async def header(self, uid: int) -> bytes | None:
        return await self._literal_of(uid, "(UID BODY.PEEK[HEADER])")

    async def wait_for_change(self, seconds: float) -> None:
        """Returns when the server pushed something, and after `seconds` at the latest."""
        protocol = self._protocol
        while not protocol.idle_queue.empty():
            protocol.idle_queue.get_nowait()
        protocol.response_size = 0
        idle = asyncio.ensure_future(protocol.idle())
        pushed = asyncio.ensure_future(protocol.idle_queue.get())
        waits: set[asyncio.Future[Any]] = {idle, pushed, protocol.lost}
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if idle.done():
                self._idle_is_refused = _result(idle).result != "OK"
            elif not protocol.lost.done():
                protocol.idle_done()
            await self._finish(idle)
        except BaseException:
            self.abort()
            raise
        finally:
            await _drop(idle, pushed)

    async def noop(self) -> None:
        await self._command("NOOP")

    async def logout(self) -> None:
        """Says goodbye within a second, then the connection is closed whatever happened."""
        with contextlib.suppress(ImapLost, ImapRefused, TimeoutError, OSError):
            async with asyncio.timeout(1.0):
                await self._command("LOGOUT")
        self.abort()

    def abort(self) -> None:
        """Closed at once; safe at any time."""
        self._protocol.end("closed by us")

    async def _greet(self) -> None:
        protocol = self._protocol
        waits: set[asyncio.Future[Any]] = {protocol.greeting, protocol.lost}
        await asyncio.wait(waits, timeout=CONNECT_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        if not protocol.greeting.done():
            reason = protocol.lost.result() if protocol.lost.done() else "no greeting"
            raise ImapLost(reason)
        line = protocol.greeting.result()
        if not line.upper().startswith((b"* OK", b"* PREAUTH")):
            raise ImapLost(f"the server greets with {line[:100].decode('utf-8', 'replace')}")

    async def _start_tls(self, host: str, tls: ssl.SSLContext | None) -> None:
        """Encrypted before anything secret is said (RFC 3501, 6.2.1); never falls back."""
        protocol = self._protocol
        await self._run(protocol.capability())
        if tls is None or "STARTTLS" not in {one.upper() for one in protocol.capabilities}:
            raise NoEncryption("the server offers no STARTTLS")
        await self._command("STARTTLS")
        if protocol.has_more:
            # Somebody on the way put an answer of their own behind the server's.
            raise ImapLost("text was injected before the encryption began")
        transport = await asyncio.get_running_loop().start_tls(
            protocol.transport,
            protocol,
            tls,
            server_hostname=host,
            ssl_handshake_timeout=CONNECT_TIMEOUT,
        )
        protocol.transport = transport
        # What was said in the clear about abilities proves nothing.
        protocol.capabilities = set()

    async def _login(self, username: str, password: str) -> None:
        protocol = self._protocol
        if protocol.state == aioimaplib.AUTH:
            return
        command = aioimaplib.Command(
            "LOGIN", protocol.new_tag(), _quoted(username), _quoted(password), loop=protocol.loop
        )
        response = await self._run(protocol.execute(command, scrub=_quoted(password)))
        if response.result != "OK":
            said = b" ".join(response.lines[-1:]).decode("utf-8", "replace")[:200]
            if FOR_NOW.search(said):
                raise ImapLost(f"the server takes no login now: {said}")
            raise LoginRefused(said)
        protocol.state = aioimaplib.AUTH
        # Abilities may grow with the login (RFC 3501, 6.2.3).
        await self._run(protocol.capability())

    async def _search(self, criteria: str) -> list[int]:
        lines = await self._command("SEARCH", criteria, prefix="UID")
        words = [word for line in lines[:-1] for word in line.split()]
        return sorted({int(word) for word in words if word.isdigit()})

    async def _literal_of(self, uid: int, what: str) -> bytes | None:
        lines = await self._fetch([uid], what)
        for before, content in pairwise(lines):
            found = LITERAL.search(before)
            if found is not None and len(content) == int(found[1]):
                return content
        return None

    async def _fetch(self, uids: Sequence[int], what: str) -> list[bytes]:
        uid_set = ",".join(str(uid) for uid in uids)
        return await self._command("FETCH", uid_set, what, prefix="UID")

    async def _command(self, name: str, *arguments: str, prefix: str = "") -> list[bytes]:
        """The lines of the answer, its status last. Raises ImapRefused, ImapLost."""
        protocol = self._protocol
        command = aioimaplib.Command(
            name, protocol.new_tag(), *arguments, prefix=prefix, loop=protocol.loop
        )
        response = await self._run(protocol.execute(command))
        _check(name, response)
        return list(response.lines)

    async def _run(self, call: Coroutine[Any, Any, Any]) -> Any:
        task = asyncio.ensure_future(call)
        self._protocol.response_size = 0
        try:
            return await self._finish(task)
        except BaseException:
            self.abort()
            raise
        finally:
            await _drop(task)

    async def _finish(self, task: "asyncio.Future[Any]") -> Any:
        """The task's result, unless the connection ends or nothing comes for too long."""
        protocol = self._protocol
        waits: set[asyncio.Future[Any]] = {task, protocol.lost}
        while True:
            seen = protocol.bytes_seen
            done, _ = await asyncio.wait(
                waits, timeout=self._silence, return_when=asyncio.FIRST_COMPLETED
            )
            if task in done:
                return _result(task)
            if protocol.lost in done:
                raise ImapLost(protocol.lost.result())
            if protocol.bytes_seen == seen:
                self.abort()
                raise ImapLost("the server has fallen silent")


def _result(task: "asyncio.Future[Any]") -> Any:
    try:
        return task.result()
    except aioimaplib.AioImapException as error:
        raise ImapLost(f"{type(error).__name__}: {error}") from error


def _check(name: str, response: Any) -> None:
    if response.result != "OK":
        said = b" ".join(response.lines[-1:]).decode("utf-8", "replace")[:200]
        raise ImapRefused(f"{name}: {said}")


async def _drop(*futures: "asyncio.Future[Any]") -> None:
    """Every one of them is over, and its result looked at."""
    for future in futures:
        future.cancel()
    await asyncio.gather(*futures, return_exceptions=True)


def _received(line: bytes) -> datetime | None:
    found = _RECEIVED.search(line)
    if found is None:
        return None
    try:
        text = found[1].decode("ascii").strip()
        return datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except ValueError:
        return None


def _quoted(text: str) -> str:
    """As a quoted string (RFC 3501, 4.3). Line ends were refused by the configuration."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
