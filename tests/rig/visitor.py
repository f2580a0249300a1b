"""A visitor's page: says things until they are acknowledged, and follows its stream for ever."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

import aiohttp

from tests.rig.ledger import Ledger
from tests.rig.tokens import tokens_in

PATIENCE_S = 90.0
PAUSE_S = 0.1


class Visitor:
    """One widget session. It notes what it was told was taken, and each answer that reached it."""

    def __init__(
        self, author: str, http: aiohttp.ClientSession, urls: list[str], ledger: Ledger
    ) -> None:
        """`urls`: of the hook, at each process that serves it. They are used in turn."""
        self.author = author
        self.session = ""
        self.seen: dict[int, dict[str, Any]] = {}
        """What the page shows, by seq: a frame with a known seq replaces what was there."""
        self.last_taken = 0.0
        """When a message of theirs was taken last, by time.time()."""
        self._http = http
        self._urls = urls
        self._turn = 0
        self._ledger = ledger
        self._token = ""
        self._position: int | None = None

    async def open(self) -> None:
        answer = await self._insist("/session", {"name": self.author})
        self._token, self.session = answer["session_token"], answer["session"]

    async def say(self, word: str) -> None:
        """Posted again with the same id until it is taken."""
        body = {"client_id": word, "text": f"{word} is what I want to say."}
        answer = await self._insist("/messages", body)
        self.last_taken = time.time()
        self._ledger.note("accepted", word, by=self.author, way="chat", seq=answer["seq"])

    async def has_read(self, until: int) -> None:
        """The page shows everything up to this answer."""
        await self._insist("/signals", {"signal": "read", "until": until})

    async def follow(self) -> None:
        """Keeps the stream open, from where it broke off, until cancelled."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, ConnectionError):
                await self._listen()
            await asyncio.sleep(PAUSE_S)

    async def catch_up(self) -> None:
        """What was missed, by the plain way."""
        path = "/messages" if self._position is None else f"/messages?after={self._position}"
        self._take(await self._insist(path, None))

    async def _listen(self) -> None:
        async with self._http.ws_connect(
            f"{self._next_url()}/socket", headers=self._headers(), heartbeat=10, max_msg_size=0
        ) as socket:
            await socket.send_json({"type": "hello", "after": self._position})
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                frame = message.json()
                if frame["type"] == "replay":
                    self._take(frame["stream"])
                elif frame["type"] == "messages":
                    self._take(frame)

    def _take(self, frame: dict[str, Any]) -> None:
        self._position = frame["position"]
        for message in frame["messages"]:
            if message["seq"] not in self.seen and not message["is_own"]:
                for word in tokens_in(message["text"]):
                    self._ledger.note("heard", word, by=self.author, seq=message["seq"])
            self.seen[message["seq"]] = message

    async def _insist(self, path: str, body: Any) -> Any:
        give_up = time.monotonic() + PATIENCE_S
        while True:
            url = f"{self._next_url()}{path}"
            try:
                method = "GET" if body is None else "POST"
                async with self._http.request(
                    method, url, json=body, headers=self._headers()
                ) as response:
                    if response.status == 204:
                        return None
                    if response.status == 200:
                        return await response.json()
                    trouble = f"{response.status} {await response.text()}"
                    # 404: a process that has just begun may not know the account yet.
                    if response.status < 500 and response.status not in (404, 429):
                        raise AssertionError(f"{url}: {trouble}")
            except (aiohttp.ClientError, TimeoutError) as error:
                trouble = repr(error)
            if time.monotonic() > give_up:
                raise AssertionError(f"{url}: {trouble}")
            await asyncio.sleep(PAUSE_S)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _next_url(self) -> str:
        self._turn += 1
        return self._urls[self._turn % len(self._urls)]
