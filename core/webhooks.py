"""A call that a network makes to us, and our answer."""

from collections.abc import Mapping

import msgspec


class WebhookRequest(msgspec.Struct, frozen=True, kw_only=True):
    method: str
    path: str
    """What follows `/hooks/<account>/`."""
    headers: Mapping[str, str]
    """Names in lower case."""
    query: Mapping[str, str]
    body: bytes
    remote_address: str


class WebhookReply(msgspec.Struct, frozen=True, kw_only=True):
    status: int = 200
    body: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = {}
