"""What a visitor's page asks for over HTTP. The live stream is `visitor_socket`.

A visitor is known by `Authorization: Bearer <session token>`, as `session` gave it. The host's own
server may post a message for somebody who is signed in there without a session: then the bearer
is a signed token, good for that one message.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from aiohttp import web

from core.connector import Reception
from router.services import visited_pages, visitor_messages, visitor_stream, visitors
from router.services.visitor_stream import CatchUp, Page
from router.services.visitors import LocalAccount, Unproven
from router.storage.visitor_stream import VisitorFile
from router.storage.visitors import SessionRow
from router.web import visitor_door as door
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import guarded
from router.web.problems import ApiError
from router.web.routes import Routes

routes = Routes(prefix=door.PREFIX, tag="visitor")
_PREFLIGHT = guarded("nothing: it does nothing, and says where the widget may stand")
VISITOR = guarded("the session's token, and the account's list of pages")

# `$` alone would let a line break follow it.
ClientId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$(?!\n)")]
Language = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}$(?!\n)")]
Text = Annotated[str, msgspec.Meta(max_length=100_000)]
Answers = Annotated[
    dict[Annotated[str, msgspec.Meta(max_length=30)], Annotated[str, msgspec.Meta(max_length=500)]],
    msgspec.Meta(max_length=10),
]
Position = Annotated[int, msgspec.Meta(ge=0)]


class ConfigBody(msgspec.Struct, frozen=True, kw_only=True):
    """What the widget may know before anybody signs in."""

    appearance: dict[str, str]
    requires_attestation: bool
    """Nobody may write without a signed token of the site."""
    max_files: int
    max_file_size: int
    max_text: int
    reception: Reception
    notes_pages: bool
    """Whether the widget says on which page of the site it stands."""
    shows_photos: bool
    """Whether `faces` knows photos of those who answer."""


class OpenBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    """Of the session to resume. A worthless one is passed over and a new session made."""
    attestation: Annotated[str, msgspec.Meta(max_length=8192)] | None = None
    """A token that the host's site signed: who is signed in there."""
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    """What the visitor calls themselves; it proves nothing."""
    language: Language | None = None


class SessionBody(msgspec.Struct, frozen=True, kw_only=True):
    session_token: str
    """May differ from the one that was sent: signing in makes a new one, the old is worthless."""
    session: str
    """The session's public id."""
    is_signed: bool
    expires_at: datetime


class MessageBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    client_id: ClientId
    """Chosen by the client, unique in its session. The same again is the same message."""
    text: Text = ""
    attachment_ids: Annotated[list[Id], msgspec.Meta(max_length=50)] = []
    """Of files uploaded in this session before."""
    sent_at: datetime | None = None
    """When it was written, if that was long before it could be sent."""
    answers: Answers = {}
    """To the form's questions, with the first message."""


class AckBody(msgspec.Struct, frozen=True, kw_only=True):
    client_id: str
    seq: int | None
    """The message's place in the order. None: it was taken, and waits to be looked at by hand."""
    files: tuple[VisitorFile, ...] = ()
    """Its files, under the ids by which they can be fetched from now on."""


class SignalBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    signal: Literal["delivered", "read", "typing", "page"]
    seqs: Annotated[list[Id], msgspec.Meta(max_length=200)] = []
    """`delivered`: which answers the page has now."""
    until: Id | None = None
    """`read`: up to which one the visitor has seen."""
    is_typing: bool = True
    address: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    """`page`: where the visitor is on the site. What follows ? or # is not kept."""


@routes.get("/config", policy=VISITOR, errors=(403, 429))
async def visitor_config(call: Call, hook: str) -> ConfigBody:
    """How the widget looks, and what it may send."""
    connector = (await door.enter(call, hook)).connector
    files = connector.capabilities.files
    return ConfigBody(
        appearance=connector.appearance(),
        requires_attestation=connector.requires_attestation,
        max_files=files.max_count,
        max_file_size=min(files.max_size, call.context.settings.max_upload_bytes),
        max_text=connector.limits.text_length,
        reception=connector.reception(),
        notes_pages=connector.notes_pages,
        shows_photos=connector.shows_photos,
    )


