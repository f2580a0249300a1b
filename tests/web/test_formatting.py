"""Formatting over HTTP: replies, previews, drafts, and what is refused."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from router.services.roles import Role
from router.storage.engine import Database
from tests.web.desk import Browser
from tests.web.room import Room, open_room

BOLD = {"mark": "bold", "start": 0, "end": 4}
LINK = {"mark": "link", "start": 5, "end": 8, "url": "https://example.org"}


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def bo(room: Room) -> Browser:
    return await room.desk.signed_in(Role.AGENT, "bo@example.com")


async def test_reply_is_shown_with_its_formatting(room: Room, bo: Browser) -> None:
    person = await room.stage.meets("ana")
    path = f"/conversations/{person}/messages"
    body = {"client_key": "k1", "kind": "reply", "text": "Dear Ana", "spans": [LINK, BOLD]}

    made = await bo.post(path, body)

    assert made.status == 201
    assert made.body["spans"] == [BOLD, LINK]
    page = await bo.get(path)
    assert page.body["messages"][-1]["spans"] == [BOLD, LINK]
    assert page.body["messages"][0]["spans"] == []


@pytest.mark.parametrize(
    ("span", "field"),
    [
        ({**BOLD, "end": 99}, "spans[0].end"),
        ({**LINK, "url": "javascript:alert(1)"}, "spans[0].url"),
        ({**BOLD, "mark": "blink"}, "spans[0].mark"),
    ],
)
@pytest.mark.parametrize("route", ["messages", "preview"])
async def test_span_at_fault_is_named(
    room: Room, bo: Browser, span: dict[str, Any], field: str, route: str
) -> None:
    person = await room.stage.meets("ana")
    body: dict[str, Any] = {"text": "Dear Ana", "spans": [span]}
    if route == "messages":
        body |= {"client_key": "k1", "kind": "reply"}

    refused = await bo.post(f"/conversations/{person}/{route}", body)

    assert refused.status == 400
    assert refused.body["field"] == field


async def test_preview_says_what_the_reply_becomes_and_sends_nothing(
    room: Room, bo: Browser
) -> None:
    person = await room.stage.meets("ana")
    body = {"text": "word " * 120, "spans": [{"mark": "underline", "start": 0, "end": 4}]}

    got = await bo.post(f"/conversations/{person}/preview", body)

    [shown] = got.body["previews"]
    assert (shown["channel"], shown["part_count"], shown["lost"]) == ("sample", 2, ["underline"])
    assert shown["over"] == len("word " * 120) - 1 - 500
    assert [len(one["text"]) == one["length"] <= 500 for one in shown["parts"]] == [True, True]
    assert shown["faults"] == []
    page = await bo.get(f"/conversations/{person}/messages")
    assert [one["direction"] for one in page.body["messages"]] == ["in"]


async def test_conversation_says_which_formatting_its_channel_shows(
    room: Room, bo: Browser
) -> None:
    person = await room.stage.meets("ana")
    conversation = await bo.get(f"/conversations/{person}")
    assert conversation.body["reach"][0]["capabilities"]["marks"] == ["bold", "link"]
