"""One connection with an IMAP server, logged in: what can be asked of it."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from connectors.email.errors import FolderRefused, ImapLost, ImapRefused
from connectors.email.imap import answers
from connectors.email.imap.answers import Fetched, Listed
from connectors.email.imap.exchange import SILENCE, Exchange, drop, result_of
from connectors.email.imap.login import (
    HANDSHAKE_TIMEOUT,
    Credentials,
    greet,
    log_in,
    start_tls,
)
from connectors.email.imap.names import quoted
from connectors.email.imap.protocol import MAX_RESPONSE, ImapProtocol

KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 20), ("TCP_KEEPCNT", 3))
"""Seconds, seconds, probes: a peer that is gone is known to be so within two minutes."""
UNACKNOWLEDGED_MS = 60_000
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHead:
    """What is asked before a mail is fetched."""

    uid: int
    size: int
    """Bytes, as the server says. 0: it does not say."""
    received_at: datetime | None


class ImapConnection:
    """Used for one command at a time; after any doubt closed and not used again."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._idle_is_refused = False

    @classmethod
    async def connect(
        cls,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        is_starttls: bool,
        credentials: Credentials,
        silence: float = SILENCE,
    ) -> Self:
        """Raises ImapLost, ImapBusy, ImapRefused, LoginRefused, NoEncryption, OSError."""
        loop = asyncio.get_running_loop()
        protocol = ImapProtocol(loop)
        async with asyncio.timeout(HANDSHAKE_TIMEOUT):
            await loop.create_connection(
                lambda: protocol, host, port, ssl=None if is_starttls else tls
            )
        _keep_alive(protocol.transport)
        exchange = Exchange(protocol, silence=silence)
        try:
            await greet(exchange)
            if is_starttls:
                await start_tls(exchange, host, tls)
            await log_in(exchange, credentials)
        except BaseException:
            exchange.abort()
            raise
        return cls(exchange)

    @property
    def can_idle(self) -> bool:
        return self.has("IDLE") and not self._idle_is_refused

    @property
    def is_lost(self) -> bool:
        return bool(self._exchange.protocol.lost.done())

    def has(self, capability: str) -> bool:
        return capability in self._exchange.capabilities

    async def folders(self) -> list[Listed]:
        """All of them, with what they are for where the server says so (RFC 6154)."""
        return answers.listed(await self._exchange.command("LIST", '""', '"*"'))

    async def open(self, folder: str, *, writes: bool = False) -> int:
        """The folder's UIDVALIDITY. `folder` as on the wire. Raises FolderRefused.

        Unless it `writes` nothing done here can mark a mail as seen.
        """
        protocol = self._exchange.protocol
        try:
            lines = await self._exchange.command("SELECT" if writes else "EXAMINE", quoted(folder))
        except ImapRefused as error:
            # RFC 3501, 6.3.1: after a refusal no folder is open.
            protocol.logged_in()
            raise FolderRefused(str(error)) from error
        protocol.folder_opened()
        validity = answers.uid_validity(lines)
        if validity is None:
            raise FolderRefused("the server gives it no UIDVALIDITY")
        return validity

    async def search_after(self, uid: int) -> list[int]:
        """UIDs above this one, ascending. A server answers `n:*` with the last mail at least."""
        return [found for found in await self.search(f"UID {uid + 1}:*") if found > uid]

    async def search_since(self, day: date) -> list[int]:
        """UIDs of the mails that arrived on this day or later, by the server's calendar."""
        return await self.search(f"SINCE {calendar_day(day)}")

    async def newest(self) -> int:
        """The highest UID there is; 0 in an empty folder. Asks for no UIDNEXT: some are wrong."""
        return max(await self.search("UID *"), default=0)

    async def search(self, criteria: str) -> list[int]:
        return answers.searched(await self._exchange.command("SEARCH", criteria, prefix="UID"))

    async def heads(self, uids: Sequence[int]) -> list[MailHead]:
        """Ascending; without those that are gone, or that the server passes over."""
        wanted = set(uids)
        heads = {
            one.uid: MailHead(uid=one.uid, size=one.size, received_at=one.received_at)
            for one in await self._fetch(uids, "(UID RFC822.SIZE INTERNALDATE)")
            # A flag that changed is pushed in between, without what we asked for.
            if one.uid in wanted and (one.size or one.received_at)
        }
        return [heads[uid] for uid in sorted(heads)]

    async def mail(self, uid: int, *, limit: int = MAX_RESPONSE) -> bytes | None:
        """The source as it is, without marking it. None: the server answers without it.

        `limit`: bytes above which the connection is ended, whatever the server says of the size.
        """
        return self._content_of(uid, await self._fetch([uid], "(UID BODY.PEEK[])", limit=limit))

    async def header(self, uid: int) -> bytes | None:
        return self._content_of(uid, await self._fetch([uid], "(UID BODY.PEEK[HEADER])"))

    async def message_ids(self, uids: Sequence[int]) -> list[bytes]:
        """The header fields Message-ID of these mails, as they stand there."""
        if not uids:
            return []
        found = await self._fetch(uids, "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
        return [one.content for one in found if one.content]

    async def mark_seen(self, uids: Sequence[int]) -> None:
        # SILENT: no answer for each.
        await self._exchange.command(
            "STORE", _uid_set(uids), "+FLAGS.SILENT", r"(\Seen)", prefix="UID"
        )

    async def move(self, uids: Sequence[int], folder: str) -> None:
        """They are in the other folder and no longer here. Raises ImapRefused.

        Nothing else is expunged: without MOVE (RFC 6851) and UIDPLUS (RFC 4315) it is refused.
        """
        uid_set = _uid_set(uids)
        if self.has("MOVE"):
            await self._exchange.command("MOVE", uid_set, quoted(folder), prefix="UID")
            return
        if not self.has("UIDPLUS"):
            raise ImapRefused("the server can move no mails")
        await self._exchange.command("COPY", uid_set, quoted(folder), prefix="UID")
        await self._exchange.command("STORE", uid_set, "+FLAGS.SILENT", r"(\Deleted)", prefix="UID")
        await self._exchange.command("EXPUNGE", uid_set, prefix="UID")

    async def remove(self, uids: Sequence[int]) -> None:
        """They are gone for good, and nothing else is (UIDPLUS, RFC 4315). Raises ImapRefused."""
        if not self.has("UIDPLUS"):
            raise ImapRefused("the server can end no single mail")
        uid_set = _uid_set(uids)
        await self._exchange.command(
            "STORE", uid_set, "+FLAGS.SILENT", r"(\Seen \Deleted)", prefix="UID"
        )
        await self._exchange.command("EXPUNGE", uid_set, prefix="UID")

    async def append(self, folder: str, raw: bytes) -> None:
        """The mail is in the folder, as seen. Raises ImapRefused, and ImapLost: not known."""
        protocol = self._exchange.protocol
        protocol.literal_data = raw
        try:
            await self._exchange.command("APPEND", quoted(folder), r"(\Seen)", f"{{{len(raw)}}}")
        finally:
            protocol.literal_data = None

    async def wait_for_change(self, seconds: float) -> None:
        """Returns when the server told of mail, and after `seconds` at the latest."""
        exchange, protocol = self._exchange, self._exchange.protocol
        while not protocol.idle_queue.empty():
            protocol.idle_queue.get_nowait()
        protocol.response_size, protocol.response_limit = 0, MAX_RESPONSE
        protocol.capabilities = {"IDLE"}
        idle = asyncio.ensure_future(protocol.idle())
        pushed = asyncio.ensure_future(self._pushed())
        waits: set[asyncio.Future[Any]] = {idle, pushed, protocol.lost}
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if idle.done():
                self._idle_is_refused = result_of(idle).result != "OK"
            elif not protocol.lost.done():
                protocol.idle_done()
            await exchange.finish(idle)
        except BaseException:
            self.abort()
            raise
        finally:
            await drop(idle, pushed)

    async def noop(self) -> None:
        await self._exchange.command("NOOP")

    async def logout(self) -> None:
        """Says goodbye within a second, then the connection is closed whatever happened."""
        with contextlib.suppress(ImapLost, ImapRefused, TimeoutError, OSError):
            async with asyncio.timeout(1.0):
                await self._exchange.command("LOGOUT")
        self.abort()

    def abort(self) -> None:
        """Closed at once; safe at any time."""
        self._exchange.abort()

    async def _pushed(self) -> None:
        while not answers.tells_of_mail(await self._exchange.protocol.idle_queue.get()):
            # "Still here" is no mail, and does not make the answer longer.
            self._exchange.protocol.response_size = 0

    async def _fetch(
        self, uids: Sequence[int], what: str, *, limit: int = MAX_RESPONSE
    ) -> list[Fetched]:
        lines = await self._exchange.command(
            "FETCH", _uid_set(uids), what, prefix="UID", limit=limit
        )
        return answers.fetched(lines)

    def _content_of(self, uid: int, found: Sequence[Fetched]) -> bytes | None:
        """Some servers leave the UID out; then the only content that came must be it."""
        held = [one for one in found if one.has_content]
        ours = [one for one in held if one.uid == uid]
        if not ours and len(held) == 1 and held[0].uid is None:
            ours = held
        return ours[0].content if ours else None


def calendar_day(day: date) -> str:
    """As SEARCH takes it (RFC 3501, 9)."""
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"


def _uid_set(uids: Sequence[int]) -> str:
    return ",".join(str(uid) for uid in uids)


def _keep_alive(transport: Any) -> None:
    """A peer that vanished is noticed below us too, where the system can do that."""
    connected = transport.get_extra_info("socket")
    if connected is None or connected.family not in (socket.AF_INET, socket.AF_INET6):
        return
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (*KEEPALIVE, ("TCP_USER_TIMEOUT", UNACKNOWLEDGED_MS)):
        if hasattr(socket, name):
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
