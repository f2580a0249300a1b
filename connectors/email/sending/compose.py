"""An outbound message as the bytes of a mail. Pure: no header can be smuggled in by any text."""

import binascii
import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import format_datetime

from connectors.email.reading.addresses import Mailbox, canonical_address
from connectors.email.reading.file_names import clean_name
from connectors.email.sending.body import signed_html, to_formatted
from connectors.email.sending.header_lines import header, mailbox, mailboxes, plain, words
from connectors.email.thread_keys import (
    LOOP_HEADER,
    MESSAGE_ID,
    is_own_message_id,
    message_id_for,
    reply_address,
)
from core.errors import ContentRejected, GoneBecause, RecipientGone
from core.messages import OutboundAttachment, OutboundMessage, OutboundNature

MAX_REFERENCES = 20
_SECRET = secrets.token_bytes(32)

# Nothing on the way has to change the content, which would break a signature (RFC 6376, 5.3).
_POLICY = SMTP.clone(cte_type="7bit")
_MESSAGE_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{1,500}")
_UTF8_MESSAGE_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e\xa1-\ud7ff\uf900-\ufffd]{1,300}")
_MEDIA_TYPE = re.compile(r"(?:application|audio|font|image|model|text|video)/[\w.+-]{1,100}")
_UNSUBSCRIBE = re.compile(r"https://[\x21-\x3b\x3d\x3f-\x7e]{1,900}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A mail ready to be handed to a server, for one recipient."""

    message_id: str
    sender: str
    recipient: str
    raw: bytes = field(repr=False)
    needs_utf8: bool = False
    """An address in it has letters outside ASCII before the @ (RFC 6531)."""

    def with_raw(self, raw: bytes) -> "Outgoing":
        return replace(self, raw=raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFile:
    """An attachment with its bytes."""

    attachment: OutboundAttachment
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What an account's settings say of every mail that leaves it."""

    address: str
    name: str = ""
    signature: str = ""
    """Of agents who have none of their own; `{agent}` in it is their name."""
    reply_address_tokens: bool = True


def compose(message: OutboundMessage, desk: Desk, files: Sequence[LoadedFile] = ()) -> Outgoing:
    """The same message gives the same mail each time, and a copy the same as the recipient's.

    Raises RecipientGone if it is addressed to something that is no mail address.
    """
    to = _recipient_of(message)
    copies = _copies_of(message, to.address, desk.address)
    receiver = to.address if message.copy_to is None else _address_of(message.copy_to.handle)
    sender = Mailbox(address=desk.address, name=_own_name(message, desk.name))
    message_id = message_id_of(message, desk)
    used = [desk.address, to.address, receiver, *(copy.address for copy in copies)]
    needs_utf8 = not all(address.isascii() for address in used)
    lines = [
        header("From", mailbox(sender), allows_utf8=needs_utf8),
        header("To", mailbox(to), allows_utf8=needs_utf8),
    ]
    if copies:
        lines.append(header("Cc", mailboxes(copies), allows_utf8=needs_utf8))
    token = message.reply_token if desk.reply_address_tokens else ""
    reply_to = reply_address(desk.address, token) if token else None
    if reply_to is not None:
        answered = Mailbox(address=reply_to, name=sender.name)
        lines.append(header("Reply-To", mailbox(answered), allows_utf8=needs_utf8))
    lines += [
        header("Subject", words("Subject", message.subject)),
        header("Date", format_datetime(message.queued_at)),
        header("Message-ID", f"<{message_id}>"),
        *_threading(message, desk.address, allows_utf8=needs_utf8),
        header(LOOP_HEADER, message_id.partition("@")[0]),
        *_automatic(message),
    ]
    return Outgoing(
        message_id=message_id,
        sender=desk.address,
        recipient=receiver,
        raw="".join(lines).encode() + _content(message, desk, files),
        needs_utf8=needs_utf8,
    )


def message_id_of(message: OutboundMessage, desk: Desk) -> str:
    """The same at every attempt, and for the recipient and all copies."""
    return message_id_for(message.copy_of or message.key, desk.address, token=message.reply_token)


def _recipient_of(message: OutboundMessage) -> Mailbox:
    handle = message.recipient.handle if message.recipient is not None else message.place.remote
    name = message.recipient.shown_as if message.recipient is not None else ""
    return Mailbox(address=_address_of(handle), name="" if "@" in name else name)


def _address_of(handle: str) -> str:
    address = canonical_address(handle)
    if address is None:
        raise RecipientGone("That is no mail address.", because=GoneBecause.BOUNCED)
    return address


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


def _threading(message: OutboundMessage, own_address: str, *, allows_utf8: bool) -> list[str]:
    """In-Reply-To names the last mail that is not ours, References all, oldest first.

    Of a long thread the first mail stays, by which programs find the thread, and the newest. Ids
    with letters outside ASCII (RFC 6532) go where the whole mail may have them.
    """
    ids = [key.key for key in message.in_reply_to if key.kind == MESSAGE_ID]
    written = _UTF8_MESSAGE_ID if allows_utf8 else _MESSAGE_ID
    ids = [one for one in dict.fromkeys(ids) if written.fullmatch(one)]
    if not ids:
        return []
    answered = next((one for one in ids if not is_own_message_id(one, own_address)), ids[0])
    oldest_first = ids[::-1]
    if len(oldest_first) > MAX_REFERENCES:
        oldest_first = [oldest_first[0], *oldest_first[1 - MAX_REFERENCES :]]
    references = "\r\n ".join(f"<{one}>" for one in oldest_first)
    return [
        header("In-Reply-To", f"<{answered}>", allows_utf8=allows_utf8),
        header("References", references, allows_utf8=allows_utf8),
    ]


def _automatic(message: OutboundMessage) -> list[str]:
    """What keeps machines from answering (RFC 3834), and lets people stop it (RFC 8058)."""
    if message.nature is OutboundNature.REPLY:
        return []
    kind = "auto-replied" if message.nature is OutboundNature.AUTO_REPLY else "auto-generated"
    lines = [header("Auto-Submitted", kind), header("X-Auto-Response-Suppress", "All")]
    if message.unsubscribe_url:
        if not _UNSUBSCRIBE.fullmatch(message.unsubscribe_url):
            raise ContentRejected("Whoever gets a notice must be able to stop it over https.")
        lines += [
            header("List-Unsubscribe", f"<{message.unsubscribe_url}>"),
            header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ]
    return lines


def _content(message: OutboundMessage, desk: Desk, files: Sequence[LoadedFile]) -> bytes:
    """The text, its HTML alternative and the files, with their MIME headers and no others.

    The standard generator holds the interpreter for a third of a second over a large file: it gets
    a mark in the file's place, which nobody outside this process can know.
    """
    signature = message.signature or desk.signature.replace("{agent}", message.author_name)
    if message.nature is not OutboundNature.REPLY:
        signature = ""
    words, page = to_formatted(message.text, message.spans, signature)
    if message.html is not None:
        page = signed_html(message.html, signature)
    mail = EmailMessage(policy=_POLICY)
    mail.set_content(words + "\n")
    mail.add_alternative(page, subtype="html")
    alternative = mail.get_payload(1)
    related = [file for file in files if _content_id(file) and f"cid:{_content_id(file)}" in page]
    for file in related:
        _add(alternative, file, 0, is_related=True)
    for position, file in enumerate(files):
        if file not in related:
            _add(mail, file, position, is_related=False)
    raw = mail.as_bytes()
    for file in files:
        raw = raw.replace(_in_base64(_mark(file)), _in_base64(file.content), 1)
    return raw


def _mark(file: LoadedFile) -> bytes:
    """Short enough for one line."""
    return hashlib.sha256(_SECRET + str(id(file)).encode()).digest()


def _in_base64(content: bytes) -> bytes:
    """In lines of 76 (RFC 2045, 6.8), without the last one's end."""
    coded = binascii.b2a_base64(content, newline=False)
    return b"\r\n".join(coded[at : at + 76] for at in range(0, len(coded), 76))


def _content_id(file: LoadedFile) -> str:
    return re.sub(r"[^\x21-\x3b\x3d\x3f-\x7e]", "", file.attachment.content_id or "")[:200]


def _add(mail: object, file: LoadedFile, position: int, *, is_related: bool) -> None:
    if not isinstance(mail, EmailMessage):
        raise TypeError("a part of a mail made here is always an EmailMessage")
    media_type = file.attachment.media_type.partition(";")[0].strip().lower()
    if not _MEDIA_TYPE.fullmatch(media_type):
        # Of message/* and multipart/*, RFC 2045 forbids the encoding that bytes need.
        media_type = "application/octet-stream"
    main, _, sub = media_type.partition("/")
    name = clean_name(plain(file.attachment.name), media_type, position)
    if is_related:
        mail.add_related(
            _mark(file),
            maintype=main,
            subtype=sub,
            filename=name,
            cid=f"<{_content_id(file)}>",
            disposition="inline",
        )
    else:
        mail.add_attachment(_mark(file), maintype=main, subtype=sub, filename=name)
    shows = " ".join(plain(file.attachment.description).split())
    if shows:
        _newest_part(mail)["Content-Description"] = shows  # RFC 2045, 8


def _newest_part(mail: EmailMessage) -> Message:
    parts = mail.get_payload()
    if not isinstance(parts, list) or not isinstance(parts[-1], Message):
        raise TypeError("what was added to a mail is a part of it")
    return parts[-1]
