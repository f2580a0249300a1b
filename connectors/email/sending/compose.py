"""An outbound message as the bytes of a mail. Pure: no header can be smuggled in by any text.

The header lines are made here and not by the standard generator, which folds long Message-IDs into
encoded words and, before Python 3.11.10, lets a display name break out of its line (CVE-2024-6923).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from connectors.email.kinds.kinds import LOOP_HEADER
from connectors.email.reading.addresses import Mailbox, canonical_address, without_hidden
from connectors.email.reading.file_names import clean_name
from connectors.email.thread_keys import MESSAGE_ID, message_id_for, reply_address
from core.errors import ContentRejected, RecipientGone
from core.messages import OutboundAttachment, OutboundMessage

MAX_REFERENCES = 20

_POLICY = SMTP.clone(cte_type="7bit")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_MESSAGE_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{1,500}")
_MEDIA_TYPE = re.compile(r"(?:application|audio|font|image|model|text|video)/[\w.+-]{1,100}")
_ATEXT = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A mail ready to be handed to a server."""

    message_id: str
    sender: str
    recipient: str
    copies: tuple[str, ...]
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFile:
    """An attachment with its bytes."""

    attachment: OutboundAttachment
    content: bytes = field(repr=False)


def compose(
    message: OutboundMessage,
    *,
    own_address: str,
    own_name: str,
    files: Sequence[LoadedFile] = (),
    reply_address_tokens: bool = True,
) -> Outgoing:
    """The same message gives the same Message-ID and Date each time.

    Raises RecipientGone if it is addressed to something that is no mail address.
    """
    recipient = _recipient_of(message)
    copies = _copies_of(message, recipient.address, own_address)
    message_id = message_id_for(message.key, own_address)
    lines = [
        _header("From", _mailbox(Mailbox(address=own_address, name=_own_name(message, own_name)))),
        _header("To", _mailbox(recipient)),
    ]
    if copies:
        lines.append(_header("Cc", ",\r\n ".join(_mailbox(copy) for copy in copies)))
    token = message.reply_token if reply_address_tokens else ""
    reply_to = reply_address(own_address, token) if token else None
    if reply_to is not None:
        name = _own_name(message, own_name)
        lines.append(_header("Reply-To", _mailbox(Mailbox(address=reply_to, name=name))))
    lines += [
        _header("Subject", _words("Subject", without_hidden(_plain(message.subject)))),
        _header("Date", format_datetime(message.queued_at)),
        _header("Message-ID", f"<{message_id}>"),
        *_threading(message),
        _header(LOOP_HEADER, message_id.partition("@")[0]),
    ]
    return Outgoing(
        message_id=message_id,
        sender=own_address,
        recipient=recipient.address,
        copies=tuple(copy.address for copy in copies),
        raw="".join(lines).encode("ascii") + _content(message, files).as_bytes(),
    )


def _recipient_of(message: OutboundMessage) -> Mailbox:
    handle = message.recipient.handle if message.recipient is not None else message.place.remote
    address = canonical_address(handle)
    if address is None:
        raise RecipientGone("That is no mail address.")
    name = message.recipient.shown_as if message.recipient is not None else ""
    return Mailbox(address=address, name="" if "@" in name else name)


def _copies_of(message: OutboundMessage, recipient: str, own_address: str) -> list[Mailbox]:
    copies: dict[str, Mailbox] = {}
    for participant in message.copies:
        address = canonical_address(participant.handle)
        if participant.realm != "email" or address is None:
            raise ContentRejected("A copy goes to something that is no mail address.")
        if address not in (recipient, own_address):
            name = "" if "@" in participant.shown_as else participant.shown_as
            copies.setdefault(address, Mailbox(address=address, name=name))
    return list(copies.values())


def _own_name(message: OutboundMessage, own_name: str) -> str:
    if message.author_name and own_name:
        return f"{message.author_name} ({own_name})"
    return message.author_name or own_name


def _threading(message: OutboundMessage) -> list[str]:
    ids = [key.key for key in message.in_reply_to if key.kind == MESSAGE_ID]
    ids = [one for one in ids if _MESSAGE_ID.fullmatch(one)]
    if not ids:
        return []
    # Newest first as given; a References header runs the other way (RFC 5322, 3.6.4).
    references = "\r\n ".join(f"<{one}>" for one in reversed(ids[:MAX_REFERENCES]))
    return [_header("In-Reply-To", f"<{ids[0]}>"), _header("References", references)]


def _content(message: OutboundMessage, files: Sequence[LoadedFile]) -> EmailMessage:
    """The body with its MIME headers, and no others."""
    mail = EmailMessage(policy=_POLICY)
    mail.set_content(_plain(message.text) + "\n")
    related: list[LoadedFile] = []
    if message.html is not None:
        related = [file for file in files if file.attachment.content_id]
        mail.add_alternative(_plain(message.html), subtype="html")
        page = mail.get_payload(1)
        for file in related:
            _add(page, file, 0, is_related=True)
    for position, file in enumerate(files):
        if file not in related:
            _add(mail, file, position, is_related=False)
    return mail


def _add(mail: object, file: LoadedFile, position: int, *, is_related: bool) -> None:
    if not isinstance(mail, EmailMessage):
        raise TypeError("a part of a mail made here is always an EmailMessage")
    media_type = file.attachment.media_type.partition(";")[0].strip().lower()
    if not _MEDIA_TYPE.fullmatch(media_type):
        # Of message/* and multipart/*, RFC 2045 forbids the encoding that bytes need.
        media_type = "application/octet-stream"
    main, _, sub = media_type.partition("/")
    name = clean_name(_plain(file.attachment.name), media_type, position)
    content_id = re.sub(r"[^\x21-\x3b\x3d\x3f-\x7e]", "", file.attachment.content_id or "")[:200]
    cid = f"<{content_id}>" if content_id else None
    if is_related:
        mail.add_related(
            file.content, maintype=main, subtype=sub, filename=name, cid=cid, disposition="inline"
        )
    else:
        mail.add_attachment(file.content, maintype=main, subtype=sub, filename=name)


def _header(name: str, value: str) -> str:
    """One header line. The value is made of ASCII that we chose; a bare line end is a defect."""
    unfolded = value.replace("\r\n ", "")
    if not unfolded.isascii() or _CONTROL.search(unfolded) or "\n" in unfolded:
        raise ContentRejected(f"The {name} header would not be one line of ASCII.")
    return f"{name}: {value}\r\n"


def _mailbox(mailbox: Mailbox) -> str:
    if not mailbox.address.isascii():
        raise RecipientGone("Addresses with letters outside ASCII before the @ are not supported.")
    name = without_hidden(_plain(mailbox.name))[:120]
    if not name:
        return mailbox.address
    if _ATEXT.fullmatch(name):
        return f"{name} <{mailbox.address}>"
    if name.isascii():
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{mailbox.address}>'
    return f"{_words('From', name)} <{mailbox.address}>"


def _words(name: str, text: str) -> str:
    """Text as encoded words where it has to be (RFC 2047), folded."""
    charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
    folded = Header(text, charset, header_name=name, maxlinelen=76).encode(linesep="\r\n")
    return folded if folded.isascii() else Header(text, "utf-8", header_name=name).encode()


def _plain(text: str) -> str:
    """Line ends as LF, no other control character, no lone surrogate."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
