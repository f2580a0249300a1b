"""What a delivery report says of each recipient, in the form of RFC 3464 or in a program's own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from connectors.email.envelope_id import read_envelope_id
from connectors.email.kinds.returned import Returned, find_returned
from connectors.email.kinds.status import enhanced_code, normal_action, status_of
from connectors.email.kinds.words_report import DELAY_WORDS, GIVEN_UP_WORDS, SUCCESS_SUBJECTS
from connectors.email.reading.addresses import canonical_address, read_addresses
from connectors.email.reading.headers import Headers

MAX_RECIPIENTS = 100
MAX_SAID = 32 * 1024
"""Characters of what the program itself says; long ones paste the mail without a mark."""
MAX_REASON = 500

_ADDRESS_TYPE = re.compile(r"^\s*[\w-]{1,30}\s*;\s*")
_ADDRESS = r"[^\s<>()\[\]{}\"',;:|*\u4e00-\u9fff]{1,64}@[\w-][\w.-]{1,252}"
_PREFIX = re.compile(r"(?:smtp|mailto|rfc822|to|recipient)=", re.IGNORECASE)
_ANY_ADDRESS = re.compile(_ADDRESS)
_ALONE = re.compile(
    rf"^[\s>*\u2022-]{{0,12}}[<'\"\[(]?(?:mailto:|smtp[:;]|rfc822;)?\s?({_ADDRESS})[>'\")\]]?"
    r"(?:\s?[<(\[](?:mailto:)?[^\s>)\]]{1,320}[>)\]])?\s{0,8}(?:[:;,.\uff1a]|$|\s?\(|\s[-\u2013]\s"
    r"|\son\s|\s{2,}|\.\.\.)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"\b(?:recipients?|destinat\w*|empf\u00e4nger|odbiorc|\u0430\u0434\u0440\u0435\u0441\u0430\u0442"
    r"|\u043f\u043e\u043b\u0443\u0447\u0430\u0442\u0435\u043b|\u6536\u4ef6\u4eba|\u6536\u4fe1\u4eba"
    r"|\u5b9b\u5148|\uc218\uc2e0|rcpt to|address|delivered to|deliver to|delivery to|user|to)"
    rf"\b\W{{1,40}}({_ADDRESS})",
    re.IGNORECASE,
)
_BRACKETED = re.compile(rf"<\s?({_ADDRESS})\s?>")
_SUMMARY = re.compile(
    r"^[ \t]{0,12}(?:to|cc|from|para|de|an|von|\u00e0|da|a|\u043a\u043e\u043c\u0443"
    r"|\u043e\u0442)[ \t]{0,3}:.{0,1000}$"
    r"|(?:accept\w{0,9}|mail|message) from:? [^\n]{1,320}",
    re.IGNORECASE | re.MULTILINE,
)
_OF_A_MACHINE = re.compile(
    r"(?:postmaster|mailer-daemon|mail-daemon|mdaemon|abuse|support|help|helpdesk|no-?reply"
    r"|administrator|admin|dsn|bounces?|owner-.*|.*-bounces|.*-request|.*-admin|.*-owner)@.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What a delivery report says of one recipient."""

    action: str
    """failed, delayed, delivered, relayed or expanded."""
    recipient: str | None
    status: str
    """Enhanced code (RFC 3463); `5.0.0` and the like if the report says nothing closer."""
    reason: str
    original_message_id: str | None
    envelope_id: str | None
    """The Message-ID of what we handed over, if the report names it by its envelope."""
    original_recipient: str | None
    """To whom the returned mail was addressed: a forwarder may have failed at another address."""

    @property
    def recipient_is_gone(self) -> bool:
        """No such mailbox or domain, moved, disabled."""
        return self.action == "failed" and (
            self.status in ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSource:
    """All that a report can be read from."""

    headers: Headers
    blocks: Sequence[dict[str, str]]
    """Fields of RFC 3464; the first group is of the whole mail."""
    text: str
    """Its readable text, without trust in its form."""
    attached: Headers | None
    """The header of the mail that it returns as a part."""


def read_bounces(source: ReportSource) -> tuple[Bounce, ...]:
    """One for each recipient that the report speaks of; at least one, with what could be found."""
    returned = find_returned(source.attached, source.text)
    original_id = (
        returned.message_id
        or _field(source.blocks, "x-original-message-id", "original-message-id")
        or _answered(source.headers)
    )
    found = _of_fields(source, returned) or _of_text(source, returned)
    envelope_id = read_envelope_id(
        _field(source.blocks, "original-envelope-id") or "", domain=_own_domain(source.headers)
    )
    return tuple(
        replace(one, original_message_id=original_id, envelope_id=envelope_id)
        for one in found[:MAX_RECIPIENTS]
    )


def _own_domain(headers: Headers) -> str:
    """Of whom the report goes to: the envelope's sender."""
    to = read_addresses(headers.first("to").encode()).mailboxes
    return to[0].address.rpartition("@")[2] if to else ""


def _of_fields(source: ReportSource, returned: Returned) -> list[Bounce]:
    bounces = []
    for block in source.blocks:
        said = block.get("action", "")
        status = enhanced_code(block.get("status", ""))
        action = normal_action(said, status)
        if not action or not _RECIPIENT_FIELDS.intersection(block):
            continue
        diagnostic = _ADDRESS_TYPE.sub("", block.get("diagnostic-code", ""))
        bounces.append(
            _bounce(
                action=action,
                recipient=next(
                    (
                        address
                        for name in _RECIPIENT_ORDER
                        if (address := _typed_address(block.get(name))) is not None
                    ),
                    returned.envelope_recipient or returned.recipient,
                ),
                status=status or status_of(diagnostic or source.text[:4000], action=action),
                reason=diagnostic,
                returned=returned,
            )
        )
    return bounces


_RECIPIENT_ORDER = ("original-recipient", "final-recipient", "x-actual-recipient")
_RECIPIENT_FIELDS = frozenset(_RECIPIENT_ORDER)


def _of_text(source: ReportSource, returned: Returned) -> list[Bounce]:
    said = source.text[: min(returned.starts_at, MAX_SAID)]
    action = _action_of(source, said)
    found = _named_by_header(source.headers) or _addresses_in(said, source.headers, returned)
    if not found:
        return [
            _bounce(
                action=action,
                recipient=returned.envelope_recipient or returned.recipient,
                status=status_of(said, action=action),
                reason=_sentence(said, 0),
                returned=returned,
            )
        ]
    bounces = []
    for position, (address, start) in enumerate(found):
        end = found[position + 1][1] if position + 1 < len(found) else len(said)
        own = said[start:end] if 0 <= start < end else said
        status = status_of(own, action=action)
        if status.endswith(".0.0"):
            status = status_of(said, action=action)
        bounces.append(
            _bounce(
                action=action,
                recipient=address,
                status=status,
                reason=_sentence(own, len(address)) or _sentence(said, 0),
                returned=returned,
            )
        )
    return bounces


def _bounce(
    *, action: str, recipient: str | None, status: str, reason: str, returned: Returned
) -> Bounce:
    return Bounce(
        action=action,
        recipient=recipient,
        status=status,
        reason=" ".join(reason.split())[:MAX_REASON],
        original_message_id=None,
        envelope_id=None,
        original_recipient=returned.recipient,
    )


def _action_of(source: ReportSource, said: str) -> str:
    subject = source.headers.text("subject").lower()
    text = f"{subject}\n{' '.join(said[:4000].lower().split())}"
    if subject.startswith(SUCCESS_SUBJECTS):
        return "delivered"
    if any(word in text for word in DELAY_WORDS) and not any(
        word in text for word in GIVEN_UP_WORDS
    ):
        return "delayed"
    return "failed"


def _named_by_header(headers: Headers) -> list[tuple[str, int]]:
    """Exim, Gmail and others name the recipients who failed."""
    return [
        (mailbox.address, -1)
        for value in headers.raw_all("x-failed-recipients")
        for mailbox in read_addresses(value).mailboxes
    ]


def _addresses_in(said: str, headers: Headers, returned: Returned) -> list[tuple[str, int]]:
    """(address, where it stands): the surest way in which this text names any recipient."""
    authors = {
        mailbox.address
        for name in ("from", "reply-to", "sender", "return-path")
        for value in headers.raw_all(name)
        for mailbox in read_addresses(value).mailboxes
    }
    addressed = {
        mailbox.address
        for value in headers.raw_all("to")
        for mailbox in read_addresses(value).mailboxes
    }
    # `To:` and `From:` there are of the mail that is returned.
    said = _SUMMARY.sub(lambda match: " " * len(match[0]), said)
    lines: dict[str, int] = {}
    offset = 0
    for line in said.splitlines(keepends=True):
        match = _ALONE.match(line[:400])
        if match is not None:
            _note(lines, match[1], offset + match.start(1))
        offset += len(line)
    known: dict[str, int] = {}
    if returned.recipient is not None and returned.recipient in said.lower():
        known = {returned.recipient: said.lower().find(returned.recipient)}
    for found in (lines, known, *(_matches(pattern, said) for pattern in _BY_CONFIDENCE)):
        kept = [
            (address, start)
            for address, start in found.items()
            if address not in authors
            and address not in addressed
            and not _OF_A_MACHINE.fullmatch(address)
        ]
        if kept:
            return kept[:MAX_RECIPIENTS]
    return []


_BY_CONFIDENCE = (_NAMED, _BRACKETED, _ANY_ADDRESS)


def _matches(pattern: re.Pattern[str], said: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for match in pattern.finditer(said):
        group = 1 if pattern.groups else 0
        _note(found, match[group], match.start(group))
        if len(found) > MAX_RECIPIENTS:
            break
    return found


def _note(found: dict[str, int], text: str, start: int) -> None:
    address = canonical_address(_PREFIX.sub("", text).strip(".'\"=+"))
    if address is not None and "." in address.rpartition("@")[2]:
        found.setdefault(address, start)


def _sentence(text: str, skip: int) -> str:
    return text[skip:].lstrip(" >:\r\n\t").partition("\n\n")[0]


def _field(blocks: Sequence[dict[str, str]], *names: str) -> str | None:
    for block in blocks:
        for name in names:
            value = block.get(name, "").strip().strip("<>").strip()
            if value:
                return value
    return None


def _answered(headers: Headers) -> str | None:
    """Exchange, Gmail and Notes answer the mail that they could not deliver."""
    for name in ("in-reply-to", "references", "x-original-message-id", "x-failed-message-id"):
        found = _IDS.findall(headers.first(name))
        if found:
            return str(found[-1])
    return None


_IDS = re.compile(r"<([^<>\s]{1,500})>")


def _typed_address(value: str | None) -> str | None:
    """Of `rfc822;somebody@example.com`, or `utf-8;`."""
    if not value:
        return None
    text = _ADDRESS_TYPE.sub("", value).partition("(")[0].strip("<>\"' ")
    return canonical_address(_NUMBERED.sub(_letter, text))


# Of `utf-8;\x{7528}@example.com`, where the report is in ASCII (RFC 6533, 3: utf-8-addr-xtext).
_NUMBERED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")


def _letter(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return chr(number) if number <= 0x10FFFF else found[0]
