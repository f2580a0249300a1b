"""Routes: answers and notes, and what becomes of their deliveries."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from core.errors import BadConfig, ContentRejected, Unsupported
from core.rich_text import MAX_SPANS, Span
from router.services import accounts, cases, decisions
from router.services.errors import NotFound
from router.services.outbound import replies
from router.services.outbound.copies import Copy
from router.services.outbound.decisions import Action
from router.services.outbound.forwarding import Forward, forward
from router.services.outbound.leveling import noted
from router.services.outbound.notes import Note, note
from router.services.outbound.preview import Preview, preview
from router.services.outbound.replies import Reply, reply
from router.services.outbound.writing import Author, Written
from router.services.roles import Permission
from router.services.shown.messages import Delivery, Message, load_message
from router.services.viewer import Viewer, find_conversation, viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import (
    WRITE,
    find_capabilities,
    find_private_place,
    load_capabilities,
    load_wire,
    resolve_recipient,
)
from router.web.policy import allow
from router.web.problems import ApiError
from router.web.routes import Answer, Routes

routes = Routes(tag="conversations")

Text = Annotated[str, msgspec.Meta(max_length=1_000_000)]
Spans = Annotated[tuple[Span, ...], msgspec.Meta(max_length=MAX_SPANS)]
Subject = Annotated[str, msgspec.Meta(max_length=500)]
ClientKey = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Files = Annotated[tuple[Id, ...], msgspec.Meta(max_length=20)]
AwareTime = Annotated[datetime, msgspec.Meta(tz=True)]
HoldSeconds = Annotated[int, msgspec.Meta(ge=0, le=3600)]


class NewCopy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    address: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    is_hidden: bool = False
    """Named to nobody else who gets the message."""


class Afterwards(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: Literal["solved", "snoozed"]
    snoozed_until: AwareTime | None = None
    """Of a snoozed one: when it opens by itself. Null: once the person writes."""


class NewMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    client_key: ClientKey
    """Made by the client; the same again is the same message."""
    kind: Literal["reply", "note"]
    text: Text
    spans: Spans = ()
    """How the text is formatted; offsets in code points."""
    place_id: Id | None = None
    """Where to answer; without it where the person last wrote."""
    identity_id: Id | None = None
    subject: Subject = ""
    attachment_ids: Files = ()
    copies: Annotated[tuple[NewCopy, ...], msgspec.Meta(max_length=50)] = ()
    """Who gets a copy of a reply, where the channel has copies."""
    case_id: Id | None = None
    topic_id: Id | None = None
    """What a reply is about: a reply topic. 409 `level_too_low` or `channel_not_allowed` if it or
    the case needs more than is there: with `needed`, `present`, `reason` and `step_up` (whether a
    step-up would do).
    """
    expect_last_id: Id | None = None
    """The newest message that the agent has seen; 409 `moved_on` if others wrote since, with the
    `last_message_id`, `by` whom, its `direction`, and `at`.
    """
    hold_seconds: HoldSeconds = 0
    """How long a reply may be recalled before it goes out."""
    send_at: AwareTime | None = None
    """When a reply goes out, within a year; it may be recalled until then."""
    afterwards: Afterwards | None = None
    """What becomes of the case that the reply is in, with it or not at all."""
    is_private: bool = False
    """Never for a place where others read along: 409 `public_place` with the `reason`."""
    in_private: bool = False
    """If others read along in the place: to the same identity alone instead."""
    mentioned_agents: Annotated[tuple[Id, ...], msgspec.Meta(max_length=50)] = ()
    mentioned_teams: Annotated[tuple[Id, ...], msgspec.Meta(max_length=20)] = ()
    """Whom a note names: they are told."""
    offers: Annotated[
        tuple[Annotated[str, msgspec.Meta(max_length=200)], ...], msgspec.Meta(max_length=20)
    ] = ()
    """Answers that a reply offers to choose from, where the channel has buttons."""
    public_line: Annotated[str, msgspec.Meta(max_length=500)] = ""
    """Left in the place itself when the answer goes elsewhere. Nothing personal."""


class NewForward(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    client_key: ClientKey
    to: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
    """An address of somebody outside the conversation."""
    text: Text = ""
    """Above what is passed on."""
    copies: Annotated[tuple[NewCopy, ...], msgspec.Meta(max_length=50)] = ()
    account_id: Id | None = None
    """The mailbox by which it leaves; without it the one that the message came to."""
    attachment_ids: Files | None = None
    """Which of the message's files go along; without it all of them."""


class TypedAddress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    account_id: Id
    address: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a typed address means."""

    realm: str
    handle: str
    shown_as: str


class Unsent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reply that is not sent yet."""

    text: Text
    spans: Spans = ()
    attachment_ids: Files = ()
    place_id: Id | None = None
    """Where it would go; without it everywhere that the person can be answered."""
    case_id: Id | None = None
    topic_id: Id | None = None
    has_copies: bool = False


class Previews(msgspec.Struct, frozen=True, kw_only=True):
    previews: list[Preview]


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    action: Action


