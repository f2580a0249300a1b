"""Routes: the widget's files, for any page that embeds them.

They hold nothing of anybody's. The loader keeps its name and is asked for again every five
minutes; what it loads has a hash in its name and never changes.
"""

import re
from pathlib import Path

from aiohttp import hdrs, web

from router.web.assets import STATIC
from router.web.context import Call
from router.web.policy import public
from router.web.problems import ApiError
from router.web.routes import Routes

routes = Routes(prefix="", tag="pages")

FOLDER = STATIC / "widget"
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.js")
_OPEN = public("The widget's code, which every page that embeds it loads.")
_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    hdrs.CONTENT_TYPE: "text/javascript; charset=utf-8",
}
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


def _answer(folder: Path, name: str, keep: str) -> web.StreamResponse:
    # The name as it came: decoded, it may hold slashes.
    if not _FILE.fullmatch(name) or not (folder / name).is_file():
        raise ApiError(404, "not_found", "There is no such file; was the web part built?")
    return web.FileResponse(folder / name, headers={**_HEADERS, hdrs.CACHE_CONTROL: keep})
