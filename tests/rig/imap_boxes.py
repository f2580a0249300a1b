"""Mailboxes on a real Dovecot, behind a line that can go silent, and what others do to them."""

from __future__ import annotations

import asyncio
import imaplib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.rig.dovecot import Dovecot, Mailbox
from tests.rig.ledger import Ledger
from tests.rig.mailbox import AUTHSERV_ID
from tests.rig.ports import free_ports
from tests.rig.smtp_sink import HOST
from tests.rig.tcp_proxy import TcpProxy

DESK = Mailbox(address="desk@mail.test", password="desk-secret")
BILLING = Mailbox(address="billing@mail.test", password="billing-secret")
IDLE_SECONDS = 5
"""Instead of 240: the silence of a line shows after this and 30 s more."""


class ImapBoxes:
    """Two mailboxes of one desk. Lives in the rig's process and survives every kill."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self._folder = folder
        self._ledger = ledger
        self._imap_port, lmtp, sasl = free_ports(3)
        self._dovecot = Dovecot(folder, imap_port=self._imap_port, lmtp_port=lmtp, sasl_port=sasl)
        self.line = TcpProxy(self._imap_port)

    async def start(self) -> None:
        """Skips, or fails in CI, where Dovecot can't be had."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o755)
        await asyncio.to_thread(self._dovecot.lay, (DESK, BILLING))
        await asyncio.to_thread(self._dovecot.start)
        await self.line.start()

    async def stop(self) -> None:
        await self.line.stop()
        await asyncio.to_thread(self._dovecot.stop)

    def account_config(self, mailbox: Mailbox) -> dict[str, Any]:
        """Nothing here is sent: the outgoing server is the discard port."""
        return {
            "address": mailbox.address,
            "imap_host": HOST,
            "imap_port": self.line.port,
            "imap_security": "none",
            "smtp_host": HOST,
            "smtp_port": 9,
            "smtp_security": "none",
            "password": mailbox.password,
            "authserv_ids": [AUTHSERV_ID],
            "start_from": "all",
            "idle_seconds": IDLE_SECONDS,
        }

    async def put(self, mailbox: Mailbox, mails: Sequence[tuple[str, bytes]]) -> None:
        """(word, source) each: in the inbox, in this order, and in the ledger as accepted.

        One without a word is put there and promised nothing.
        """
        await asyncio.to_thread(self._put, mailbox, [raw for _, raw in mails])
        for word, _ in mails:
            if word:
                self._ledger.note("accepted", word, by=mailbox.address, way="mail")

    async def delete_all(self, mailbox: Mailbox) -> None:
        await asyncio.to_thread(self._delete_all, mailbox)

    async def renumber(self, mailbox: Mailbox) -> None:
        """Every UID is void: the server has lost its list of them, and makes a new one."""
        before = await asyncio.to_thread(self._validity, mailbox)
        await asyncio.to_thread(self._dovecot.stop)
        # The new UIDVALIDITY is the second in which the list is made.
        await asyncio.sleep(1.1)
        for path in (self._folder / "mail" / mailbox.address).glob("dovecot*"):
            path.unlink()
        await asyncio.to_thread(self._dovecot.start)
        assert await asyncio.to_thread(self._validity, mailbox) != before

    def _log_in(self, mailbox: Mailbox) -> imaplib.IMAP4:
        client = imaplib.IMAP4(HOST, self._imap_port, timeout=60)
        client.login(mailbox.address, mailbox.password)
        return client

    def _put(self, mailbox: Mailbox, mails: Sequence[bytes]) -> None:
        with self._log_in(mailbox) as client:
            for raw in mails:
                status, _ = client.append("INBOX", "", imaplib.Time2Internaldate(time.time()), raw)
                assert status == "OK"

    def _delete_all(self, mailbox: Mailbox) -> None:
        with self._log_in(mailbox) as client:
            client.select("INBOX")
            client.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
            client.expunge()

    def _validity(self, mailbox: Mailbox) -> bytes:
        with self._log_in(mailbox) as client:
            client.select("INBOX", readonly=True)
            _, found = client.response("UIDVALIDITY")
            assert isinstance(found[0], bytes)
            return found[0]
