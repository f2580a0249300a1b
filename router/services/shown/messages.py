"""One message with its author, files, deliveries and reactions, and its loading by ids."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from core.addresses import readable_address
from core.delivery import DeliveryState
from core.messages import PUBLIC_KINDS, PlaceKind
from core.people import EvidenceKind
from core.rich_text import Span
from router.services.identity.evidence import Ground, ground_of
from router.services.ladder.advice import advice_for
from router.storage import agents, joins, ladder, timeline
from router.storage.joins import PARTICIPANT_WROTE
from router.storage.records import Record
from router.storage.spans import from_column
from router.storage.unit_of_work import UnitOfWork

_TROUBLED = frozenset({"failed", "cancelled"})
CLAIM = "claimed_"
"""Before the names of what a connector's `context` says that somebody claims."""


class Author(msgspec.Struct, frozen=True, kw_only=True):
    kind: Literal["identity", "agent", "system"]
    id: int | None
    name: str


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    media_type: str
    size: int
    state: Literal["pending", "stored", "refused"]
    refused_reason: str
    is_inline: bool
    content_id: str | None
    description: str
    """What it shows, for those who cannot see it."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    message_id: int
    part: int
    part_count: int
    kind: Literal["send", "edit", "delete"]
    state: DeliveryState
    state_at: datetime
    due_at: datetime | None
    attempt: int
    reason: str
    code: str
    copy_to: str
    """The participant whose copy it is; empty: it is the recipient's."""
    account_id: int
    channel: str
    place_id: int
    identity_id: int | None
    """By which way it goes. A message that did not arrive goes on by another: those before are
    `cancelled` with the code `moved_on`, and their reason says why they failed."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message that certainly did not arrive."""

    state: Literal["due", "moved", "stayed"]
    """`due`: it is being looked for another way."""
    because: tuple[str, ...]
    """Of one that stayed: what forbids the ways that there are (`core.ladder.Bar`), or why none is
    taken (`stale`, `restricted`, `said_again`, `partly_said`, `no_other_way`)."""
    advice: str
    """Of one that stayed: what would help. A sentence."""
    to_identity_id: int | None
    to_place_id: int | None
    left_out: tuple[int, ...]
    """Files (ids) that did not go along: they are not taken there."""
    at: datetime


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    identity_id: int
    reactions: tuple[str, ...]


class SharedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A group, a thread, a forum post: many write there, each in a conversation of their own."""

    id: int
    kind: PlaceKind
    title: str
    parent_title: str
    """Of the place that it is a part of; empty: none is known."""


class ShownParticipant(msgspec.Struct, frozen=True, kw_only=True):
    realm: str
    handle: str
    shown_as: str = ""
    role: str = "cc"


class JoinedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a participant of the case wrote, in their own conversation."""

    message_id: int
    person_id: int
    name: str


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """A reply topic."""

    id: int
    name: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    person_id: int
    """Who it belongs to by itself, whoever stands for them now."""
    case_id: int | None
    direction: Literal["in", "out", "note", "event"]
    nature: Literal["human", "auto_reply", "bounce", "list"]
    author: Author
    identity_id: int | None
    place_id: int | None
    place: SharedPlace | None
    """Where it was said, if others read along there."""
    is_private: bool
    """Marked by who wrote it: never for a place where others read along."""
    account_id: int | None
    channel: str | None
    level: int | None
    """How well was proven who said it, at that time; of a reply, whom it was said to. None: there
    is nothing to prove, as of a note."""
    ground: Ground | None
    """What the level of an incoming message rests on."""
    topic: Topic | None
    """What a reply is about."""
    is_claimed: bool
    subject: str
    text: str
    spans: tuple[Span, ...]
    """How `text` is formatted; offsets in code points."""
    full_text: str | None
    is_cut: bool
    """The texts here end early; `/messages/{id}/text` has them whole."""
    has_html: bool
    language: str | None
    event: dict[str, Any] | None
    """Of an event: what happened, such as `{"event": "case_solved", "case_id": 7}`. Who is `told`
    of something is named in `told_names`."""
    offers: tuple[str, ...]
    """Of a reply: the answers that it offers to choose from."""
    mentions: tuple[int, ...]
    """Of a note: the agents that it names, by their teams too."""
    joined: JoinedMessage | None
    """Of the event that a participant wrote."""
    warnings: tuple[str, ...]
    claims: dict[str, str]
    """What the writer says of themselves, such as a name typed before a chat. It proves nothing."""
    participants: tuple[ShownParticipant, ...]
    state: Literal["shown", "placeholder"]
    has_source: bool
    sent_at: datetime | None
    received_at: datetime
    revision: int
    deleted_at: datetime | None
    client_key: str | None
    attachments: tuple[Attachment, ...]
    deliveries: tuple[Delivery, ...]
    step: Step | None
    """If it did not arrive where it was sent."""
    reactions: tuple[Reaction, ...]


