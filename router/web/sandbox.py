"""The sandbox's page: one plays the people who write in, on every stand-in network there is.

Only there with `serve --sandbox`; on a production desk all of it is 404. It knows no channel: a
network's own sandbox says which fields its people fill in.
"""

from collections.abc import Awaitable, Callable, Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Annotated
from urllib.parse import parse_qsl

import msgspec
from aiohttp import hdrs, web

from core.errors import ConnectorError
from core.sandbox import Sandbox, SandboxField, SandboxLine, SandboxMessage, SandboxPage
from router.web.arguments import Id, read_limited
from router.web.context import Call
from router.web.languages import first_language
from router.web.policy import public
from router.web.problems import ApiError
from router.web.routes import Routes
from router.web.sandbox_people import SCRIPT, ScriptedLine
from router.web.sandbox_words import IN_SCRIPT, WORDS

routes = Routes(prefix="", tag="sandbox")

PAGES = Path(__file__).parent / "pages"
_MAKE_BELIEVE = public("Stand-in networks on this machine; not there on a production desk.")
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types"
)
_STATIC = {"sandbox.js": "text/javascript", "sandbox.css": "text/css"}

_MOST_FORM_BYTES = 16_384

Text = Annotated[str, msgspec.Meta(max_length=20_000)]
Short = Annotated[str, msgspec.Meta(max_length=300)]


class SayBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    person: Short
    address: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    text: Text
    subject: Short = ""
    place: Short = ""
    is_authenticated: bool = True


@routes.get("/sandbox", policy=_MAKE_BELIEVE, gives=("text/html",), is_documented=False)
async def read_sandbox(call: Call) -> web.Response:
    """A form for each network, and what came back."""
    sandboxes = _sandboxes(call)
    # By title: accounts are numbered as their networks happened to start.
    in_order = sorted(sandboxes.items(), key=lambda one: (one[1].title, one[0]))
    language = first_language(call.request.headers.get(hdrs.ACCEPT_LANGUAGE, ""), WORDS)
    template = Template((PAGES / "sandbox.html").read_text("utf-8"))
    headers = {"Content-Security-Policy": _CSP, hdrs.CACHE_CONTROL: "no-store"}
    in_script = {name: WORDS[language][name] for name in IN_SCRIPT}
    text = template.substitute(
        {name: escape(said) for name, said in WORDS[language].items()},
        language=language,
        words=escape(msgspec.json.encode(in_script).decode()),
        cards="\n".join(_card(account, one, language) for account, one in in_order),
        badge="" if call.context.crowd is None else _badge(language),
        crowd="" if call.context.crowd is None else _crowd(language),
    )
    return web.Response(text=text, content_type="text/html", headers=headers)


@routes.get("/sandbox/{name}", policy=_MAKE_BELIEVE, gives=("*/*",), is_documented=False)
async def read_sandbox_file(call: Call, name: str) -> web.StreamResponse:
    """The page's script and style."""
    _sandboxes(call)
    if name not in _STATIC:
        raise _unknown()
    headers = {hdrs.CONTENT_TYPE: f"{_STATIC[name]}; charset=utf-8", hdrs.CACHE_CONTROL: "no-cache"}
    return web.FileResponse(PAGES / name, headers=headers)


@routes.get("/sandbox/script/lines", policy=_MAKE_BELIEVE, is_documented=False)
async def read_sandbox_script(call: Call) -> tuple[ScriptedLine, ...]:
    """What the scripted people say, in order."""
    _sandboxes(call)
    return SCRIPT


@routes.post("/sandbox/{account_id}/say", policy=_MAKE_BELIEVE, status=204, is_documented=False)
async def say_in_sandbox(call: Call, account_id: Id, body: SayBody) -> None:
    """Somebody writes: put it where the connector will find it, as the network would."""
    await _act(_sandbox(call, account_id).say, body)


@routes.post("/sandbox/{account_id}/change", policy=_MAKE_BELIEVE, status=204, is_documented=False)
async def change_in_sandbox(call: Call, account_id: Id, body: SayBody) -> None:
    """Somebody changes what they last wrote in that place."""
    await _act(_sandbox(call, account_id).change_last, body)


@routes.post("/sandbox/{account_id}/delete", policy=_MAKE_BELIEVE, status=204, is_documented=False)
async def delete_in_sandbox(call: Call, account_id: Id, body: SayBody) -> None:
    """Somebody deletes what they last wrote in that place."""
    await _act(_sandbox(call, account_id).delete_last, body)


async def _act(act: Callable[[SandboxLine], Awaitable[None]], body: SayBody) -> None:
    line = SandboxLine(
        person=body.person.strip() or body.address,
        address=body.address.strip(),
        text=body.text,
        subject=body.subject,
        place=body.place,
        is_authenticated=body.is_authenticated,
    )
    try:
        await act(line)
    except (ConnectorError, ValueError) as error:
        raise ApiError(400, "not_said", str(error)) from error


