"""What goes to the reading process and comes back, and the frames it travels in."""

import struct

import msgspec

from connectors.email.reading.envelope import Reading
from core.messages import AnyInboundEvent

LENGTH = struct.Struct(">Q")
"""Each frame: its length, then its content. A job is two frames: `Job`, then the raw mail."""
SAME_RAW = b""
"""In an answer: the raw source is the one that was sent, and is not sent back."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    reading: Reading
    records: dict[str, tuple[str, ...] | None] | None = None
    """What the DNS said of the names that the first answer asked for; None: not asked yet."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    events: tuple[AnyInboundEvent, ...] = ()
    needs: tuple[str, ...] = ()
    """The mail was not read: these names have to be looked up first."""
    refusal: str | None = None
    """Why the mail could not be read."""
    is_last: bool = False
    """The process ends after this answer, to give its memory back."""
