"""Routes: what belongs to one message: its whole text, versions, HTML and source; its changes."""

from typing import Annotated

import msgspec
from aiohttp import web

from core.rich_text import MAX_SPANS, Span
from router.services import files, originals
from router.services.conversations import find_message
from router.services.errors import NotFound
from router.services.originals import Revision, WholeText
from router.services.outbound.amending import Edit, delete_reply, edit_reply
from router.services.outbound.leveling import noted
from router.services.outbound.writing import Author
from router.services.shown.messages import Message, load_message
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import READ, WRITE, load_capabilities, load_wire
from router.web.files import FileBody, blobs_of, send_file
from router.web.routes import Routes

routes = Routes(tag="messages")

_FRAME_CSP = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'self';"
    " sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""Links open outside the sandbox; nothing else works in it, whatever the sanitiser missed."""


class Revisions(msgspec.Struct, frozen=True, kw_only=True):
    revisions: list[Revision]
    """Oldest first, the current text included."""


class ChangedText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    client_key: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """Made by the client; the same again is the same edit."""
    text: Annotated[str, msgspec.Meta(max_length=1_000_000)]
    spans: Annotated[tuple[Span, ...], msgspec.Meta(max_length=MAX_SPANS)] = ()


@routes.patch("/messages/{message_id}", policy=WRITE, errors=(409,))
async def edit_message(call: Call, message_id: Id, body: ChangedText) -> Message:
    """Change one's own reply, where its channel lets sent messages be changed. What becomes of it
    there is told by its deliveries.
    """
    context, viewer = call.context, viewer_of(call.caller)
    async with context.database.reading() as work:
        await find_message(work, viewer, message_id)
    wanted = Edit(
        message_id=message_id, client_key=body.client_key, text=body.text, spans=body.spans
    )
    await noted(
        context.database,
        edit_reply(
            context.database,
            lambda channel: load_capabilities(context, channel),
            Author(agent_id=viewer.agent_id, name=call.caller.name, sight=viewer.sight),
            wanted,
            wire_of=lambda channel: load_wire(context, channel),
        ),
        actor=call.caller.actor,
        subject=f"messages/{message_id}",
    )
    return await _load(call, message_id)


@routes.delete("/messages/{message_id}", policy=WRITE, errors=(409,))
async def delete_message(call: Call, message_id: Id) -> Message:
    """Take one's own reply back: what waits never goes out, what went out is deleted there."""
    context, viewer = call.context, viewer_of(call.caller)
    async with context.database.reading() as work:
        await find_message(work, viewer, message_id)
    await delete_reply(
        context.database,
        lambda channel: load_capabilities(context, channel),
        Author(agent_id=viewer.agent_id, name=call.caller.name, sight=viewer.sight),
        message_id,
    )
    return await _load(call, message_id)


async def _load(call: Call, message_id: int) -> Message:
    async with call.context.database.reading() as work:
        found = await load_message(work, message_id)
    if found is None:
        raise NotFound(f"There is no message {message_id}.")
    return found


@routes.get("/messages/{message_id}/revisions", policy=READ)
async def read_revisions(call: Call, message_id: Id) -> Revisions:
    """How the text read before. Nothing if it was never edited."""
    viewer = viewer_of(call.caller)
    found = await originals.load_revisions(call.context.database, viewer, message_id)
    return Revisions(revisions=found)


@routes.get("/messages/{message_id}/text", policy=READ)
async def read_text(call: Call, message_id: Id) -> WholeText:
    """The whole text of a message that is cut in lists."""
    viewer = viewer_of(call.caller)
    return await originals.load_text(call.context.database, viewer, message_id)


@routes.get("/messages/{message_id}/html", policy=READ, gives=("text/html",))
async def read_html(call: Call, message_id: Id, images: bool = False) -> web.Response:
    """The message's own HTML for a sandboxed frame, which loads nothing. With `images=1`, or where
    its sender's always are, the desk fetches pictures from elsewhere and puts them in.
    """
    document = await originals.load_document(
        call.context.database,
        blobs_of(call),
        viewer_of(call.caller),
        message_id,
        fetch=call.context.pictures.fetch,
        shows_remote=images,
    )
    return web.Response(
        text=document,
        content_type="text/html",
        headers={
            "Content-Security-Policy": _FRAME_CSP,
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "private, no-store",
        },
    )


@routes.get("/messages/{message_id}/source", policy=READ, gives=("text/plain",))
async def read_source(call: Call, message_id: Id) -> web.StreamResponse:
    """The message as its network gave it, to be saved."""
    source = await files.find_source(call.context.database, viewer_of(call.caller), message_id)
    return await send_file(
        call,
        FileBody(
            name=f"message-{message_id}.txt",
            media_type="text/plain",
            content=source.raw,
            blob_key=source.blob_key,
        ),
    )
