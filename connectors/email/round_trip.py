"""A mail of the account to its own address: sent, found again by its Message-ID, and taken away.

Whatever reads the mailbox meanwhile passes it over: its id is signed with the account's own secret,
so that nobody else can write a mail that is not shown.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from email.utils import format_datetime

from connectors.email.config import Config
from connectors.email.errors import IMAP_FAILURES, FolderRefused, ImapRefused, from_imap
from connectors.email.imap.connection import ImapConnection
from connectors.email.imap.names import find_folder, quoted, to_wire
from connectors.email.imap.uses import Use, find_use
from connectors.email.reading.addresses import domain_of
from connectors.email.sending.compose import Outgoing
from connectors.email.sending.header_lines import header
from connectors.email.thread_keys import LOOP_HEADER
from core.clock import Clock
from core.connector import CheckStep, Steps

SENT_STEP = "Write to itself"
FOUND_STEP = "Receive it"
PATIENCE = 20.0
"""Seconds that the mail may be on its way: whoever pressed Test waits for as long."""
BETWEEN_LOOKS = 0.5
HEAD = 64 * 1024
LOOKED_THROUGH = 20
"""Of the newest mails of a folder; and of those that its search names."""
_ID = re.compile(
    rb"^message-id:\s*<onethread\.trip\.([0-9a-f]{32})\.([0-9a-f]{32})@", re.IGNORECASE | re.M
)


class RoundTrips:
    """Of one mailbox."""

    def __init__(self, config: Config) -> None:
        self._config = config
        kept = (config.password, config.oauth_client_secret, config.oauth_refresh_token)
        secret = "".join(one.get_secret_value() for one in kept[:2] if one is not None)
        if not secret and kept[2] is not None:
            secret = kept[2].get_secret_value()
        self._key = hashlib.sha256(f"onethread round trip\n{secret}".encode()).digest()

    def is_one(self, raw: bytes) -> bool:
        """Whether this mail, or its beginning, is one of ours to ourselves."""
        found = _ID.search(raw[:HEAD].partition(b"\r\n\r\n")[0])
        return found is not None and hmac.compare_digest(found[2], self._mac(found[1]).encode())

    def write(self, at: datetime) -> Outgoing:
        """A new one. `Auto-Submitted` keeps machines from answering it (RFC 3834)."""
        address = self._config.address
        number = secrets.token_hex(16)
        local = f"onethread.trip.{number}.{self._mac(number.encode())}"
        message_id = f"{local}@{domain_of(address)}"
        is_wide = not address.isascii()
        lines = [
            header("From", address, allows_utf8=is_wide),
            header("To", address, allows_utf8=is_wide),
            header("Subject", "onethread: test of this mailbox"),
            header("Date", format_datetime(at)),
            header("Message-ID", f"<{message_id}>"),
            header("Auto-Submitted", "auto-generated"),
            header("X-Auto-Response-Suppress", "All"),
            header(LOOP_HEADER, local),
            header("MIME-Version", "1.0"),
            header("Content-Type", "text/plain; charset=us-ascii"),
        ]
        words = "Somebody tested this mailbox in onethread. Nothing is to be done.\r\n"
        return Outgoing(
            message_id=message_id,
            sender=address,
            recipient=address,
            raw=("".join(lines) + "\r\n" + words).encode(),
            needs_utf8=is_wide,
        )

    def _mac(self, number: bytes) -> str:
        return hmac.new(self._key, number, hashlib.sha256).hexdigest()[:32]


async def travel(
    mail: Outgoing,
    *,
    send: Callable[[Outgoing], Awaitable[None]],
    connect: Callable[[], Awaitable[ImapConnection]],
    config: Config,
    clock: Clock,
) -> Sequence[CheckStep]:
    """The mail was sent, and looked for until it is there. Raises ConnectorError."""
    steps = Steps(clock)
    # Connected first: what a slow login takes is no part of the mail's way.
    connection = await connect()
    try:
        await send(mail)
        said = f"{config.smtp_host} took it for {config.address}."
        steps.append(CheckStep(name=SENT_STEP, ok=True, detail=said))
        steps.append(await _found(connection, mail.message_id, config, clock))
    except IMAP_FAILURES as error:
        raise from_imap(error, config.imap_host) from error
    finally:
        await connection.logout()
    return tuple(steps)


async def _found(
    connection: ImapConnection, message_id: str, config: Config, clock: Clock
) -> CheckStep:
    listed = await connection.folders()
    read = [
        to_wire(name) if (known := find_folder(name, listed)) is None else known.name
        for name in config.folders
    ]
    junk = find_use(Use.JUNK, listed)
    began = clock.monotonic()
    while True:
        for folder in (*read, *(() if junk is None or junk.name in read else (junk.name,))):
            uids = await _holding(connection, folder, message_id)
            took = clock.monotonic() - began
            if uids:
                await _take_away(connection, folder, uids)
                return _arrived(folder, took, is_junk=junk is not None and folder == junk.name)
        if took >= PATIENCE:
            return CheckStep(
                name=FOUND_STEP,
                ok=False,
                detail=f"It has not come within {PATIENCE:.0f} s.",
                fix="Look for it in the mailbox itself: a filter may have moved it, or its server"
                " keeps back mail that comes from outside with its own address.",
            )
        await clock.sleep(BETWEEN_LOOKS)


def _arrived(folder: str, took: float, *, is_junk: bool) -> CheckStep:
    detail = f"It was in {folder} after {took:.1f} s."
    if not is_junk:
        return CheckStep(name=FOUND_STEP, ok=True, detail=detail)
    return CheckStep(
        name=FOUND_STEP,
        ok=False,
        detail=f"{detail} That is the junk folder.",
        fix="Other servers may take our mail for junk as well: publish SPF, DKIM and DMARC for the"
        " domain, and see that the outgoing server signs.",
    )


async def _holding(connection: ImapConnection, folder: str, message_id: str) -> list[int]:
    """Opening it anew lets the server tell of what came since. A folder that is none has none.

    Only mails whose own header says that they are it: they are removed for good.
    """
    carries = re.compile(
        rb"^message-id:\s*<" + re.escape(message_id.encode()) + rb">", re.IGNORECASE | re.M
    )
    try:
        await connection.open(folder)
        after = max(0, await connection.newest() - LOOKED_THROUGH)
        looked = set((await connection.search_after(after))[-LOOKED_THROUGH:])
    except FolderRefused:
        return []
    with suppress(ImapRefused):
        # A hint only. Not every server searches in headers, some not at once in what has just
        # come, and some answer with mails that do not have it.
        by_id = f"HEADER Message-ID {quoted(f'<{message_id}>')}"
        looked.update((await connection.search(by_id))[-LOOKED_THROUGH:])
    if not any(carries.search(one) for one in await connection.message_ids(sorted(looked))):
        return []
    # Each asked for by itself: the answer above need not say whose field is whose.
    headers = {uid: await connection.header(uid) for uid in sorted(looked)}
    return [uid for uid, head in headers.items() if head is not None and carries.search(head)]


async def _take_away(connection: ImapConnection, folder: str, uids: Sequence[int]) -> None:
    """Nobody has to look at it. A server that can end no single mail keeps it."""
    with suppress(ImapRefused, FolderRefused):
        await connection.open(folder, writes=True)
        await connection.remove(uids)
