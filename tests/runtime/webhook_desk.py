"""A desk whose owner keeps webhooks, and receivers that answer as they are told."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from core.clock import FakeClock
from router.runtime.egress import EgressGuard
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.webhook_sender import WebhookSender
from router.services.callers import Caller
from router.services.keyring import Keyring
from router.services.roles import EVERY_CLASS, PERMISSIONS, Role
from router.services.webhooks_out import keeping
from router.services.webhooks_out.shapes import NewWebhook, WebhookCall, WebhookKind
from tests.stage import Stage

KEYRING = Keyring("a secret key for tests")
SECONDS = 0.3
"""What a receiver has to answer, where it is one that does not."""
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Receiver:
    """Answers as it is told to, and keeps what it was posted."""

    server: TestServer
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int | str] = field(default_factory=list)
    """What to do with the next posts; after them it takes all."""
    headers: dict[str, str] = field(default_factory=dict)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    """Until then it hangs, where it is told to."""
    at_once: int = 0
    most_at_once: int = 0

    @property
    def url(self) -> str:
        return str(self.server.make_url("/hook"))

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.posts]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.posts]

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self.posts.append((dict(request.headers), await request.read()))
            told = self.answers.pop(0) if self.answers else 200
            if isinstance(told, int):
                return web.Response(status=told, text="so it went", headers=self.headers)
            way: Answer = getattr(self, told)
            return await way(request)
        finally:
            self.at_once -= 1

    async def hang(self, request: web.Request) -> web.StreamResponse:
        await self.released.wait()
        return web.Response()

    async def close(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def redirect(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPTemporaryRedirect("/elsewhere")

    async def drip(self, request: web.Request) -> web.StreamResponse:
        """The status at once, and then for ever a little of the body."""
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.05)

    async def drip_head(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        for byte in b"HTTP/1.1 200 OK\r\nx-slow: " + b"y" * 2000:
            request.transport.write(bytes([byte]))
            await asyncio.sleep(0.02)
        return web.Response()

    async def flood(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(200):
            await response.write(b"\x00\xff" * 50_000)
        return response


class Desk:
    """An owner who keeps webhooks, and the worker that tells their receivers."""

    def __init__(self, stage: Stage, owner: Caller, allowed: Sequence[str]) -> None:
        self.stage, self.owner = stage, owner
        self.worker = self.new_worker(allowed)

    def new_worker(
        self, allowed: Sequence[str] = ("127.0.0.0/8",), *, seconds: float | None = None
    ) -> WebhookSender:
        return WebhookSender(
            self.stage.database,
            KEYRING,
            EgressGuard(allowed),
            LeaseKeeper(self.stage.database, "one"),
            seconds=seconds,
        )

    async def tell(self, url: str, *kinds: str, **more: Any) -> tuple[int, str]:
        """A webhook's id and secret."""
        wanted = NewWebhook(
            label="Books",
            url=url,
            kinds=tuple(WebhookKind(one) for one in kinds or ("person_wrote",)),
            **more,
        )
        made = await keeping.add_webhook(self.stage.database, KEYRING, self.owner, wanted)
        return made.webhook.id, made.secret

    async def work(self, rounds: int = 1, worker: WebhookSender | None = None) -> None:
        """So many rounds, with all that they begin to post."""
        for _ in range(rounds):
            await self.stage.relay()
            async with asyncio.TaskGroup() as posts:
                await (worker or self.worker).round(posts)

    async def later(self, clock: FakeClock, **passed: float) -> None:
        clock.advance(timedelta(**passed))
        await self.work()

    async def calls(self, webhook: int) -> list[WebhookCall]:
        """Oldest first."""
        found = await keeping.list_calls(self.stage.database, webhook, limit=200)
        return found[::-1]

    async def webhook(self, webhook: int) -> Any:
        found = await keeping.list_webhooks(self.stage.database)
        return next(one for one in found if one.id == webhook)


async def open_receiver() -> Receiver:
    app = web.Application()
    server = TestServer(app)
    made = Receiver(server)
    app.router.add_route("*", "/{rest:.*}", made.take)
    await server.start_server()
    return made


async def open_desk(stage: Stage) -> Desk:
    viewer = await stage.agent("Ida", role="owner")
    owner = Caller(
        agent_id=viewer.agent_id,
        name="Ida",
        role=Role.OWNER,
        permissions=PERMISSIONS[Role.OWNER],
        team_ids=frozenset(),
        access_classes=EVERY_CLASS,
    )
    return Desk(stage, owner, ("127.0.0.0/8",))
