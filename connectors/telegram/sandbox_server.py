"""A Bot API server on loopback: `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from connectors.telegram.sandbox_answers import Refusal
from connectors.telegram.sandbox_arguments import MAX_BODY, read_arguments
from connectors.telegram.sandbox_chats import Chat, Post
from connectors.telegram.sandbox_methods import METHODS, Call
from connectors.telegram.sandbox_network import Bot, Network
from connectors.telegram.sandbox_people import Person
from core.clock import Clock, SystemClock

HOST = "127.0.0.1"
TOKEN = re.compile(r"\d{1,18}:[A-Za-z0-9_-]{10,}")


@dataclass(slots=True, kw_only=True)
class Request:
    """One call of a bot, refused ones included."""

    at: datetime
    method: str
    """In lower case."""
    values: dict[str, str] = field(default_factory=dict)
    status: int | None = None
    """None: not answered (yet)."""


class BotApiServer:
    """The network and its HTTP side. The clock is that of both."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.network = Network(self.clock)
        self.bot = self.network.add_bot("Help Desk", "desk_bot", "sandbox-token-0001", 7_000_001)
        self.requests: list[Request] = []
        self.base_url = ""
        """Without `/bot`; files are below `<base_url>/file/bot`."""
        self._runner: web.AppRunner | None = None

    @property
    def token(self) -> str:
        return self.bot.token

    async def start(self, port: int = 0) -> None:
        app = web.Application(client_max_size=MAX_BODY + 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        app.router.add_route("*", "/{rest:.*}", self._unknown)
        # Whoever hangs up waits for nothing any longer.
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, port).start()
        host, taken = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{taken}"

    async def stop(self) -> None:
        """Idempotent; from now on connections are refused."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def person(self, name: str, *, number: int = 0, **more: str) -> Person:
        """Somebody new. `more`: last_name, username, language."""
        account = self.network.add_person(name, number=number, **more)
        return Person(self.network, account, self.bot)

    def messages_in(self, chat: Chat | Person) -> list[Post]:
        """What the bot has said there and not deleted, oldest first."""
        place = chat.chat if isinstance(chat, Person) else chat
        return [one for one in place.posts.values() if one.by == self.bot.id and not one.is_deleted]

    async def _call(self, request: web.Request) -> web.StreamResponse:
        noted = Request(at=self.clock.now(), method=request.match_info["method"].lower())
        self.requests.append(noted)
        try:
            answer: Any = {"ok": True, "result": await self._answer(request, noted)}
            noted.status = 200
        except Refusal as refusal:
            answer = refusal.to_json()
            noted.status = refusal.code
        return web.json_response(answer, status=noted.status)

    async def _answer(self, request: web.Request, noted: Request) -> Any:
        bot = self._bot(request.match_info["token"])
        arguments = await read_arguments(request)
        noted.values = arguments.values
        method = METHODS.get(noted.method)
        if method is None:
            raise Refusal(404, "method not found")
        return await method(Call(self.network, bot, arguments))

    def _bot(self, token: str) -> Bot:
        if not TOKEN.fullmatch(token):
            raise Refusal(404)
        for bot in self.network.bots.values():
            if bot.token == token and not bot.is_revoked:
                return bot
        raise Refusal(401)

    async def _unknown(self, request: web.Request) -> web.Response:
        return web.json_response(Refusal(404).to_json(), status=404)
