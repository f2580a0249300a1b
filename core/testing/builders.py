"""What a test needs to make a connector and to send with it: a context, blobs, messages."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import aiohttp

from core.clock import Clock, FakeClock
from core.connector import BlobReader, ConnectorContext
from core.ids import RemotePlace
from core.messages import (
    IdentityAddress,
    MessageReceived,
    OutboundAttachment,
    OutboundMessage,
    Place,
)
from core.testing.log import RecordingLog

_numbers = count(1)


class MemoryBlobs:
    """Blobs kept in memory under their SHA-256, as the router's are on disk."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}

    def put(
        self, content: bytes, *, name: str = "note.txt", media_type: str = "text/plain"
    ) -> OutboundAttachment:
        """The stored blob, ready to be attached."""
        key = hashlib.sha256(content).hexdigest()
        self._contents[key] = content
        return OutboundAttachment(name=name, media_type=media_type, size=len(content), blob_key=key)

    def promise(self, size: int) -> OutboundAttachment:
        """A file said to be this large; whoever reads it finds nothing."""
        return OutboundAttachment(
            name="large.bin", media_type="application/octet-stream", size=size, blob_key="promised"
        )

    @asynccontextmanager
    async def open(self, key: str) -> AsyncIterator[BlobReader]:
        yield _Reader(self._contents[key])


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._rest = content

    async def read(self, size: int = -1) -> bytes:
        taken = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(taken) :]
        return taken


def connector_context(
    http: aiohttp.ClientSession | None = None,
    *,
    clock: Clock | None = None,
    log: Any = None,
    blobs: MemoryBlobs | None = None,
    public_url: str = "http://127.0.0.1",
    hook_url: str = "",
) -> ConnectorContext:
    """A context with a clock that stands still, a log that remembers and blobs in memory."""
    return ConnectorContext(
        clock=clock or FakeClock(),
        log=log or RecordingLog(),
        account_id=1,
        account_label="Conformance",
        public_url=public_url,
        http=http,
        open_blob=(blobs or MemoryBlobs()).open,
        hook_url=hook_url,
    )


def outbound_message(
    text: str = "Hello",
    *,
    place: Place | None = None,
    recipient: IdentityAddress | None = None,
    clock: Clock | None = None,
    attachments: Sequence[OutboundAttachment] = (),
    **changes: Any,
) -> OutboundMessage:
    """A message with a key that no other has, to wherever the test says."""
    number = next(_numbers)
    fields: dict[str, Any] = {
        "key": f"conformance-{number}",
        "place": place or Place(remote=RemotePlace("anywhere")),
        "recipient": recipient,
        "text": text,
        "attachments": tuple(attachments),
        "author_name": "Ada",
        "queued_at": (clock or FakeClock()).now(),
        **changes,
    }
    return OutboundMessage(**fields)


def answer_to(event: MessageReceived, text: str, **changes: Any) -> OutboundMessage:
    """What the router makes of an agent's answer to this message."""
    fields: dict[str, Any] = {
        "place": event.place,
        "recipient": IdentityAddress(
            realm=event.sender.realm,
            handle=event.sender.handle,
            shown_as=event.sender.shown_as,
        ),
        "in_reply_to": event.thread_keys,
        "context": event.context,
        "subject": f"Re: {event.subject}" if event.subject else "",
        **changes,
    }
    return outbound_message(text, **fields)
