"""The page on which somebody stops notices, for everybody who has its address.

Reading it changes nothing: programs look at the links of mails before people do. Its button and
a mail program's own (RFC 8058) send the same request, without a cookie.
"""

from html import escape
from typing import NamedTuple

from aiohttp import hdrs, web

from router.services import notices
from router.web.context import Call
from router.web.languages import first_language
from router.web.routes import Routes
from router.web.signed_pages import QUESTION, SIGNED, read_form

routes = Routes(prefix="", tag="notices")

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


@routes.get("/notices/{token}", policy=SIGNED, gives=("text/html",), is_documented=False)
async def read_notices(call: Call, token: str) -> web.Response:
    """What may be stopped here, and a button."""
    context = call.context
    identity = notices.identity_of(context.keyring, token)
    return _page(call, is_stopped=await notices.is_stopped(context.database, identity))


@routes.post(
    "/notices/{token}",
    policy=SIGNED,
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
    """What the page's form asks for."""
    return (await read_form(request, _MOST_BYTES)).get("action", [""])[-1]


def _page(call: Call, *, is_stopped: bool) -> web.Response:
    language = first_language(call.request.headers.get(hdrs.ACCEPT_LANGUAGE, ""), _WORDS)
    words = _WORDS[language]
    action = RESUME if is_stopped else "stop"
    button = escape(words.resume if is_stopped else words.stop)
    return QUESTION.answer(
        language=language,
        title=escape(words.title),
        said=escape(words.stopped if is_stopped else words.asks),
        form=f'<form method="post"><button name="action" value="{action}">{button}</button></form>',
    )
