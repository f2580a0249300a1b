"""Grace, who writes on every stand-in network that the product brings, and her desk."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import aiohttp

from tests import run_folder
from tests.rig.agent import AgentClient
from tests.rig.product import Product
from tests.waiting import until

MAIL = "grace@people.example"
ADDRESSES = {
    "webchat": MAIL,
    "email": MAIL,
    "telegram": "5000000001",
    "discord": "80351110224678912",
}
CHANNELS = tuple(ADDRESSES)
PUBLIC = "#support, in public"
PATIENCE = 30.0
_numbers = count(1)


@dataclass(slots=True)
class Grace:
    """She writes by the stand-ins' own surface, and an agent reads what the desk has of it."""

    http: aiohttp.ClientSession
    owner: AgentClient
    accounts: dict[str, int]

    async def act(self, act: str, channel: str, text: str, *, place: str = "", **more: Any) -> None:
        """`act`: say, change or delete. Returns once the network has it."""
        line = {
            "person": "Grace Hopper",
            "address": ADDRESSES[channel],
            "text": text,
            "subject": "A withdrawal" if channel == "email" else "",
            "place": place,
            **more,
        }
        url = f"{self.owner.url}/sandbox/{self.accounts[channel]}/{act}"
        async with self.http.post(url, json=line, headers=self.owner.headers) as response:
            assert response.status == 204, await response.text()

    async def say(self, channel: str, text: str, *, place: str = "", **more: Any) -> dict[str, Any]:
        """The message as the desk has it."""
        await self.act("say", channel, text, place=place, **more)
        return await self.find(text)

    async def find(self, text: str) -> dict[str, Any]:
        async def look() -> dict[str, Any] | None:
            for person in await self.owner.conversation_ids():
                for message in await self.owner.messages(person):
                    if message["text"] == text:
                        return message
            return None

        found = await until(look, seconds=PATIENCE)
        assert found is not None
        return found

    async def heard(self, channel: str) -> list[str]:
        url = f"{self.owner.url}/sandbox/{self.accounts[channel]}/heard"
        async with self.http.get(url, params={"address": ADDRESSES[channel]}) as response:
            assert response.status == 200, await response.text()
            return [one["text"] for one in await response.json()]

    async def until_heard(self, channel: str, text: str) -> None:
        async def has_come() -> bool:
            return text in "\n".join(await self.heard(channel))

        await until(has_come, seconds=PATIENCE)

    async def words(self) -> list[dict[str, Any]]:
        """What she said, as her conversation shows it, which is the only one."""
        [person] = await self.owner.conversation_ids()
        return [one for one in await self.owner.messages(person) if one["direction"] == "in"]

    async def reply(self, text: str, place: int, **more: Any) -> tuple[int, Any]:
        [person] = await self.owner.conversation_ids()
        body = {"client_key": uuid.uuid4().hex, "kind": "reply", "text": text, "place_id": place}
        return await self.owner.insist(
            "POST", f"/conversations/{person}/messages", {**body, **more}
        )

    async def merge(self) -> None:
        """Whoever she is on each channel is the one whom the site vouched for."""
        said = await self.find("webchat 0")
        first = (await self.owner.get_answer("GET", f"/persons/{said['person_id']}"))["id"]
        for other in await self.owner.conversation_ids():
            if other != first:
                body = {"into": first, "reason": "She named her trades."}
                await self.owner.get_answer("POST", f"/persons/{other}/merge", body)


@asynccontextmanager
async def grace_at(
    database_url: str, *, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Grace]:
    folder = run_folder.path() / f"four-{os.getpid()}-{next(_numbers)}"
    product = Product(folder, database_url=database_url, arguments=["--sandbox"], settings=settings)
    await product.start()
    try:
        await product.until_ready()
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            owner = AgentClient(http, product.url)
            await owner.set_up(await product.setup_link(), "owner@desk.example")
            listed = (await owner.get_answer("GET", "/accounts"))["accounts"]
            accounts = {one["channel"]: one["id"] for one in listed}
            assert set(accounts) == set(CHANNELS)
            yield Grace(http, owner, accounts)
    finally:
        await product.stop()
    shutil.rmtree(folder)
