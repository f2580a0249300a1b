"""E-mail on loopback: a desk's mailbox that the connector reads, and the people it writes to."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from connectors.email.html.rendering import to_text
from connectors.email.reading.addresses import domain_of, read_addresses
from connectors.email.reading.headers import Headers, read_headers
from connectors.email.reading.mime import read_mail
from connectors.email.sandbox_mail import (
    AUTHSERV_ID,
    DESK,
    MailStore,
    address_of,
    received,
)
from connectors.email.sandbox_servers import HOST, ImapServer, SmtpReceiver
from connectors.email.thread_keys import is_own_address
from core.sandbox import Sandbox, SandboxField, SandboxLine, SandboxMessage

GENUINE = "The sender is genuine (DMARC passes)"
WORDS = {
    "zh": {"From": "发件人", GENUINE: "发件人真实（DMARC 通过）"},
    "ru": {"From": "От кого", GENUINE: "Отправитель подлинный (DMARC пройден)"},
}


class EmailSandbox(Sandbox):
    """A mail system with one mailbox of the desk and any number of people.

    It keeps what was said under its data folder, with the numbers by which IMAP knows the mails.
    """

    title = "E-mail"

    def __init__(self) -> None:
        self._store: MailStore | None = None
        self.imap: ImapServer | None = None
        self.smtp: SmtpReceiver | None = None
        self._password = ""
        self._ports = (0, 0)

    async def start(self, data_dir: Path) -> None:
        store = MailStore(data_dir / "mail")
        settings = store.settings()
        self._store = store
        self._password = str(settings["password"])
        self.imap = ImapServer(DESK, self._password, int(settings["uid_validity"]))
        self.smtp = self.make_receiver(self._password)
        # The same ports again if they are free, so that an account made earlier still fits.
        self._ports = (
            await self.imap.start(int(settings.get("imap_port", 0))),
            await self.smtp.start(int(settings.get("smtp_port", 0))),
        )
        store.write_settings({**settings, "imap_port": self._ports[0], "smtp_port": self._ports[1]})
        for mail in store.mails(DESK):
            await self.imap.append(mail.raw, mail.at)

    def make_receiver(self, password: str) -> SmtpReceiver:
        """The server that takes the desk's mails; a test puts one in its place that fails."""
        return SmtpReceiver(DESK, password, self.take)

    async def stop(self) -> None:
        if self.smtp is not None:
            await self.smtp.stop()
        if self.imap is not None:
            await self.imap.stop()

    def account_config(self) -> dict[str, Any]:
        return {
            "address": DESK,
            "display_name": "Example Help Desk",
            "imap_host": HOST,
            "imap_port": self._ports[0],
            "imap_security": "none",
            "smtp_host": HOST,
            "smtp_port": self._ports[1],
            "smtp_security": "none",
            "password": self._password,
            "authserv_ids": [AUTHSERV_ID],
            # Nothing in this mailbox is older than the desk itself.
            "start_from": "all",
            "sent_copies": "provider",
        }

    def fields(self) -> Sequence[SandboxField]:
        return (
            SandboxField(name="person", label="Name", default="Grace Hopper"),
            SandboxField(name="address", label="From", default="grace@people.example", words=WORDS),
            SandboxField(name="subject", label="Subject", default="A question"),
            SandboxField(name="text", label="Text", is_long=True),
            SandboxField(name="is_authenticated", label=GENUINE, default=True, words=WORDS),
        )

    async def say(self, line: SandboxLine) -> None:
        """A line without a subject, or with one that starts with "Re:", answers the last mail
        that this person got, at the address where that mail asked for answers.
        """
        address = address_of(line.address)
        mail = EmailMessage(policy=SMTP_POLICY.clone(utf8=not address.isascii()))
        last = self._last_heard(address)
        is_answer = last is not None and (
            not line.subject or line.subject.lower().startswith("re:")
        )
        recipient = DESK
        subject = line.subject
        if last is not None and is_answer:
            recipient = _answers_go_to(last)
            message_id = last.first("message-id")
            if message_id:
                mail["In-Reply-To"] = message_id
                mail["References"] = message_id
            said = last.text("subject")
            subject = subject or (said if said.lower().startswith("re:") else f"Re: {said}")
        name = "".join(one for one in line.person if one.isprintable()).replace('"', "'")
        mail["From"] = f'"{name}" <{address}>' if name else address
        mail["To"] = recipient
        mail["Subject"] = " ".join(subject.split())
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = f"<{secrets.token_hex(16)}@{domain_of(address)}>"
        mail.set_content(line.text)
        for attachment in line.attachments:
            main, _, sub = attachment.media_type.partition("/")
            mail.add_attachment(
                attachment.content,
                maintype=main,
                subtype=sub or "octet-stream",
                filename=attachment.name,
            )
        await self.deliver(
            mail.as_bytes(),
            sender=address,
            recipient=recipient,
            is_authenticated=line.is_authenticated,
        )

    async def deliver(
        self, raw: bytes, *, sender: str, recipient: str = DESK, is_authenticated: bool = True
    ) -> None:
        """A mail from outside, as the desk's own server takes it: with its verdict at the top."""
        now = datetime.now(UTC)
        taken = received(
            raw, sender=sender, recipient=recipient, is_authenticated=is_authenticated, at=now
        )
        await self.put(taken, now)

    async def put(self, raw: bytes, at: datetime | None = None) -> None:
        """These very bytes are in the desk's mailbox."""
        if self._store is None or self.imap is None:
            raise RuntimeError("the sandbox is not started")
        kept = self._store.keep(DESK, raw, at or datetime.now(UTC))
        await self.imap.append(kept.raw, kept.at)

    async def heard(self, address: str) -> Sequence[SandboxMessage]:
        if self._store is None:
            return ()
        return [_to_message(mail.raw, mail.at) for mail in self._store.mails(address_of(address))]

    async def take(self, sender: str, recipients: list[str], raw: bytes) -> None:
        """What the desk sends is kept for each recipient; what it sends to itself comes in."""
        if self._store is None:
            raise RuntimeError("the sandbox is not started")
        if self.imap is not None:
            await self.imap.file_sent(raw, datetime.now(UTC))
        for recipient in recipients:
            address = address_of(recipient)
            if is_own_address(address, DESK):
                await self.deliver(raw, sender=sender, recipient=recipient)
            else:
                self._store.keep(address, raw, datetime.now(UTC))

    def _last_heard(self, address: str) -> Headers | None:
        mails = self._store.mails(address) if self._store is not None else []
        return read_headers(mails[-1].raw) if mails else None


def _answers_go_to(headers: Headers) -> str:
    for name in ("reply-to", "from"):
        for value in headers.raw_all(name):
            # Not the canonical form: the token behind the plus keeps its case.
            text = value.decode("ascii", "replace")
            if read_addresses(value).mailboxes:
                return text.rpartition("<")[2].partition(">")[0] if "<" in text else text
    return DESK


def _to_message(raw: bytes, at: datetime) -> SandboxMessage:
    mail = read_mail(raw)
    plain = [body.plain for body in mail.bodies if body.plain]
    html = [body.html for body in mail.bodies if body.html]
    text = "\n".join(plain) if plain else "\n".join(to_text(one) for one in html)
    return SandboxMessage(
        at=at,
        text=text.strip(),
        subject=mail.headers.text("subject"),
        html="\n".join(html) or None,
        attachments=tuple(file.name for file in mail.files),
    )
