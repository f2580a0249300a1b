"""The contract of one account of one channel. Third parties depend on this module."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from enum import StrEnum
from socket import socket
from typing import Any, ClassVar, NewType, Protocol

import msgspec
from pydantic import BaseModel, ConfigDict

from core.capabilities import Capabilities, Rates
from core.checking import CheckStep as CheckStep
from core.checking import Endpoint as Endpoint
from core.checking import Steps as Steps
from core.clock import Clock
from core.errors import Unsupported
from core.hours import DeskHours, always
from core.ids import RemoteId
from core.manifest import CONTRACT_VERSION as CONTRACT_VERSION
from core.manifest import Intake as Intake
from core.manifest import Manifest as Manifest
from core.messages import (
    AnyInboundEvent,
    IdentityAddress,
    InboundAttachment,
    OutboundMessage,
    Place,
    Sender,
    Sent,
)
from core.rich_text import Span
from core.visitors import Attestation as Attestation
from core.visitors import Continuation as Continuation
from core.visitors import FormField as FormField
from core.visitors import Missed as Missed
from core.visitors import Reception as Reception
from core.visitors import Summary as Summary
from core.visitors import Visitor as Visitor
from core.visitors import VisitorLimits as VisitorLimits
from core.visitors import VisitorMessage as VisitorMessage
from core.visitors import VisitorSignal as VisitorSignal
from core.webhooks import WebhookReply as WebhookReply
from core.webhooks import WebhookRequest as WebhookRequest

CursorValue = NewType("CursorValue", str)


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """How far one stream of an account was read. Opaque to the router."""

    scope: str
    """Which stream: a folder, a channel; one account may have many."""
    value: CursorValue


class ConnectorConfig(BaseModel):
    """Base of every connector's `Config`: typos are refused, secrets are `SecretStr`.

    A docstring below a field is its description: the text beside it in the set-up form.
    """

    # An error that quoted its input would put a mistyped secret into the log.
    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )


class AccountInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What `check` found: who we are on the network, and what we may do there."""

    shown_as: str
    steps: tuple["CheckStep", ...] = ()
    own_name: str = ""
    """What `Connector.link_url` needs to name us by (a bot's name, an address). Empty: nothing."""


