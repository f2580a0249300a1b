"""An agent's client of the HTTP API: what the inbox page asks, and nothing that it could not."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp

PASSWORD = "correct horse battery"
COOKIE = "onethread"
PATIENCE_S = 90.0
"""How long a call is repeated while nobody answers; longer than any recovery may take."""
PAUSE_S = 0.1
PAGE = 100


class Refused(AssertionError):
    """An answer that the rig did not expect."""


@dataclass(slots=True)
class AgentClient:
    """Signed in once; the session outlives every restart, as it is in the record."""

    http: aiohttp.ClientSession
    url: str
    """Where to ask. May be changed between calls: all processes of one desk know the session."""
    cookie: str = ""
    csrf: str = ""
    agent_id: int = 0
    mail: str = ""

    async def set_up(self, link: str, mail: str) -> None:
        """The first agent, by the link that `serve` printed."""
        [token] = parse_qs(urlsplit(link).query)["token"]
        await self._enter("/setup", {"token": token, "name": "Owner", "email": mail})

    async def invite(self, name: str, mail: str, *, role: str = "agent") -> AgentClient:
        """Another agent, signed in."""
        made = await self.get_answer("POST", "/invitations", {"email": mail, "role": role})
        [token] = parse_qs(urlsplit(made["url"]).query)["token"]
        other = AgentClient(self.http, self.url)
        await other._enter("/invitations/accept", {"token": token, "name": name, "email": mail})
        return other

    async def _enter(self, path: str, body: dict[str, str]) -> None:
        async with self.http.post(
            f"{self.url}/api/v1{path}", json=body | {"password": PASSWORD}
        ) as response:
            answer = await response.json()
            if response.status not in (200, 201):
                raise Refused(f"{path}: {response.status} {answer}")
            self.cookie = response.cookies[COOKIE].value
        self.csrf, self.agent_id = answer["csrf_token"], answer["agent"]["id"]
        self.mail = body["email"]

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Cookie": f"{COOKIE}={self.cookie}",
            "X-CSRF-Token": self.csrf,
            "Origin": self.url,
        }

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """One try: status and answer. Raises aiohttp.ClientError, TimeoutError."""
        async with self.http.request(
            method, f"{self.url}/api/v1{path}", json=body, headers=self.headers
        ) as response:
            raw = await response.read()
            return response.status, await response.json() if raw else None

    async def insist(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Repeated until somebody answers. Only for calls that may be made twice."""
        give_up = time.monotonic() + PATIENCE_S
        while True:
            try:
                status, answer = await self.call(method, path, body)
                if status < 500:
                    return status, answer
                trouble = f"{status} {answer}"
            except (aiohttp.ClientError, TimeoutError) as error:
                trouble = repr(error)
            if time.monotonic() > give_up:
                raise Refused(f"{method} {path}: {trouble}")
            await asyncio.sleep(PAUSE_S)

    async def get_answer(self, method: str, path: str, body: Any = None) -> Any:
        """The answer of a call that must succeed."""
        status, answer = await self.insist(method, path, body)
        if status >= 300:
            raise Refused(f"{method} {path}: {status} {answer}")
        return answer

    async def add_account(self, channel: str, label: str, config: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = await self.get_answer(
            "POST", "/accounts", {"channel": channel, "label": label, "config": config}
        )
        return made

    async def conversation_ids(self) -> list[int]:
        index = await self.get_answer("GET", "/conversations/index?view=all")
        return list(index["ids"])

    async def messages(self, person_id: int) -> list[dict[str, Any]]:
        """The whole conversation, oldest first, read page by page from its end."""
        found: list[dict[str, Any]] = []
        before = ""
        while True:
            page = await self.get_answer(
                "GET", f"/conversations/{person_id}/messages?limit={PAGE}{before}"
            )
            found[:0] = page["messages"]
            if not page["has_before"]:
                return found
            before = f"&before={page['messages'][0]['id']}"

    def socket(self, path: str) -> Any:
        return self.http.ws_connect(
            f"{self.url}/api/v1{path}", headers=self.headers, heartbeat=10, max_msg_size=0
        )
