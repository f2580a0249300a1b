"""The e-mail sandbox as a network that fails when it is told to."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Any, ClassVar

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from connectors.email.reading.addresses import read_addresses
from connectors.email.reading.envelope import REALM, place_of
from connectors.email.reading.mime import read_mail
from connectors.email.sandbox import EmailSandbox
from connectors.email.sandbox_mail import DESK
from connectors.email.sandbox_servers import SmtpReceiver
from connectors.email.thread_keys import MESSAGE_ID, read_answered
from core.messages import IdentityAddress, Participant, Place, ReportedState, ThreadKey
from core.rich_html import from_html
from core.sandbox import SandboxAttachment
from core.testing.network import Arrival, Fault
from core.testing.sandbox_network import SandboxNetwork

_PAGE = re.compile(r'<div style="white-space:pre-wrap">.*</div>', re.DOTALL)
BYSTANDER = "bea@people.example"
AT_RECIPIENT = {
    Fault.TRANSIENT: "451 4.3.0 Try again later",
    Fault.RATE_LIMITED: "450 4.7.28 Rate limit, slow down",
    Fault.PERMANENT: "550 5.7.0 Refused",
    Fault.RECIPIENT_GONE: "550 5.1.1 No such mailbox",
}


class FaultyReceiver(SmtpReceiver):
    """Counts the tries, and meets the next one with a fault."""

    fault: Fault | None = None
    tries = 0

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tries += 1
        if self.fault is Fault.AUTH_REFUSED:
            self.fault = None
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.fault in AT_RECIPIENT:
            reply, self.fault = AT_RECIPIENT[self.fault], None
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        fault, self.fault = self.fault, None
        if fault is Fault.CONTENT_REJECTED:
            return "554 5.6.0 This content is refused"
        if fault is Fault.UNKNOWN_LOST:
            return _break(server)
        reply = await super().handle_DATA(server, session, envelope)
        return _break(server) if fault is Fault.UNKNOWN_TAKEN else reply

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any
    ) -> AuthResult:
        # A client tries one mechanism after the other: all of one session are refused.
        if self.fault is Fault.AUTH_REFUSED:
            self.fault = None
            session.refuses_login = True
        if getattr(session, "refuses_login", False):
            return AuthResult(success=False, handled=False, message="535 5.7.8 Refused")
        return super()._authenticate(server, session, envelope, mechanism, login)


def _break(server: SMTP) -> str:
    assert server.transport is not None
    server.transport.abort()
    return "250 nobody hears this"


class FaultySandbox(EmailSandbox):
    def __init__(self) -> None:
        super().__init__()
        self.arrived: list[tuple[list[str], bytes]] = []

    def make_receiver(self, password: str) -> FaultyReceiver:
        return FaultyReceiver(DESK, password, self.take)

    @property
    def receiver(self) -> FaultyReceiver:
        assert isinstance(self.smtp, FaultyReceiver)
        return self.smtp

    async def take(self, sender: str, recipients: list[str], raw: bytes) -> None:
        self.arrived.append((recipients, raw))
        await super().take(sender, recipients, raw)


class EmailNetwork(SandboxNetwork[FaultySandbox]):
    address = "grace@people.example"
    cannot: ClassVar[Mapping[str, str]] = {
        "edit_last": "a mail that was sent cannot be changed",
        "delete_last": "a mail that was sent cannot be taken back",
        "edit_before_create": "a mail that was sent cannot be changed",
        "react_last": "mail has no reactions that servers agree on",
        "lose_history": "a mailbox keeps what nobody has read, and its owner alone takes mail away",
        "close_place": "mail has addresses and no places that could close",
        "signs": "mail has no read marks or typing signs that we send",
        Fault.PLACE_GONE.value: "mail has addresses and no places that could close",
    }

    def make_sandbox(self) -> FaultySandbox:
        self._moment = datetime.now(UTC).replace(microsecond=0)
        self._number = 0
        return FaultySandbox()

    async def repeat_last(self) -> None:
        assert self.sandbox._store is not None
        await self.sandbox.put(self.sandbox._store.mails(DESK)[-1].raw)

    def sent(self) -> Sequence[Arrival]:
        return [
            _to_arrival(recipients, raw)
            for recipients, raw in self.sandbox.arrived
            if recipients != [DESK]
        ]

    def request_count(self) -> int:
        return self.sandbox.receiver.tries

    def fail_next(self, fault: Fault) -> None:
        self.sandbox.receiver.fault = fault

    async def emit_junk(self) -> None:
        await self.sandbox.put(b"\x00\xff\xfe not a mail at all \x80\r\n\r\nnothing\r\n")

    async def echo(self) -> None:
        await self.sandbox.deliver(self.sandbox.arrived[-1][1], sender=DESK)

    async def reorder(self, first: str, second: str) -> None:
        mails = [self._mail(text) for text in (first, second)]
        for mail in reversed(mails):
            await self.sandbox.deliver(mail, sender=self.address)

    async def report(self, state: ReportedState) -> None:
        """As a mail server on the way does (RFC 3464)."""
        recipients, raw = self.sandbox.arrived[-1]
        status = {ReportedState.DELAYED: "4.4.1", ReportedState.FAILED: "5.1.1"}[state]
        head = raw.partition(b"\r\n\r\n")[0].decode()
        report = (
            f"From: MAILER-DAEMON@relay.example\r\nTo: {DESK}\r\nSubject: Delivery status\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
            "--b\r\n\r\nYour mail could not be delivered yet, or at all.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
            "Reporting-MTA: dns; relay.example\r\n\r\n"
            f"Final-Recipient: rfc822; {recipients[0]}\r\nAction: {state.value}\r\n"
            f"Status: {status}\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
            f"{head}\r\n\r\n--b--\r\n"
        )
        await self.sandbox.deliver(report.encode(), sender="", is_authenticated=False)

    def stranger(self) -> tuple[Place, IdentityAddress]:
        address = "stranger@elsewhere.example"
        return place_of(address), IdentityAddress(realm=REALM, handle=address)

    def bystander(self) -> Participant:
        return Participant(realm=REALM, handle=BYSTANDER, shown_as="Bea")

    def _mail(self, text: str) -> bytes:
        self._number += 1
        mail = EmailMessage(policy=SMTP_POLICY)
        mail["From"] = self.address
        mail["To"] = DESK
        mail["Subject"] = "Conformance"
        mail["Date"] = format_datetime(self._moment + timedelta(seconds=self._number))
        mail["Message-ID"] = f"<{self._number}@people.example>"
        mail.set_content(text)
        return mail.as_bytes()


def _to_arrival(recipients: list[str], raw: bytes) -> Arrival:
    mail = read_mail(raw)
    in_reply_to, references = read_answered(mail.headers)
    copies = [
        mailbox.address
        for value in mail.headers.raw_all("cc")
        for mailbox in read_addresses(value).mailboxes
    ]
    # A person sees the page; of a plain mail it says the same as the text.
    pages = [_PAGE.search(body.html or "") for body in mail.bodies]
    seen = from_html("".join(found[0] for found in pages if found is not None))
    return Arrival(
        text=seen.text or "\n".join(body.plain or "" for body in mail.bodies),
        spans=seen.spans,
        subject=mail.headers.text("subject"),
        files=tuple(
            SandboxAttachment(name=file.name, content=file.content, media_type=file.media_type)
            for file in mail.files
        ),
        copies=tuple(copy for copy in copies if copy in recipients),
        answers=tuple(ThreadKey(MESSAGE_ID, one) for one in (*in_reply_to, *references)),
    )
