"""Hands a network's call to the connector of the account whose address it knows.

The address's random part is not the only proof: a connector checks its network's own secret or
signature. A connector chooses the rest of the path; `config`, `session`, `messages` and the other
names of visitors' routes are taken.
"""

import asyncio

import structlog
from aiohttp import web

from core.connector import WebhookReply, WebhookRequest
from core.errors import ConnectorError, RateLimited, TransientError, Unsupported
from router.runtime.doors import Door
from router.storage.engine import DatabaseUnavailable
from router.web.addresses import client_address
from router.web.arguments import read_limited
from router.web.context import Call
from router.web.policy import guarded
from router.web.problems import ApiError
from router.web.routes import Routes

routes = Routes(prefix="/hooks/{hook}", tag="webhooks")

BODY_LIMIT = 10 * 1024 * 1024
ANSWER_SECONDS = 30.0
_NETWORK = guarded("the random address, and the network's own secret or signature")

log = structlog.get_logger(__name__)


async def take_webhook(call: Call, hook: str, path: str) -> web.Response:
    """One call of a network. 2xx only once what it brought is committed."""
    doors = call.context.doors
    found = None if doors is None else await doors.seek(hook)
    if found is None:
        raise ApiError(404, "not_found", "There is no such account, or it is paused.")
    request = WebhookRequest(
        method=call.request.method,
        path=path,
        headers={name.lower(): value for name, value in call.request.headers.items()},
        query=dict(call.request.query),
        body=await read_limited(call.request, BODY_LIMIT),
        remote_address=client_address(call.context.settings, call.request),
    )
    reply = await _answer(found, request)
    return web.Response(
        status=reply.status,
        body=reply.body,
        headers={"Content-Type": reply.media_type, **reply.headers},
    )


async def _answer(found: Door, request: WebhookRequest) -> WebhookReply:
    """A refusal makes the network call again later, where it knows how to."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await found.connector.handle_webhook(request, found.sink)
    except Unsupported as error:
        raise ApiError(404, "not_found", "This account takes no calls.") from error
    except (RateLimited, TransientError, DatabaseUnavailable, TimeoutError) as error:
        log.warning("webhook.later", account=found.account.id, fault=type(error).__name__)
        raise ApiError(503, "unavailable", "Call again.", headers={"Retry-After": "5"}) from error
    except ConnectorError as error:
        log.warning("webhook.refused", account=found.account.id, code=error.code)
        raise ApiError(400, error.code, "The call was refused.") from error


def _install() -> None:
    for method in ("GET", "POST", "PUT"):
        routes.route(
            method,
            "/{path:.*}",
            policy=_NETWORK,
            gives=("application/json",),
            is_documented=False,
            takes_any_query=True,
        )(take_webhook)


_install()
