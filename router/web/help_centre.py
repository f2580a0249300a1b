"""Routes: the help centre's public pages. They work without a script and leave no cookie.

Its articles come later. What is here: the start, a form to write to us, and a check whether an
address is really ours.
"""

import secrets
from collections.abc import Mapping
from urllib.parse import parse_qs, quote, urlsplit

import structlog
from aiohttp import hdrs, web

from core.errors import ConnectorError, ContentRejected
from core.messages import IdentityAddress, Place
from router.services import enquiries
from router.services.own_addresses import LONGEST, OwnAddress, judge
from router.storage import account_rows
from router.storage.account_rows import AccountRow
from router.storage.own_names import list_own_names
from router.web import help_pages as pages
from router.web.addresses import client_address
from router.web.arguments import read_limited
from router.web.context import Call
from router.web.help_words import NAMES, WORDS
from router.web.languages import first_language
from router.web.policy import public
from router.web.problems import ApiError
from router.web.routes import Routes
from router.web.visitor_door import LIMITS

routes = Routes(prefix="/help", tag="help")

SOONEST_SECONDS = 2.0
"""No person fills in the form faster than this."""
LATEST_SECONDS = 24 * 3600.0
ENQUIRIES_PER_MINUTE = 3
"""Of one network address, and to one mail address."""
CHECKS_PER_MINUTE = 30
_BODY_LIMIT = 64 * 1024
_PURPOSE = "contact form"
_FORM = "application/x-www-form-urlencoded"
_OPEN = public("Help is for everybody.")

log = structlog.get_logger(__name__)


@routes.get("", policy=_OPEN, gives=("text/html",), is_documented=False, takes_any_query=True)
async def find_help(call: Call) -> web.Response:
    """In the reader's language."""
    return _to_language(call)


@routes.get("/", policy=_OPEN, gives=("text/html",), is_documented=False, takes_any_query=True)
async def find_help_below(call: Call) -> web.Response:
    """In the reader's language."""
    return _to_language(call)


@routes.get("/style.css", policy=_OPEN, gives=("text/css",), is_documented=False)
async def read_help_style(call: Call) -> web.StreamResponse:
    """The pages' look."""
    headers = {hdrs.CACHE_CONTROL: "public, max-age=3600"}
    return web.FileResponse(pages.PAGES / "help.css", headers=headers)


@routes.get(
    "/{page}", policy=_OPEN, gives=("text/html",), is_documented=False, takes_any_query=True
)
async def find_help_page(call: Call, page: str) -> web.Response:
    """In the reader's language, or in the one that is named."""
    if page in WORDS:
        return web.Response(status=302, headers={hdrs.LOCATION: f"/help/{page}/"})
    return _to_language(call, page)


@routes.get(
    "/{locale}/{path:.*}",
    policy=_OPEN,
    gives=("text/html",),
    is_documented=False,
    takes_any_query=True,
)
async def read_help(call: Call, locale: str, path: str) -> web.Response:
    """The start, the contact form, or the check."""
    if locale not in WORDS:
        return _to_language(call, path)
    words = WORDS[locale]
    match path:
        case "":
            is_open = await _find_account(call) is not None
            body = pages.home(locale, is_open=is_open)
            return pages.page(call, locale, path, title=words["help"], body=body, is_kept=True)
        case "contact":
            return await _enquiry(call, locale)
        case "verify":
            return await _verify(call, locale)
        case _:
            body = pages.plain(locale, words["missing"])
            return pages.page(call, locale, "", title=words["missing"], body=body, status=404)


@routes.post(
    "/{locale}/contact", policy=_OPEN, takes=_FORM, gives=("text/html",), is_documented=False
)
async def write_to_us(call: Call, locale: str) -> web.Response:
    """A message of the address that somebody claims; then a page that says that we have it."""
    if locale not in WORDS:
        raise ApiError(404, "not_found", "There is no such address.")
    words = WORDS[locale]
    said = _fields(await read_limited(call.request, _BODY_LIMIT))
    account = await _find_account(call)
    if account is None or call.context.blobs is None:
        return _closed(call, locale)
    faults, to = _faults(call, account, locale, said)
    if not faults and said.get("fax"):
        faults = {"text": words["leave_empty"]}
    if faults or to is None:
        return _form(call, locale, said, faults, status=400)
    if not _is_fresh(call, said.get("key", "")):
        return _form(call, locale, said, {}, fault=words["stale"], status=400)
    wait = _wait(call, to[1].handle)
    if wait is not None:
        answer = _form(call, locale, said, {}, fault=words["too_many"], status=429)
        answer.headers[hdrs.RETRY_AFTER] = str(wait)
        return answer
    enquiry = enquiries.Enquiry(
        key=said["key"],
        name=said.get("name", ""),
        subject=said.get("subject", ""),
        text=said["text"],
        language=locale,
    )
    await enquiries.take(call.context.database, call.context.blobs, account.id, to, enquiry)
    log.info("enquiries.taken", account=account.id)
    # A reload shows the page again, and sends nothing.
    return web.Response(status=303, headers={hdrs.LOCATION: f"/help/{locale}/contact?sent=1"})


def _to_language(call: Call, path: str = "") -> web.Response:
    """The page in the reader's language; where there is none, that one says so."""
    language = first_language(call.request.headers.get(hdrs.ACCEPT_LANGUAGE, ""), NAMES)
    headers = {
        hdrs.LOCATION: f"/help/{language}/{quote(path)}",
        hdrs.VARY: hdrs.ACCEPT_LANGUAGE,
    }
    return web.Response(status=302, headers=headers)


