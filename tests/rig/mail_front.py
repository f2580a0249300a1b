"""The door of `mail.test` to the Internet: it checks the sender and says so in the header.

A stand-in for the one part of a mail server that needs the public DNS. Two ports are two parts of
the Internet: behind one, every server is allowed by its domain's SPF record to send its mail;
behind the other sits a stranger, whom no domain allows. Every domain asks for strict alignment.
"""

from __future__ import annotations

import re
import smtplib
from email import message_from_bytes, policy
from email.utils import parseaddr

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

AUTHSERV_ID = "mail.test"
# RFC 8601, 5: whatever came in under our own name was not written by us.
_FORGED = re.compile(
    rb"^authentication-results:[ \t\r\n]*" + re.escape(AUTHSERV_ID.encode()) + rb"\b[^\r\n]*\r?\n"
    rb"(?:[ \t][^\r\n]*\r?\n)*",
    re.IGNORECASE | re.MULTILINE,
)


class MailFront:
    """Two SMTP ports in front of one Postfix port."""

    def __init__(self, *, authentic_port: int, stranger_port: int, inside_port: int) -> None:
        self._doors = [
            Controller(_Door(spf, inside_port), "127.0.0.1", port, ready_timeout=20)
            for spf, port in (("pass", authentic_port), ("fail", stranger_port))
        ]

    def start(self) -> None:
        for door in self._doors:
            door.start()

    def stop(self) -> None:
        for door in self._doors:
            door.stop()


class _Door:
    """What aiosmtpd calls. Its names of methods are aiosmtpd's."""

    def __init__(self, spf: str, inside_port: int) -> None:
        self._spf = spf
        self._inside_port = inside_port

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        marked = mark(content, sender=envelope.mail_from or "", spf=self._spf)
        try:
            with smtplib.SMTP("127.0.0.1", self._inside_port, timeout=20) as inside:
                inside.sendmail(
                    envelope.mail_from or "",
                    envelope.rcpt_tos,
                    marked,
                    mail_options=[*envelope.mail_options],
                )
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            return f"{code} {text.decode(errors='replace')}"
        except smtplib.SMTPResponseException as error:
            return f"{error.smtp_code} {error.smtp_error!r}"
        return "250 2.0.0 Taken"


def mark(content: bytes, *, sender: str, spf: str) -> bytes:
    """The mail with our verdict on top, and without any that was there under our name."""
    header, blank_line, body = re.split(rb"(\r?\n\r?\n|\Z)", content, maxsplit=1)[:3]
    header = _FORGED.sub(b"", header + b"\r\n").removesuffix(b"\r\n")
    from_field = message_from_bytes(header + b"\r\n\r\n", policy=policy.compat32)["From"]
    from_domain = _domain_of(parseaddr(str(from_field or ""))[1])
    envelope_domain = _domain_of(sender)
    dmarc = "pass" if spf == "pass" and from_domain and from_domain == envelope_domain else "fail"
    verdict = (
        f"Authentication-Results: {AUTHSERV_ID};\r\n"
        f"\tspf={spf} smtp.mailfrom={envelope_domain or 'none'};\r\n"
        f"\tdmarc={dmarc} header.from={from_domain or 'none'}\r\n"
    )
    return verdict.encode() + header + blank_line + body


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2].strip().lower().encode("ascii", "ignore").decode()