class HealthState(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    DEGRADED = "degraded"
    DOWN = "down"


class Health(msgspec.Struct, frozen=True, kw_only=True):
    state: HealthState = HealthState.STARTING
    detail: str = ""
    last_event_at: datetime | None = None
    lag_seconds: float | None = None


class InboundSink(Protocol):
    async def accept(
        self, events: Sequence[AnyInboundEvent], *, cursor: Cursor | None = None
    ) -> None:
        """Returns once events and cursor are committed together. Confirm upstream only after.

        A poison event is quarantined by itself and does not raise. Raises `LeaseLost` when this
        process no longer owns the account, with nothing written.
        """


class LeaseLost(Exception):
    """Another process runs this account now: stop, confirm nothing, write nothing."""


class BlobReader(Protocol):
    async def read(self, size: int = -1) -> bytes: ...


async def _keep_nothing(field: str, value: str) -> None:
    """Where nobody stores settings: a check of an account that is not saved yet."""


class ConnectorContext(msgspec.Struct, frozen=True, kw_only=True):
    """Everything from outside that a connector may use. No global state, no environment."""

    clock: Clock
    log: Any
    """A structlog logger bound to the account; event names and ids only, no texts or addresses."""
    account_id: int
    account_label: str
    public_url: str
    """Base address under which the world reaches this installation, without a trailing slash."""
    http: Any
    """An aiohttp ClientSession behind the egress guard."""
    open_blob: Callable[[str], AbstractAsyncContextManager[BlobReader]]
    hook_url: str = ""
    """Where the network calls this account, without a trailing slash; a path of the connector's
    own choice follows. Empty: of an account that is not saved yet."""
    socket_factory: Callable[[Any], socket] | None = None
    """Of the egress guard, as aiohttp's `TCPConnector` takes it: for a library that makes a session
    of its own. Without it, that library's calls are not judged."""
    desk_hours: Callable[[], DeskHours] = always
    """When the desk answers, as its settings say at this moment: for accounts that say nothing."""
    keep_secret: Callable[[str, str], Awaitable[None]] = _keep_nothing
    """(field, value): a secret of `Config` that the network has renewed, sealed with the others.
    The connector runs on; its next start gets the new one."""


class Interview(Protocol):
    """A person at a terminal who lets us into an account."""

    def tell(self, text: str) -> None: ...

    async def ask(self, question: str) -> str: ...


class Connector(ABC):
    """One account of one channel.

    The supervisor owns its life: open -> check -> receive | send -> close.

    `send`, `edit` and `delete` run beside `receive`, up to `capabilities.rates.in_flight` of them
    at once, and `mark_read` and `set_typing` one at a time beside all of these; everything else is
    called one at a time.
    """

    Config: ClassVar[type[BaseModel]]
    capabilities: ClassVar[Capabilities]

    def __init__(self, config: BaseModel, context: ConnectorContext) -> None:
        """No I/O."""
        self.context = context

    @property
    def rates(self) -> Rates:
        """Of this account: its settings may allow less than the network does."""
        return self.capabilities.rates

    def endpoints(self) -> Sequence[Endpoint]:
        """The hosts that it calls, from its settings: pure. The test tries each by itself first."""
        return ()

    @classmethod
    def ready_config(cls, desk_name: str) -> Mapping[str, Any] | None:
        """Settings with which an account works at once, on a desk of this name; None: it needs
        what only a person knows. Pure. A new desk begins with such an account.
        """
        return None

    @classmethod
    def to_recipient(cls, typed: str) -> tuple[Place, IdentityAddress]:
        """Whom an agent means who types an address of this network, and the place to reach them.

        Pure. Raises ContentRejected with a sentence for the agent. For channels with `copies`.
        """
        raise Unsupported("on this channel nobody is written to by an address")

    @classmethod
    def to_wire(cls, text: str, spans: Sequence[Span]) -> str:
        """What `capabilities.text` counts of a formatted text: here, the text alone.

        Pure. Overridden where marks, or what escapes them, take from the limit (Markdown). Texts
        are cut by it before they come to `send`, so it must be what `send` counts.
        """
        return text

    @classmethod
    def private_place(cls, identity: IdentityAddress) -> Place | None:
        """Where this person alone is written to: what is not for everybody is continued there.

        Pure. None: on this network nobody is reached by their identity alone. Whether it takes
        anything is found out by sending to it.
        """
        return None

    @classmethod
    def link_url(cls, own_name: str, code: str) -> str | None:
        """An address that lets a person's own client bring a link code to us with one press.

        Pure. `own_name` is what `check` last gave; `code` is `XXXX-XXXX-XXXX`, letters and digits.
        What comes of the press is a `MessageReceived` with the code as its `link_code`, or whose
        text it is. None: the network has no such addresses; people type the code.
        """
        return None

    @classmethod
    async def authorise(
        cls, config: BaseModel, context: ConnectorContext, person: Interview
    ) -> dict[str, str]:
        """Have a person allow us in at the network itself; secrets of `Config` by their field.

        Raises AuthRefused, BadConfig, TransientError.
        """
        raise Unsupported("this channel needs nobody's permission beside its settings")

    @abstractmethod
    async def open(self) -> None:
        """Make sessions, log in. Must not start receiving. Raises AuthRefused, BadConfig,
        TransientError.
        """

    @abstractmethod
    async def check(self) -> AccountInfo:
        """Who am I there, may I read and write: the form's "Test". Sends nothing to anybody.

        Raises like `open`; callable without a prior `open`.
        """

    async def receive(self, sink: InboundSink, cursors: Mapping[str, Cursor]) -> None:
        """Hand over events until cancelled. Runs only under the account's lease.

        `cursors` by scope, as last committed. Returning or raising TransientError makes the
        supervisor come back with backoff.
        """
        raise Unsupported("this channel has no stream to read")

    async def handle_webhook(self, request: WebhookRequest, sink: InboundSink) -> WebhookReply:
        """Answer one call of the network; 2xx only after `sink.accept` has returned."""
        raise Unsupported("this channel takes no webhooks")

    @abstractmethod
    async def send(self, message: OutboundMessage) -> Sent:
        """One attempt: no retry, no sleep. `message.key` is the same at every attempt."""

    async def edit(self, message: OutboundMessage, remote_id: RemoteId) -> None:
        """One attempt to make a sent part read like this; the same again is no error. Raises
        PermanentError if it is not there any more, or too old; else like `send`.
        """
        raise Unsupported("this channel cannot edit")

    async def delete(self, place: Place, remote_id: RemoteId) -> None:
        """One attempt to take a sent part back; what is gone already is no error."""
        raise Unsupported("this channel cannot delete")

    async def mark_read(self, place: Place, remote_id: RemoteId) -> None:
        raise Unsupported("this channel has no read marks")

    async def set_typing(self, place: Place, *, is_typing: bool) -> None:
        raise Unsupported("this channel has no typing sign")

    async def find_sent(self, message: OutboundMessage) -> Sent | None:
        """What became of an outcome-unknown message; None: it certainly did not go out.

        Raises OutcomeUnknown if the network cannot tell yet.
        """
        raise Unsupported("this channel cannot look up what was sent")

    async def round_trip(self) -> Sequence[CheckStep]:
        """A message went to the account itself and was looked for: what came of it, step by step.

        Called when ops test the account, beside `receive`, after a `check` that found nothing in
        the way; within 25 seconds. What comes in of it is no event. Raises ConnectorError.
        """
        raise Unsupported("on this channel no account can write to itself")

    async def fetch_attachment(self, attachment: InboundAttachment) -> bytes:
        raise Unsupported("this channel brings its files with the message")

    @abstractmethod
    def health(self) -> Health:
        """Cached; no I/O."""

    @abstractmethod
    async def close(self) -> None:
        """Idempotent, under 5 s, leaves no task behind."""


class LocalConnector(Connector):
    """A channel whose network is the router itself (intake "local"): the web widget.

    The router keeps the sessions, the sockets and the stream; the connector decides who may come,
    what a token proves, and what a visitor's message is as an event. `send` returns at once: what
    was committed is in the visitor's stream.
    """

    @abstractmethod
    def allows_origin(self, origin: str | None) -> bool:
        """Whether a page of this origin may embed the widget. None: no Origin header was sent."""

    async def fetch_keys(self, token: str) -> None:
        """Look for the key that this token names where the host publishes it. Called before
        `attest`; bounded in time and in how often, whoever makes up tokens. Raises nothing.
        """

    @abstractmethod
    def attest(self, token: str) -> Attestation:
        """Verify a signed token: signature, algorithm, audience, times. Raises AttestationRefused.

        That its `token_id` was not seen before is the router's to check. No I/O.
        """

    @abstractmethod
    def sender_of(self, visitor: Visitor) -> Sender: ...

    @abstractmethod
    def place_of(self, visitor: Visitor) -> Place: ...

    @abstractmethod
    def to_event(self, visitor: Visitor, message: VisitorMessage) -> AnyInboundEvent:
        """Pure. Raises UnreadableEvent with a sentence for the visitor's developer.

        The remote id of the event's one part is the message's `client_id`.
        """

    @abstractmethod
    def to_signal(
        self, visitor: Visitor, signal: VisitorSignal, *, send_key: str | None, text: str = ""
    ) -> AnyInboundEvent:
        """Pure. A delivery acknowledgement, a read mark or a typing sign as an event."""

    @abstractmethod
    def appearance(self) -> dict[str, str]:
        """What the widget may know before anybody signs in: title, greeting, colour, language."""

    @property
    @abstractmethod
    def requires_attestation(self) -> bool:
        """Whether a visitor must bring a signed token before anything else."""

    @property
    def limits(self) -> VisitorLimits:
        return VisitorLimits()

    @property
    def embedders(self) -> tuple[str, ...]:
        """Pages that may frame it, as sources of a policy (CSP level 3, 2.3.1). None: our own."""
        return ()

    @property
    def notes_pages(self) -> bool:
        """Whether agents may see which pages of the site a visitor looks at."""
        return False

    @property
    def shows_photos(self) -> bool:
        """Whether a visitor sees the photo of the agent who answers."""
        return False

    def reception(self) -> Reception:
        """Pure but for the clock: how somebody who comes now is received."""
        return Reception()

    @property
    def continuation(self) -> Continuation | None:
        """Where answers go that stay unread. None: they wait for the visitor."""
        return None

    @property
    def asks_rating(self) -> bool:
        """Whether somebody who has left is asked, where answers go on, how they were answered."""
        return False

    def to_rating_request(self, url: str, *, language: str | None, stop_url: str = "") -> Summary:
        """Pure: the question how a solved case was answered. `url` takes the rating, 1 to 5, at its
        end; `stop_url` as in `to_summary`.
        """
        raise Unsupported("this channel asks nowhere else")

    def to_summary(
        self, missed: Sequence[Missed], *, language: str | None, stop_url: str = ""
    ) -> Summary:
        """Pure: these answers as one message for somebody who isn't in the chat any more.

        `stop_url`: where they can say that they want no such message again.
        """
        raise Unsupported("this channel goes on nowhere else")
