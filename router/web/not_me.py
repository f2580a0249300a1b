"""The page on which somebody stops a chat that was linked to their account and is not theirs.

For everybody who has its address, which only the account's other chats were told. Reading it
changes nothing: programs look at links before people do.
"""

from html import escape
from typing import NamedTuple

from aiohttp import hdrs, web

from router.services.identity import alarms
from router.web.context import Call
from router.web.languages import first_language
from router.web.routes import Routes
from router.web.signed_pages import QUESTION, SIGNED

routes = Routes(prefix="", tag="notices")


class _Words(NamedTuple):
    title: str
    asks: str
    stop: str
    stopped: str


_WORDS = {
    "en": _Words(
        "A new chat of your account",
        "One more chat with us was linked to your account. If that was not you, stop it: nothing"
        " of your account is said there until people have looked at it.",
        "That was not me: stop it",
        "Stopped. Nothing of your account is said there, and people will look at it.",
    ),
    "zh": _Words(
        "您的账号有了新的聊天",
        "又有一个与我们的聊天关联到了您的账号。如果不是您本人操作，请阻止它：在工作人员核实之前，那里不会谈及您账号的任何内容。",
        "不是我，阻止它",
        "已阻止。那里不会谈及您账号的任何内容，工作人员会进行核实。",
    ),
    "ru": _Words(
        "Новый чат вашего аккаунта",
        "Ещё один чат с нами привязан к вашему аккаунту. Если это были не вы, остановите это: пока"
        " люди не проверят, там ничего не сообщат о вашем аккаунте.",
        "Это не я: остановить",
        "Остановлено. Там ничего не сообщат о вашем аккаунте, и люди это проверят.",
    ),
}


@routes.get("/not-me/{token}", policy=SIGNED, gives=("text/html",), is_documented=False)
async def read_not_me(call: Call, token: str) -> web.Response:
    """What can be stopped here, and a button."""
    code = alarms.code_of(call.context.keyring, token)
    return _page(call, is_stopped=await alarms.is_stopped(call.context.database, code))


@routes.post(
    "/not-me/{token}",
    policy=SIGNED,
    takes="application/x-www-form-urlencoded",
    gives=("text/html",),
    is_documented=False,
)
async def stop_not_me(call: Call, token: str) -> web.Response:
    """The link is doubted: the chat counts as nobody's in particular until an agent decides."""
    code = alarms.code_of(call.context.keyring, token)
    await alarms.stop(call.context.database, code)
    return _page(call, is_stopped=await alarms.is_stopped(call.context.database, code))


def _page(call: Call, *, is_stopped: bool) -> web.Response:
    language = first_language(call.request.headers.get(hdrs.ACCEPT_LANGUAGE, ""), _WORDS)
    words = _WORDS[language]
    button = f'<form method="post"><button>{escape(words.stop)}</button></form>'
    return QUESTION.answer(
        language=language,
        title=escape(words.title),
        said=escape(words.stopped if is_stopped else words.asks),
        form="" if is_stopped else button,
    )
