"""Who stands at a visitor's route: which account, from which page, with which session.

A visitor sends no cookie, so nothing can be done in their name by another page. The allow-list of
origins decides where the widget may stand, not who somebody is.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from core.ids import hash_token
from router.services.visitors import LocalAccount, Unproven, find_session
from router.storage.visitors import SessionRow
from router.web.addresses import client_address
from router.web.auth import is_own_origin
from router.web.context import CONTEXT, Call, Context
from router.web.problems import ApiError
from router.web.visitor_cache import SessionCache
from router.web.visitor_hub import VisitorHub
from router.web.visitor_limits import Limits

HUB: web.AppKey[VisitorHub] = web.AppKey("visitor_hub", VisitorHub)
CACHE: web.AppKey[SessionCache] = web.AppKey("visitor_cache", SessionCache)
LIMITS: web.AppKey[Limits] = web.AppKey("visitor_limits", Limits)
PREFIX = "/hooks/{hook}"

SIGNALS_PER_MINUTE = 240
"""Acknowledgements and typing signs of one session."""
_CORS_METHODS = "GET, POST, PATCH"
_CORS_HEADERS = "Authorization, Content-Type"
_CORS_AGE = "600"
_BEARER = "bearer "
_MAX_TOKEN = 200


def install(app: web.Application) -> None:
    """The parts of visitors' routes that live as long as the application."""
    app.cleanup_ctx.append(_run_hub)
    app.on_response_prepare.append(add_cors_headers)


async def _run_hub(app: web.Application) -> AsyncIterator[None]:
    context = app[CONTEXT]
    app[LIMITS] = Limits(context.clock)
    app[CACHE] = SessionCache(context.clock)
    app[HUB] = VisitorHub(context.database, context.bus)
    await app[HUB].begin()
    task = asyncio.create_task(app[HUB].run(), name="visitors")
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def local_account(context: Context, hook: str) -> LocalAccount | None:
    door = None if context.doors is None else context.doors.find_local(hook)
    if door is None:
        return None
    return LocalAccount(account_id=door.account.id, connector=door.connector, sink=door.sink)


def is_origin_allowed(context: Context, account: LocalAccount, origin: str | None) -> bool:
    if account.connector.allows_origin(origin):
        return True
    return origin is not None and is_own_origin(context.settings, origin)


async def add_cors_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Let a page that may embed the widget read the answer, refusals included (Fetch, 3.2)."""
    hook = request.match_info.get("hook")
    origin = request.headers.get("Origin")
    if hook is None or not request.path.startswith("/hooks/"):
        return
    response.headers.add("Vary", "Origin")
    account = local_account(request.app[CONTEXT], hook)
    if origin is None or account is None:
        return
    if is_origin_allowed(request.app[CONTEXT], account, origin):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"


def preflight_headers() -> dict[str, str]:
    return {
        "Access-Control-Allow-Methods": _CORS_METHODS,
        "Access-Control-Allow-Headers": _CORS_HEADERS,
        "Access-Control-Max-Age": _CORS_AGE,
    }


async def seek_account(context: Context, hook: str) -> LocalAccount | None:
    """The account, also one that was made a moment ago."""
    if context.doors is not None:
        await context.doors.seek(hook)
    return local_account(context, hook)


async def enter(call: Call, hook: str) -> LocalAccount:
    """The account, once the page may embed it. Raises ApiError 404, 403, 429."""
    account = await seek_account(call.context, hook)
    if account is None:
        raise ApiError(404, "not_found", "There is no such account, or it is paused.")
    if not is_origin_allowed(call.context, account, call.request.headers.get("Origin")):
        raise ApiError(403, "foreign_origin", "This page may not embed the widget.")
    address = client_address(call.context.settings, call.request)
    hold(
        call, ("address", account.account_id, address), account.connector.limits.requests_per_minute
    )
    return account


def hold(call: Call, key: tuple[str | int, ...], per_minute: int) -> None:
    """Raises ApiError 429 past the rate."""
    wait = call.request.app[LIMITS].take(key, per_minute=per_minute)
    if wait is not None:
        raise ApiError(
            429, "too_many", "Too many at once; wait a moment.", headers={"Retry-After": str(wait)}
        )


def hold_new_session(call: Call, account: LocalAccount) -> None:
    address = client_address(call.context.settings, call.request)
    key = ("session", account.account_id, address)
    hold(call, key, account.connector.limits.sessions_per_minute)


def hold_message(call: Call, account: LocalAccount, row: SessionRow) -> None:
    key = ("message", account.account_id, row.visitor.session)
    hold(call, key, account.connector.limits.messages_per_minute)


def hold_signal(call: Call, account: LocalAccount, row: SessionRow) -> None:
    key = ("signal", account.account_id, row.visitor.session)
    hold(call, key, SIGNALS_PER_MINUTE)


async def forget(call: Call, token: str, row: SessionRow) -> None:
    """The token is worthless from now on, and the streams of its session end."""
    call.request.app[CACHE].drop(hash_token(token))
    await call.request.app[HUB].end(row, hash_token(token))


def bearer_token(request: web.Request) -> str | None:
    header = request.headers.get("Authorization", "")
    return header[len(_BEARER) :].strip() if header.lower().startswith(_BEARER) else None


def is_signed(token: str) -> bool:
    """A signed token has three parts; a session's has no dot."""
    return token.count(".") == 2


async def session_of(call: Call, account: LocalAccount, token: str | None) -> SessionRow:
    """The live session of this token. Raises ApiError 401."""
    if token is None or not token.isascii() or len(token) > _MAX_TOKEN:
        raise unproven()
    cache = call.request.app[CACHE]
    token_hash = hash_token(token)
    row = cache.find(account.account_id, token_hash)
    if row is None:
        row = await find_session(call.context.database, account.account_id, token)
        if row is None:
            raise unproven()
        cache.keep(token_hash, row)
    if account.connector.requires_attestation and row.visitor.attestation is None:
        raise ApiError(403, "attestation_required", "Sign in first.")
    return row


async def is_alive(call: Call, account: LocalAccount, token: str | None) -> bool:
    """Whether this is the token of a session; any other makes a new one."""
    if token is None:
        return False
    return await find_session(call.context.database, account.account_id, token) is not None


def unproven(error: Unproven | None = None) -> ApiError:
    if error is not None:
        return ApiError(401, error.code, str(error))
    return ApiError(401, "session_over", "This session is over; open a new one.")
