"""The sandbox's REST API: who may ask, how often, and which function answers which route."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import BodyPartReader, web

from connectors.discord.sandbox_application import Application
from connectors.discord.sandbox_content import SentFile
from connectors.discord.sandbox_faults import Answer, Faults, RestFault
from connectors.discord.sandbox_gateway import Gateway
from connectors.discord.sandbox_guilds import Guilds
from connectors.discord.sandbox_interactions import Interactions
from connectors.discord.sandbox_limits import Limits, Verdict
from connectors.discord.sandbox_messages import Messages
from connectors.discord.sandbox_objects import Objects
from connectors.discord.sandbox_permissions import Permission, may, sees
from connectors.discord.sandbox_records import Channel, Message
from connectors.discord.sandbox_refusals import Refusal, not_found, refusal, unauthorized
from connectors.discord.sandbox_settings import Settings
from connectors.discord.sandbox_threads import Threads
from connectors.discord.sandbox_world import World

PREFIX = "/api/v10"
JSON_TYPE = "application/json"


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request that came, kept for whoever wants to know."""

    method: str
    path: str
    route: str
    """Method and template; empty: no such route."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None
    status: int | None = None
    """None: it was never answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the routes work on."""

    world: World
    objects: Objects
    messages: Messages
    threads: Threads
    guilds: Guilds
    interactions: Interactions
    typing: dict[int, list[datetime]]
    gateway: Gateway
    application: Application
    settings: Settings
    limits: Limits
    faults: Faults


@dataclass(slots=True, kw_only=True)
class Call:
    """One request with its body read."""

    on: Services
    request: web.Request
    body: dict[str, Any] = field(default_factory=dict)
    listed: list[Any] | None = None
    """The body, where it is a list."""
    files: dict[int, SentFile] = field(default_factory=dict)

    @property
    def bot_id(self) -> int:
        return self.on.application.bot_id

    def number(self, name: str) -> int:
        """A snowflake of the path."""
        text = self.request.match_info[name]
        if not text.isascii() or not text.isdigit():
            raise Refusal(
                400,
                50035,
                "Invalid Form Body",
                errors={
                    f"{name}_id": {
                        "_errors": [
                            {
                                "code": "NUMBER_TYPE_COERCE",
                                "message": f'Value "{text}" is not snowflake.',
                            }
                        ]
                    }
                },
            )
        return int(text)

    def channel(self, *, needed: Permission | None = None) -> Channel:
        """That of the path, which the bot sees and in which it may do what is needed."""
        channel = self.on.world.channels.get(self.number("channel"))
        if channel is None:
            raise refusal(10003)
        if not sees(self.on.world, channel, self.bot_id):
            raise refusal(50001)
        if needed is not None:
            self.need(channel, needed)
        return channel

    def need(self, channel: Channel, permission: Permission) -> None:
        if not may(self.on.world, channel, self.bot_id, permission):
            raise refusal(50013)

    def message(self, channel: Channel) -> Message:
        message = self.on.world.message(channel, self.number("message"))
        if message is None or message.seen_only_by is not None:
            raise refusal(10008)
        return message


Respond = Callable[[Call], Awaitable[Any]]
"""Returns what goes out as JSON; None is 204."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    method: str
    template: str
    respond: Respond
    is_open: bool = False
    """Whether the token in the path is enough."""
    success: int = 200

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"


