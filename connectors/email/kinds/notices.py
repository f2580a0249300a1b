"""Reports that are not about delivery: complaints (RFC 5965) and read receipts (RFC 8098)."""

import re
from dataclasses import dataclass

from connectors.email.kinds.returned import find_returned
from connectors.email.reading.addresses import canonical_address, read_addresses
from connectors.email.reading.headers import Headers
from connectors.email.reading.mime import Report

_ADDRESS_TYPE = re.compile(r"^\s*[\w-]{1,30}\s*;\s*")
_RECEIPT_SUBJECTS = (
    "read:",
    "gelesen:",
    "lu:",
    "lu :",
    "leído:",
    "lida:",
    "lido:",
    "letto:",
    "gelezen:",
    "przeczytano:",
    "прочитано:",
    "прочтено:",
    "已读:",
    "已讀取:",
    "已讀:",
    "開封済み:",
    "읽음:",
    "okundu:",
    "return receipt",
    "disposition notification",
)
_RECEIPT_TEXTS = (
    "was read on",
    "was displayed on",
    "this is a receipt for the mail you sent",
    "this is a return receipt",
    "wurde gelesen am",
    "wurde am",
    "a été lu le",
    "se leyó el",
    "foi lida em",
    "è stato letto",
    "прочитано",
    "已被阅读",
    "已于",
    "已讀取",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """Somebody, or their provider, called a mail of ours unwanted."""

    type: str
    """`abuse`, `fraud`, `virus`, `not-spam`, `opt-out` or what else the provider says."""
    recipient: str | None
    original_message_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReceipt:
    recipient: str | None
    original_message_id: str | None
    is_displayed: bool
    """False: deleted, denied or failed, without anybody having seen it for sure."""


def read_plain_complaint(subject: str, returned: Headers | None) -> Complaint | None:
    """Outlook.com returns the mail with a header that names who complained, and no report."""
    if returned is None or not subject.startswith("complaint about message from"):
        return None
    found = find_returned(returned, "")
    addressed = read_addresses(returned.first("x-hmxmroriginalrecipient").encode()).mailboxes
    return Complaint(
        type="abuse",
        recipient=addressed[0].address if addressed else found.recipient,
        original_message_id=found.message_id,
    )


def read_complaint(report: Report | None) -> Complaint | None:
    if report is None or report.kind != "feedback-report":
        return None
    fields = {name: value for block in report.blocks for name, value in block.items()}
    returned = find_returned(report.returned, "")
    addressed = [
        mailbox.address
        for name in ("original-rcpt-to", "removal-recipient")
        for mailbox in read_addresses(fields.get(name, "").encode()).mailboxes
    ]
    return Complaint(
        type=fields.get("feedback-type", "").strip().lower()[:50] or "abuse",
        recipient=addressed[0] if addressed else returned.recipient,
        original_message_id=returned.message_id,
    )


def read_read_receipt(report: Report | None) -> ReadReceipt | None:
    if report is None or report.kind != "disposition-notification":
        return None
    fields = {name: value for block in report.blocks for name, value in block.items()}
    returned = find_returned(report.returned, "")
    said = fields.get("final-recipient", "") or fields.get("original-recipient", "")
    disposition = fields.get("disposition", "displayed").rpartition(";")[2].lower()
    original = fields.get("original-message-id", "").strip().strip("<>").strip()
    return ReadReceipt(
        recipient=canonical_address(_ADDRESS_TYPE.sub("", said).strip("<> ")) or returned.recipient,
        original_message_id=original or returned.message_id,
        is_displayed="displayed" in disposition,
    )


def is_read_receipt_subject(subject: str, text: str) -> bool:
    """Programs that send a receipt as plain text begin both in ways of their own."""
    start = " ".join(text[:1500].lower().split())
    return subject.startswith(_RECEIPT_SUBJECTS) and any(one in start for one in _RECEIPT_TEXTS)
