"""Routes: the widget's files, for any page that embeds them.

They hold nothing of anybody's. The loader keeps its name and is asked for again every five
minutes; what it loads has a hash in its name and never changes.
"""

import re
from html import escape
from pathlib import Path

from aiohttp import hdrs, web

from router.web.assets import STATIC
from router.web.context import Call
from router.web.policy import public
from router.web.problems import ApiError
from router.web.routes import Routes
from router.web.visitor_door import seek_account

routes = Routes(prefix="", tag="pages")

FOLDER = STATIC / "widget"
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.js")
_OPEN = public("The widget's code, which every page that embeds it loads.")
_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    hdrs.CONTENT_TYPE: "text/javascript; charset=utf-8",
}
_FRAME = """<!doctype html>
<html><head><meta charset="utf-8"><title>Chat</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<script type="module" src="/widget/{script}"></script></head><body></body></html>
"""
_FRAME_CSP = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data: blob:;"
    " base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types"
)
_SHORTLY = "public, max-age=300"
_FOREVER = "public, max-age=31536000, immutable"


@routes.get("/widget.js", policy=_OPEN, gives=("text/javascript",), is_documented=False)
async def read_widget_loader(call: Call) -> web.StreamResponse:
    """The script that a page embeds."""
    return _answer(FOLDER, "widget.js", _SHORTLY)


@routes.get("/widget/{name}", policy=_OPEN, gives=("text/javascript",), is_documented=False)
async def read_widget_part(call: Call, name: str) -> web.StreamResponse:
    """What the loader loads."""
    return _answer(FOLDER / "widget", name, _FOREVER)


@routes.get("/widget/frame/{hook}", policy=_OPEN, gives=("text/html",), is_documented=False)
async def read_widget_frame(call: Call, hook: str) -> web.Response:
    """The document of the framed chat. The browser is told which pages may embed it."""
    account = await seek_account(call.context, hook)
    script = next((path.name for path in sorted((FOLDER / "widget").glob("frame-*.js"))), None)
    if account is None or script is None:
        raise ApiError(404, "not_found", "There is no such account, or it is paused.")
    embedders = " ".join(("'self'", *account.connector.embedders))
    return web.Response(
        text=_FRAME.format(script=escape(script)),
        content_type="text/html",
        charset="utf-8",
        headers={
            "Content-Security-Policy": f"{_FRAME_CSP}; frame-ancestors {embedders}",
            hdrs.CACHE_CONTROL: "private, no-store",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )


def _answer(folder: Path, name: str, keep: str) -> web.StreamResponse:
    # The name as it came: decoded, it may hold slashes.
    if not _FILE.fullmatch(name) or not (folder / name).is_file():
        raise ApiError(404, "not_found", "There is no such file; was the web part built?")
    return web.FileResponse(folder / name, headers={**_HEADERS, hdrs.CACHE_CONTROL: keep})
