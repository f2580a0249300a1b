"""One person on every stand-in network that the product brings, and one conversation of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import aiohttp
import pytest

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

    async def act(self, act: str, channel: str, text: str, *, place: str = "") -> None:
        """`act`: say, change or delete. Returns once the network has it."""
        line = {
            "person": "Grace Hopper",
            "address": ADDRESSES[channel],
            "text": text,
            "subject": "A withdrawal" if channel == "email" else "",
            "place": place,
        }
        url = f"{self.owner.url}/sandbox/{self.accounts[channel]}/{act}"
        async with self.http.post(url, json=line, headers=self.owner.headers) as response:
            assert response.status == 204, await response.text()

    async def say(self, channel: str, text: str, *, place: str = "") -> dict[str, Any]:
        """The message as the desk has it."""
        await self.act("say", channel, text, place=place)
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
        first = (await self.find("webchat 0"))["person_id"]
        for other in await self.owner.conversation_ids():
            if other != first:
                body = {"into": first, "reason": "She named her trades."}
                await self.owner.get_answer("POST", f"/persons/{other}/merge", body)


@pytest.fixture
async def grace(database_url: str) -> AsyncIterator[Grace]:
    folder = run_folder.path() / f"four-{os.getpid()}-{next(_numbers)}"
    product = Product(folder, database_url=database_url, arguments=["--sandbox"])
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


async def test_linked_person_on_four_channels_is_one_conversation_in_strict_order(
    grace: Grace,
) -> None:
    # The signed chat and the authenticated mail are one person; the rest are merged by hand.
    acknowledged = [await grace.say(channel, f"{channel} 0") for channel in CHANNELS]
    assert len({one["person_id"] for one in acknowledged}) == 4 - 1
    await grace.merge()

    # In turn, another order each time: the next is written when the last was acknowledged.
    for turn in (1, 2, 3):
        for channel in CHANNELS[turn:] + CHANNELS[:turn]:
            acknowledged.append(await grace.say(channel, f"{channel} {turn}"))
    words = await grace.words()
    assert [one["id"] for one in words] == [one["id"] for one in acknowledged]
    assert [one["id"] for one in words] == sorted(one["id"] for one in words)
    assert [one["channel"] for one in words] == [one["channel"] for one in acknowledged]

    # All four at once: each is there once, and each channel's own order holds.
    async def talk(channel: str) -> None:
        for turn in range(10, 15):
            await grace.act("say", channel, f"{channel} {turn}")

    await asyncio.gather(*(talk(channel) for channel in CHANNELS))
    for channel in CHANNELS:
        await grace.find(f"{channel} 14")
    words = await grace.words()
    assert [one["id"] for one in words] == sorted({one["id"] for one in words})
    for channel in CHANNELS:
        said = [one["text"] for one in words if one["channel"] == channel]
        assert said == [f"{channel} {turn}" for turn in (0, 1, 2, 3, *range(10, 15))]

    # One answer on each, which arrives there and nowhere else.
    for before, channel in zip(acknowledged, CHANNELS, strict=False):
        status, sent = await grace.reply(f"Answered by {channel}.", before["place_id"])
        assert (status, sent["channel"]) == (201, channel)
    for channel in CHANNELS:
        await grace.until_heard(channel, f"Answered by {channel}.")
    for channel in CHANNELS:
        heard = [one for one in await grace.heard(channel) if "Answered by" in one]
        assert len(heard) == 1
        assert f"Answered by {channel}." in heard[0]


async def test_changes_are_kept_with_every_version_and_the_personal_goes_on_in_private(
    grace: Grace,
) -> None:
    changed = await grace.say("telegram", "I sent 40 XRP.")
    deleted = await grace.say("discord", "My code is 8841.")
    asked = await grace.say("discord", "Any news?", place=PUBLIC)

    await grace.act("change", "telegram", "I sent 50 XRP.")
    await grace.act("delete", "discord", "")

    assert (await grace.find("I sent 50 XRP."))["id"] == changed["id"]
    kept = await _texts(grace.owner, changed["id"])
    assert kept == ["I sent 40 XRP.", "I sent 50 XRP."]

    async def is_gone() -> bool:
        found = await grace.find("My code is 8841.")
        return found["deleted_at"] is not None

    await until(is_gone, seconds=PATIENCE)
    assert (await grace.find("My code is 8841."))["id"] == deleted["id"]

    person = asked["person_id"]
    body = {"client_key": uuid.uuid4().hex, "kind": "reply", "text": "Your balance is 7."}
    way = {"place_id": asked["place_id"], "is_private": True}
    path = f"/conversations/{person}/messages"
    status, refused = await grace.owner.call("POST", path, {**body, **way})
    assert (status, refused["code"]) == (409, "public_place")
    status, sent = await grace.owner.call("POST", path, {**body, **way, "in_private": True})
    assert status == 201, sent
    assert sent["place_id"] == deleted["place_id"]
    await grace.until_heard("discord", "Your balance is 7.")


async def _texts(owner: AgentClient, message: int) -> list[str]:
    answer = await owner.get_answer("GET", f"/messages/{message}/revisions")
    return [one["text"] for one in answer["revisions"]]
