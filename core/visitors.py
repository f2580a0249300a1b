"""The contract's words about visitors: who may come, what they say, how they are received."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from core.messages import InboundAttachment


class Attestation(msgspec.Struct, frozen=True, kw_only=True):
    """What a verified token says of the visitor who brought it."""

    host_account: str
    token_id: str
    """`jti`: accepted once."""
    expires_at: datetime
    issued_at: datetime | None = None
    """Needed where the host may take a link back: what was issued before proves nothing then."""
    name: str = ""
    email: str | None = None
    """Only an address that the host has verified."""
    language: str | None = None
    issuer: str = ""
    """Names the key and the audience, the same at every account that shares them: a `token_id` is
    accepted once among them all. Empty: once at this account."""


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """One widget session, as the router keeps it. The token itself is stored hashed."""

    session: str
    """Stable public id of the session: the handle in the account's realm, and the place."""
    name: str = ""
    language: str | None = None
    attestation: Attestation | None = None
    """The last one accepted for this session, whatever its age."""


class VisitorMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a visitor's client posts or sends over its socket."""

    client_id: str
    """Chosen by the client, unique within its session; the same again is the same message."""
    text: str
    sent_at: datetime | None = None
    attachments: tuple[InboundAttachment, ...] = ()
    answers: dict[str, str] = {}
    """To the form's questions, by their names. They prove nothing."""


VisitorSignal = Literal["delivered", "read", "typing"]


class VisitorLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one visitor may ask of us. Past it the answer is 429 with a Retry-After."""

    messages_per_minute: int = 30
    """Of one session."""
    sessions_per_minute: int = 30
    """New ones, from one network address."""
    requests_per_minute: int = 600
    """Of any kind, from one network address."""
    text_length: int = 20_000
    """Characters of one message."""


class FormField(msgspec.Struct, frozen=True, kw_only=True):
    """One question that an unknown visitor is asked before they write."""

    name: str
    label: str
    kind: Literal["text", "email", "choice", "consent"] = "text"
    """consent: a box to tick; its answer is `yes`, and required means that it must be ticked."""
    choices: tuple[str, ...] = ()
    is_required: bool = False


class Reception(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody who comes now is received."""

    is_open: bool = True
    opens_at: datetime | None = None
    """When somebody will be there again, if nobody is."""
    reply_minutes: int | None = None
    """Within how many an answer is to be expected while it is open."""
    form: tuple[FormField, ...] = ()
    form_note: str = ""
    """Stands below the form: what the answers are for."""


class Continuation(msgspec.Struct, frozen=True, kw_only=True):
    """Where answers go that stay unread in the chat."""

    account: str
    """Label of the account, of a channel on which we may write first."""
    after: timedelta


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that stayed unread."""

    author: str
    text: str
    at: datetime
    files: tuple[str, ...] = ()
    """Names; the files themselves stay in the chat."""
    offers: tuple[str, ...] = ()
    """Answers to choose from: whoever reads them in a letter writes one."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What goes out in place of what stayed unread."""

    subject: str
    text: str
