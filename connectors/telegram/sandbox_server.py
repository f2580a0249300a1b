"""A Bot API server on loopback: `/bot<token>/<method>` and `/file/bot<token>/<path>`.

server = BotApiServer()
await server.start()              # Bot(server.token, base_url=f"{server.base_url}/bot", ...)
ann = server.person("Ann", language="ru")
said = await ann.says("hi")
server.messages_in(ann)           # what the bot answered
server.faults.add(sandbox_faults.wait(5), method="sendMessage")
"""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

from connectors.telegram.sandbox_answers import Refusal
from connectors.telegram.sandbox_arguments import MAX_BODY, Arguments, read_arguments, to_arguments
from connectors.telegram.sandbox_business import BusinessAccount, connect_business
from connectors.telegram.sandbox_calls import Call, Result
from connectors.telegram.sandbox_chats import GROUP, SUPERGROUP, Chat, Post
from connectors.telegram.sandbox_faults import Break, Cut, Fault, Faults, Hang, Refuse, When
from connectors.telegram.sandbox_groups import Channel, Group, open_channel, open_group
from connectors.telegram.sandbox_limits import Limits
from connectors.telegram.sandbox_methods import METHODS
from connectors.telegram.sandbox_network import Bot, Network
from connectors.telegram.sandbox_people import Person
from connectors.telegram.sandbox_polling import Poller
from connectors.telegram.sandbox_webhooks import Webhook
from core.clock import Clock, SystemClock

