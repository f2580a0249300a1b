"""A raw mail as events of the contract. Pure: the same bytes always give the same events."""

from connectors.email.kinds.kinds import Bounce, MailKind, kind_of, read_bounces
from connectors.email.reading.envelope import (
    MEDIA_TYPE,
    Reading,
    author_of,
    event_key_of,
    own_keys,
    participants_of,
    place_of_recipient,
    sent_at,
    subject_of,
)
from connectors.email.reading.mime import Mail, MailFile, read_mail
from connectors.email.reply_text.texts import read_texts
from connectors.email.thread_keys import (
    is_own_address,
    is_own_message_id,
    read_answers,
    read_message_id,
)
from core.errors import UnreadableEvent
from core.ids import RemoteId, RemotePlace
from core.messages import (
    AnyInboundEvent,
    DeliveryReported,
    InboundAttachment,
    MessageNature,
    MessageReceived,
    RemotePart,
    ReportedState,
    scrub,
)
from core.people import Level

_NATURES = {
    MailKind.AUTO_REPLY: MessageNature.AUTO_REPLY,
    MailKind.LIST: MessageNature.LIST,
    MailKind.REPORT: MessageNature.BOUNCE,
    MailKind.HUMAN: MessageNature.HUMAN,
}
_STATES = {
    "failed": ReportedState.FAILED,
    "delivered": ReportedState.DELIVERED,
    "relayed": ReportedState.DELIVERED,
}


def to_events(raw: bytes, reading: Reading) -> tuple[AnyInboundEvent, ...]:
    """No event for our own echo and for reports that settle nothing. Raises UnreadableEvent."""
    mail = read_mail(raw)
    kind = kind_of(mail, reading.own_address)
    if kind is MailKind.OWN:
        return ()
    if kind is MailKind.REPORT and mail.report is not None:
        bounces = read_bounces(mail.report)
        if any(_is_ours(bounce, reading) for bounce in bounces):
            return _to_reports(raw, mail, bounces)
    return (_to_message(raw, mail, kind, reading),)


def _to_message(raw: bytes, mail: Mail, kind: MailKind, reading: Reading) -> MessageReceived:
    headers = mail.headers
    author = author_of(headers, reading)
    if author is None:
        raise UnreadableEvent("The mail names no sender.")
    sender, place, authentication = author.sender, author.place, author.authentication
    texts = read_texts(mail)
    is_from_desk = (
        is_own_address(sender.handle, reading.own_address)
        and authentication.level >= Level.ATTESTED
    )
    if is_from_desk:
        place = place_of_recipient(headers, reading) or place
    key = event_key_of(raw)
    message_id = read_message_id(headers)
    warnings = [authentication.warning] if authentication.warning else []
    warnings += [f"Part of this mail could not be read: {problem}." for problem in mail.problems]
    return MessageReceived(
        event_key=key,
        raw=raw,
        raw_media_type=MEDIA_TYPE,
        place=place,
        sender=sender,
        text=texts.reply,
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
        nature=_NATURES[kind],
        is_from_desk=is_from_desk,
        context={"message_id": message_id} if message_id else {},
        warnings=tuple(warnings),
    )


def _to_reports(raw: bytes, mail: Mail, bounces: tuple[Bounce, ...]) -> tuple[AnyInboundEvent, ...]:
    """A delay settles nothing: the server goes on trying, and reports again."""
    events: list[AnyInboundEvent] = []
    for position, bounce in enumerate(bounces):
        state = _STATES.get(bounce.action)
        if state is None or bounce.original_message_id is None:
            continue
        place = bounce.original_recipient or bounce.recipient
        events.append(
            DeliveryReported(
                event_key=f"{event_key_of(raw)}:{position}",
                raw=raw if not events else None,
                raw_media_type=MEDIA_TYPE,
                state=state,
                remote_place=RemotePlace(place) if place else None,
                remote_id=RemoteId(bounce.original_message_id),
                reason=scrub(bounce.reason or f"The mail server reported: {bounce.action}."),
                code=bounce.status,
                recipient_is_gone=bounce.recipient_is_gone,
                at=sent_at(mail.headers),
            )
        )
    return tuple(events)


def _to_attachment(file: MailFile) -> InboundAttachment:
    return InboundAttachment(
        name=scrub(file.name),
        media_type=file.media_type,
        size=len(file.content),
        content=file.content,
        content_id=scrub(file.content_id) if file.content_id else None,
        is_inline=file.is_inline,
    )


def _is_ours(bounce: Bounce, reading: Reading) -> bool:
    original = bounce.original_message_id
    return original is not None and is_own_message_id(original, reading.own_address)