async def load_messages(
    work: UnitOfWork, message_ids: Collection[int]
) -> list[tuple[Message, int]]:
    """These messages in id order, each with the root of its conversation now.

    Who may see them is the caller's to decide.
    """
    return await complete(work, await timeline.messages(work, message_ids)) if message_ids else []


async def complete(work: UnitOfWork, rows: Sequence[Record]) -> list[tuple[Message, int]]:
    """Rows of `timeline` with all that hangs on them, and their roots; in the order given."""
    with_files = [row["id"] for row in rows if row["has_files"]]
    files = await timeline.attachments(work, with_files) if with_files else []
    with_deliveries = [row["id"] for row in rows if row["has_deliveries"]]
    deliveries = await timeline.deliveries(work, with_deliveries) if with_deliveries else []
    with_reactions = [row["id"] for row in rows if row["has_reactions"]]
    reactions = await timeline.reactions(work, with_reactions) if with_reactions else []
    files_of = _grouped(files, to_attachment)
    deliveries_of = _grouped(deliveries, to_delivery)
    reactions_of = _grouped(reactions, _to_reaction)
    joined = await _load_joined(work, rows)
    told = await _load_told(work, rows)
    steps = await _load_steps(work, deliveries)
    return [
        (
            _to_message(
                row,
                files_of.get(row["id"], ()),
                deliveries_of.get(row["id"], ()),
                reactions_of.get(row["id"], ()),
                joined.get(row["id"]),
                told.get(row["id"]),
                steps.get(row["id"]),
            ),
            row["root_id"],
        )
        for row in rows
    ]


async def _load_joined(work: UnitOfWork, rows: Sequence[Record]) -> dict[int, JoinedMessage]:
    """Event line -> the message that it leads to."""
    led_to = {
        row["id"]: row["context"]["message_id"]
        for row in rows
        if row["direction"] == "event" and row["context"].get("event") == PARTICIPANT_WROTE
    }
    if not led_to:
        return {}
    authors = await joins.authors_of(work, set(led_to.values()))
    return {
        line: JoinedMessage(
            message_id=message, person_id=authors[message].root_id, name=authors[message].name
        )
        for line, message in led_to.items()
        if message in authors
    }


async def _load_told(work: UnitOfWork, rows: Sequence[Record]) -> dict[int, list[str]]:
    """Line that tells agents of something -> what they are called now, by name."""
    told = {
        row["id"]: row["context"]["told"]
        for row in rows
        if row["direction"] == "event" and row["context"].get("told")
    }
    if not told:
        return {}
    names = await agents.names_of(work, {one for ids in told.values() for one in ids})
    return {line: sorted(names[one] for one in ids if one in names) for line, ids in told.items()}


async def _load_steps(work: UnitOfWork, deliveries: Sequence[Record]) -> dict[int, Step]:
    """Of messages of which something failed, or was closed when they went on."""
    troubled = {row["message_id"] for row in deliveries if row["state"] in _TROUBLED}
    if not troubled:
        return {}
    return {row["message_id"]: _to_step(row) for row in await ladder.steps_of(work, troubled)}


def _to_step(row: Record) -> Step:
    return Step(
        state=row["state"],
        because=tuple(row["bars"]),
        advice=advice_for(row["bars"]),
        to_identity_id=row["to_identity_id"],
        to_place_id=row["to_place_id"],
        left_out=tuple(row["left_out"]),
        at=row["done_at"] or row["made_at"],
    )


async def load_message(work: UnitOfWork, message_id: int) -> Message | None:
    """One message as it is now. None: there is none."""
    found = await load_messages(work, [message_id])
    return found[0][0] if found else None


