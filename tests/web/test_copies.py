"""Copies and forwards over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from router.services.roles import Role
from router.storage.engine import Database
from tests.web.desk import Browser
from tests.web.room import Room, open_room


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def bo(room: Room) -> Browser:
    return await room.desk.signed_in(Role.AGENT, "bo@example.com")


async def test_reply_shows_each_copy_with_its_own_delivery(room: Room, bo: Browser) -> None:
    person = await room.stage.meets("ana")
    copies = [
        {"address": "person-2", "name": "Bea"},
        {"address": "person-3", "is_hidden": True},
    ]
    body = {"client_key": "k1", "kind": "reply", "text": "Dear Ana", "copies": copies}

    made = await bo.post(f"/conversations/{person}/messages", body)

    assert made.status == 201
    assert [one["copy_to"] for one in made.body["deliveries"]] == ["", "person-2", "person-3"]
    assert [(one["handle"], one["role"]) for one in made.body["participants"]] == [
        ("person-2", "cc"),
        ("person-3", "bcc"),
    ]


async def test_message_is_passed_on_once_for_one_client_key(room: Room, bo: Browser) -> None:
    message = await room.stage.says("ana", "Where is it?", subject="Order")
    person = await room.stage.person_of(message)
    path = f"/conversations/{person}/messages/{message}/forward"
    body = {"client_key": "f1", "to": "person-9", "text": "Please look."}

    first, again = await bo.post(path, body), await bo.post(path, body)

    assert (first.status, again.status) == (201, 200)
    assert first.body == again.body
    assert (first.body["direction"], first.body["subject"]) == ("note", "Fwd: Order")
    assert [one["state"] for one in first.body["deliveries"]] == ["queued"]
    assert [(one["handle"], one["role"]) for one in first.body["participants"]] == [
        ("person-9", "to")
    ]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (
            "",
            {"kind": "reply", "text": "x", "copies": [{"address": "nobody"}]},
            "copies[0].address",
        ),
        ("", {"kind": "reply", "text": "x", "copies": [{"address": ""}]}, "copies[0].address"),
        ("/{message}/forward", {"to": "nobody"}, "to"),
        ("/{message}/forward", {"to": "person-9", "account_id": 4711}, "account_id"),
    ],
)
async def test_address_that_is_none_is_named(
    room: Room, bo: Browser, path: str, body: dict[str, Any], field: str
) -> None:
    message = await room.stage.says("ana")
    person = await room.stage.person_of(message)

    refused = await bo.post(
        f"/conversations/{person}/messages{path.format(message=message)}",
        {"client_key": "k", **body},
    )

    assert (refused.status, refused.body["field"]) == (400, field)


async def test_message_of_somebody_else_is_not_passed_on(room: Room, bo: Browser) -> None:
    ana = await room.stage.meets("ana")
    of_ada = await room.stage.says("ada")

    refused = await bo.post(
        f"/conversations/{ana}/messages/{of_ada}/forward", {"client_key": "f", "to": "person-9"}
    )

    assert refused.status == 404


async def test_page_learns_whom_a_typed_address_means_before_it_sends(
    room: Room, bo: Browser
) -> None:
    ana = await room.stage.meets("ana")
    [reach] = (await bo.get(f"/conversations/{ana}")).body["reach"]
    account = reach["account_id"]

    found = await bo.post("/recipients", {"account_id": account, "address": " person-3 "})
    refused = await bo.post("/recipients", {"account_id": account, "address": "nobody"})
    unknown = await bo.post("/recipients", {"account_id": 4711, "address": "person-3"})

    assert reach["capabilities"]["copies"] is True
    assert (found.status, found.body["handle"]) == (200, "person-3")
    assert (refused.status, refused.body["code"], refused.body["field"]) == (
        400,
        "bad_address",
        "address",
    )
    assert unknown.status == 404


async def test_only_files_of_the_message_itself_are_passed_on(room: Room, bo: Browser) -> None:
    message = await room.stage.says("ana")
    person = await room.stage.person_of(message)

    refused = await bo.post(
        f"/conversations/{person}/messages/{message}/forward",
        {"client_key": "f", "to": "person-9", "attachment_ids": [1]},
    )

    assert (refused.status, refused.body["field"]) == (400, "attachment_ids[0]")
