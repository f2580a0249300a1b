"""Pages for everybody who has their address, which is signed: one form, no script, no cookie."""

import base64
import hashlib
import re
from pathlib import Path
from string import Template
from urllib.parse import parse_qs

from aiohttp import hdrs, web

from router.web.arguments import read_limited
from router.web.policy import guarded

SIGNED = guarded("the address itself, which is signed")
_PAGES = Path(__file__).parent / "pages"
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


class SignedPage:
    """Made once from a file of `pages/`, whose own styles are all that a browser may apply."""

    def __init__(self, name: str) -> None:
        text = (_PAGES / name).read_text("utf-8")
        hashes = " ".join(
            f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'"
            for one in _STYLE.findall(text)
        )
        self._template = Template(text)
        self._headers = {
            "Content-Security-Policy": f"default-src 'none'; style-src {hashes}; form-action"
            " 'self'; base-uri 'none'; frame-ancestors 'none'",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex",
            hdrs.CACHE_CONTROL: "no-store",
        }

    def answer(self, *, status: int = 200, **parts: str) -> web.Response:
        """`parts`: HTML for each name in the file."""
        text = self._template.substitute(parts)
        return web.Response(
            text=text, status=status, content_type="text/html", headers=self._headers
        )


QUESTION = SignedPage("question.html")
"""One question and one button. Its `form` is empty once there is nothing left to decide."""


async def read_form(request: web.Request, most: int) -> dict[str, list[str]]:
    """What a form says. A mail program's request may be of another media type.

    Raises ApiError 413 past `most` bytes.
    """
    body = await read_limited(request, most)
    return parse_qs(body.decode("utf-8", "replace"))
