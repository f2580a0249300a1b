"""Lists over HTTP: what has not moved is not sent again; views are told to whom they concern."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from router.services.roles import Role
from router.storage.engine import Database
from tests.web.room import Room, open_room


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


async def test_a_list_that_has_not_moved_is_not_sent_again(room: Room) -> None:
    bo = await room.desk.signed_in()
    await room.stage.says("ana")
    path = "/conversations/index?q=is:open"
    first = await bo.get(path)
    known = {"If-None-Match": first.headers["ETag"]}

    same = await bo.get(path, headers=known)
    await room.stage.says("ben")
    moved = await bo.get(path, headers=known)

    assert (same.status, same.raw) == (304, b"")
    assert moved.status == 200
    assert len(moved.body["ids"]) == 2


async def test_a_view_of_ones_own_is_told_to_nobody_else(room: Room) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    cy = await room.desk.signed_in(Role.AGENT, "cy@example.com")
    own, other = await room.listen(bo), await room.listen(cy)

    made = await bo.post("/views", {"name": "Late", "query": "is:unread", "icon": "clock"})
    await room.publish()
    assert made.status == 201
    assert (await own.event("views.changed"))["person_id"] is None
    shared = {"name": "All", "query": "is:open", "scope": "shared"}
    await bo.call("PUT", f"/views/{made.body['id']}", shared)
    await room.publish()

    await other.event("views.changed")
    assert [one["name"] for one in (await cy.get("/views")).body["saved"]] == ["All"]
    assert len([one for one in other.events if one["kind"] == "views.changed"]) == 1


async def test_what_changed_is_asked_about_by_its_ids(room: Room) -> None:
    bo = await room.desk.signed_in()
    ana = await room.stage.person_of(await room.stage.says("ana"))

    open_ones = await bo.post("/conversations/belonging", {"ids": [ana, 999], "q": "is:open"})
    wrong = await bo.post("/conversations/belonging", {"ids": [ana], "q": "is:opened"})

    assert open_ones.body == {"ids": [ana]}
    assert (wrong.status, wrong.code, wrong.body["at"]) == (400, "query_unknown_value", 3)
