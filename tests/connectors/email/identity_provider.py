"""A provider's sign-in on loopback: gives tokens out as Google and Microsoft do, or refuses."""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self

from aiohttp import web

Answer = tuple[int, dict[str, Any]]


class IdentityProvider:
    """Answers `/token` from a script, then with a new token each time."""

    def __init__(self) -> None:
        self.script: deque[Answer] = deque()
        self.asked: list[dict[str, str]] = []
        self.given: list[str] = []
        self.life = 3600
        self.new_refresh_token = ""
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        app = web.Application()
        app.router.add_post("/token", self._token)
        app.router.add_post("/device", self._device)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    def settings(self, oauth: str = "google", **changes: object) -> dict[str, object]:
        """Of an account whose tokens come from here."""
        return {
            "oauth": oauth,
            "oauth_client_id": "client-1",
            "oauth_client_secret": "client-secret-1",
            "oauth_refresh_token": "refresh-1",
            "oauth_token_url": f"{self.url}/token",
            "oauth_authorise_url": f"{self.url}/device",
            "password": "",
            **changes,
        }

    async def _token(self, request: web.Request) -> web.Response:
        self.asked.append({name: str(value) for name, value in (await request.post()).items()})
        await self.is_open.wait()
        if self.script:
            status, answer = self.script.popleft()
            return web.json_response(answer, status=status)
        self.given.append(f"access-{len(self.given) + 1}")
        answer = {"access_token": self.given[-1], "expires_in": self.life, "token_type": "Bearer"}
        if self.new_refresh_token:
            answer["refresh_token"] = self.new_refresh_token
        return web.json_response(answer)

    async def _device(self, request: web.Request) -> web.Response:
        self.asked.append({name: str(value) for name, value in (await request.post()).items()})
        return web.json_response(
            {
                "device_code": "device-1",
                "user_code": "ABCD-EFGH",
                "verification_uri": "https://microsoft.example/devicelogin",
                "interval": 1,
            }
        )


@contextmanager
def provider_in_a_thread() -> Iterator[IdentityProvider]:
    """For a command that runs a loop of its own."""
    started, found, ended = threading.Event(), [], asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with IdentityProvider().running() as provider:
            found.append(provider)
            started.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert started.wait(10)
        yield found[0]
    finally:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(ended.set)
        thread.join(10)
        loop.close()
