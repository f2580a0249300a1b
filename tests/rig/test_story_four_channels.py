"""One person on every stand-in network that the product brings, and one conversation of it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from tests.rig.agent import AgentClient
from tests.rig.grace import CHANNELS, PATIENCE, PUBLIC, Grace, grace_at
from tests.waiting import until


@pytest.fixture
async def grace(database_url: str) -> AsyncIterator[Grace]:
    async with grace_at(database_url) as made:
        yield made


async def test_linked_person_on_four_channels_is_one_conversation_in_strict_order(
    grace: Grace,
) -> None:
    # The signed chat and the authenticated mail are one person; the rest are merged by hand.
    acknowledged = [await grace.say(channel, f"{channel} 0") for channel in CHANNELS]
    assert len(await grace.owner.conversation_ids()) == 4 - 1
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