@routes.post("/session", policy=VISITOR, errors=(401, 403, 429))
async def visitor_session(call: Call, hook: str, body: OpenBody) -> SessionBody:
    """Open a session, resume one, or bind one to who is signed in at the host's site."""
    account = await door.enter(call, hook)
    attestation = None
    try:
        if body.attestation is not None:
            attestation = await visitors.attest(call.context.database, account, body.attestation)
        if body.attestation is not None or not await door.is_alive(call, account, body.token):
            door.hold_new_session(call, account)
        opened = await visitors.open_session(
            call.context.database,
            account,
            token=body.token,
            attestation=attestation,
            name=body.name,
            language=body.language,
        )
    except Unproven as error:
        raise door.unproven(error) from error
    if opened.replaced is not None and body.token is not None:
        await door.forget(call, body.token, opened.replaced)
    return SessionBody(
        session_token=opened.token,
        session=opened.row.visitor.session,
        is_signed=opened.row.visitor.attestation is not None,
        expires_at=opened.row.expires_at,
    )


@routes.post("/logout", policy=VISITOR, status=204, errors=(403, 429))
async def visitor_logout(call: Call, hook: str) -> None:
    """The session's token is worthless from now on. Whoever comes next starts anew."""
    account = await door.enter(call, hook)
    token = door.bearer_token(call.request)
    if token is None:
        return
    row = await visitors.end_session(call.context.database, account.account_id, token)
    if row is not None:
        await door.forget(call, token, row)


@routes.post("/messages", policy=VISITOR, errors=(401, 403, 429))
async def post_visitor_message(call: Call, hook: str, body: MessageBody) -> AckBody:
    """Say something. 200 once it is committed; post it again with the same id until it is.

    With a signed token as bearer: for the host's own server, one token for each message.
    """
    account = await door.enter(call, hook)
    token = door.bearer_token(call.request)
    if token is not None and door.is_signed(token):
        row = await _direct(call, account, token)
    else:
        row = await door.session_of(call, account, token)
    door.hold_message(call, account, row)
    seq = await visitor_messages.post(
        call.context.database,
        account,
        row,
        client_id=body.client_id,
        text=body.text,
        attachment_ids=body.attachment_ids,
        sent_at=aware(body.sent_at),
        answers=body.answers,
    )
    files: tuple[VisitorFile, ...] = ()
    if seq is not None and body.attachment_ids:
        files = await visitor_stream.files_of(call.context.database, seq)
    return AckBody(client_id=body.client_id, seq=seq, files=files)


async def _direct(call: Call, account: LocalAccount, token: str) -> SessionRow:
    try:
        attestation = await visitors.attest(call.context.database, account, token)
        return await visitors.open_direct_session(call.context.database, account, attestation)
    except Unproven as error:
        raise door.unproven(error) from error


@routes.get("/messages", policy=VISITOR, errors=(401, 403, 429))
async def list_visitor_messages(call: Call, hook: str, after: Position | None = None) -> CatchUp:
    """What has changed since the position `after`; without one, the newest page."""
    account = await door.enter(call, hook)
    row = await door.session_of(call, account, door.bearer_token(call.request))
    return await visitor_stream.catch_up(call.context.database, row, after=after)


@routes.get("/history", policy=VISITOR, errors=(401, 403, 429))
async def list_earlier_visitor_messages(call: Call, hook: str, before: Id) -> Page:
    """The page of messages just before this `seq`."""
    account = await door.enter(call, hook)
    row = await door.session_of(call, account, door.bearer_token(call.request))
    return await visitor_stream.list_earlier(call.context.database, row, before=before)


@routes.post("/signals", policy=VISITOR, status=204, errors=(401, 403, 429))
async def post_visitor_signal(call: Call, hook: str, body: SignalBody) -> None:
    """Answers have arrived, or were seen; the visitor is typing, or has come to another page."""
    account = await door.enter(call, hook)
    row = await door.session_of(call, account, door.bearer_token(call.request))
    door.hold_signal(call, account, row)
    database = call.context.database
    match body.signal:
        case "typing":
            await visitor_messages.report_typing(account, row, is_typing=body.is_typing)
        case "page":
            await visited_pages.note(database, account, row, body.address)
        case "delivered":
            if body.seqs:
                await visitor_messages.report_seen(
                    database, account, row, "delivered", ids=body.seqs
                )
        case "read":
            if body.until is None:
                raise ApiError(400, "invalid", "until is missing.", field="until")
            await visitor_messages.report_seen(database, account, row, "read", until=body.until)


@routes.route("OPTIONS", "/{path:.*}", policy=_PREFLIGHT, is_documented=False, takes_any_query=True)
async def visitor_preflight(call: Call, hook: str, path: str) -> web.Response:
    """Whether a page may ask at all: the headers are added where the origin is allowed."""
    return web.Response(status=204, headers=door.preflight_headers())


def aware(at: datetime | None) -> datetime | None:
    """Raises ApiError for a time without its zone."""
    if at is not None and at.tzinfo is None:
        raise ApiError(400, "invalid", "The time has no zone.", field="sent_at")
    return at