class Rest:
    """Every request goes through the faults, the limits and the check of the token, in this order.

    `requests` holds all that came, oldest first.
    """

    def __init__(self, services: Services, routes: Sequence[Route]) -> None:
        self._on = services
        self._routes = routes
        self.requests: list[Asked] = []

    def add_to(self, app: web.Application) -> None:
        for route in self._routes:
            app.router.add_route(route.method, PREFIX + route.template, self._responder(route))
        app.router.add_route("*", PREFIX + "/{rest:.*}", self._unknown)

    def _responder(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def respond(request: web.Request) -> web.StreamResponse:
            asked = self._note(request, route.name)
            response = await self._answer(request, route, asked)
            asked.status = response.status
            self._on.limits.note(response.status, response.headers.get("X-RateLimit-Scope"))
            return response

        return respond

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        asked = self._note(request, "")
        asked.status = 404
        return _refused(not_found(), {})

    def _note(self, request: web.Request, route: str) -> Asked:
        asked = Asked(
            method=request.method,
            path=request.rel_url.raw_path.removeprefix(PREFIX),
            route=route,
            query=dict(request.query),
            headers=dict(request.headers),
        )
        self.requests.append(asked)
        return asked

    async def _answer(self, request: web.Request, route: Route, asked: Asked) -> web.StreamResponse:
        on = self._on
        if on.limits.is_banned():
            return _banned(on.settings)
        call = Call(on=on, request=request)
        try:
            await _read_body(call)
        except Refusal as error:
            return _refused(error, {})
        asked.body = call.listed if call.listed is not None else call.body
        fault = on.faults.take(route.name)
        if fault is not None:
            if fault.takes_effect:
                await self._respond(call, route)
            return await self._fail(request, fault)
        return await self._respond(call, route)

    async def _respond(self, call: Call, route: Route) -> web.StreamResponse:
        on = self._on
        authorization = call.request.headers.get("Authorization", "")
        if not route.is_open and authorization != f"Bot {on.application.token}":
            return _refused(unauthorized(), {})
        verdict = on.limits.count(route.name, _resource(call.request), is_of_bot=not route.is_open)
        if verdict.retry_after is not None:
            return self._limited(verdict, verdict.retry_after)
        try:
            answer = await route.respond(call)
        except Refusal as error:
            return _refused(error, verdict.headers)
        if answer is None:
            return web.Response(status=204, headers=verdict.headers)
        return _json(answer, route.success, verdict.headers)

    def _limited(self, verdict: Verdict, retry_after: float) -> web.Response:
        body = {
            "message": "You are being rate limited.",
            "retry_after": round(retry_after, 3),
            "global": verdict.is_global,
        }
        headers = {**verdict.headers, "Retry-After": str(math.ceil(retry_after)), **self._via()}
        return _json(body, 429, headers)

    def _via(self) -> dict[str, str]:
        return {"Via": "1.1 google"} if self._on.settings.has_via else {}

    async def _fail(self, request: web.Request, fault: RestFault) -> web.StreamResponse:
        if fault.answer is not Answer.STATUS:
            if fault.answer is Answer.HANG:
                await self._on.faults.hang()
            if request.transport is not None:
                request.transport.abort()
            raise asyncio.CancelledError
        headers = {**fault.headers, **(self._via() if fault.status == 429 else {})}
        if isinstance(fault.body, str):
            return web.Response(status=fault.status, text=fault.body, headers=headers)
        if fault.body is not None:
            return _json(fault.body, fault.status, headers)
        if fault.status == 401:
            return _refused(unauthorized(), headers)
        if fault.status >= 500:
            return web.Response(
                status=fault.status,
                text=f"<html><body><h1>{fault.status}</h1></body></html>",
                content_type="text/html",
                headers=headers,
            )
        return _json({"message": f"{fault.status}: Error", "code": 0}, fault.status, headers)


async def _read_body(call: Call) -> None:
    request = call.request
    if not request.can_read_body:
        return
    try:
        if request.content_type == "multipart/form-data":
            body = await _read_multipart(call)
        else:
            raw = await _within(call.on.settings, request)
            body = json.loads(raw) if raw else {}
    except (ValueError, UnicodeDecodeError):
        raise refusal(50109) from None
    if isinstance(body, list):
        call.listed = body
    elif isinstance(body, dict):
        call.body = body
    else:
        raise refusal(50109)


async def _within(settings: Settings, request: web.Request) -> bytes:
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > settings.largest_request:
            raise refusal(40005)
    return bytes(raw)


async def _read_multipart(call: Call) -> Any:
    body: Any = {}
    total = 0
    async for part in await call.request.multipart():
        assert isinstance(part, BodyPartReader)
        content = await part.read()
        total += len(content)
        if total > call.on.settings.largest_request:
            raise refusal(40005)
        name = part.name or ""
        if name == "payload_json":
            body = json.loads(content)
        elif name.startswith("files[") and name[6:-1].isdigit():
            call.files[int(name[6:-1])] = SentFile(
                name=part.filename or "unknown",
                content=bytes(content),
                media_type=part.headers.get("Content-Type"),
            )
    return body


def _resource(request: web.Request) -> str:
    """The top-level one, which has limits of its own."""
    found = request.match_info
    return found.get("channel") or found.get("guild") or found.get("token") or ""


def _json(body: Any, status: int, headers: Mapping[str, str]) -> web.Response:
    # Without a charset: clients compare the whole header.
    raw = json.dumps(body).encode()
    return web.Response(body=raw, status=status, headers={**headers, "Content-Type": JSON_TYPE})


def _refused(error: Refusal, headers: Mapping[str, str]) -> web.Response:
    if error.status == 429:
        wait = error.body.setdefault("retry_after", 5.0)
        headers = {**headers, "Retry-After": str(math.ceil(wait)), "X-RateLimit-Scope": "user"}
    return _json(error.body, error.status, headers)


def _banned(settings: Settings) -> web.Response:
    """By the proxy in front: neither JSON nor a Via header."""
    return web.Response(
        status=429,
        text="error code: 1015",
        headers={"Retry-After": str(int(settings.ban.total_seconds()))},
    )
