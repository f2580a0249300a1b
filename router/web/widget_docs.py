"""Routes: how to put the chat on a page, with examples that run, and the types of its commands."""

import base64
import hashlib
from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template
from typing import Literal

from aiohttp import hdrs, web

from router.web.context import Call
from router.web.policy import public
from router.web.routes import Routes
from router.web.visitor_door import seek_account
from router.web.widget_assets import FOLDER

routes = Routes(prefix="", tag="widget")

_PAGES = Path(__file__).parent / "pages"
_OPEN = public("How the chat is put on a page; it holds nothing of the desk.")
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {socket};"
    " frame-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types"
)
_FILES = {
    "docs.css": "text/css",
    "docs.js": "text/javascript",
    "onethread.d.ts": "text/plain",
}
_ON_DISK = {"docs.css": "widget_docs.css", "docs.js": "widget_docs.js"}
Host = Literal["shadow", "frame"]


@routes.get("/widget/help", policy=_OPEN, gives=("text/html",), is_documented=False)
async def read_widget_docs(call: Call, account: str = "", host: Host = "shadow") -> web.Response:
    """The page; with an account's address, that account's chat stands on it."""
    found = await seek_account(call.context, account) if account else None
    base = call.context.settings.public_url or ""
    more = ' data-frame="yes"' if host == "frame" else ""
    script = (
        f'<script async src="/widget.js" data-account="{escape(account)}"{more}></script>'
        if found is not None
        else ""
    )
    name, digest = _whole(FOLDER / "widget")
    text = Template((_PAGES / "widget_docs.html").read_text("utf-8")).substitute(
        desk=escape(base or "https://support.example.com"),
        socket=escape((base or "https://support.example.com").replace("http", "ws", 1)),
        script=script,
        account=escape(account),
        is_unknown="" if found is not None or not account else "There is no such chat here.",
        live="" if found is not None else " hidden",
        shadow=" checked" if host == "shadow" else "",
        frame=" checked" if host == "frame" else "",
        whole=escape(name),
        digest=escape(digest),
    )
    socket = f"ws{call.context.settings.web_url[4:]}"
    headers = {
        "Content-Security-Policy": _CSP.format(socket=socket),
        hdrs.CACHE_CONTROL: "no-store",
    }
    return web.Response(text=text, content_type="text/html", headers=headers)


@routes.get("/widget/help/{name}", policy=_OPEN, gives=("*/*",), is_documented=False)
async def read_widget_docs_file(call: Call, name: str) -> web.StreamResponse:
    """The page's own style and script, and the published types."""
    if name not in _FILES:
        raise web.HTTPNotFound
    headers = {
        hdrs.CONTENT_TYPE: f"{_FILES[name]}; charset=utf-8",
        hdrs.CACHE_CONTROL: "public, max-age=300",
    }
    return web.FileResponse(_PAGES / _ON_DISK.get(name, name), headers=headers)


@lru_cache(maxsize=1)
def _whole(folder: Path) -> tuple[str, str]:
    """(name, digest as an integrity attribute has it) of the chat as one file; empty: not built."""
    found = sorted(folder.glob("whole-*.js"))
    if not found:
        return "", ""
    digest = hashlib.sha384(found[-1].read_bytes()).digest()
    return found[-1].name, f"sha384-{base64.b64encode(digest).decode()}"