async def _enquiry(call: Call, locale: str) -> web.Response:
    if call.request.query.get("sent"):
        body = pages.sent(locale)
        return pages.page(call, locale, "contact", title=WORDS[locale]["write"], body=body)
    if await _find_account(call) is None:
        return _closed(call, locale)
    return _form(call, locale, {}, {})


def _closed(call: Call, locale: str) -> web.Response:
    title = WORDS[locale]["closed"]
    body = pages.plain(locale, title)
    return pages.page(call, locale, "contact", title=title, body=body, status=404)


def _form(
    call: Call,
    locale: str,
    said: Mapping[str, str],
    faults: Mapping[str, str],
    *,
    fault: str = "",
    status: int = 200,
) -> web.Response:
    # A form that comes back keeps its name: sent twice, it is one message.
    key = said.get("key", "")
    if not _is_signed(call, key) or fault == WORDS[locale]["stale"]:
        key = _new_key(call)
    body = pages.enquiry(locale, key=key, said=said, faults=faults, fault=fault)
    title = WORDS[locale]["write"]
    return pages.page(call, locale, "contact", title=title, body=body, status=status)


def _fields(body: bytes) -> dict[str, str]:
    try:
        found = parse_qs(body.decode("utf-8"), max_num_fields=20)
    except ValueError as error:  # UnicodeDecodeError is one
        raise ApiError(400, "invalid", "The form cannot be read.") from error
    # A browser counts a line break once and sends it as two characters.
    return {
        name: values[-1].replace("\0", "").replace("\r\n", "\n").strip()
        for name, values in found.items()
    }


def _faults(
    call: Call, account: AccountRow, locale: str, said: Mapping[str, str]
) -> tuple[dict[str, str], tuple[Place, IdentityAddress] | None]:
    """What is wrong, by field; and where the answer goes if nothing is."""
    words, faults, to = WORDS[locale], {}, None
    assert call.context.registry is not None
    try:
        to = call.context.registry.load(account.channel).to_recipient(said.get("address", ""))
    except ContentRejected:
        faults["address"] = words["bad_address"]
    if not said.get("text"):
        faults["text"] = words["no_text"]
    for name, most in (
        ("text", enquiries.LONGEST_TEXT),
        ("subject", enquiries.LONGEST_SUBJECT),
        ("name", enquiries.LONGEST_NAME),
    ):
        if len(said.get(name, "")) > most:
            faults[name] = words["too_long"].format(n=most)
    return faults, to


def _new_key(call: Call) -> str:
    made = f"{int(call.context.clock.now().timestamp())}.{secrets.token_urlsafe(12)}"
    return f"{made}.{call.context.keyring.sign(_PURPOSE, made)}"


def _is_signed(call: Call, key: str) -> bool:
    made, _, tag = key.rpartition(".")
    return bool(made) and call.context.keyring.is_signed(_PURPOSE, made, tag)


def _is_fresh(call: Call, key: str) -> bool:
    if not _is_signed(call, key):
        return False
    age = call.context.clock.now().timestamp() - int(key.partition(".")[0])
    return SOONEST_SECONDS <= age <= LATEST_SECONDS


def _wait(call: Call, handle: str) -> int | None:
    """None: go on. Else the seconds until it is worth trying again."""
    limits = call.request.app[LIMITS]
    address = client_address(call.context.settings, call.request)
    for key in (("enquiry", address), ("enquiry to", handle)):
        wait = limits.take(key, per_minute=ENQUIRIES_PER_MINUTE)
        if wait is not None:
            return wait
    return None


async def _find_account(call: Call) -> AccountRow | None:
    """Who gets what is written, and answers it. None: nobody can."""
    registry, label = call.context.registry, call.context.settings.help.account
    if registry is None:
        return None
    async with call.context.database.reading_once() as work:
        found = await account_rows.active_accounts(work)
    for account in found:
        try:
            can = registry.load(account.channel).capabilities
        except ConnectorError:
            continue
        if can.copies and can.can_open_conversation and label in ("", account.label):
            return account
    return None


async def _verify(call: Call, locale: str) -> web.Response:
    asked = call.request.query.get("q", "").replace("\0", "").strip()[:LONGEST]
    judged = None
    if asked:
        address = client_address(call.context.settings, call.request)
        wait = call.request.app[LIMITS].take(("verify", address), per_minute=CHECKS_PER_MINUTE)
        if wait is not None:
            headers = {"Retry-After": str(wait)}
            raise ApiError(429, "too_many", WORDS[locale]["too_many"], headers=headers)
        judged = judge(asked, await _own_addresses(call))
    body = pages.verify(locale, asked, judged)
    return pages.page(call, locale, "verify", title=WORDS[locale]["check"], body=body)


async def _own_addresses(call: Call) -> list[OwnAddress]:
    """What our accounts are called where a name is one account's alone, and where our pages are."""
    context = call.context
    hosts = {urlsplit(one).hostname for one in (context.settings.public_url,) if one}
    async with context.database.reading_once() as work:
        known = await list_own_names(work)
    found: list[OwnAddress] = []
    for channel, own_name, hook in known:
        door = None if context.doors is None else context.doors.find_local(hook)
        if door is not None:
            hosts |= {urlsplit(one).hostname for one in door.connector.embedders}
        if context.registry is None or not own_name:
            continue
        try:
            url = context.registry.load(channel).link_url(own_name, "AAAA-AAAA-AAAA")
            name = context.registry.manifest(channel).name
        except ConnectorError:
            continue
        if url is not None:
            shown = url.partition("?")[0] if url.startswith("https://") else ""
            found.append(OwnAddress(name, own_name, shown))
    pages_of_ours = [OwnAddress("", host) for host in sorted(one for one in hosts if one)]
    return [*found, *(one for one in pages_of_ours if "*" not in one.name)]
