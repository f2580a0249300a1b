"""A raw mail as events of the contract. Pure: the same bytes always give the same events."""

import msgspec

from connectors.email.kinds.kinds import Kind, MailKind, kind_of
from connectors.email.kinds.settling import is_shown, nature_of, settled_by, warnings_of
from connectors.email.reading.addresses import domain_of
from connectors.email.reading.dates import sent_at
from connectors.email.reading.envelope import (
    MEDIA_TYPE,
    Author,
    Reading,
    author_of,
    event_key_of,
    own_keys,
    participants_of,
    place_of_recipient,
    subject_of,
)
from connectors.email.reading.headers import Headers
from connectors.email.reading.mail import Mail, MailFile
from connectors.email.reading.mime import read_mail
from connectors.email.reading.problems import HARMLESS
from connectors.email.reply_text.texts import Texts, read_texts
from connectors.email.thread_keys import (
    is_own_address,
    read_answers,
    read_message_id,
)
from connectors.email.trust.authentication import Authentication, Source
from connectors.email.trust.records import Records
from connectors.email.trust.signatures import leaves_recipients_open
from core.errors import UnreadableEvent
from core.ids import RemoteId, digest
from core.messages import (
    AnyInboundEvent,
    InboundAttachment,
    MessageReceived,
    RemotePart,
    scrub,
)
from core.people import Level

SENT_ON = "It is from this mailbox, but whoever got it can have sent it on: to whom is not signed."


def to_events(
    raw: bytes, reading: Reading, records: Records | None = None
) -> tuple[AnyInboundEvent, ...]:
    """No event for our own echo. Raises UnreadableEvent. Without records no signature is verified.

    A report settles the deliveries that it speaks of; it is a message too unless it names them by
    ids of ours.
    """
    mail = read_mail(raw)
    texts = read_texts(mail)
    kind = kind_of(mail, texts.full, reading.own_address, reading.own_lists)
    if kind.kind is MailKind.OWN:
        return ()
    at = sent_at(mail.headers)
    reports: tuple[AnyInboundEvent, ...] = tuple(
        msgspec.structs.replace(event, at=at) for event in settled_by(kind, event_key_of(raw))
    )
    if not is_shown(kind, reading.own_address):
        if not reports:
            return ()
        return (msgspec.structs.replace(reports[0], raw=raw), *reports[1:])
    source = Source(raw=raw, records=records) if records is not None else None
    author = author_of(mail.headers, reading, source)
    if author is None:
        raise UnreadableEvent("The mail names no sender.")
    return (_to_message(raw, mail, texts, kind, author, reading), *reports)


def _to_message(
    raw: bytes, mail: Mail, texts: Texts, kind: Kind, author: Author, reading: Reading
) -> MessageReceived:
    headers = mail.headers
    sender, place, authentication = author.sender, author.place, author.authentication
    is_ours = (
        is_own_address(sender.handle, reading.own_address)
        and authentication.level >= Level.ATTESTED
    )
    is_stray = is_ours and _could_be_sent_on(headers, authentication, sender.handle)
    is_from_desk = is_ours and not is_stray
    key = event_key_of(raw)
    message_id = read_message_id(headers)
    if is_from_desk:
        place = place_of_recipient(headers, reading) or place
        # Whoever got it can send it to us again; it is said once all the same.
        key = f"mail:desk:{digest(message_id.encode())}" if message_id else key
    warnings = [authentication.warning] if authentication.warning else []
    warnings += [SENT_ON] if is_stray else []
    warnings += warnings_of(kind)
    warnings += [scrub(notice) for notice in mail.notices]
    warnings += [
        f"Part of this mail could not be read: {problem}."
        for problem in mail.problems
        if problem not in HARMLESS
    ]
    return MessageReceived(
        event_key=key,
        raw=raw,
        raw_media_type=MEDIA_TYPE,
        place=place,
        sender=sender,
        text=texts.reply or _said_for_it(mail),
        html=texts.html,
        full_text=texts.full if texts.full != texts.reply else None,
        subject=subject_of(headers),
        sent_at=sent_at(headers),
        # The digest, not the Message-ID: two mails may carry the same id, by accident or malice.
        remote_parts=(RemotePart(remote_id=RemoteId(key)),),
        attachments=tuple(_to_attachment(one) for one in mail.files),
        answers=read_answers(headers, reading.own_address),
        thread_keys=own_keys(headers),
        participants=participants_of(headers, sender.handle, reading),
        nature=nature_of(kind),
        is_from_desk=is_from_desk,
        context={"message_id": message_id} if message_id else {},
        warnings=tuple(warnings),
    )


def _could_be_sent_on(headers: Headers, found: Authentication, address: str) -> bool:
    """By whoever got it from us, to anybody: then it does not tell with whom we talk."""
    if "internal" in found.evidence.proof:
        return False
    return leaves_recipients_open(headers, domain_of(address))


def _said_for_it(mail: Mail) -> str:
    """What stands in the place of a text that is not there, or cannot be read."""
    return scrub("\n".join(f"[{notice}]" for notice in mail.notices))


def _to_attachment(file: MailFile) -> InboundAttachment:
    return InboundAttachment(
        name=scrub(file.name),
        media_type=file.media_type,
        size=len(file.content),
        content=file.content,
        content_id=scrub(file.content_id) if file.content_id else None,
        is_inline=file.is_inline,
    )
