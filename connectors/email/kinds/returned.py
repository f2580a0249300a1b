"""The mail that a report gives back: as a part of its own, or pasted below its text."""

import re
from dataclasses import dataclass

from connectors.email.reading.addresses import canonical_address, read_addresses
from connectors.email.reading.headers import Headers, read_headers

MAX_LOOKED_AT = 256 * 1024
"""Characters of a report's text."""

_LOOP_ID = re.compile(r"onethread\.[0-9a-f]{40}(?:\.[A-Za-z0-9._~=-]{4,60})?")
_ID = re.compile(r"<\s?([^<>\s]{1,500})\s?>")
_FOR = re.compile(r"\sfor <([^<>\s]{3,320})>")
_FIELD = re.compile(
    r"^[>|\s]{0,12}([A-Za-z][A-Za-z0-9-]{1,60})\s?:[ \t]?(.{0,1000})$", re.MULTILINE
)
_STARTS = frozenset({"return-path", "received", "message-id", "dkim-signature", "delivered-to"})
_BLANK_OR_QUOTE = re.compile(r"^[ \t]{0,12}(?:>[ >]{0,10})?")
_SEPARATOR = re.compile(
    r"^[ \t>*=_-]{0,80}(?:(?:.{0,60}below (?:this line|is)[^\n]{0,60}"
    r"|this is a copy of (?:the|your)[^\n]{0,60}"
    r"|(?:the )?(?!original message was received)"
    r"(?:original|unsent|returned|included|undelivered|bounced) (?:message|mail)"
    r"(?: header(?:s|\(s\))?)?(?: follows?)?[^\n]{0,40}"
    r"|(?:message|mail) headers?(?: follows?)?[^\n]{0,40}"
    r"|(?:the )?(?:text|headers?|start|copy) of (?:the |your )?(?:original |returned )?"
    r"(?:message|mail|header)[^\n]{0,40}"
    r"|以下(?:是|为)(?:您?的)?原(?:始)?(?:邮件|信)[^\n]{0,40}"
    r"|ursprüngliche nachricht|message d'origine|mensaje original|mensagem original"
    r"|messaggio originale|исходное (?:письмо|сообщение)|元のメッセージ[^\n]{0,20})"
    r")[ \t:.*=_-]{0,80}$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What is known of the mail that was given back."""

    message_id: str | None
    recipient: str | None
    """The first one that it was addressed to."""
    envelope_recipient: str | None
    """For whom the last server that had it says that it was."""
    starts_at: int
    """Where in the report's text the pasted mail begins; the text's length if it is not there."""


def find_returned(attached: Headers | None, text: str) -> Returned:
    """Of the part if there is one that says anything, else of what is pasted into the text."""
    text = text[:MAX_LOOKED_AT]
    starts_at, pasted = _pasted(text)
    attached_id = _message_id_of(attached) if attached is not None else None
    attached_to = _recipient_of(attached) if attached is not None else None
    return Returned(
        message_id=attached_id or _message_id_of(pasted),
        recipient=attached_to or _recipient_of(pasted),
        envelope_recipient=_for_whom(attached) or _for_whom(pasted),
        starts_at=starts_at,
    )


def _pasted(text: str) -> tuple[int, Headers]:
    """Where the returned mail begins, and its header.

    A separator says so, or the first line that only a mail's header has.
    """
    separator = next(
        (match for match in _SEPARATOR.finditer(text) if match.start() > 0 and match[0].strip()),
        None,
    )
    starts = [separator.start()] if separator is not None else []
    first = next((m for m in _FIELD.finditer(text) if m[1].lower() in _STARTS), None)
    if first is not None:
        starts.append(first.start())
    if not starts:
        return len(text), Headers()
    start = min(starts)
    lines = [_BLANK_OR_QUOTE.sub("", line) for line in _from_header(text, start)]
    return start, read_headers(("\n".join(lines) + "\n\n").encode())


def _from_header(text: str, start: int) -> list[str]:
    """The lines of the header, which may stand some lines below the separator.

    Indentation is taken off by the caller; lines that go on keep one blank.
    """
    lines: list[str] = []
    for line in text[start : start + 64 * 1024].splitlines():
        if _FIELD.match(line) is not None:
            lines.append(line)
        elif lines and line.strip() and line[:1] in " \t>" and len(lines) < 500:
            lines[-1] += " " + line.strip(" \t>")
        elif not line.strip() and len(lines) > 2:
            break
        if len(lines) >= 500:
            break
    return lines


def _message_id_of(headers: Headers) -> str | None:
    """The id under which *we* sent it: some relays give a mail another one, and keep our mark."""
    found = _ID.search(headers.first("message-id"))
    message_id = found[1] if found is not None else (headers.first("message-id") or None)
    if message_id is not None and (" " in message_id or "@" not in message_id):
        message_id = None
    mark = _LOOP_ID.fullmatch(headers.first("x-onethread-loop"))
    if mark is None or (message_id is not None and message_id.startswith(mark[0])):
        return message_id
    senders = [m.address for v in headers.raw_all("from") for m in read_addresses(v).mailboxes]
    return f"{mark[0]}@{senders[0].rpartition('@')[2]}" if senders else message_id


def _for_whom(headers: Headers | None) -> str | None:
    for value in headers.all("received")[:4] if headers is not None else ():
        found = _FOR.search(value)
        if found is not None:
            return canonical_address(found[1])
    return None


def _recipient_of(headers: Headers) -> str | None:
    for name in ("to", "x-original-to", "delivered-to"):
        for value in headers.raw_all(name):
            for mailbox in read_addresses(value).mailboxes:
                return mailbox.address
    return None
