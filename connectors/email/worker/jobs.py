"""What goes to the reading process and comes back, and the frames it travels in."""

import struct

import msgspec

from connectors.email.reading.envelope import Reading
from core.messages import AnyInboundEvent

LENGTH = struct.Struct(">Q")
"""Each frame: its length, then its content."""
SAME_RAW = b""
"""In an answer: the raw source is the one that was sent, and is not sent back."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    raw: bytes
    reading: Reading


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    events: tuple[AnyInboundEvent, ...] = ()
    refusal: str | None = None
    """Why the mail could not be read."""