@routes.get("/sandbox/{account_id}/heard", policy=_MAKE_BELIEVE, is_documented=False)
async def hear_in_sandbox(call: Call, account_id: Id, address: Short) -> tuple[SandboxMessage, ...]:
    """What reached this person there, oldest first."""
    try:
        return tuple(await _sandbox(call, account_id).heard(address.strip()))
    except (ConnectorError, ValueError) as error:
        raise ApiError(400, "not_heard", str(error)) from error


@routes.get(
    "/sandbox/{account_id}/{path:.+}",
    policy=_MAKE_BELIEVE,
    gives=("*/*",),
    is_documented=False,
    takes_any_query=True,
)
async def read_sandbox_page(call: Call, account_id: Id, path: str) -> web.Response:
    """A page of the network's own."""
    return _own_page(await _sandbox(call, account_id).page(path, dict(call.request.query)))


@routes.post(
    "/sandbox/{account_id}/{path:.+}",
    policy=_MAKE_BELIEVE,
    takes="application/x-www-form-urlencoded",
    gives=("*/*",),
    is_documented=False,
)
async def submit_sandbox_page(call: Call, account_id: Id, path: str) -> web.Response:
    """A form on a page of the network's own."""
    sandbox = _sandbox(call, account_id)
    said = (await read_limited(call.request, _MOST_FORM_BYTES)).decode("utf-8", "replace")
    try:
        return _own_page(await sandbox.submit(path, dict(parse_qsl(said))))
    except ConnectorError as error:
        raise ApiError(400, "not_said", str(error)) from error


def _own_page(page: SandboxPage | None) -> web.Response:
    if page is None:
        raise _unknown()
    return web.Response(
        body=page.body,
        headers={
            hdrs.CONTENT_TYPE: f"{page.media_type}; charset=utf-8",
            "Content-Security-Policy": page.policy,
            hdrs.CACHE_CONTROL: "no-store",
        },
    )


def _sandboxes(call: Call) -> dict[int, Sandbox]:
    found = dict(call.context.sandboxes)
    if not found:
        raise _unknown()
    return found


def _sandbox(call: Call, account_id: int) -> Sandbox:
    found = call.context.sandboxes.get(account_id)
    if found is None:
        raise _unknown()
    return found


def _unknown() -> ApiError:
    return ApiError(404, "not_found", "There is no such page.")


def _card(account_id: int, sandbox: Sandbox, language: str) -> str:
    words = {name: escape(said) for name, said in WORDS[language].items()}
    fields = "\n".join(_field(account_id, one, language) for one in sandbox.fields())
    heard = words["heard"].format(who='<span class="who"></span>')
    link = ""
    if sandbox.page_url is not None:
        url = sandbox.page_url
        href = url if "://" in url else f"/sandbox/{account_id}/{url}"
        link = f'<a class="page" href="{escape(href)}" target="_blank">{words["own_page"]} ↗</a>'
    title = escape(sandbox.title)
    return f"""
<section class="card" data-account="{account_id}" aria-labelledby="title-{account_id}">
  <header><h2 id="title-{account_id}">{title}</h2>{link}</header>
  <form>
    {fields}
    <p class="outcome" role="status"></p>
    <p class="acts">{_acts(sandbox, words)}</p>
  </form>
  <h3>{heard}</h3>
  <ol class="heard" aria-live="polite"></ol>
</section>"""


def _badge(language: str) -> str:
    return f'<span class="badge">{escape(WORDS[language]["demo"])}</span>'


def _crowd(language: str) -> str:
    words = {name: escape(said) for name, said in WORDS[language].items()}
    return f"""
  <section class="script crowd">
    <div>
      <h2>{words["crowd_title"]}</h2>
      <p>{words["crowd_intro"]}</p>
    </div>
    <label for="busy">{words["crowd_label"]}</label>
    <input id="busy" type="range" min="0" max="120" step="2" value="6">
    <output for="busy" id="pace" role="status"></output>
  </section>"""


def _acts(sandbox: Sandbox, words: Mapping[str, str]) -> str:
    acts = f'<button value="say">{words["say"]}</button>'
    if sandbox.can_change:
        acts += f'<button value="change" class="quiet">{words["change"]}</button>'
    if sandbox.can_delete:
        acts += f'<button value="delete" class="quiet">{words["delete"]}</button>'
    return acts


def _field(account_id: int, field: SandboxField, language: str) -> str:
    name, label = escape(field.name), escape(field.shown(field.label, language))
    key = f"{name}-{account_id}"
    if isinstance(field.default, bool):
        checked = " checked" if field.default else ""
        return (
            f'<label class="check" for="{key}"><input type="checkbox" id="{key}" name="{name}"'
            f"{checked}> {label}</label>"
        )
    default = escape(field.default)
    if field.choices:
        options = "".join(
            f'<option value="{escape(one)}"{" selected" if one == field.default else ""}>'
            f"{escape(field.shown(one, language))}</option>"
            for one in field.choices
        )
        return (
            f'<label for="{key}">{label}</label><select id="{key}" name="{name}">{options}</select>'
        )
    control = (
        f'<textarea id="{key}" name="{name}" rows="4" dir="auto">{default}</textarea>'
        if field.is_long
        else f'<input id="{key}" name="{name}" value="{default}" dir="auto" autocomplete="off">'
    )
    return f'<label for="{key}">{label}</label>{control}'
