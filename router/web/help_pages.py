"""Draws the help centre's pages: no script, no cookie, nothing from elsewhere."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Template

from aiohttp import hdrs, web

from router.services.enquiries import LONGEST_NAME, LONGEST_SUBJECT, LONGEST_TEXT
from router.services.own_addresses import LONGEST, Judged, Verdict
from router.web.context import Call
from router.web.help_words import NAMES, WORDS

PAGES = Path(__file__).parent / "pages"
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types"
)
_TEMPLATE = Template((PAGES / "help.html").read_text("utf-8"))
CURRENT = ' aria-current="page"'
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
_FORM = Template((PAGES / "help_form.html").read_text("utf-8"))
_FIELDS = ("name", "address", "subject", "text")


def page(
    call: Call,
    locale: str,
    path: str,
    *,
    title: str,
    body: str,
    status: int = 200,
    is_kept: bool = False,
) -> web.Response:
    """`path` is what follows `/help/<locale>/`, the same in every language."""
    words = WORDS[locale]
    base = call.context.settings.public_url or ""
    alternates = [
        f'<link rel="alternate" hreflang="{one}" href="{base}/help/{one}/{path}">' for one in NAMES
    ]
    alternates.append(f'<link rel="alternate" hreflang="x-default" href="{base}/help/">')
    others = [
        f'<a href="/help/{one}/{path}" lang="{one}" hreflang="{one}"'
        f"{CURRENT if one == locale else ''}>{escape(name)}</a>"
        for one, name in NAMES.items()
    ]
    text = _TEMPLATE.substitute(
        language=locale,
        direction="rtl" if locale in _RIGHT_TO_LEFT else "ltr",
        title=escape(title),
        site=escape(call.context.settings.help.title or words["help"]),
        description=escape(words["lead"]),
        robots="" if status == 200 else '<meta name="robots" content="noindex">\n',
        canonical=f"{base}/help/{locale}/{path}",
        alternates="\n".join(alternates),
        skip=escape(words["skip"]),
        languages=escape(words["languages"]),
        others="".join(others),
        body=body,
        never=escape(words["never"]),
    )
    headers = {
        "Content-Security-Policy": CSP,
        hdrs.CONTENT_LANGUAGE: locale,
        hdrs.CACHE_CONTROL: "public, max-age=300" if is_kept else "no-store",
    }
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)


def home(locale: str, *, is_open: bool) -> str:
    words = WORDS[locale]
    doors = [("contact", "write")] if is_open else []
    cards = "".join(
        f'<li><a class="card" href="/help/{locale}/{path}"><h2>{escape(words[name])}</h2>'
        f"<p>{escape(words[f'{name}_about'])}</p></a></li>"
        for path, name in [*doors, ("verify", "check")]
    )
    return f'<h1>{escape(words["lead"])}</h1>\n<ul class="cards">{cards}</ul>'


def enquiry(
    locale: str, *, key: str, said: Mapping[str, str], faults: Mapping[str, str], fault: str = ""
) -> str:
    """The form, with what was said and what is wrong with it. `key` names this very form."""
    words = WORDS[locale]
    problem = fault or (words["fault"] if faults else "")
    values = {name: escape(said.get(name, "")) for name in _FIELDS}
    labels = {f"label_{name}": escape(words[name]) for name in _FIELDS}
    wrong = {f"wrong_{name}": _wrong(name, faults) for name in _FIELDS}
    marks = {f"mark_{name}": _mark(name, faults) for name in _FIELDS}
    return _FORM.substitute(
        values | labels | wrong | marks,
        title=escape(words["write"]),
        lead=f"{escape(words['write_about'])} {escape(words['no_proof'])}",
        locale=locale,
        fault=f'<p class="fault" role="alert">{escape(problem)}</p>' if problem else "",
        key=escape(key),
        longest_name=LONGEST_NAME,
        longest_subject=LONGEST_SUBJECT,
        longest_text=LONGEST_TEXT,
        leave_empty=escape(words["leave_empty"]),
        send=escape(words["send"]),
    )


def _wrong(name: str, faults: Mapping[str, str]) -> str:
    if name not in faults:
        return ""
    return f'<span class="wrong" id="wrong-{name}">{escape(faults[name])}</span>'


def _mark(name: str, faults: Mapping[str, str]) -> str:
    if name not in faults:
        return ""
    return f' aria-invalid="true" aria-describedby="wrong-{name}"'


def sent(locale: str) -> str:
    words = WORDS[locale]
    return (
        f'<h1>{escape(words["write"])}</h1>\n<p class="sent" role="status">'
        f'{escape(words["sent"])}</p>\n<p class="lead"><a href="/help/{locale}/">'
        f"{escape(words['home'])}</a></p>"
    )


def plain(locale: str, title: str) -> str:
    """One sentence and a way back."""
    words = WORDS[locale]
    return (
        f'<h1>{escape(title)}</h1>\n<p class="lead"><a href="/help/{locale}/">'
        f"{escape(words['home'])}</a></p>"
    )


def verify(locale: str, asked: str, judged: Judged | None) -> str:
    """`judged` is None before anything was asked."""
    words = WORDS[locale]
    form = (
        f'<form method="get" action="/help/{locale}/verify"><div class="field">'
        f'<label for="q">{escape(words["asked"])}</label>'
        f'<input id="q" name="q" dir="auto" required maxlength="{LONGEST}" autocomplete="off"'
        f' autocapitalize="none" spellcheck="false" value="{escape(asked)}"'
        f' aria-describedby="hint"><span class="hint" id="hint">{escape(words["check_hint"])}'
        f"</span></div><button>{escape(words['ask'])}</button></form>"
    )
    shown = "" if judged is None else _verdict(words, asked, judged)
    return (
        f"<h1>{escape(words['check'])}</h1>\n"
        f'<p class="lead">{escape(words["check_about"])}</p>\n{form}{shown}'
    )


def _verdict(words: Mapping[str, str], asked: str, judged: Judged) -> str:
    about = words[f"{judged.verdict}_about"]
    if judged.address is not None:
        channel = judged.address.channel or words["site"]
        about = about.format(name=judged.address.name, channel=channel)
    kind = escape(judged.verdict.value)
    role = "status" if judged.verdict is Verdict.OURS else "alert"
    return (
        f'<section class="verdict {kind}" role="{role}"><h2>{escape(words[judged.verdict])}</h2>'
        f'<p><q dir="auto">{escape(asked)}</q></p><p>{escape(about)}</p></section>'
    )
