"""From what a report says of our mails to the events that settle their deliveries."""

import re
from collections.abc import Iterable

from connectors.email.kinds.kinds import Kind, MailKind
from connectors.email.kinds.reports import Bounce
from connectors.email.thread_keys import is_own_message_id
from core.ids import RemoteId, RemotePlace
from core.messages import DeliveryReported, MessageNature, ReportedState, scrub

MEDIA_TYPE = "message/rfc822"
_OURS = re.compile(r"onethread\.[0-9a-f]{40}(?:\.[A-Za-z0-9._~=-]{4,60})?@[^<>\s@]{1,253}")
"""Of whichever mailbox of whichever desk: only the router knows which ids it gave."""
_STATES = {
    "failed": ReportedState.FAILED,
    "delayed": ReportedState.DELAYED,
    "delivered": ReportedState.DELIVERED,
    "relayed": ReportedState.DELIVERED,
}
_NATURES = {
    MailKind.REPORT: MessageNature.BOUNCE,
    MailKind.DELAY: MessageNature.BOUNCE,
    MailKind.COMPLAINT: MessageNature.BOUNCE,
    MailKind.READ_RECEIPT: MessageNature.AUTO_REPLY,
    MailKind.AUTO_REPLY: MessageNature.AUTO_REPLY,
    MailKind.LIST: MessageNature.LIST,
    MailKind.OWN: MessageNature.AUTO_REPLY,
    MailKind.HUMAN: MessageNature.HUMAN,
}


def nature_of(kind: Kind) -> MessageNature:
    return _NATURES[kind.kind]


def is_shown(kind: Kind, own_address: str) -> bool:
    """False for a report that names deliveries of this mailbox by their ids: it settles them."""
    if kind.kind is MailKind.OWN:
        return False
    if kind.read_receipt is not None:
        original = kind.read_receipt.original_message_id
        return original is None or not is_own_message_id(original, own_address)
    return not any(
        original is not None and is_own_message_id(original, own_address)
        for original in map(_original_of, kind.bounces)
    )


def warnings_of(kind: Kind) -> tuple[str, ...]:
    if kind.complaint is None:
        return ()
    whose, what = kind.complaint.recipient, kind.complaint.type
    if not whose:
        return (f"The mail provider reports one of our mails: {what}.",)
    return (f"The mail provider of {whose} reports one of our mails: {what}.",)


def settled_by(kind: Kind, key: str) -> tuple[DeliveryReported, ...]:
    """One event for each delivery of ours that this mail tells of; the caller adds the source.

    Without the returned mail's id a failure settles what was last sent to that recipient. With the
    id of a mail that is not ours it settles nothing: somebody else used our address as theirs.
    """
    if kind.read_receipt is not None:
        return tuple(_of_receipt(kind, key))
    return tuple(
        event
        for position, bounce in enumerate(kind.bounces)
        if (event := _of_bounce(bounce, f"{key}:{position}")) is not None
    )


def _of_receipt(kind: Kind, key: str) -> Iterable[DeliveryReported]:
    receipt = kind.read_receipt
    if receipt is None or receipt.original_message_id is None:
        return
    if _is_ours(receipt.original_message_id):
        yield DeliveryReported(
            event_key=f"{key}:0",
            raw_media_type=MEDIA_TYPE,
            state=ReportedState.READ if receipt.is_displayed else ReportedState.DELIVERED,
            remote_place=RemotePlace(receipt.recipient) if receipt.recipient else None,
            remote_id=RemoteId(receipt.original_message_id),
            is_for_any_account=True,
        )


def _of_bounce(bounce: Bounce, key: str) -> DeliveryReported | None:
    state = _STATES.get(bounce.action)
    original = _original_of(bounce)
    place = bounce.recipient or bounce.original_recipient
    if state is None or (original is not None and not _is_ours(original)):
        return None
    if original is None and (place is None or state is not ReportedState.FAILED):
        return None
    return DeliveryReported(
        event_key=key,
        raw_media_type=MEDIA_TYPE,
        state=state,
        remote_place=RemotePlace(place) if place else None,
        sent_to=RemotePlace(bounce.original_recipient) if bounce.original_recipient else None,
        remote_id=RemoteId(original) if original is not None else None,
        is_for_any_account=original is not None,
        reason=scrub(bounce.reason or f"The mail server reported: {bounce.action}."),
        code=bounce.status,
        # Whoever knows the id of our mail has got it, or carried it; a mere claim blocks nobody.
        recipient_is_gone=bounce.recipient_is_gone and original is not None,
    )


def _original_of(bounce: Bounce) -> str | None:
    """The id of the mail that came back: as its envelope had it, if that is one of ours."""
    by_envelope = bounce.envelope_id
    return by_envelope if _is_ours(by_envelope) else bounce.original_message_id


def _is_ours(message_id: str | None) -> bool:
    return message_id is not None and _OURS.fullmatch(message_id) is not None
