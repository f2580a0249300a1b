"""What an account's network can do, as data. The router reads this and never a channel's name."""

from datetime import timedelta
from enum import StrEnum

import msgspec

from core.rich_text import Mark


class TextUnit(StrEnum):
    """What a text limit counts."""

    CHARACTERS = "characters"
    UTF16 = "utf16"
    BYTES = "bytes"


class TextFormat(StrEnum):
    PLAIN = "plain"
    HTML = "html"
    MARKDOWN = "markdown"


class Receipt(StrEnum):
    """What a network can tell us after it has taken a message."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"


class TextLimit(msgspec.Struct, frozen=True, kw_only=True):
    length: int | None = None
    """None: no limit worth splitting at."""
    unit: TextUnit = TextUnit.CHARACTERS


class FileLimits(msgspec.Struct, frozen=True, kw_only=True):
    max_count: int = 0
    max_size: int = 0
    """Bytes of one file."""
    max_total_size: int | None = None
    media_types: tuple[str, ...] = ("*/*",)
    """Patterns such as `image/*`."""
    text_length: int | None = None
    """Longest text beside files, in the unit of the text's own limit; a longer one goes out before
    them by itself. None: as long as without files."""


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Messages per second that the network is known to take; None: as it says itself."""

    per_place: float | None = None
    per_shared_place: float | None = None
    """In a place where others read along. None: the same as elsewhere."""
    per_account: float | None = None
    in_flight: int = 8
    """How many sends of one account may be under way at once."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    text: TextLimit = TextLimit()
    formats: tuple[TextFormat, ...] = (TextFormat.PLAIN,)
    marks: tuple[Mark, ...] = ()
    """Formatting that a reader of ours can see. `OutboundMessage.spans` has no other marks: the
    rest is left out before, and the agent is told."""
    files: FileLimits = FileLimits()
    receipts: tuple[Receipt, ...] = (Receipt.ACCEPTED,)
    rates: Rates = Rates()
    subject: bool = False
    """A message has a subject line."""
    threads: bool = False
    """Replies name what they answer, so `OutboundMessage.in_reply_to` is used."""
    copies: bool = False
    """A message may be copied to participants (CC, BCC), each by a delivery of its own."""
    edit: bool = False
    edit_window: timedelta | None = None
    delete: bool = False
    delete_window: timedelta | None = None
    descriptions: bool = False
    """A file's `description` reaches those who cannot see it."""
    mark_read: bool = False
    """In some places at least; in the others `mark_read` raises Unsupported."""
    typing: bool = False
    reactions: bool = False
    buttons: bool = False
    """Answers can be offered beside a text (`OutboundMessage.offers`); a press says one of them."""
    fetch_attachment: bool = False
    """Attachments arrive as a reference that `fetch_attachment` turns into bytes."""
    find_sent: bool = False
    """`find_sent` can tell whether an outcome-unknown message went out."""
    round_trip: bool = False
    """`round_trip` can send a message to the account itself and see it come."""
    send_is_deduplicated: bool = False
    """The same `OutboundMessage.key` sent twice arrives once, so unknown may be resent."""
    deduplicated_for: timedelta | None = None
    """How long after the first attempt that is so; None: for ever. A second copy must have arrived
    by then, so more than `longest_send`."""
    longest_send: timedelta = timedelta(seconds=60)
    """How long one `send` may take. Past it the attempt ends, and its outcome is unknown."""
    can_open_conversation: bool = False
    """We may write first; without it only to a place where the person wrote."""
    session_window: timedelta | None = None
    """How long after the person's last message we may answer; None: for ever."""
    attests_host_account: bool = False
    """Its attestations may name the operator's own account of the person (level L2)."""
    presence: bool = False
    """The network tells whether the person is there right now."""
    hold: timedelta = timedelta(0)
    """How long an answer waits before it goes out, so that its author can still recall it, unless
    its account or its author has it otherwise."""
