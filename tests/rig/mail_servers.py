"""A whole mail system on loopback: Dovecot, Postfix and a front that checks senders.

the Internet --authentic_port--> front --> Postfix --> Dovecot --imap_port--> the desk
a stranger  --stranger_port---/                ^-------submission_port------- the desk
"""

from __future__ import annotations

import asyncio
import imaplib
import smtplib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

from tests.rig.dovecot import Dovecot, Mailbox
from tests.rig.mail_front import AUTHSERV_ID, MailFront
from tests.rig.ports import free_ports
from tests.rig.postfix import Postfix

DESK = Mailbox(address="desk@mail.test", password="desk-secret")
BILLING = Mailbox(address="billing@mail.test", password="billing-secret")
ANN = Mailbox(address="ann@people.test", password="ann-secret")
BOB = Mailbox(address="bob@people.test", password="bob-secret")
MAILBOXES = (DESK, BILLING, ANN, BOB)
ARRIVAL_LIMIT_S = 45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServers:
    """Where the servers are, and what a test does to them. All on 127.0.0.1, all without TLS."""

    host: str
    imap_port: int
    submission_port: int  # SASL PLAIN and LOGIN are offered, and not needed
    authentic_port: int
    stranger_port: int
    authserv_id: str
    mailboxes: tuple[Mailbox, ...]
    dovecot: Dovecot
    postfix: Postfix

    async def deliver(
        self,
        mail: EmailMessage | bytes,
        *,
        to: Sequence[str] = (DESK.address,),
        sender: str | None = None,
        authentic: bool = True,
    ) -> None:
        """Send a mail in from the Internet; `sender` is the envelope's, else From's address.

        An authentic mail is marked dmarc=pass where From has the sender's domain, and fail else.
        Returns when it is accepted, which is a moment before it is in the mailbox.
        """
        content = mail if isinstance(mail, bytes) else mail.as_bytes(policy=policy.SMTP)
        if sender is None:
            parsed = message_from_bytes(content, policy=policy.compat32)
            sender = parseaddr(str(parsed["From"]))[1]
        port = self.authentic_port if authentic else self.stranger_port

        def send() -> None:
            with smtplib.SMTP(self.host, port, timeout=20) as client:
                client.sendmail(sender, to, content, mail_options=["BODY=8BITMIME"])

        await asyncio.to_thread(send)

    async def read(self, mailbox: Mailbox, *, folder: str = "INBOX") -> list[EmailMessage]:
        """All mails of a folder, oldest first. Marks nothing as seen."""
        return await asyncio.to_thread(self._read, mailbox, folder)

    async def wait_for(
        self,
        mailbox: Mailbox,
        matches: Callable[[EmailMessage], bool] = lambda mail: True,
        *,
        folder: str = "INBOX",
    ) -> EmailMessage:
        """The first mail that matches. TimeoutError after ARRIVAL_LIMIT_S, with what was there."""
        deadline = time.monotonic() + ARRIVAL_LIMIT_S
        while True:
            mails = await self.read(mailbox, folder=folder)
            for mail in mails:
                if matches(mail):
                    return mail
            if time.monotonic() > deadline:
                subjects = [str(mail["Subject"]) for mail in mails]
                raise TimeoutError(f"{mailbox.address} has only {subjects}\n{self.postfix.log()}")
            await asyncio.sleep(0.05)

    async def empty(self) -> None:
        """Every folder of every mailbox is empty afterwards; the UIDs go on counting."""
        await asyncio.to_thread(self._empty)

    def _log_in(self, mailbox: Mailbox) -> imaplib.IMAP4:
        client = imaplib.IMAP4(self.host, self.imap_port, timeout=20)
        client.login(mailbox.address, mailbox.password)
        return client

    def _read(self, mailbox: Mailbox, folder: str) -> list[EmailMessage]:
        with self._log_in(mailbox) as client:
            client.select(f'"{folder}"', readonly=True)
            _, answer = client.uid("SEARCH", "ALL")
            mails = []
            for uid in answer[0].split():
                _, parts = client.uid("FETCH", uid.decode(), "(BODY.PEEK[])")
                mails.append(message_from_bytes(parts[0][1], policy=policy.default))
            return mails

    def _empty(self) -> None:
        for mailbox in self.mailboxes:
            with self._log_in(mailbox) as client:
                _, rows = client.list()
                for row in rows:
                    assert isinstance(row, bytes)
                    if b"\\Noselect" in row:
                        continue
                    folder = row.decode().rpartition(' "/" ')[2]
                    _, count = client.select(folder)
                    if int(count[0]):
                        client.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
                        client.expunge()


class MailSystem:
    """The three servers together: started in the order in which they need each other."""

    def __init__(self, folder: Path) -> None:
        imap, lmtp, sasl, inside, submission, authentic, stranger = free_ports(7)
        self._dovecot = Dovecot(folder / "dovecot", imap_port=imap, lmtp_port=lmtp, sasl_port=sasl)
        self._postfix = Postfix(
            folder / "postfix",
            inside_port=inside,
            submission_port=submission,
            lmtp_port=lmtp,
            sasl_port=sasl,
        )
        self._front = MailFront(
            authentic_port=authentic, stranger_port=stranger, inside_port=inside
        )
        self.servers = MailServers(
            host="127.0.0.1",
            imap_port=imap,
            submission_port=submission,
            authentic_port=authentic,
            stranger_port=stranger,
            authserv_id=AUTHSERV_ID,
            mailboxes=MAILBOXES,
            dovecot=self._dovecot,
            postfix=self._postfix,
        )

    def start(self) -> None:
        """Return once mail gets through. Skips, or fails in CI, where a server can't be had."""
        self._dovecot.lay(MAILBOXES)
        self._postfix.lay([each.address for each in MAILBOXES])
        try:
            self._dovecot.start()
            self._postfix.start()
            self._front.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        self._front.stop()
        self._postfix.stop()
        self._dovecot.stop()
