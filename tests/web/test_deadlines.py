"""Deadlines over HTTP: the plan is changed by those who may, promises by those who see the case."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.clock import FakeClock
from router.services.roles import Role
from router.storage.engine import Database
from tests.web.room import open_room

POLICY = {"name": "All", "first_reply": {"minutes": 60, "clock": "always"}}


async def test_plan_and_promises_over_http(
    database: Database, tmp_path: Path, clock: FakeClock
) -> None:
    async with open_room(database, tmp_path) as room:
        boss = await room.desk.signed_in(Role.SUPERVISOR)
        bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
        case = await room.stage.case_of(await room.stage.says("ana"))

        refused = await bo.call(
            "PUT", "/deadline-plan", {"plan": {"policies": [POLICY]}, "expect_revision": 0}
        )
        made = await boss.call(
            "PUT", "/deadline-plan", {"plan": {"policies": [POLICY]}, "expect_revision": 0}
        )
        stale = await boss.call("PUT", "/deadline-plan", {"plan": {}, "expect_revision": 0})
        empty = {"plan": {}, "expect_revision": made.body["revision"]}
        emptied = await boss.call("PUT", "/deadline-plan", empty)
        versions = (await bo.get("/deadline-plan/versions")).body["versions"]
        former = {"plan": versions[1]["plan"], "expect_revision": emptied.body["revision"]}
        again = await boss.call("PUT", "/deadline-plan", former)
        due = (clock.now() + timedelta(days=1)).isoformat()
        promised = await bo.post(f"/cases/{case}/promises", {"due_at": due, "words": "Call"})
        [owed] = [one for one in promised.body["deadlines"] if one["target"] == "promise"]
        kept = await bo.post(f"/promises/{owed['ref']}/end", {"ending": "kept"})
        shown = await bo.get(f"/cases/{case}/deadlines")

        assert (refused.status, made.status, stale.status) == (403, 200, 409)
        assert made.body["plan"]["policies"][0]["name"] == "All"
        assert [len(one["plan"]["policies"]) for one in versions] == [0, 1]
        assert (versions[1]["revision"], again.body["plan"]) == (
            made.body["revision"],
            made.body["plan"],
        )
        assert (promised.status, owed["words"], kept.status) == (201, "Call", 200)
        assert {one["target"]: one["ending"] for one in shown.body["deadlines"]} == {
            "promise": "kept",
            "first_reply": None,
        }


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({"policies": [{"name": "Nothing"}]}, "policies.0"),
        ({"policies": [{**POLICY, "calendar": "moon"}]}, "policies.0.calendar"),
    ],
    ids=["nothing", "calendar"],
)
async def test_plan_that_cannot_be_names_its_field(
    database: Database, tmp_path: Path, plan: dict[str, Any], field: str
) -> None:
    async with open_room(database, tmp_path) as room:
        boss = await room.desk.signed_in(Role.SUPERVISOR)

        answer = await boss.call("PUT", "/deadline-plan", {"plan": plan, "expect_revision": 0})

    assert (answer.status, answer.body["field"]) == (400, field)
