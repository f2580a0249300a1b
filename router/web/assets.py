"""Routes: the inbox's page at every address of its own, and the built files it asks for."""

import re
from pathlib import Path

from aiohttp import hdrs, web

from router.web.context import Call
from router.web.headers import PAGE_CSP
from router.web.policy import public
from router.web.problems import ApiError
from router.web.routes import Declare, Routes

routes = Routes(prefix="", tag="pages")

STATIC = Path(__file__).parent / "static"
PAGES = (
    "inbox",
    "people",
    "search",
    "drafts",
    "connectors",
    "settings",
    "setup",
    "login",
    "invite",
)
"""First parts of the page's own addresses; what follows is the page's business."""

_FILE = re.compile(r"[A-Za-z0-9_-][\w.@-]*(?:/[A-Za-z0-9_-][\w.@-]*)*")
_FOREVER = "public, max-age=31536000, immutable"
_OPEN = public("The page itself; what it shows comes by the API.")
_UNBUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>onethread</title>
<h1>The inbox was not built</h1>
<p>This installation has no web part. In a checkout, run <code>make web</code>; a released wheel
has it inside. The API works: see <a href="/api/docs">/api/docs</a>.</p></html>
"""


@routes.get("/static/{path:.+}", policy=_OPEN, gives=("*/*",), is_documented=False)
async def read_asset(call: Call, path: str) -> web.StreamResponse:
    """A built file. Those in an assets folder have a hash in the name and never change."""
    if _FILE.fullmatch(path) is None:
        raise ApiError(404, "not_found", "There is no such file.")
    file = STATIC / path
    is_hashed = "/assets/" in f"/{path}"
    headers = {hdrs.CACHE_CONTROL: _FOREVER if is_hashed else "no-cache"}
    # aiohttp takes the .br or .gz beside the file if the browser can.
    return web.FileResponse(file, headers=headers)


async def read_page(call: Call) -> web.StreamResponse:
    """The inbox."""
    index = STATIC / "inbox" / "index.html"
    headers = {"Content-Security-Policy": PAGE_CSP, hdrs.CACHE_CONTROL: "no-cache"}
    if not is_built():
        return web.Response(text=_UNBUILT, status=503, content_type="text/html", headers=headers)
    return web.FileResponse(index, headers=headers)


def page_of_nothing() -> web.StreamResponse:
    """The page at an address where nothing is: it says so, and leads on."""
    headers = {"Content-Security-Policy": PAGE_CSP}
    return web.FileResponse(STATIC / "inbox" / "index.html", status=404, headers=headers)


async def read_page_below(call: Call, rest: str) -> web.StreamResponse:
    """The inbox, at an address further down."""
    return await read_page(call)


def is_built() -> bool:
    """Whether the installation has the inbox's files."""
    return (STATIC / "inbox" / "index.html").is_file()


def _add_pages() -> None:
    def at(path: str) -> Declare:
        return routes.get(
            path, policy=_OPEN, gives=("text/html",), is_documented=False, takes_any_query=True
        )

    at("/")(read_page)
    for page in PAGES:
        at(f"/{page}")(read_page)
        at(f"/{page}/{{rest:.*}}")(read_page_below)


_add_pages()
