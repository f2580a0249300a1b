"""The desk's mailbox, and the people who write mails to it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Any

from connectors.email.sandbox_servers import ImapServer
from tests.rig.ledger import Ledger
from tests.rig.ports import free_ports
from tests.rig.smtp_sink import HOST, SmtpSink

DESK = "help@desk.example"
AUTHSERV_ID = "mx.desk.example"
PASSWORD = "rig-mailbox-secret"
UID_VALIDITY = 20260101


def address_of(author: str) -> str:
    return f"{author}@people.example"


class Mailbox:
    """An IMAP server with one folder, and the sink that takes what the desk sends.

    It lives in the rig's process, so that it survives every kill of the product as a mail
    provider would.
    """

    def __init__(self, ledger: Ledger, *, seed: int = 0) -> None:
        self.sink = SmtpSink(ledger, seed=seed)
        self._ledger = ledger
        self._imap = ImapServer(DESK, PASSWORD, UID_VALIDITY)
        self._imap_port = 0
        self._smtp_port = free_ports(1)[0]

    async def start(self) -> None:
        self._imap_port = await self._imap.start(0)
        await self.sink.start(self._smtp_port)

    async def stop(self) -> None:
        await self._imap.stop()
        await self.sink.stop()

    def account_config(self) -> dict[str, Any]:
        """What ops would enter for this mailbox."""
        return {
            "address": DESK,
            "display_name": "Rig Desk",
            "imap_host": HOST,
            "imap_port": self._imap_port,
            "imap_security": "none",
            "smtp_host": HOST,
            "smtp_port": self._smtp_port,
            "smtp_security": "none",
            "password": PASSWORD,
            "authserv_ids": [AUTHSERV_ID],
            "start_from": "all",
        }

    async def deliver(self, author: str, word: str) -> None:
        """A mail of this person is in the mailbox, and in the ledger as accepted."""
        await self._imap.append(mail_of(author, word), datetime.now(UTC))
        self._ledger.note("accepted", word, by=author, way="mail")


def mail_of(author: str, word: str) -> bytes:
    """As the desk's own mail server leaves it: with its verdict on the sender at the top."""
    mail = EmailMessage(policy=SMTP_POLICY)
    address = address_of(author)
    mail["Authentication-Results"] = (
        f"{AUTHSERV_ID}; dmarc=pass header.from={address.rpartition('@')[2]}"
    )
    mail["From"] = f"Person {author} <{address}>"
    mail["To"] = DESK
    mail["Subject"] = f"Letters of {author}"
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{word}@people.example>"
    mail.set_content(f"{word} is what I want to say.\n")
    return mail.as_bytes()
