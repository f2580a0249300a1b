"""The page on which a solved case is rated, for everybody who has its address.

The rating that a letter's link names is chosen there already. Reading it says nothing: programs
look at the links of mails before people do, and its button is what rates.
"""

from html import escape
from typing import NamedTuple

from aiohttp import hdrs, web

from router.services import mailed_ratings
from router.services.errors import Conflict
from router.services.visitor_ratings import LONGEST_COMMENT
from router.web.context import Call
from router.web.languages import first_language
from router.web.problems import ApiError
from router.web.routes import Routes
from router.web.signed_pages import SIGNED, SignedPage, read_form

routes = Routes(prefix="", tag="ratings")

_PAGE = SignedPage("rate.html")
_MOST_BYTES = 16 * 1024
_RATINGS = ("1", "2", "3", "4", "5")


class _Words(NamedTuple):
    title: str
    worst: str
    best: str
    rating: str
    comment: str
    send: str
    thanks: str
    late: str


_WORDS = {
    "en": _Words(
        "How did we do?",
        "very poor",
        "very good",
        "{n} of 5",
        "Tell us more (optional)",
        "Send the rating",
        "Thank you! You rated us {n} of 5.",
        "This can't be rated any more. Write to us if there is something you want to say.",
    ),
    "zh": _Words(
        "您对我们的服务满意吗？",
        "很差",
        "很好",
        "5 分中的 {n} 分",
        "补充说明（可选）",
        "提交评价",
        "谢谢！您的评分为 {n} 分（满分 5 分）。",
        "此项已无法再评价。如有意见，欢迎写信给我们。",
    ),
    "ru": _Words(
        "Как мы справились?",
        "очень плохо",
        "очень хорошо",
        "{n} из 5",
        "Расскажите подробнее (необязательно)",
        "Отправить оценку",
        "Спасибо! Ваша оценка: {n} из 5.",
        "Оценить это больше нельзя. Напишите нам, если хотите что-то сказать.",
    ),
}


@routes.get("/rate/{token}", policy=SIGNED, gives=("text/html",), is_documented=False)
async def read_rating_page(call: Call, token: str, rating: str = "") -> web.Response:
    """The form, with the rating of the link chosen; nothing is rated."""
    context = call.context
    case = mailed_ratings.case_of(context.keyring, token)
    found = await mailed_ratings.may_rate(context.database, case)
    words, language = _words(call)
    if found is None:
        return _page(words, language, _said(words.late))
    chosen = rating if rating in _RATINGS else str(found["rating"] or "")
    return _page(words, language, _form(words, chosen))


@routes.post(
    "/rate/{token}",
    policy=SIGNED,
    takes="application/x-www-form-urlencoded",
    gives=("text/html",),
    is_documented=False,
)
async def rate_by_letter(call: Call, token: str, rating: str = "") -> web.Response:
    """The case has the form's rating; the link's, which `rating` is, was only chosen there."""
    context = call.context
    case = mailed_ratings.case_of(context.keyring, token)
    said = await read_form(call.request, _MOST_BYTES)
    chosen = said.get("rating", [""])[-1]
    if chosen not in _RATINGS:
        raise ApiError(400, "invalid", "A rating is 1 to 5.", field="rating")
    comment = said.get("comment", [""])[-1]
    words, language = _words(call)
    try:
        await mailed_ratings.rate(context.database, case, rating=int(chosen), comment=comment)
    except Conflict:
        return _page(words, language, _said(words.late), status=409)
    return _page(words, language, _said(words.thanks.format(n=chosen)))


def _words(call: Call) -> tuple[_Words, str]:
    language = first_language(call.request.headers.get(hdrs.ACCEPT_LANGUAGE, ""), _WORDS)
    return _WORDS[language], language


def _form(words: _Words, chosen: str) -> str:
    """Letters are forwarded: without what was said before."""
    choices = "".join(
        f'<label><input type="radio" name="rating" value="{one}" required'
        f' aria-label="{escape(words.rating.format(n=one))}"'
        f"{' checked' if one == chosen else ''}>{one}</label>"
        for one in _RATINGS
    )
    return (
        f'<form method="post"><fieldset role="radiogroup" aria-label="{escape(words.title)}">'
        f'{choices}</fieldset><p class="ends" aria-hidden="true"><span>{escape(words.worst)}</span>'
        f"<span>{escape(words.best)}</span></p>"
        f'<label class="words">{escape(words.comment)}<textarea name="comment" dir="auto"'
        f' maxlength="{LONGEST_COMMENT}"></textarea></label>'
        f"<button>{escape(words.send)}</button></form>"
    )


def _said(sentence: str) -> str:
    return f'<p role="status">{escape(sentence)}</p>'


def _page(words: _Words, language: str, said: str, *, status: int = 200) -> web.Response:
    return _PAGE.answer(status=status, language=language, title=escape(words.title), said=said)
