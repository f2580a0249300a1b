"""Four handles of nobody in particular become one person in four ways, and apart and one again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.rig.grace import PATIENCE, Grace, grace_at
from tests.waiting import until

ACCOUNT = "HX-1001"
WORK_MAIL = "grace@work.example"


@pytest.fixture
async def grace(database_url: str) -> AsyncIterator[Grace]:
    async with grace_at(database_url) as made:
        yield made


class Site:
    """The operator's own site, with a token of the role `host`."""

    def __init__(self, grace: Grace, token: str) -> None:
        self._grace = grace
        self._headers = {"Authorization": f"Bearer {token}"}

    @classmethod
    async def of(cls, grace: Grace) -> Site:
        made = await grace.owner.get_answer("POST", "/tokens", {"name": "Site", "role": "host"})
        return cls(grace, made["token"])

    async def put(self, path: str, body: dict[str, Any]) -> Any:
        return await self._call("PUT", path, body)

    async def code_for(self, channel: str) -> str:
        """What the site shows to whoever is signed in there."""
        path = f"/host/accounts/{ACCOUNT}/link-codes"
        return str((await self._call("POST", path, {"channels": [channel]}))["code"])

    async def _call(self, method: str, path: str, body: dict[str, Any]) -> Any:
        url = f"{self._grace.owner.url}/api/v1{path}"
        async with self._grace.http.request(
            method, url, json=body, headers=self._headers
        ) as response:
            assert response.status in (200, 201), await response.text()
            return await response.json()


async def _are_one(grace: Grace, people: int) -> list[int]:
    async def look() -> list[int] | None:
        found = await grace.owner.conversation_ids()
        return found if len(found) == people else None

    found = await until(look, seconds=PATIENCE)
    assert found is not None
    return found


async def test_four_unknown_handles_are_linked_in_four_ways_parted_and_joined_again(
    grace: Grace,
) -> None:
    # Nobody knows who these four are: an unsigned chat, a work address, two networks.
    await grace.say("webchat", "webchat 0", is_authenticated=False)
    await grace.say("email", "email 0", address=WORK_MAIL)
    await grace.say("telegram", "telegram 0")
    await grace.say("discord", "discord 0")
    await _are_one(grace, 4)

    # A token that the site signs; then a deep link, a command, and a code in a mail.
    await grace.say("webchat", "webchat 1")
    site = await Site.of(grace)
    await site.put(f"/host/accounts/{ACCOUNT}", {"display_name": "Grace Hopper", "tier": "gold"})
    await grace.act("say", "telegram", f"/start {await site.code_for('telegram')}")
    await grace.act("say", "discord", f"/link {await site.code_for('discord')}")
    await grace.act("say", "email", await site.code_for("email"), address=WORK_MAIL)
    # The chat in which nobody had signed in stays whose it is: it proved nothing of her.
    await _are_one(grace, 2)
    await grace.until_heard("telegram", "account")
    await grace.until_heard("discord", "account")
    # Whoever could have taken a code from her would have been seen at once, on all the others.
    await grace.until_heard("telegram", "One more chat")
    one = (await grace.find("webchat 1"))["person_id"]
    said = [m["text"] for m in await grace.owner.messages(one) if m["direction"] == "in"]
    assert [text for text in said if text.endswith((" 0", " 1"))] == [
        "email 0",
        "telegram 0",
        "discord 0",
        "webchat 1",
    ]
    person = await grace.owner.get_answer("GET", f"/persons/{one}")
    linked = {i["realm"]: i for i in person["identities"] if i["host_account"] == ACCOUNT}
    assert {"host", "email", "telegram", "discord"} <= set(linked)
    assert {i["level"] for i in linked.values()} == {2}

    # An agent joins the chat by hand, takes Discord out, and takes both back, in that order.
    other = (await grace.find("webchat 0"))["person_id"]
    reason = {"reason": "She named her trades."}
    merged = await grace.owner.get_answer(
        "POST", f"/persons/{other}/merge", {"into": one, **reason}
    )
    await _are_one(grace, 1)
    parted = await grace.owner.get_answer(
        "POST", f"/identities/{linked['discord']['id']}/split", {"reason": "Her brother's."}
    )
    await grace.say("discord", "discord 2")
    assert len(await _are_one(grace, 2)) == 2
    alone = (await grace.find("discord 2"))["person_id"]
    said = [m["text"] for m in await grace.owner.messages(alone) if m["direction"] == "in"]
    assert [text for text in said if text.startswith("discord")] == ["discord 0", "discord 2"]

    await grace.owner.get_answer("POST", f"/merges/{merged['id']}/undo", reason)
    await _are_one(grace, 3)
    await grace.owner.get_answer("POST", f"/merges/{parted['id']}/undo", reason)
    await _are_one(grace, 2)
    said = [m["text"] for m in await grace.owner.messages(one) if m["direction"] == "in"]
    assert "discord 2" in said
    assert "webchat 0" not in said
