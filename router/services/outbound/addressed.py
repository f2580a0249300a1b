"""A claimed delivery as the connector gets it, and the token that brings an answer back."""

from core.messages import OutboundMessage, OutboundNature, Participant
from router.services.keyring import Keyring
from router.storage.outgoing import Outgoing

REPLY_TOKEN = "reply_token"  # noqa: S105 - the kind of a thread key
SHOWN_COPY = "cc"
HIDDEN_COPY = "bcc"
_PURPOSE = "reply-token"


def reply_token(keyring: Keyring, case_id: int) -> str:
    """Short, lower-case, ours: names a case wherever a network lets it travel along."""
    return f"c{case_id}.{keyring.sign(_PURPOSE, f'c{case_id}')}"


def to_message(row: Outgoing, keyring: Keyring) -> OutboundMessage:
    """The same for every attempt, but for what the person wrote meanwhile (`context`).

    Who was copied in secret is named in their own delivery only.
    """
    copy_to = next((one for one in row.participants if one.handle == row.copy_to), None)
    if row.copy_to and copy_to is None:
        # Erased meanwhile. It was never for the recipient, and is for nobody now.
        copy_to = Participant(realm="", handle=row.copy_to, role=HIDDEN_COPY)
    return OutboundMessage(
        key=row.send_key,
        place=row.place,
        recipient=row.recipient,
        text=row.text,
        spans=row.spans,
        subject=row.subject,
        attachments=row.attachments,
        author_name=row.author_name,
        in_reply_to=row.thread_keys,
        reply_token="" if row.case_id is None else reply_token(keyring, row.case_id),
        copies=tuple(one for one in row.participants if one.role == SHOWN_COPY),
        copy_to=copy_to,
        copy_of=row.copy_of,
        signature=row.signature,
        offers=row.offers,
        nature=_nature_of(row),
        unsubscribe_url=row.stop_url,
        context=row.context,
        queued_at=row.queued_at,
        part=row.part,
        part_count=row.part_count,
    )


def _nature_of(row: Outgoing) -> OutboundNature:
    if row.is_from_agent:
        return OutboundNature.REPLY
    return OutboundNature.AUTO_REPLY if row.is_answer else OutboundNature.NOTICE
