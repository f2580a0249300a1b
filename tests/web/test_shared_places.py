"""Shared places, what goes on in private, and changes of replies, over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.ids import RemotePlace
from core.messages import HistoryGap, Place, PlaceKind
from router.services.roles import Role
from router.storage.engine import Database
from tests.services.builders import received
from tests.web.desk import Browser
from tests.web.room import Room, open_room


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def bo(room: Room) -> Browser:
    return await room.desk.signed_in(Role.AGENT, "bo@example.com")


async def says(room: Room, who: str, text: str) -> int:
    """In the group that everybody is in."""
    place = Place(remote=RemotePlace("team"), kind=PlaceKind.GROUP, title="Team")
    event = msgspec.structs.replace(received(who, text), place=place)
    [message] = await room.stage.accept(event)
    return message


async def answer(bo: Browser, person: int, **fields: Any) -> Any:
    body = {"client_key": "k1", "kind": "reply", "text": "Good day", **fields}
    return await bo.post(f"/conversations/{person}/messages", body)


async def test_message_names_its_place_and_the_place_everybodys_words(
    room: Room, bo: Browser
) -> None:
    ana, ben = await says(room, "person-1", "stuck"), await says(room, "person-2", "me too")
    person = await room.stage.person_of(ana)

    [message] = (await bo.get(f"/conversations/{person}/messages")).body["messages"]
    page = (await bo.get(f"/places/{message['place']['id']}/messages?around={ana}")).body

    assert (message["place"]["kind"], message["place"]["title"]) == ("group", "Team")
    assert [(one["message"]["id"], one["person_name"]) for one in page["messages"]] == [
        (ana, "Person-1"),
        (ben, "Person-2"),
    ]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/places/4711/messages", 404),
        ("/places/1/messages?around=1&before=2", 400),
        ("/places/1/messages?limit=1000", 400),
        ("/places/x/messages", 404),
    ],
)
async def test_place_asked_for_wrongly_is_refused(
    room: Room, bo: Browser, path: str, status: int
) -> None:
    await says(room, "person-1", "stuck")

    assert (await bo.get(path)).status == status


async def test_what_is_private_is_refused_in_a_group_and_goes_to_the_person_alone(
    room: Room, bo: Browser
) -> None:
    person = await room.stage.person_of(await says(room, "person-1", "stuck"))
    [reach] = (await bo.get(f"/conversations/{person}")).body["reach"]

    refused = await answer(bo, person, is_private=True)
    sent = await answer(
        bo, person, is_private=True, in_private=True, public_line="Look into your messages."
    )

    assert reach["has_private"] is True
    assert (refused.status, refused.code, refused.body["reason"]) == (
        409,
        "public_place",
        "marked_private",
    )
    assert (sent.status, sent.body["place"], sent.body["is_private"]) == (201, None, True)
    said = (await bo.get(f"/conversations/{person}/messages")).body["messages"]
    assert [(one["direction"], one["place"] is not None) for one in said] == [
        ("in", True),
        ("out", False),
        ("out", True),
        ("event", False),
    ]
    assert said[-1]["event"]["message_id"] == sent.body["id"]
    opened = (await bo.get(f"/conversations/{person}")).body["reach"]
    assert [one["place"] is not None for one in opened] == [True, False]


async def test_case_is_marked_private_and_refuses_what_is_said_of_it_in_public(
    room: Room, bo: Browser
) -> None:
    message = await says(room, "person-1", "stuck")
    person, case = await room.stage.person_of(message), await room.stage.case_of(message)

    marked = await bo.post(f"/cases/{case}", {"is_private": True})
    refused = await answer(bo, person)

    assert marked.body["is_private"] is True
    assert refused.body["reason"] == "private_case"


async def test_own_reply_is_changed_and_taken_back(room: Room, bo: Browser) -> None:
    person = await room.stage.person_of(await says(room, "person-1", "stuck"))
    sent = (await answer(bo, person)).body["id"]
    await room.stage.run("update deliveries set state = 'sent'")
    body = {"client_key": "e1", "text": "Good evening"}

    changed = await bo.call("PATCH", f"/messages/{sent}", body)
    again = await bo.call("PATCH", f"/messages/{sent}", body)
    gone = await bo.call("DELETE", f"/messages/{sent}")

    assert (changed.status, changed.body["text"], changed.body["revision"]) == (
        200,
        "Good evening",
        1,
    )
    assert [one["kind"] for one in again.body["deliveries"]] == ["send", "edit"]
    assert gone.body["deleted_at"] is not None
    assert [(one["kind"], one["state"]) for one in gone.body["deliveries"]] == [
        ("send", "sent"),
        ("edit", "cancelled"),
        ("delete", "queued"),
    ]


async def test_reply_of_somebody_else_is_not_theirs_to_change(room: Room, bo: Browser) -> None:
    message = await says(room, "person-1", "stuck")
    sent = (await answer(bo, await room.stage.person_of(message))).body["id"]
    eve = await room.desk.signed_in(Role.AGENT, "eve@example.com")

    assert (await eve.call("DELETE", f"/messages/{sent}")).status == 403
    assert (await bo.call("DELETE", f"/messages/{message}")).status == 404
    assert (await bo.call("DELETE", "/messages/4711")).status == 404


async def test_reply_of_a_case_that_is_restricted_since_is_not_there_to_change(
    room: Room, bo: Browser
) -> None:
    message = await says(room, "person-1", "stuck")
    sent = (await answer(bo, await room.stage.person_of(message))).body["id"]
    await room.stage.restrict(await room.stage.case_of(message))

    body = {"client_key": "e1", "text": "Good evening"}
    assert (await bo.call("PATCH", f"/messages/{sent}", body)).status == 404


async def test_gaps_are_for_whoever_may_see_what_came_in_unread(room: Room, bo: Browser) -> None:
    until = room.database.clock.now()
    await room.stage.accept(HistoryGap(event_key="g", until=until, reason="Too long away."))
    boss = await room.desk.signed_in(Role.SUPERVISOR)

    [gap] = (await boss.get("/history-gaps")).body["gaps"]

    assert (gap["reason"], gap["since"]) == ("Too long away.", None)
    assert (await bo.get("/history-gaps")).status == 403
