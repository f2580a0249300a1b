"""What kind of mail it is, decided before anything else is done with it (RFC 3834, RFC 3464).

A null Return-Path or a sender named postmaster is no proof of a bounce: automatic answers use them.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from connectors.email.reading.addresses import canonical_address, read_addresses
from connectors.email.reading.headers import Headers
from connectors.email.reading.mime import Mail, Report
from connectors.email.thread_keys import is_own_address, is_own_message_id, read_message_id

LOOP_HEADER = "X-Onethread-Loop"

_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS_TYPE = re.compile(r"^\s*[\w-]+\s*;\s*")
_AUTO_HEADERS = ("x-autoreply", "x-autorespond", "x-autoresponse", LOOP_HEADER.lower())
_BULK = frozenset({"bulk", "list", "junk"})
_GONE = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")
"""No such mailbox or domain, moved, disabled."""


class MailKind(StrEnum):
    OWN = "own"
    """We sent it ourselves, and it came back."""
    REPORT = "report"
    AUTO_REPLY = "auto_reply"
    LIST = "list"
    HUMAN = "human"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What a delivery report says of one recipient."""

    action: str
    """failed, delayed, delivered, relayed or expanded."""
    recipient: str | None
    status: str
    reason: str
    original_message_id: str | None
    original_recipient: str | None
    """To whom the returned mail was addressed: a forwarder may have failed at another address."""

    @property
    def recipient_is_gone(self) -> bool:
        return self.action == "failed" and self.status in _GONE


def kind_of(mail: Mail, own_address: str) -> MailKind:
    """In the order in which one excludes the next."""
    headers = mail.headers
    if is_own_echo(headers, own_address):
        return MailKind.OWN
    if mail.report is not None and mail.report.kind == "delivery-status":
        return MailKind.REPORT
    if is_auto_reply(headers):
        return MailKind.AUTO_REPLY
    if is_list(headers):
        return MailKind.LIST
    return MailKind.HUMAN


def is_own_echo(headers: Headers, own_address: str) -> bool:
    """Our own mail again: our Message-ID, or our loop header on a mail from our own address."""
    message_id = read_message_id(headers)
    if message_id is not None and is_own_message_id(message_id, own_address):
        return True
    if not headers.raw_all(LOOP_HEADER.lower()):
        return False
    senders = [
        mailbox.address
        for value in headers.raw_all("from")
        for mailbox in read_addresses(value).mailboxes
    ]
    return bool(senders) and all(is_own_address(sender, own_address) for sender in senders)


def is_auto_reply(headers: Headers) -> bool:
    """Also a mail of somebody else that carries our loop header: a machine copied it from ours."""
    submitted = headers.first("auto-submitted").partition(";")[0].strip().lower()
    precedence = headers.first("precedence").lower()
    return (
        submitted not in ("", "no")
        or precedence == "auto_reply"
        or any(headers.raw_all(name) for name in _AUTO_HEADERS)
    )


def is_list(headers: Headers) -> bool:
    return bool(headers.raw_all("list-id")) or headers.first("precedence").lower() in _BULK


def read_bounces(report: Report) -> tuple[Bounce, ...]:
    """One per recipient that the report speaks of."""
    returned = report.returned
    original_id = read_message_id(returned) if returned is not None else None
    original_recipient: str | None = None
    if returned is not None:
        for value in returned.raw_all("to"):
            for mailbox in read_addresses(value).mailboxes:
                original_recipient = original_recipient or mailbox.address
    bounces = []
    for block in report.blocks:
        action = block.get("action", "").strip().lower()
        if not action:
            continue
        diagnostic = _ADDRESS_TYPE.sub("", block.get("diagnostic-code", ""))
        status = _STATUS.search(block.get("status", "")) or _STATUS.search(diagnostic)
        bounces.append(
            Bounce(
                action=action,
                recipient=_address(block.get("original-recipient"))
                or _address(block.get("final-recipient")),
                status=status[1] if status else "",
                reason=" ".join(diagnostic.split())[:500],
                original_message_id=original_id,
                original_recipient=original_recipient,
            )
        )
    return tuple(bounces)


def _address(value: str | None) -> str | None:
    """Of `rfc822;somebody@example.com`."""
    return canonical_address(_ADDRESS_TYPE.sub("", value).strip("<> ")) if value else None
