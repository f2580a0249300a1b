"""What crosses between a connector and the router: inbound events and outbound messages.

All frozen; all times aware UTC. Texts hold no NUL and no lone surrogate (`scrub`), so that they
can be stored and encoded.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from core.errors import GoneBecause
from core.ids import RemoteId, RemotePlace
from core.people import Evidence, Level, level_of
from core.places import PUBLIC_KINDS as PUBLIC_KINDS
from core.places import Place as Place
from core.places import PlaceKind as PlaceKind
from core.rich_text import Span

MAX_TEXT = 1_000_000
"""Characters of a message's text that are kept; the raw source is kept whole."""


def scrub(text: str) -> str:
    """Without NUL (PostgreSQL refuses it) and lone surrogates (JSON encoders refuse them)."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


class MessageNature(StrEnum):
    """What wrote it, as far as a machine can tell before anybody reads it."""

    HUMAN = "human"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    LIST = "list"


class OutboundNature(StrEnum):
    """Who speaks: automatic mail says so, that no machine answers it."""

    REPLY = "reply"
    """An agent's words."""
    NOTICE = "notice"
    """The desk's own words on its own account: a summary of what was missed, a survey."""
    AUTO_REPLY = "auto_reply"
    """An automatic answer to what came in."""


class Direction(StrEnum):
    IN = "in"
    OUT = "out"
    NOTE = "note"
    EVENT = "event"


class Attested(msgspec.Struct, frozen=True, kw_only=True):
    """A further identity for which the sender's own evidence vouches (token: account, mail)."""

    realm: str
    handle: str
    shown_as: str = ""
    evidence: Evidence


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote, as the network says it, with the proof for *this* message."""

    realm: str
    handle: str
    """Canonical within the realm: lower-cased address, decimal numeric id."""
    shown_as: str = ""
    evidence: tuple[Evidence, ...] = ()
    attested: tuple[Attested, ...] = ()
    host_account: str | None = None
    """The operator's own account id, when the evidence is a token that names it."""
    language: str | None = None
    """BCP 47, as the client says it; None: unknown."""

    @property
    def level(self) -> Level:
        return level_of(self.evidence)


