"""What stands in for a mail that is not read in full: too large, or poisoned."""

from datetime import datetime

from connectors.email.reading.dates import sent_at
from connectors.email.reading.envelope import (
    MEDIA_TYPE,
    Reading,
    author_of,
    event_key_of,
    own_keys,
    subject_of,
)
from connectors.email.reading.headers import read_headers
from connectors.email.thread_keys import read_answers
from core.ids import RemoteId
from core.messages import (
    AnyInboundEvent,
    MessageReceived,
    RemotePart,
    Unreadable,
)

HEADER_ALONE = "This mail is larger than this mailbox takes: only its header was read."


def to_header_only(
    header: bytes, size: int, received_at: datetime | None, reading: Reading
) -> AnyInboundEvent:
    """A mail that is too large to fetch: who, when and what about, and a notice instead of it."""
    key = event_key_of(header + f"\n{size}".encode())
    headers = read_headers(header)
    author = author_of(headers, reading)
    notice = f"This mail has {size / 1024 / 1024:.1f} MiB, more than this mailbox takes."
    if author is None:
        return Unreadable(
            event_key=key,
            raw=header,
            raw_media_type=MEDIA_TYPE,
            reason=f"{notice} It names no sender.",
            sent_at=sent_at(headers) or received_at,
        )
    return MessageReceived(
        event_key=key,
        raw=header,
        raw_media_type=MEDIA_TYPE,
        place=author.place,
        sender=author.sender,
        text=notice,
        subject=subject_of(headers),
        sent_at=sent_at(headers) or received_at,
        remote_parts=(RemotePart(remote_id=RemoteId(key)),),
        answers=read_answers(headers, reading.own_address),
        thread_keys=own_keys(headers),
        warnings=(HEADER_ALONE,),
    )


def to_unreadable(raw: bytes, reason: str, reading: Reading) -> Unreadable:
    """The placeholder of a mail that could not be read, in its sender's conversation if known."""
    headers = read_headers(raw)
    try:
        author = author_of(headers, reading)
    # What made the mail unreadable may be its author; a placeholder without one still is one, and
    # without a placeholder the mail would hold up all that come after it.
    except Exception:
        author = None
    return Unreadable(
        event_key=event_key_of(raw),
        raw=raw,
        raw_media_type=MEDIA_TYPE,
        reason=reason,
        sender=author.sender if author is not None else None,
        place=author.place if author is not None else None,
        sent_at=sent_at(headers),
    )
