"""What every request goes through and every answer carries: our name, an id, a line, headers."""

import asyncio
import secrets
import time
from itertools import count
from urllib.parse import urlsplit

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from router.settings import Settings
from router.web.context import CALLER, CONTEXT
from router.web.metrics import count_request
from router.web.problems import problem

REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)

API_CSP = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""Of everything that sets none of its own: it is not a page."""

PAGE_CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "media-src 'self'",
        "font-src 'self'",
        "frame-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types svelte-trusted-html ProseMirrorClipboard",
    )
)
"""Of the inbox: nothing inline, nothing from elsewhere, no string becomes markup by itself."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_QUIET = ("/healthz", "/readyz", "/metrics", "/static/", "/hooks/", "/sandbox/")
"""Answered well, these are counted and not logged: probes, the hot path, pages that ask on."""

_PROCESS = secrets.token_hex(4)
_number = count()

log = structlog.get_logger(__name__)


@web.middleware
async def follow_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Gives the request an id, writes one line and one sample when it is answered."""
    started = time.perf_counter()
    request[REQUEST_ID] = request_id = f"{_PROCESS}{next(_number):08x}"
    bound = structlog.contextvars.bind_contextvars(request=request_id)
    status = 500
    try:
        response = await _answered(request, handler)
        status = response.status
        return response
    finally:
        # Also when it raises, or when the caller went away.
        _note(request, status, time.perf_counter() - started)
        structlog.contextvars.reset_contextvars(**bound)


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    settings = request.app[CONTEXT].settings
    if not is_own_host(settings, request.headers.get(hdrs.HOST, "")):
        return problem(
            421,
            "foreign_host",
            "This address is not ours. If it is, set public_url (ONETHREAD_PUBLIC_URL) to it.",
        )
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return await _page_of_nothing(request) or _refusal(error)


async def _page_of_nothing(request: web.Request) -> web.StreamResponse | None:
    """For somebody who opened an address that leads nowhere; None: for a program, or no page is
    built.
    """
    from router.web.assets import is_built, page_of_nothing

    is_unknown = isinstance(request.match_info.http_exception, web.HTTPNotFound)
    is_for_programs = request.path.startswith(("/api/", "/hooks/", "/static/"))
    is_visit = request.method == "GET" and "text/html" in request.headers.get(hdrs.ACCEPT, "")
    if not is_unknown or is_for_programs or not is_visit:
        return None
    return page_of_nothing() if await asyncio.to_thread(is_built) else None


def is_own_host(settings: Settings, host: str) -> bool:
    """Without a public address only this machine may call: a page that rebinds its name may not.

    With one, the proxy in front has chosen, and links are made from the setting anyway.
    """
    if settings.public_url is not None:
        return True
    try:
        return urlsplit(f"//{host}").hostname in _LOOPBACK
    except ValueError:
        return False


def _refusal(error: web.HTTPException) -> web.Response:
    """aiohttp's own refusals in our form: no route, wrong method, a body past every cap."""
    codes = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
    details = {404: "There is no such address.", 405: "That method is not for this address."}
    allow = error.headers.get(hdrs.ALLOW)
    return problem(
        error.status,
        codes.get(error.status, "refused"),
        details.get(error.status, f"{error.reason}."),
        headers=None if allow is None else {hdrs.ALLOW: allow},
    )


def _note(request: web.Request, status: int, seconds: float) -> None:
    resource = request.match_info.route.resource
    # The pattern, not the path: addresses of hooks and links hold secrets.
    route = "none" if resource is None else resource.canonical
    count_request(request.method, route, status, seconds)
    caller = request.get(CALLER)
    quiet = status < 400 and request.path.startswith(_QUIET)
    write = log.debug if quiet else log.info
    write(
        "request.answered",
        method=request.method,
        route=route,
        status=status,
        ms=round(seconds * 1000, 1),
        agent=None if caller is None else caller.agent_id,
    )


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every answer, errors of aiohttp's own included. What a route set itself stays."""
    headers = response.headers
    settings = request.app[CONTEXT].settings
    headers.setdefault("Content-Security-Policy", API_CSP)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    if response.status >= 400 and response.status != 416:
        headers[hdrs.CACHE_CONTROL] = "no-store"
    else:
        headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
    if settings.is_https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if REQUEST_ID in request:
        headers["X-Request-ID"] = request[REQUEST_ID]
    headers.popall(hdrs.SERVER, None)
