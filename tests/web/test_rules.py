"""Rules over HTTP: kept by who may, wrong ones refused with the field, and read by agents."""

from typing import Any

from router.services.roles import Role
from tests.web.desk import Desk

WHEN = {"kind": "happened", "on": "person_wrote"}
URGENT = {"do": "prioritise", "priority": 1}


def rule(*then: Any, **more: Any) -> Any:
    return {"name": "Haste", "definition": {"when": WHEN, "then": then or [URGENT], **more}}


async def test_supervisor_keeps_rules_and_agents_read_them(desk: Desk) -> None:
    chief = await desk.signed_in(Role.SUPERVISOR)
    agent = await desk.signed_in(Role.AGENT)

    made = await chief.post("/rules", rule())
    path = f"/rules/{made.body['rule']['id']}"
    on = await chief.post(f"{path}/switch", {"is_on": True})
    second = await chief.call("PUT", path, rule({"do": "stop"}))
    ordered = await chief.post("/rules/order", {"ids": [made.body["rule"]["id"]]})
    versions = await agent.get(f"{path}/versions")
    listed = await agent.get("/rules")
    refused = await agent.post("/rules", rule())
    dropped = await chief.call("DELETE", path)
    gone = (await agent.get("/rules")).body["rules"]
    tried = await agent.post(f"{path}/restore", {})
    restored = await chief.post(f"{path}/restore", {"version": 1})

    assert (made.status, on.body["is_on"], second.body["rule"]["version"]) == (201, True, 2)
    assert ordered.status == 200
    assert [one["version"] for one in versions.body["versions"]] == [2, 1]
    assert [one["name"] for one in listed.body["rules"]] == ["Haste"]
    assert (refused.status, dropped.status, gone, tried.status) == (403, 204, [], 403)
    back = restored.body["rule"]
    assert (back["version"], back["is_on"], len(back["definition"]["then"])) == (3, False, 1)


async def test_wrong_rules_are_refused_with_the_field(desk: Desk) -> None:
    chief = await desk.signed_in(Role.SUPERVISOR)
    state = {"kind": "test", "field": "case.state", "op": "is"}
    clash = {"kind": "all", "parts": [state | {"value": [one]} for one in ("open", "solved")]}

    wrong = [
        await chief.post("/rules", rule(condition=clash)),
        await chief.post("/rules", rule(URGENT, {"do": "prioritise", "priority": 2})),
        await chief.post("/rules", rule({"do": "fly"})),
        await chief.post("/rules", rule({"do": "assign", "agent_id": 10**9})),
        await chief.post("/rules/order", {"ids": [5]}),
        await chief.post("/rules/999999/switch", {"is_on": True}),
    ]

    assert [(one.status, one.body.get("field")) for one in wrong] == [
        (400, "definition.condition.parts[1]"),
        (400, "definition.then[1]"),
        (400, "definition.then[0].do"),
        (400, "definition.then[0].agent_id"),
        (400, "ids"),
        (404, None),
    ]


async def test_schema_tells_an_editor_all_that_can_be_asked_and_done(desk: Desk) -> None:
    agent = await desk.signed_in(Role.AGENT)

    schema = (await agent.get("/rules/schema")).body

    assert {"happened", "stays_in", "daily"} == {one["tag"] for one in schema["whens"]}
    assert "message.capability" in {one["field"] for one in schema["fields"]}
    assert {"reply", "ask_step_up", "webhook", "stop"} <= {one["tag"] for one in schema["actions"]}