class Participant(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody else present: a CC, a group member. Never merged into the person."""

    realm: str
    handle: str
    shown_as: str = ""
    role: str = "cc"


class ThreadKey(msgspec.Struct, frozen=True, order=True):
    """An id that points at a case (Message-ID, reply token), never at a person."""

    kind: str
    key: str


class InboundAttachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file. Exactly one of `content`, `blob_key`, `remote` and `refused` is set."""

    name: str
    media_type: str = "application/octet-stream"
    size: int = 0
    content: bytes | None = None
    remote: str | None = None
    """What `Connector.fetch_attachment` needs. Up to its first space it names the file for ever."""
    blob_key: str | None = None
    """It was uploaded to the router before (intake "local")."""
    refused: str | None = None
    """Why it isn't here, as a sentence: too large, forbidden type."""
    content_id: str | None = None
    """RFC 2392 id by which the HTML refers to it."""
    is_inline: bool = False
    part: int = 0
    """Of a message that came in pieces (an album): the `RemotePart` that brought it."""


class RemotePart(msgspec.Struct, frozen=True, kw_only=True):
    """One network id of a message; a logical message may have several."""

    remote_id: RemoteId
    part: int = 0


class InboundEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of everything that a connector hands over.

    `event_key` is unique within the account for ever: the same network event read twice has the
    same key. `raw` is the source as it came, kept for reprocessing and for the agent's "source".
    """

    event_key: str
    raw: bytes | None = None
    raw_media_type: str = "application/json"


class MessageReceived(InboundEvent, frozen=True, kw_only=True, tag="message_received"):
    place: Place
    sender: Sender
    text: str = ""
    spans: tuple[Span, ...] = ()
    """How `text` is formatted, on networks that tell it so. What isn't normal is made so."""
    html: str | None = None
    """Sanitised by the connector; shown only inside a scriptless sandboxed frame."""
    full_text: str | None = None
    """With the quoted history that `text` leaves out; None: the same."""
    subject: str = ""
    sent_at: datetime | None = None
    remote_parts: tuple[RemotePart, ...] = ()
    joins: RemoteId | None = None
    """What all pieces of one message have in common (an album's id); one of `remote_parts` too.
    If a piece is there already, the ids and files that it lacks are added to it, and the text if it
    has none. Else it is a message by itself, and later pieces join it."""
    attachments: tuple[InboundAttachment, ...] = ()
    answers: tuple[ThreadKey, ...] = ()
    """What it replies to, best first; chooses the case."""
    thread_keys: tuple[ThreadKey, ...] = ()
    """Under which ids later messages will refer to this one."""
    participants: tuple[Participant, ...] = ()
    nature: MessageNature = MessageNature.HUMAN
    link_code: str | None = None
    """A code that the network itself carried (a deep link, a command): as it came, and nowhere else
    in the event. It is redeemed with the message, whatever `text` says."""
    is_from_desk: bool = False
    """Written by one of us on the network itself (own phone, staff member): shown as outgoing."""
    context: dict[str, str] = {}
    """Facts of the network shown to agents and given back in `OutboundMessage.context`."""
    warnings: tuple[str, ...] = ()
    """Sentences for the agent: failed authentication, attachment refused."""


class MessageEdited(InboundEvent, frozen=True, kw_only=True, tag="message_edited"):
    place: Place
    remote_id: RemoteId
    text: str
    spans: tuple[Span, ...] = ()
    html: str | None = None
    edited_at: datetime | None = None


class FilesChanged(InboundEvent, frozen=True, kw_only=True, tag="files_changed"):
    """A part has these files now. Those that are new, by `remote`, stand beside what it had."""

    place: Place
    remote_id: RemoteId
    attachments: tuple[InboundAttachment, ...]
    """By `remote`, or refused."""


class MessageDeleted(InboundEvent, frozen=True, kw_only=True, tag="message_deleted"):
    place: Place
    remote_id: RemoteId
    deleted_at: datetime | None = None


class ReportedState(StrEnum):
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    DELAYED = "delayed"
    """It left us and is not there yet; whoever has it goes on trying. No final word."""


class DeliveryReported(InboundEvent, frozen=True, kw_only=True, tag="delivery_reported"):
    """What the network says later of something we sent. Found by our key or by the remote id.

    With neither, a failure is of what went to `remote_place` last: as a guess it counts for some
    days only, and never makes the recipient gone.
    """

    state: ReportedState
    send_key: str | None = None
    remote_place: RemotePlace | None = None
    remote_id: RemoteId | None = None
    reason: str = ""
    code: str = ""
    recipient_is_gone: bool = False
    because: GoneBecause = GoneBecause.BOUNCED
    """Why, if they are."""
    sent_to: RemotePlace | None = None
    """Where we sent it, if the network may have passed it on to `remote_place`."""
    is_for_any_account: bool = False
    """`remote_id` means the same in every account of the channel: reports may come to another."""
    at: datetime | None = None


class ChatRekeyed(InboundEvent, frozen=True, kw_only=True, tag="chat_rekeyed"):
    """The network gave a place another id (a group became a supergroup)."""

    old: RemotePlace
    new: RemotePlace


class ProfileChanged(InboundEvent, frozen=True, kw_only=True, tag="profile_changed"):
    sender: Sender
    is_reachable: bool | None = None
    """False: blocked us or closed; True: again; None: unchanged."""
    reason: str = ""
    because: GoneBecause = GoneBecause.UNTOLD
    """The same as a code."""


class PlaceChanged(InboundEvent, frozen=True, kw_only=True, tag="place_changed"):
    """What the network says of a place we know: another title or parent, closed, open again."""

    place: Place
    """As it is now. An empty title and no parent: unchanged."""
    is_reachable: bool | None = None
    """False: deleted, locked, or we were sent away; True: we may write again; None: unchanged.
    Places whose parent it is follow it, known or not as a place by itself.
    A place that opens again by itself when one writes there (an archived thread) is reachable."""
    reason: str = ""
    """Why not, as a sentence for the agent."""


class ReactionChanged(InboundEvent, frozen=True, kw_only=True, tag="reaction_changed"):
    place: Place
    remote_id: RemoteId
    sender: Sender
    reactions: tuple[str, ...] = ()
    """All that this sender has put there now; empty: took them back."""


class Typing(InboundEvent, frozen=True, kw_only=True, tag="typing"):
    """Passed on live and never stored."""

    place: Place
    sender: Sender
    is_typing: bool = True
    draft: str = ""


class Unreadable(InboundEvent, frozen=True, kw_only=True, tag="unreadable"):
    """It came, and we cannot read it: goes to quarantine as a visible placeholder."""

    reason: str
    sender: Sender | None = None
    """If at least this much could be read, the placeholder stands in their conversation."""
    place: Place | None = None
    sent_at: datetime | None = None


class HistoryGap(InboundEvent, frozen=True, kw_only=True, tag="history_gap"):
    """What was said meanwhile is lost to us: the network does not have it any more, or not for us.

    Only where nothing can fill it. Shown in the conversations that it may have cut, and to ops.
    """

    until: datetime
    """From here on we hear again."""
    since: datetime | None = None
    """The last moment of which all is known; None: it is not known."""
    place: Place | None = None
    """Where; None: on the whole account."""
    reason: str = ""
    """Why, as a sentence for the agent."""


AnyInboundEvent = (
    MessageReceived
    | MessageEdited
    | FilesChanged
    | MessageDeleted
    | DeliveryReported
    | ChatRekeyed
    | ProfileChanged
    | PlaceChanged
    | ReactionChanged
    | Typing
    | Unreadable
    | HistoryGap
)


class OutboundAttachment(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    media_type: str
    size: int
    blob_key: str
    """For `ConnectorContext.open_blob`."""
    content_id: str | None = None
    description: str = ""
    """What it shows, for those who cannot see it; only where the channel declares `descriptions`
    is it asked for."""


class OutboundMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One part, addressed and ready: a connector makes one attempt of it."""

    key: str
    """Stable over every attempt: Message-ID, nonce or idempotency key is made from it."""
    place: Place
    recipient: "IdentityAddress | None"
    """The identity that it goes to; None in a place that has no single one."""
    text: str
    spans: tuple[Span, ...] = ()
    """Normal (`core.rich_text.normalised`), and of marks in `capabilities.marks` only."""
    html: str | None = None
    subject: str = ""
    attachments: tuple[OutboundAttachment, ...] = ()
    author_name: str = ""
    """The agent's display name, for networks that can show one."""
    in_reply_to: tuple[ThreadKey, ...] = ()
    """Thread keys of the conversation in this place, newest first. Where others read along, those
    of the person's own messages: the first is what the answer is put to."""
    reply_token: str = ""
    """Signed by the router; names the case. A connector puts it where an answer brings it back."""
    copies: tuple[Participant, ...] = ()
    """Who is shown as getting a copy (CC). A hidden one (BCC) is never in here."""
    copy_to: Participant | None = None
    """This delivery is the copy for this participant: it goes to nobody else, and reads like that
    of the recipient, whose own delivery is another. None: it goes to the recipient alone."""
    copy_of: str = ""
    """Of a copy: the key of the recipient's delivery, for the id that they have in common."""
    signature: str = ""
    """The agent's lines below the text, for networks where people sign; no part of the text."""
    offers: tuple[str, ...] = ()
    """Answers to choose from, with the last part. Networks without `capabilities.buttons` have no
    place for them, and leave them out."""
    nature: OutboundNature = OutboundNature.REPLY
    unsubscribe_url: str = ""
    """Of a notice: where a POST without a login stops further ones (RFC 8058)."""
    context: dict[str, str] = {}
    """What the place's last inbound message gave in its `context`."""
    queued_at: datetime
    part: int = 0
    part_count: int = 1


class IdentityAddress(msgspec.Struct, frozen=True, kw_only=True):
    realm: str
    handle: str
    shown_as: str = ""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """The network took it. All ids are stored: edits, deletes, receipts and replies need them."""

    remote_parts: tuple[RemotePart, ...] = ()
    remote_place: RemotePlace | None = None
    """If sending opened the place, or moved it; None: where it was addressed."""
    thread_keys: tuple[ThreadKey, ...] = ()
    """Ids by which an answer will name this message."""
    at: datetime | None = None
    refused: dict[str, str] = {}
    """Recipients that were refused (address -> reason) while the main one was taken."""
