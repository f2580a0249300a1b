"""The ladder over HTTP: operators order it, agents foresee it, and nobody changes it unasked."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from router.services.roles import Role
from router.storage.engine import Database
from tests.services.builders import make_account
from tests.web.room import Room, open_room


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


async def test_admin_sets_and_takes_back_orders(room: Room, database: Database) -> None:
    admin = await room.desk.signed_in(Role.ADMIN, "ada@desk.example")
    letters = await make_account(database, label="Letters")
    account = room.stage.account

    for path, rungs in (("/ladder", [letters, account]), (f"/ladder/{account}", [])):
        assert (await admin.call("PUT", path, {"rungs": rungs})).status == 204
    both = (await admin.get("/ladder")).body["orders"]
    assert (await admin.call("DELETE", f"/ladder/{account}")).status == 204
    one = (await admin.get("/ladder")).body["orders"]

    assert both == [
        {"account_id": None, "rungs": [letters, account]},
        {"account_id": account, "rungs": []},
    ]
    assert one == both[:1]


async def test_order_with_an_unknown_account_names_the_field(room: Room) -> None:
    admin = await room.desk.signed_in(Role.ADMIN, "ada@desk.example")

    answered = await admin.call("PUT", "/ladder", {"rungs": [room.stage.account, 999]})

    assert (answered.status, answered.body["field"]) == (400, "rungs[1]")


async def test_agent_may_not_change_the_order_and_sees_where_an_answer_goes_on(
    room: Room,
) -> None:
    agent = await room.desk.signed_in(Role.AGENT, "bo@desk.example")
    ann = await room.stage.meets("ann")

    refused = await agent.call("PUT", "/ladder", {"rungs": []})
    foreseen = await agent.get(f"/conversations/{ann}/ladder")

    [way] = foreseen.body["ways"]
    assert refused.status == 403
    assert (way["account_id"], way["because"]) == (None, ["no_other_way"])
    assert way["advice"].startswith("No other way to them is known.")


async def test_conversation_of_nobody_has_no_ways(room: Room) -> None:
    agent = await room.desk.signed_in(Role.AGENT, "bo@desk.example")

    assert (await agent.get("/conversations/999/ladder")).status == 404
