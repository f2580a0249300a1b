"""A participant's answer as agents find it: a line in the case, and ways there and back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.messages import Participant, ThreadKey
from router.services.roles import Role
from router.storage.engine import Database
from tests.web.desk import Browser
from tests.web.room import Room, open_room, restricted_agent

THREAD = ThreadKey("message-id", "<ana-1@x.example>")


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def bo(room: Room) -> Browser:
    return await room.desk.signed_in(Role.AGENT, "bo@example.com")


async def _joined(room: Room) -> tuple[int, int, int]:
    """Ana, her case, and what Bea wrote to it."""
    bea = Participant(realm="sample", handle="bea")
    asked = await room.stage.says("ana", "Where is it?", thread_keys=(THREAD,), participants=(bea,))
    ana = await room.stage.person_of(asked)
    said = await room.stage.says("bea", "I have it here.", answers=(THREAD,))
    return ana, await room.stage.case_of(asked), said


async def _lines(browser: Browser, person: int) -> list[dict[str, Any]]:
    page = (await browser.get(f"/conversations/{person}/messages")).body
    return [one for one in page["messages"] if one["direction"] == "event"]


async def test_line_in_the_case_leads_to_the_message_and_its_side_leads_back(
    room: Room, bo: Browser
) -> None:
    ana, case, said = await _joined(room)

    [line] = await _lines(bo, ana)
    bea = line["joined"]["person_id"]
    found = (await bo.get(f"/conversations/{bea}/messages?around={said}&limit=1")).body
    cases = (await bo.get(f"/conversations/{bea}")).body["cases"]

    assert line["joined"] == {"message_id": said, "person_id": bea, "name": "Bea"}
    assert [one["text"] for one in found["messages"]] == ["I have it here."]
    assert [one["joined"] for one in cases] == [{"case_id": case, "person_id": ana, "name": "Ana"}]


async def test_row_of_the_case_is_unread_and_the_participants_is_not(
    room: Room, bo: Browser
) -> None:
    ana, _, said = await _joined(room)
    [line] = await _lines(bo, ana)
    bea = line["joined"]["person_id"]
    first = said - 1
    await bo.post(f"/conversations/{ana}/read", {"message_id": first})

    rows = (await bo.get(f"/conversations?ids={ana},{bea}")).body["rows"]

    assert [(one["person_id"], one["unread_count"], one["state"]) for one in rows] == [
        (ana, 1, "open"),
        (bea, 0, "solved"),
    ]
    await bo.post(f"/conversations/{ana}/read", {"message_id": line["id"]})
    [row] = (await bo.get(f"/conversations?ids={ana}")).body["rows"]
    assert row["unread"] is False


async def test_who_may_not_see_the_case_sees_neither_the_line_nor_the_answer(room: Room) -> None:
    bea = Participant(realm="sample", handle="bea")
    asked = await room.stage.says("ana", "Why?", thread_keys=(THREAD,), participants=(bea,))
    ana = await room.stage.person_of(asked)
    await room.stage.restrict(await room.stage.case_of(asked))
    said = await room.stage.says("bea", "Because of this.", answers=(THREAD,))
    other = await restricted_agent(room, "kyc", email="kyc@example.com")
    able = await restricted_agent(room, "fraud", email="fraud@example.com")

    assert (await other.get(f"/conversations/{ana}")).status == 404
    assert (await other.get(f"/messages/{said}/text")).status == 404
    assert (await able.get(f"/messages/{said}/text")).status == 200
    assert len(await _lines(able, ana)) == 1