@routes.post(
    "/conversations/{person_id}/messages",
    policy=WRITE,
    status=201,
    also=(200,),
    errors=(409,),
)
async def write_message(call: Call, person_id: Id, body: NewMessage) -> Answer[Message]:
    """Answer the person, or leave a note for agents. 200: this client key was used before."""
    context, viewer = call.context, viewer_of(call.caller)
    async with context.database.reading() as work:
        await find_conversation(work, viewer, person_id)
    author = Author(agent_id=viewer.agent_id, name=call.caller.name, sight=viewer.sight)
    if body.kind == "note":
        written = await note(context.database, author, _to_note(person_id, body))
    else:
        written = await noted(
            context.database,
            reply(
                context.database,
                context.keyring,
                lambda channel: load_capabilities(context, channel),
                author,
                to_reply(person_id, body),
                to_recipient=lambda channel, typed: resolve_recipient(context, channel, typed)[1],
                wire_of=lambda channel: load_wire(context, channel),
                private_place_of=lambda channel, one: find_private_place(context, channel, one),
                afterwards=to_afterwards(viewer, body.afterwards),
            ),
            actor=call.caller.actor,
            subject=f"persons/{person_id}",
        )
    message = await _load(call, written)
    return Answer(message, status=201 if written.is_new else 200)


@routes.post(
    "/conversations/{person_id}/messages/{message_id}/forward",
    policy=WRITE,
    status=201,
    also=(200,),
    errors=(409,),
)
async def forward_message(
    call: Call, person_id: Id, message_id: Id, body: NewForward
) -> Answer[Message]:
    """Pass a message on to an outsider, as a note that also goes out. 200: this client key was
    used before.
    """
    context, viewer = call.context, viewer_of(call.caller)
    async with context.database.reading() as work:
        await find_conversation(work, viewer, person_id)
    wanted = Forward(
        person_id=person_id,
        message_id=message_id,
        client_key=body.client_key,
        to=body.to,
        text=body.text,
        copies=_to_copies(body.copies),
        account_id=body.account_id,
        attachment_ids=body.attachment_ids,
    )
    written = await noted(
        context.database,
        forward(
            context.database,
            context.keyring,
            lambda channel: load_capabilities(context, channel),
            lambda channel, typed: resolve_recipient(context, channel, typed),
            Author(agent_id=viewer.agent_id, name=call.caller.name, sight=viewer.sight),
            wanted,
        ),
        actor=call.caller.actor,
        subject=f"messages/{message_id}",
    )
    return Answer(await _load(call, written), status=201 if written.is_new else 200)


@routes.post("/conversations/{person_id}/preview", policy=WRITE)
async def preview_message(call: Call, person_id: Id, body: Unsent) -> Previews:
    """What a reply would become on its channel: parts, lost formatting, refused files."""
    context = call.context
    found = await preview(
        context.database,
        viewer_of(call.caller),
        person_id,
        lambda channel: find_capabilities(context, channel),
        lambda channel: load_wire(context, channel),
        text=body.text,
        spans=body.spans,
        attachment_ids=body.attachment_ids,
        place_id=body.place_id,
        case_id=body.case_id,
        topic_id=body.topic_id,
        has_copies=body.has_copies,
    )
    return Previews(previews=found)


@routes.post("/recipients", policy=WRITE)
async def read_recipient(call: Call, body: TypedAddress) -> Recipient:
    """Whom an address means to an account's channel. 400 `bad_address`: it is none there."""
    row = await accounts.load_account(call.context.database, body.account_id)
    try:
        _, found = resolve_recipient(call.context, row.channel, body.address)
    except (BadConfig, ContentRejected, Unsupported) as error:
        raise ApiError(400, "bad_address", str(error), field="address") from error
    return Recipient(realm=found.realm, handle=found.handle, shown_as=found.shown_as)


def _to_copies(copies: tuple[NewCopy, ...]) -> list[Copy]:
    return [Copy(address=one.address, name=one.name, is_hidden=one.is_hidden) for one in copies]


def to_afterwards(viewer: Viewer, wanted: Afterwards | None) -> replies.Afterwards | None:
    if wanted is None:
        return None
    return lambda work, case_id: cases.settle(
        work, viewer, case_id, wanted.state, wanted.snoozed_until
    )


def _to_note(person_id: int, body: NewMessage) -> Note:
    return Note(
        person_id=person_id,
        client_key=body.client_key,
        text=body.text,
        spans=body.spans,
        attachment_ids=body.attachment_ids,
        case_id=body.case_id,
        mentioned_agents=body.mentioned_agents,
        mentioned_teams=body.mentioned_teams,
    )


def to_reply(person_id: int, body: NewMessage) -> Reply:
    return Reply(
        person_id=person_id,
        client_key=body.client_key,
        text=body.text,
        spans=body.spans,
        place_id=body.place_id,
        identity_id=body.identity_id,
        subject=body.subject,
        attachment_ids=body.attachment_ids,
        copies=_to_copies(body.copies),
        case_id=body.case_id,
        topic_id=body.topic_id,
        expect_last_id=body.expect_last_id,
        hold=timedelta(seconds=0 if body.send_at else body.hold_seconds),
        send_at=body.send_at,
        is_private=body.is_private,
        in_private=body.in_private,
        public_line=body.public_line,
        offers=body.offers,
    )


async def _load(call: Call, written: Written) -> Message:
    async with call.context.database.reading() as work:
        message = await load_message(work, written.message_id)
    if message is None:
        raise NotFound(f"There is no message {written.message_id}.")
    return message


@routes.post(
    "/deliveries/{delivery_id}/decision",
    policy=allow(Permission.DECIDE_DELIVERIES),
    errors=(409,),
)
async def decide_delivery(call: Call, delivery_id: Id, body: Decision) -> Delivery:
    """Recall one that waits; resend, drop or mark as sent one that failed or is unknown."""
    database = call.context.database
    return await noted(
        database,
        decisions.decide_delivery(database, viewer_of(call.caller), delivery_id, body.action),
        actor=call.caller.actor,
        subject=f"deliveries/{delivery_id}",
    )
