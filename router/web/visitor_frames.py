"""What a visitor's page and we say to each other on its socket, as JSON text frames."""

from datetime import datetime
from typing import Annotated

import msgspec

from router.services.visitor_stream import CatchUp
from router.web.arguments import Id
from router.web.visitor import ClientId, Position, Text


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="hello"):
    """The first frame: give me what came after this position; without one, the newest page."""

    after: Position | None = None


class Say(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="message"):
    client_id: ClientId
    text: Text = ""
    attachment_ids: Annotated[list[Id], msgspec.Meta(max_length=50)] = []
    sent_at: datetime | None = None


class Delivered(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="delivered"):
    seqs: Annotated[list[Id], msgspec.Meta(max_length=200)]


class Read(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="read"):
    until: Id


class WritesNow(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="typing"):
    is_typing: bool = True


Asked = Hello | Say | Delivered | Read | WritesNow


class Replay(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="replay"):
    """The answer to `hello`. Everything after it is pushed as it comes."""

    stream: CatchUp


class Ack(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ack"):
    """It is committed."""

    client_id: str
    seq: int | None


class Refusal(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="refused"):
    """A frame that cannot be carried out. With a client id: the message was not taken."""

    status: int
    code: str
    detail: str
    field: str | None = None
    client_id: str | None = None
    retry_after: int | None = None
    """Seconds; the same frame may be sent again then."""


decoder: msgspec.json.Decoder[Asked] = msgspec.json.Decoder(Asked)
encoder = msgspec.json.Encoder()

SESSION_OVER = 4401
"""Close code: open a new session."""
COME_AGAIN = 1012
"""Close code: connect again, from the last position (RFC 6455's registry: service restart)."""
