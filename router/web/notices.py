"""The page on which somebody stops notices, for everybody who has its address.

Reading it changes nothing: programs look at the links of mails before people do. Its button and
a mail program's own (RFC 8058) send the same request, without a cookie.
"""

import base64
import hashlib
import re
from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple
from urllib.parse import parse_qs

from aiohttp import hdrs, web

from router.services import notices
from router.web.arguments import read_limited
from router.web.context import Call
from router.web.languages import first_language
from router.web.policy import guarded
from router.web.routes import Routes

routes = Routes(prefix="", tag="notices")

_SIGNED = guarded("the address itself, which is signed")
_TEMPLATE = (Path(__file__).parent / "pages" / "notices.html").read_text("utf-8")
_STYLES = re.findall(r"<style>(.*?)</style>", _TEMPLATE, re.DOTALL)
_HASHES = " ".join(
    f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'"
    for one in _STYLES
)
_CSP = (
    f"default-src 'none'; style-src {_HASHES}; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
_MOST_BYTES = 4096
RESUME = "resume"


class _Words(NamedTuple):
    title: str
    asks: str
    stop: str
    stopped: str
    resume: str


_WORDS = {
    "en": _Words(
        "Notices",
        "If you miss something that we said to you elsewhere, we send it here. Do you want no such"
        " notices any more? Answers to what you write to us still reach you.",
        "Stop these notices",
        "You will get no such notice any more. Answers to what you write to us still reach you.",
        "Send them again",
    ),
    "zh": _Words(
        "通知",
        "如果您错过了我们在别处对您说的话，我们会发送到这里。不想再收到这类通知吗？对您来信的回复仍会照常送达。",
        "停止发送",
        "您不会再收到这类通知。对您来信的回复仍会照常送达。",
        "恢复发送",
    ),
    "ru": _Words(
        "Уведомления",
        "Если вы пропустили то, что мы написали вам в другом месте, мы присылаем это сюда. Больше"
        " не присылать? Ответы на то, что вы пишете нам, будут приходить по-прежнему.",
        "Больше не присылать",
        "Таких уведомлений больше не будет. Ответы на то, что вы пишете нам, будут приходить"
        " по-прежнему.",
        "Присылать снова",
    ),
}


@routes.get("/notices/{token}", policy=_SIGNED, gives=("text/html",), is_documented=False)
async def read_notices(call: Call, token: str) -> web.Response:
    """What may be stopped here, and a button."""
    context = call.context
    identity = notices.identity_of(context.keyring, token)
    return _page(call, is_stopped=await notices.is_stopped(context.database, identity))


@routes.post(
    "/notices/{token}",
    policy=_SIGNED,
    takes="application/x-www-form-urlencoded",
    gives=("text/html",),
    is_documented=False,
)
async def change_notices(call: Call, token: str) -> web.Response:
    """Stop them; `action=resume` takes that back."""
    context = call.context
    identity = notices.identity_of(context.keyring, token)
    wants_again = await _action(call.request) == RESUME
    if wants_again:
        await notices.resume(context.database, identity)
    else:
        await notices.stop(context.database, identity)
    return _page(call, is_stopped=not wants_again)


async def _action(request: web.Request) -> str:
    """What the page's form asks for. A mail program's request may be of another media type."""
    body = await read_limited(request, _MOST_BYTES)
    return parse_qs(body.decode("utf-8", "replace")).get("action", [""])[-1]


def _page(call: Call, *, is_stopped: bool) -> web.Response:
    language = first_language(call.request.headers.get(hdrs.ACCEPT_LANGUAGE, ""), _WORDS)
    words = _WORDS[language]
    text = Template(_TEMPLATE).substitute(
        language=language,
        title=escape(words.title),
        said=escape(words.stopped if is_stopped else words.asks),
        action=RESUME if is_stopped else "stop",
        button=escape(words.resume if is_stopped else words.stop),
    )
    headers = {
        "Content-Security-Policy": _CSP,
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
    }
    return web.Response(text=text, content_type="text/html", headers=headers)
