"""The folder of sent mails: what went out is found there, and a copy filed that is not."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

from connectors.email.errors import FolderRefused, ImapRefused
from connectors.email.imap.connection import ImapConnection, calendar_day
from connectors.email.imap.names import find_folder, quoted
from connectors.email.imap.uses import Use, find_use

DEADLINE = 30.0
"""Seconds for one look-up or one copy."""
LOOKED_THROUGH = 50
"""Newest mails whose headers are read when the server's search finds nothing."""
ONE_DAY = timedelta(days=1)
_ID_HEADER = re.compile(rb"^message-id:\s*<([^<>\s]{1,998})>", re.IGNORECASE | re.MULTILINE)


class SentFolder:
    """Of one mailbox, over connections of its own, one at a time."""

    def __init__(self, connect: Callable[[], Awaitable[ImapConnection]], *, name: str = "") -> None:
        """`connect`: a connection of its own, logged in. `name`: empty, it is found by its use."""
        self._connect = connect
        self._name = name
        self._one_at_a_time = asyncio.Lock()

    async def holds(self, message_id: str, *, since: date) -> bool:
        """Whether a mail with this id, without brackets, went out on this day or later.

        Raises FolderRefused if there is no such folder, ImapLost, ImapRefused, LoginRefused,
        NoEncryption, OSError, TimeoutError, and what the source of tokens raises.
        """
        async with self._one_at_a_time, asyncio.timeout(DEADLINE):
            connection = await self._connect()
            try:
                await connection.open(await _sent_of(connection, self._name))
                return await _holds(connection, message_id, since)
            finally:
                await connection.logout()

    async def file_copy(self, raw: bytes, message_id: str, *, since: date) -> bool:
        """The mail is in the folder once. False: the provider had put it there.

        Raises like `holds`. ImapLost and TimeoutError may mean that it is there nevertheless:
        calling again is safe.
        """
        async with self._one_at_a_time, asyncio.timeout(DEADLINE):
            connection = await self._connect()
            try:
                folder = await _sent_of(connection, self._name)
                await connection.open(folder)
                if await _holds(connection, message_id, since):
                    return False
                await connection.append(folder, raw)
                return True
            finally:
                await connection.logout()


async def _sent_of(connection: ImapConnection, name: str) -> str:
    folders = await connection.folders()
    found = find_folder(name, folders) if name else find_use(Use.SENT, folders)
    if found is None:
        raise FolderRefused(f"there is no folder {name or 'of sent mails'}")
    return found.name


async def _holds(connection: ImapConnection, message_id: str, since: date) -> bool:
    # The server's calendar may be a day behind (RFC 3501, 6.4.4).
    day = calendar_day(since - ONE_DAY)
    by_id = f"SINCE {day} HEADER Message-ID {quoted(f'<{message_id}>')}"
    if connection.has("X-GM-EXT-1"):
        by_id = f"SINCE {day} X-GM-RAW {quoted(f'rfc822msgid:{message_id}')}"
    try:
        if await connection.search(by_id):
            return True
    except ImapRefused:
        # Not every server searches in headers; then they are looked through.
        pass
    # Some find nothing in what was filed a moment ago.
    newest = (await connection.search(f"SINCE {day}"))[-LOOKED_THROUGH:]
    wanted = message_id.encode()
    return any(
        found is not None and found[1] == wanted
        for header in await connection.message_ids(newest)
        for found in [_ID_HEADER.search(header)]
    )
