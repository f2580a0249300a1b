"""Routes: what belongs to one message: its whole text, versions, HTML and source."""

import msgspec
from aiohttp import web

from router.services import files, originals
from router.services.originals import Revision, WholeText
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import READ
from router.web.files import FileBody, blobs_of, send_file
from router.web.routes import Routes

routes = Routes(tag="messages")

_FRAME_CSP = (
    "default-src 'none'; img-src {images}; style-src 'unsafe-inline'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'self';"
    " sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""Links open outside the sandbox; nothing else works in it, whatever the sanitiser missed."""


class Revisions(msgspec.Struct, frozen=True, kw_only=True):
    revisions: list[Revision]
    """Oldest first, the current text included."""


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
    """The message's own HTML for a sandboxed frame. `images=1` loads pictures from elsewhere."""
    document = await originals.load_document(
        call.context.database,
        blobs_of(call),
        viewer_of(call.caller),
        message_id,
        shows_remote=images,
    )
    sources = "data: https:" if images else "data:"
    return web.Response(
        text=document,
        content_type="text/html",
        headers={
            "Content-Security-Policy": _FRAME_CSP.format(images=sources),
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
