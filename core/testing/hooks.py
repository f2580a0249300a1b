"""Stands in for the router's `/hooks/<account>/...`, for channels whose network calls us."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from core.connector import WebhookReply, WebhookRequest

Answer = Callable[[WebhookRequest], Awaitable[WebhookReply]]
ACCOUNT = "1"


class HookServer:
    """Hands every request to `answer`. An exception there is a 500, as it is in the router."""

    def __init__(self) -> None:
        self.answer: Answer | None = None
        self.failures: list[Exception] = []
        self.statuses: list[int] = []
        self._runner: web.AppRunner | None = None
        self.public_url = ""

    @property
    def hook_url(self) -> str:
        return f"{self.public_url}/hooks/{ACCOUNT}"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", f"/hooks/{ACCOUNT}/{{path:.*}}", self._take)
        app.router.add_route("*", f"/hooks/{ACCOUNT}", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.public_url = f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        reply = await self._reply(
            WebhookRequest(
                method=request.method,
                path=request.match_info.get("path", ""),
                headers={name.lower(): value for name, value in request.headers.items()},
                query=dict(request.query),
                body=await request.read(),
                remote_address=request.remote or "",
            )
        )
        self.statuses.append(reply.status)
        return web.Response(
            status=reply.status,
            body=reply.body,
            headers={"Content-Type": reply.media_type, **reply.headers},
        )

    async def _reply(self, request: WebhookRequest) -> WebhookReply:
        if self.answer is None:
            return WebhookReply(status=503)
        try:
            return await self.answer(request)
        except Exception as error:
            self.failures.append(error)
            return WebhookReply(status=500)
