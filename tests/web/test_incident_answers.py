"""Answers to all cases of an incident over HTTP, as two agents see them on their pages."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from router.runtime.answerer import Answerer
from router.runtime.lease_keeper import LeaseKeeper
from router.services.roles import Role
from router.storage.engine import Database
from tests.services.rule_desk import VOICE
from tests.web.room import Room, open_room


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


async def test_answer_begun_by_one_agent_is_seen_and_stopped_by_another(room: Room) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    cy = await room.desk.signed_in(Role.AGENT, "cy@example.com")
    made = await bo.post("/incidents", {"title": "Deposits are stuck"})
    path = f"/incidents/{made.body['incident']['id']}"
    found = [await room.stage.case_of(await room.stage.says(f"p{n}")) for n in range(11)]
    for case in found:
        await bo.post(f"/cases/{case}", {"incident_id": made.body["incident"]["id"]})
    await room.stage.run("update cases set minimum_level = 3 where id = $1", found[0])
    worker = Answerer(room.database, LeaseKeeper(room.database, "one"), VOICE)
    await room.publish()
    feed = await room.listen(cy)
    asked: dict[str, Any] = {"text": "Be patient.", "solves": True}

    shown = await bo.post(f"{path}/answers/preview", asked)
    wanted = {**asked, "client_key": "k", "stamp": shown.body["stamp"]}
    begun = await bo.post(f"{path}/answers", wanted)
    again = await bo.post(f"{path}/answers", wanted)
    other = await cy.post(f"{path}/answers", {**asked, "client_key": "k"})
    await room.tell()
    await feed.event("incident.changed")
    await worker.round()
    await room.stage.run("update deliveries set state = 'sent'")
    seen = await cy.get(f"{path}/answers?known={begun.body['id']}")
    stopped = await cy.post(f"/incident-answers/{begun.body['id']}/stop")
    while await worker.round():
        pass
    late = await bo.post(f"/incident-answers/{begun.body['id']}/stop")
    failures = await cy.get(f"/incident-answers/{begun.body['id']}/failures")
    last = (await bo.get(f"{path}/answers")).body["answers"]
    known = await bo.get(f"{path}/answers?known={begun.body['id']},77")

    assert (shown.body["cases"], shown.body["cannot"]) == (11, 1)
    assert (begun.status, again.status, begun.body["id"]) == (202, 202, again.body["id"])
    assert (other.status, other.code) == (409, "answering")
    [one] = seen.body["answers"]
    assert (one["agent"]["name"], one["texts"]) == ("Agent", ["Be patient."])
    assert (one["done"], one["failed"], one["waiting"]) == (9, 1, 1)
    assert stopped.body["state"] == "stopping"
    assert (late.status, late.code) == (409, "not_running")
    assert [each["case_id"] for each in failures.body["failures"]] == [found[0]]
    assert failures.body["failures"][0]["code"] == "level_too_low"
    assert [(each["state"], each["cancelled"]) for each in last] == [("stopped", 1)]
    assert known.body == {"answers": []}
