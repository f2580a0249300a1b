"""Finds out who calls and holds them to a route's policy: sessions, tokens, CSRF, Origin."""

import hmac
from urllib.parse import urlsplit

from aiohttp import web

from router.services.callers import Caller, find_session_caller, find_token_caller
from router.services.roles import Role
from router.settings import Settings
from router.web.context import Call, Context
from router.web.policy import SIGNED_IN, Policy
from router.web.problems import ApiError

CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD"})
_BEARER = "bearer "
_MAX_TOKEN = 200
_SAME_ORIGIN = frozenset({"same-origin", "none"})


def cookie_name(settings: Settings) -> str:
    """`__Host-` needs https. Plain http is allowed on loopback only, where it cannot be had."""
    return "__Host-onethread" if settings.is_https else "onethread"


def check_is_person(call: Call) -> None:
    """A token acts for its agent: it must not take an agent over, nor speak for how they look.

    Raises ApiError 403.
    """
    if call.caller.session_id is None:
        raise ApiError(403, "needs_session", "Sign in to do this; a token may not.")


async def authorize(
    context: Context, request: web.Request, policy: Policy, *, is_socket: bool = False
) -> Caller | None:
    """Who calls, once the policy allows it. None on routes that need no agent.

    Raises ApiError: 401 nobody is signed in, 403 not allowed, or a foreign page is behind it.
    """
    is_unsafe = is_socket or request.method not in SAFE_METHODS
    bearer = _bearer_token(request)
    if is_unsafe and policy.checks_origin and bearer is None:
        check_origin(context.settings, request, is_socket=is_socket)
    if not policy.needs_agent:
        return None
    caller = await find_caller(context, request)
    if caller is None:
        headers = {"WWW-Authenticate": "Bearer"} if bearer is not None else None
        raise ApiError(401, "signed_out", "Sign in first.", headers=headers)
    if is_unsafe and not is_socket and caller.session_id is not None:
        _check_csrf(request, caller)
    if policy.permission is not None and policy.permission not in caller.permissions:
        raise ApiError(403, "forbidden", f"Your role has no permission {policy.permission}.")
    if policy is SIGNED_IN and caller.role is Role.HOST:
        raise ApiError(403, "forbidden", "This token is the host's, and no agent's.")
    if (
        context.settings.require_totp
        and caller.session_id is not None
        and not caller.has_totp
        and not policy.works_before_totp
    ):
        raise ApiError(403, "totp_setup_required", "Set up a second factor first.")
    return caller


async def find_caller(context: Context, request: web.Request) -> Caller | None:
    """A bearer token wins over a cookie. None: neither, or not a live one."""
    token = _bearer_token(request)
    if token is not None:
        return await find_token_caller(context.database, token) if _is_sane(token) else None
    cookie = session_token(context.settings, request)
    return None if cookie is None else await find_session_caller(context.database, cookie)


def session_token(settings: Settings, request: web.Request) -> str | None:
    """What the browser holds as its session, alive or not."""
    cookie = request.cookies.get(cookie_name(settings))
    return cookie if cookie is not None and _is_sane(cookie) else None


def check_origin(settings: Settings, request: web.Request, *, is_socket: bool) -> None:
    """Raises ApiError 403 if a page that is not ours is behind the call.

    Our address is the configured one: `Host` and `X-Forwarded-*` are the caller's to choose. A
    client that is no browser sends no Origin, which a socket of ours always has.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in _SAME_ORIGIN:
        raise ApiError(403, "foreign_origin", "The call comes from another site.")
    origin = request.headers.get("Origin")
    if origin is None:
        if is_socket and site is None:
            raise ApiError(403, "foreign_origin", "A socket needs an Origin, or a bearer token.")
        return
    if not is_own_origin(settings, origin):
        raise ApiError(403, "foreign_origin", "The call comes from another site.")


def is_own_origin(settings: Settings, origin: str) -> bool:
    """On loopback without a public address, every name of this machine is ours."""
    own = urlsplit(settings.web_url)
    try:
        other = urlsplit(origin)
        same_port = _port(own.scheme, own.port) == _port(other.scheme, other.port)
    except ValueError:
        return False
    if other.scheme != own.scheme or not same_port:
        return False
    if other.hostname == own.hostname:
        return True
    loopback = {"127.0.0.1", "localhost", "::1"}
    return settings.public_url is None and own.hostname in loopback and other.hostname in loopback


def _port(scheme: str, port: int | None) -> int | None:
    return port or {"http": 80, "https": 443}.get(scheme)


def _check_csrf(request: web.Request, caller: Caller) -> None:
    sent = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), (caller.csrf_token or "-").encode()):
        raise ApiError(403, "csrf", f"Send the {CSRF_HEADER} header with the token from /me.")


def _bearer_token(request: web.Request) -> str | None:
    header = request.headers.get("Authorization")
    if header is None:
        return None
    return header[len(_BEARER) :].strip() if header.lower().startswith(_BEARER) else ""


def _is_sane(token: str) -> bool:
    return 0 < len(token) <= _MAX_TOKEN and token.isascii()
