"""Findings over HTTP: shown to who sees the case, corrected by who may change it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.triage import Triage
from router.services.roles import Role
from router.storage.engine import Database
from tests.services.triage_desk import STOLEN
from tests.web.desk import Browser
from tests.web.room import Room, open_room


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


async def read(room: Room, text: str) -> tuple[int, int]:
    """(message, case) of what somebody wrote, read by triage."""
    message = await room.stage.says("ana", text)
    await room.publish()
    triage = Triage(room.database, LeaseKeeper(room.database, "one"))
    while await triage.round():
        pass
    return message, await room.stage.case_of(message)


async def test_finding_is_shown_and_the_agents_word_on_it_stands(room: Room) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    message, case = await read(room, STOLEN)

    shown = await bo.get(f"/cases/{case}/findings")
    said = await bo.post(f"/messages/{message}/correction", {"is_urgent": False})

    [finding] = shown.body["findings"]
    assert (finding["danger"], finding["urgency"]) == ("stolen_account", "urgent")
    assert finding["correction"] is None
    assert said.body["correction"]["is_urgent"] is False
    assert said.body["correction"]["by"]["id"] == bo.me["agent"]["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "topic_id"),
        ({"topic_id": 999_999}, "topic_id"),
        ({"topic_id": "fees"}, "topic_id"),
        ({"is_urgent": "no"}, "is_urgent"),
    ],
)
async def test_correction_that_says_nothing_sensible_is_refused_with_its_field(
    room: Room, body: dict[str, object], field: str
) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    message, _ = await read(room, STOLEN)

    refused = await bo.post(f"/messages/{message}/correction", body)

    assert refused.status == 400
    assert field in refused.raw.decode()


async def test_case_and_message_that_one_does_not_see_are_not_there(room: Room) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    message, case = await read(room, STOLEN)
    await room.stage.restrict(case)

    assert (await bo.get(f"/cases/{case}/findings")).status == 404
    assert (await bo.post(f"/messages/{message}/correction", {"is_urgent": True})).status == 404


async def test_who_keeps_rules_says_how_triage_is_and_others_read_it(room: Room) -> None:
    bo: Browser = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    boss = await room.desk.signed_in(Role.SUPERVISOR, "ida@example.com")
    wanted = {"is_on": True, "least_confidence": 70, "pages": False, "escalate_minutes": None}

    assert (await bo.call("PUT", "/triage", wanted)).status == 403
    assert (await boss.call("PUT", "/triage", wanted | {"least_confidence": 101})).status == 400
    assert (await boss.call("PUT", "/triage", wanted)).status == 200
    assert (await bo.get("/triage")).body == wanted