HOST = "127.0.0.1"
SECRET = "sandbox-token"  # noqa: S105 - of a bot that is nowhere else
TOKEN = re.compile(r"\d{1,18}:[A-Za-z0-9_-]{10,}")
DOWNLOAD = "file"
"""What `Request.method` and faults call the fetching of a file."""


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
    """The network and its HTTP side. The clock is that of both.

    `is_local`: webhooks may have any address, as with a server of one's own started with
    `--local`; else only HTTPS on the four ports of Telegram is taken.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        is_local: bool = True,
        secret: str = SECRET,
        seed: int = 1,
    ) -> None:
        self.clock = clock or SystemClock()
        self.network = Network(self.clock, seed)
        self.faults = Faults()
        self.requests: list[Request] = []
        self.base_url = ""
        """Without `/bot`; files are below `<base_url>/file/bot`."""
        self._is_local = is_local
        self._limits: dict[int, Limits] = {}
        self._pollers: dict[int, Poller] = {}
        self.webhooks: dict[int, Webhook] = {}
        """By bot."""
        self._runner: web.AppRunner | None = None
        self._released = asyncio.Event()
        self.bot = self.add_bot("Help Desk", "desk_bot", secret)

    @property
    def token(self) -> str:
        return self.bot.token

    @property
    def limits(self) -> Limits:
        """Of the bot's messages; `limits.is_enforced = True` switches them on."""
        return self._limits[self.bot.id]

    def add_bot(self, name: str, username: str, secret: str = SECRET) -> Bot:
        """One more bot on the same network; the first is `bot`."""
        number = 7_000_001 + len(self.network.bots)
        bot = self.network.add_bot(name, username, secret, number)
        self._limits[bot.id] = Limits(self.clock)
        self._pollers[bot.id] = Poller(self.clock, bot.queue)

        async def dispatch(asked: dict[str, Any]) -> None:
            await self.perform(bot, str(asked.pop("method")).lower(), to_arguments(asked))

        webhook = Webhook(self.clock, bot.queue, self.network.chance, dispatch)
        webhook.is_local = self._is_local
        self.webhooks[bot.id] = webhook
        return bot

    async def start(self, port: int = 0) -> None:
        """On this port of 127.0.0.1 if it is free, else on any."""
        app = web.Application(client_max_size=MAX_BODY + 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        app.router.add_get("/file/bot{token}/{path:.+}", self._file)
        app.router.add_route("*", "/{rest:.*}", self._unknown)
        # Whoever hangs up waits for nothing any longer.
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, port).start()
        except OSError:
            await web.TCPSite(self._runner, HOST, 0).start()
        host, taken = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{taken}"
        for webhook in self.webhooks.values():
            webhook.resume()

    async def stop(self) -> None:
        """Idempotent; from now on connections are refused, and no task is left."""
        for webhook in self.webhooks.values():
            await webhook.stop()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def release(self) -> None:
        """Calls that hang break off now."""
        self._released.set()
        self._released = asyncio.Event()

    def person(
        self,
        name: str,
        *,
        number: int = 0,
        last_name: str = "",
        username: str = "",
        language: str = "",
    ) -> Person:
        """Somebody new, or whoever has this number."""
        account = self.network.accounts.get(number) or self.network.add_person(
            name, number=number, last_name=last_name, username=username, language=language
        )
        return Person(self.network, account, self.bot)

    def group(self, title: str, *members: Person) -> Group:
        """A basic group with the bot in it."""
        return open_group(self.network, self.bot, GROUP, title, members)

    def supergroup(
        self, title: str, *members: Person, is_forum: bool = False, username: str = ""
    ) -> Group:
        return open_group(
            self.network, self.bot, SUPERGROUP, title, members, is_forum=is_forum, username=username
        )

    def channel(self, title: str) -> Channel:
        return open_channel(self.network, self.bot, title)

    def business(self, owner: Person) -> BusinessAccount:
        """The owner connects the bot to their account."""
        return connect_business(self.network, self.bot, owner)

    def messages_in(self, where: Chat | Person | Group) -> list[Post]:
        """What the bot has said there and not deleted, oldest first."""
        chat = where if isinstance(where, Chat) else where.chat
        return [one for one in chat.posts.values() if one.by == self.bot.id and not one.is_deleted]

    def calls(self, method: str) -> list[Request]:
        """All so far of this method, oldest first."""
        return [one for one in self.requests if one.method == method.lower()]

    async def _call(self, request: web.Request) -> web.StreamResponse:
        noted = Request(at=self.clock.now(), method=request.match_info["method"].lower())
        self.requests.append(noted)
        fault: Fault | None = None
        try:
            bot = self._bot(request.match_info["token"])
            arguments = await read_arguments(request)
            noted.values = arguments.values
            fault = self.faults.take(noted.method, arguments.text("chat_id"))
            if isinstance(fault, Refuse):
                raise fault.refusal
            if fault is None or getattr(fault, "when", When.BEFORE) is When.AFTER:
                result = await self.perform(bot, noted.method, arguments)
                answer = _answered(result)
            else:
                answer = {}
            status = 200
        except Refusal as refusal:
            answer, status = refusal.to_json(), refusal.code
        return await self._respond(request, noted, msgspec.json.encode(answer), status, fault)

    async def _respond(
        self, request: web.Request, noted: Request, body: bytes, status: int, fault: Fault | None
    ) -> web.StreamResponse:
        match fault:
            case Break():
                status, body = fault.status, fault.body
            case Hang():
                released = self._released
                await released.wait()
                return _cut(request)
            case Cut(bytes_sent=count) if count:
                return await _cut_within(request, body, count)
            case Cut():
                return _cut(request)
        noted.status = status
        kind = "application/json" if not isinstance(fault, Break) else "text/html"
        headers = {}
        if status == 429:
            parameters = msgspec.json.decode(body).get("parameters", {})
            headers["Retry-After"] = str(parameters.get("retry_after", 1))
        return web.Response(body=body, status=status, content_type=kind, headers=headers)

    async def perform(self, bot: Bot, name: str, arguments: Arguments) -> Any:
        """One call without HTTP; `name` in lower case. Raises Refusal."""
        method = METHODS.get(name)
        if method is None:
            raise Refusal(404, "method not found")
        return await method(
            Call(
                network=self.network,
                bot=bot,
                arguments=arguments,
                limits=self._limits[bot.id],
                poller=self._pollers[bot.id],
                webhook=self.webhooks[bot.id],
            )
        )

    async def _file(self, request: web.Request) -> web.StreamResponse:
        noted = Request(at=self.clock.now(), method=DOWNLOAD)
        self.requests.append(noted)
        fault = self.faults.take(DOWNLOAD, "")
        try:
            self._bot(request.match_info["token"])
            if isinstance(fault, Refuse):
                raise fault.refusal
            content = self.network.files.fetch(request.match_info["path"])
            if content is None:
                raise Refusal(404)
        except Refusal as refusal:
            noted.status = refusal.code
            return web.json_response(refusal.to_json(), status=refusal.code)
        return await self._respond(request, noted, content, 200, fault)

    def _bot(self, token: str) -> Bot:
        if not TOKEN.fullmatch(token):
            raise Refusal(404)
        for bot in self.network.bots.values():
            if bot.token == token and not bot.is_revoked:
                return bot
        raise Refusal(401)

    async def _unknown(self, request: web.Request) -> web.Response:
        return web.json_response(Refusal(404).to_json(), status=404)


def _answered(result: Any) -> dict[str, Any]:
    if isinstance(result, Result):
        return {"ok": True, "result": result.value, "description": result.description}
    return {"ok": True, "result": result}


def _cut(request: web.Request) -> web.Response:
    """The connection is gone, with nothing answered."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _cut_within(request: web.Request, body: bytes, count: int) -> web.StreamResponse:
    """So many bytes of the body get through, of more that were promised."""
    answer = web.StreamResponse(headers={"Content-Length": str(len(body) + 1)})
    answer.content_type = "application/json"
    await answer.prepare(request)
    await answer.write(body[:count])
    if request.transport is not None:
        request.transport.close()
    return answer
