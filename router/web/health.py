"""Routes for machines that watch: is the process alive, may it get traffic, what does it count."""

import asyncio
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Literal

import msgspec
from aiohttp import web

from router.services.roles import Permission
from router.storage.engine import DatabaseUnavailable
from router.storage.migrate import newest_revision
from router.storage.ops import desk_state, paused_accounts, schema_revision
from router.web.auth import find_caller
from router.web.context import CONTEXT, Call
from router.web.metrics import render
from router.web.policy import guarded, public
from router.web.problems import ApiError
from router.web.routes import Answer, Routes

routes = Routes(prefix="", tag="health")

READY_SECONDS = 3.0
_LOOPBACK = frozenset({"127.0.0.1", "::1"})


class Alive(msgspec.Struct, frozen=True):
    status: Literal["ok"] = "ok"


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    account_id: int
    channel: str
    code: str
    """Why, in one word; the sentence is for those who are signed in."""


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    status: Literal["ready", "degraded", "not_ready"]
    """degraded: ready for traffic, but something needs a human."""
    database: Literal["ok", "unreachable"]
    schema: Literal["ok", "behind", "ahead_or_other", "unknown"]
    paused_accounts: tuple[Pause, ...] = ()


def install(app: web.Application) -> None:
    """Figures that metrics say are read behind the answers as long as the application lives."""
    app.cleanup_ctx.append(_follow_figures)


async def _follow_figures(app: web.Application) -> AsyncIterator[None]:
    context = app[CONTEXT]
    async with context.figures.following(context.database):
        yield


@routes.get("/healthz", policy=public("Probes have no account. Asks no other part."))
async def read_health(call: Call) -> Alive:
    """The process answers."""
    return Alive()


@routes.get("/readyz", policy=public("Probes have no account; ids only."), also=(503,))
async def read_readiness(call: Call) -> Answer[Readiness]:
    """Whether it can do its work: database, schema, accounts. 503: not ready."""
    try:
        async with asyncio.timeout(READY_SECONDS), call.context.database.reading() as work:
            revision = await schema_revision(work)
            paused = await paused_accounts(work) if revision == _newest() else []
    except (DatabaseUnavailable, TimeoutError, OSError):
        readiness = Readiness(status="not_ready", database="unreachable", schema="unknown")
        return Answer(readiness, status=503)
    if revision != _newest():
        schema: Literal["behind", "ahead_or_other"] = (
            "behind" if revision is None or revision < _newest() else "ahead_or_other"
        )
        readiness = Readiness(status="not_ready", database="ok", schema=schema)
        return Answer(readiness, status=503)
    pauses = tuple(Pause(account_id=one.id, channel=one.channel, code=one.code) for one in paused)
    status: Literal["ready", "degraded"] = "degraded" if pauses else "ready"
    return Answer(
        Readiness(status=status, database="ok", schema="ok", paused_accounts=pauses), status=200
    )


@routes.get(
    "/metrics",
    policy=guarded("this machine, or a token that may read metrics"),
    gives=("text/plain",),
    errors=(401, 403),
)
async def read_metrics(call: Call) -> web.Response:
    """Prometheus text."""
    await _check_may_read(call)
    state, figures = None, None
    try:
        async with asyncio.timeout(READY_SECONDS):
            async with call.context.database.reading() as work:
                state = await desk_state(work)
            figures = await call.context.figures.read(call.context.database)
    except (DatabaseUnavailable, TimeoutError, OSError):
        pass
    text = await asyncio.to_thread(render, state, figures)
    return web.Response(body=text, content_type="text/plain", charset="utf-8")


async def _check_may_read(call: Call) -> None:
    # Behind a proxy everybody comes from this machine, so with a public address a token it is.
    if call.context.settings.public_url is None and call.request.remote in _LOOPBACK:
        return
    caller = await find_caller(call.context, call.request)
    if caller is None:
        raise ApiError(401, "signed_out", "Send a token.", headers={"WWW-Authenticate": "Bearer"})
    if Permission.READ_METRICS not in caller.permissions:
        raise ApiError(403, "forbidden", "Your role may not read metrics.")


@lru_cache(maxsize=1)
def _newest() -> str:
    return newest_revision()
