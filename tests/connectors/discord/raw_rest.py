"""Plain HTTP at the sandbox's REST API: each answer as it came, nothing repeated."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from connectors.discord.sandbox_server import DiscordServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def refused(self) -> tuple[int, int]:
        """Status and Discord's code."""
        return self.status, self.body["code"]

    @property
    def reasons(self) -> list[str]:
        """The names of what is wrong with a form."""
        return _reasons(self.body["errors"])


class RawRest:
    def __init__(self, http: aiohttp.ClientSession, server: DiscordServer) -> None:
        self.http = http
        self._server = server

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Answered:
        token = more.pop("token", self._server.token)
        headers = {} if token is None else {"Authorization": f"Bot {token}"}
        url = self._server.api_base_url + path
        async with self.http.request(method, url, json=body, headers=headers, **more) as response:
            text = await response.text()
            return Answered(status=response.status, headers=dict(response.headers), text=text)

    async def get(self, path: str, **query: Any) -> Answered:
        return await self.ask("GET", path, params={key: str(one) for key, one in query.items()})

    async def say(self, channel_id: int, text: str = "hello", **more: Any) -> Answered:
        body = {"content": text, **more}
        return await self.ask("POST", f"/channels/{channel_id}/messages", body)

    async def upload(self, channel_id: int, body: Any, *files: tuple[str, bytes]) -> Answered:
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("payload_json", json.dumps(body), content_type="application/json")
        for number, (name, content) in enumerate(files):
            form.add_field(f"files[{number}]", content, filename=name)
        url = f"{self._server.api_base_url}/channels/{channel_id}/messages"
        headers = {"Authorization": f"Bot {self._server.token}"}
        async with self.http.post(url, data=form, headers=headers) as response:
            text = await response.text()
            return Answered(status=response.status, headers=dict(response.headers), text=text)


@asynccontextmanager
async def asking(server: DiscordServer) -> AsyncIterator[RawRest]:
    async with aiohttp.ClientSession() as http:
        yield RawRest(http, server)


def _reasons(errors: Any) -> list[str]:
    found: list[str] = []
    for name, inner in errors.items():
        found += [one["code"] for one in inner] if name == "_errors" else _reasons(inner)
    return found