def _claims(context: dict[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(CLAIM): text for name, text in context.items() if name.startswith(CLAIM)
    }


def _to_message(
    row: Record,
    files: Collection[Attachment],
    deliveries: Collection[Delivery],
    reactions: Collection[Reaction],
    joined: JoinedMessage | None,
    told: Collection[str] | None,
    step: Step | None,
) -> Message:
    event = row["context"] if row["direction"] == "event" else None
    return Message(
        id=row["id"],
        person_id=row["person_id"],
        case_id=row["case_id"],
        direction=row["direction"],
        nature=row["nature"],
        author=_author(row),
        identity_id=row["identity_id"],
        place_id=row["place_id"],
        place=to_shared_place(row),
        is_private=row["is_private"],
        account_id=row["account_id"],
        channel=row["channel"],
        level=row["level"],
        ground=_ground(row),
        topic=None
        if row["topic_id"] is None
        else Topic(id=row["topic_id"], name=row["topic_name"]),
        is_claimed=row["direction"] == "in" and row["level"] == 0,
        subject=row["subject"],
        text=row["text"],
        spans=from_column(row["spans"]),
        full_text=row["full_text"],
        is_cut=bool(row["is_cut"]),
        has_html=row["has_html"],
        language=row["language"],
        event=event if told is None or event is None else {**event, "told_names": told},
        offers=tuple(row["context"].get("offers", ())) if row["direction"] == "out" else (),
        mentions=tuple(row["context"].get("mentions", ())) if row["direction"] == "note" else (),
        joined=joined,
        warnings=tuple(row["warnings"]),
        claims=_claims(row["context"]) if row["direction"] == "in" else {},
        participants=msgspec.convert(row["participants"], tuple[ShownParticipant, ...]),
        state=row["state"],
        has_source=row["has_source"],
        sent_at=row["sent_at"],
        received_at=row["received_at"],
        revision=row["revision"],
        deleted_at=row["deleted_at"],
        client_key=row["client_key"],
        attachments=tuple(files),
        deliveries=tuple(deliveries),
        step=step,
        reactions=tuple(reactions),
    )


def _topic(row: Record) -> Topic | None:
    return None if row["topic_id"] is None else Topic(id=row["topic_id"], name=row["topic_name"])


def _ground(row: Record) -> Ground | None:
    if row["direction"] != "in" or row["level"] is None:
        return None
    if row["ground"] is None:
        return Ground.CLAIMED if row["level"] == 0 else None
    kind, proof = row["ground"]
    return ground_of(EvidenceKind(kind), proof)


def _author(row: Record) -> Author:
    if row["agent_id"] is not None:
        return Author(kind="agent", id=row["agent_id"], name=row["agent_name"])
    if row["identity_id"] is not None and row["direction"] == "in":
        handle = readable_address(row["identity_handle"])
        name = row["author_name"] or row["identity_shown_as"] or handle
        return Author(kind="identity", id=row["identity_id"], name=name)
    return Author(kind="system", id=None, name=row["author_name"])


def to_shared_place(row: Record) -> SharedPlace | None:
    """From the columns `place_id`, `place_kind`, `place_title` and `place_parent_title`."""
    if row["place_kind"] not in PUBLIC_KINDS:
        return None
    return SharedPlace(
        id=row["place_id"],
        kind=PlaceKind(row["place_kind"]),
        title=row["place_title"],
        parent_title=row["place_parent_title"] or "",
    )


def to_attachment(row: Record) -> Attachment:
    return Attachment(**{name: row[name] for name in Attachment.__struct_fields__})


def to_delivery(row: Record) -> Delivery:
    fields = {name: row[name] for name in Delivery.__struct_fields__}
    return Delivery(**fields | {"state": DeliveryState(row["state"])})


def _to_reaction(row: Record) -> Reaction:
    return Reaction(identity_id=row["identity_id"], reactions=tuple(row["reactions"]))


def _grouped(rows: Collection[Record], convert: Any) -> Mapping[int, list[Any]]:
    grouped: dict[int, list[Any]] = {}
    for row in rows:
        grouped.setdefault(row["message_id"], []).append(convert(row))
    return grouped
