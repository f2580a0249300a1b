"""What kind of mail it is, decided before anything else is done with it (RFC 3834, RFC 3464).

A null Return-Path or a sender named postmaster is no proof of a bounce: automatic answers use them.
"""

from dataclasses import dataclass
from enum import StrEnum

from connectors.email.kinds.marks import (
    has_failure_subject,
    has_null_sender,
    is_auto_reply,
    is_from_mailer,
    is_list,
    is_list_of_ours,
    is_own_echo,
    subject_words,
)
from connectors.email.kinds.notices import (
    Complaint,
    ReadReceipt,
    is_read_receipt_subject,
    read_complaint,
    read_plain_complaint,
    read_read_receipt,
)
from connectors.email.kinds.reports import Bounce, ReportSource, read_bounces
from connectors.email.kinds.status import enhanced_code
from connectors.email.kinds.words_auto_reply import AUTO_REPLY_SUBJECTS
from connectors.email.kinds.words_report import FAILURE_TEXTS, VAGUE_TEXTS
from connectors.email.reading.headers import Headers, read_headers
from connectors.email.reading.mime import Mail

__all__ = ["Bounce", "Kind", "MailKind", "is_own_echo", "kind_of"]

MAX_TEXT = 256 * 1024
"""Characters of a mail's text that are looked at."""


class MailKind(StrEnum):
    """In the order in which one excludes the next."""

    OWN = "own"
    """We sent it ourselves, and it came back."""
    REPORT = "report"
    """A mail could not be delivered, or was: final."""
    DELAY = "delay"
    """A mail is not delivered yet; the server goes on trying."""
    AUTO_REPLY = "auto_reply"
    """A program wrote it: an answer while somebody is away, or a notice."""
    LIST = "list"
    """Sent to many."""
    COMPLAINT = "complaint"
    """A provider tells that somebody called our mail spam (RFC 5965)."""
    READ_RECEIPT = "read_receipt"
    """A program tells that our mail was displayed or deleted (RFC 8098)."""
    HUMAN = "human"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The kind of a mail, with what its reports say."""

    kind: MailKind
    is_auto_reply: bool = False
    """A program wrote it. False for reports that a delivery failed, which are another thing."""
    is_list: bool = False
    bounces: tuple[Bounce, ...] = ()
    complaint: Complaint | None = None
    read_receipt: ReadReceipt | None = None

    @property
    def is_bounce(self) -> bool:
        """It says of somebody that they will not get a mail."""
        return any(bounce.action == "failed" for bounce in self.bounces)


def kind_of(mail: Mail, text: str, own_address: str = "", own_lists: tuple[str, ...] = ()) -> Kind:
    """`text` is all that a reader of the mail sees. Pure, and linear in it."""
    headers = mail.headers
    if own_address and is_own_echo(headers, own_address):
        return Kind(kind=MailKind.OWN)
    text = text[:MAX_TEXT]
    bounces = _bounces_of(mail, text)
    if bounces:
        is_delay = all(bounce.action == "delayed" for bounce in bounces)
        return Kind(
            kind=MailKind.DELAY if is_delay else MailKind.REPORT,
            is_auto_reply=is_delay and is_auto_reply(headers),
            bounces=bounces,
        )
    subject = subject_words(headers)
    complaint = read_complaint(mail.report) or read_plain_complaint(subject, _returned_file(mail))
    receipt = read_read_receipt(mail.report)
    if receipt is None and is_read_receipt_subject(subject, text):
        receipt = ReadReceipt(recipient=None, original_message_id=None, is_displayed=True)
    is_auto = is_auto_reply(headers, text) or receipt is not None
    from_list = (
        complaint is None
        and receipt is None
        and is_list(headers)
        and not is_list_of_ours(headers, own_lists)
    )
    # Vacation programs say `Precedence: bulk` of an answer to one person.
    from_list = from_list and not (is_auto and not _has_list_header(headers))
    if complaint is not None:
        kind = MailKind.COMPLAINT
    elif receipt is not None:
        kind = MailKind.READ_RECEIPT
    elif is_auto:
        kind = MailKind.AUTO_REPLY
    elif from_list:
        kind = MailKind.LIST
    else:
        kind = MailKind.HUMAN
    return Kind(
        kind=kind,
        is_auto_reply=is_auto,
        is_list=from_list,
        complaint=complaint,
        read_receipt=receipt,
    )


def _has_list_header(headers: Headers) -> bool:
    return any(headers.raw_all(name) for name in ("list-id", "list-post", "mailing-list"))


def _bounces_of(mail: Mail, text: str) -> tuple[Bounce, ...]:
    """Empty if it is no delivery report."""
    report = mail.report
    says_status = report is not None and report.kind == "delivery-status"
    if report is not None and report.kind == "feedback-report":
        return ()
    if report is not None and report.kind == "disposition-notification" and not says_rejected(text):
        return ()
    attached = report.returned if report is not None else None
    if attached is None:
        attached = _returned_file(mail)
    if not says_status and not _is_report(mail.headers, text, is_returned=attached is not None):
        return ()
    return read_bounces(
        ReportSource(
            headers=mail.headers,
            blocks=report.blocks if report is not None else (),
            text=text,
            attached=attached,
        )
    )


def says_rejected(text: str) -> bool:
    """Sieve's `reject` uses the form of a read receipt (RFC 5429, 2.1.1) for a refusal."""
    return "automatically rejected" in text[:2000].lower()


def _returned_file(mail: Mail) -> Headers | None:
    for file in mail.files:
        if file.media_type in ("message/rfc822", "text/rfc822-headers", "message/global"):
            return read_headers(file.content[: 256 * 1024])
    return None


def _is_report(headers: Headers, text: str, *, is_returned: bool) -> bool:
    """Two independent marks at least: who sent it, what it is called, what it says."""
    if headers.raw_all("x-failed-recipients"):
        return True
    is_mailer = is_from_mailer(headers)
    is_called_so = has_failure_subject(headers)
    if not (is_mailer or is_called_so or has_null_sender(headers)):
        return False
    start = " ".join(text[:6000].lower().split())
    says_so = any(phrase in start for phrase in FAILURE_TEXTS)
    hints_so = says_so or any(phrase in start for phrase in VAGUE_TEXTS)
    shows_it = is_returned or enhanced_code(start) is not None
    if subject_words(headers).startswith(AUTO_REPLY_SUBJECTS):
        return False
    if is_mailer and (is_called_so or says_so or (hints_so and shows_it)):
        return True
    if has_null_sender(headers) and ((is_called_so and (hints_so or is_returned)) or says_so):
        return True
    return is_called_so and (says_so or (hints_so and is_returned))
