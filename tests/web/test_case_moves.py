"""Moves between cases over the API: what comes back, what is refused, what others see of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from router.services.roles import Role
from router.storage.engine import Database
from tests.web.desk import Browser
from tests.web.room import Room, open_room, restricted_agent


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def bo(room: Room) -> Browser:
    return await room.desk.signed_in(Role.AGENT, "bo@example.com")


async def test_message_is_split_off_listed_and_put_back(room: Room, bo: Browser) -> None:
    first, second = await room.stage.says("ana", "One"), await room.stage.says("ana", "Two")
    case = await room.stage.case_of(first)

    split = await bo.post(f"/cases/{case}/moves", {"message_ids": [second], "subject": "Two"})
    assert split.status == 201
    made = split.body["move"]["to_case_id"]
    assert {one["id"] for one in split.body["cases"]} == {case, made}
    listed = (await bo.get(f"/cases/{made}/moves")).body["moves"]
    assert [(one["kind"], one["message_count"], one["undone_at"]) for one in listed] == [
        ("split", 1, None)
    ]

    path = f"/case-moves/{split.body['move']['id']}/undo"
    assert (await bo.get(path)).body == {"is_possible": True, "code": "", "because": ""}
    undone = await bo.post(path)
    assert undone.status == 200
    assert (await bo.get(path)).body["code"] == "undone"
    by_id = {one["id"]: one for one in undone.body["cases"]}
    assert (by_id[made]["merged_into_id"], by_id[case]["last_message_id"]) == (case, second)
    again = await bo.post(f"/case-moves/{split.body['move']['id']}/undo")
    assert (again.status, again.body["code"]) == (409, "undone")


async def test_agent_outside_the_team_learns_nothing_of_a_merge_into_a_restricted_case(
    room: Room, bo: Browser
) -> None:
    fraud = await restricted_agent(room, "fraud", email="fraud@example.com")
    message = await room.stage.says("ana", "Plain words")
    person, case = await room.stage.person_of(message), await room.stage.case_of(message)
    opened = await fraud.post(f"/conversations/{person}/cases", {"subject": "Secret matter"})
    await room.stage.restrict(opened.body["id"])

    merged = await fraud.post(f"/cases/{case}/merge", {"into": opened.body["id"]})
    assert merged.status == 201
    for path in (
        f"/cases/{case}/moves",
        f"/conversations/{person}",
        f"/conversations/{person}/messages",
    ):
        answered = await bo.get(path)
        assert b"Secret matter" not in answered.raw, path
        assert b"Plain words" not in answered.raw, path
    undo = await bo.post(f"/case-moves/{merged.body['move']['id']}/undo")
    assert undo.status == 404
