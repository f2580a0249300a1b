"""Outgoing webhooks over HTTP: kept by admins, the right to texts given by owners, secrets once."""

from typing import Any

import pytest

from router.services.automation.terms import Happening
from router.services.roles import Role
from router.services.webhooks_out.shapes import WebhookKind
from tests.web.desk import Desk


def webhook(**more: Any) -> Any:
    return {"label": "Books", "url": "https://books.example/hook", "kinds": ["case_solved"]} | more


def test_receivers_can_be_told_of_all_that_rules_run_on() -> None:
    assert {one.value for one in Happening} <= {one.value for one in WebhookKind}


async def test_admin_keeps_webhooks_and_sees_a_secret_once(desk: Desk) -> None:
    admin = await desk.signed_in(Role.ADMIN)

    made = await admin.post("/webhooks", webhook())
    path = f"/webhooks/{made.body['webhook']['id']}"
    saved = await admin.call("PUT", path, webhook(kinds=["case_rated"], label="Archive"))
    renewed = await admin.post(f"{path}/secret")
    paused = await admin.post(f"{path}/pause")
    refused = await admin.post(f"{path}/test")
    resumed = await admin.post(f"{path}/resume")
    test = await admin.post(f"{path}/test")
    listed = await admin.get("/webhooks")
    calls = await admin.get(f"{path}/calls?state=waiting")
    call = await admin.get(f"/webhook-calls/{test.body['id']}")
    replayed = await admin.post(f"{path}/replay", {"since": "2020-01-01T00:00:00Z"})
    again = await admin.post(f"{path}/replay", {"since": "2020-01-01T00:00:00Z"})
    cancelled = await admin.post(f"{path}/replay/cancel")
    over = await admin.post(f"{path}/replay/cancel")
    ended = (await admin.get("/webhooks")).body["webhooks"][0]["replay"]
    dropped = await admin.call("DELETE", path)

    assert made.status == 201
    assert made.body["secret"].startswith("whsec_")
    assert renewed.body["secret"] != made.body["secret"]
    assert renewed.body["webhook"]["former_secret_until"] is not None
    assert made.body["secret"].encode() not in listed.raw
    assert (saved.body["label"], saved.body["kinds"]) == ("Archive", ["case_rated"])
    assert (paused.body["state"], paused.body["paused_because"]) == ("paused", "by_hand")
    assert (refused.status, refused.code) == (409, "paused")
    assert (resumed.body["state"], test.status, test.body["kind"]) == ("active", 201, "test")
    assert listed.body["webhooks"][0]["waiting"] == 1
    assert [one["id"] for one in calls.body["calls"]] == [test.body["id"]]
    assert (call.body["call"]["tries"], call.body["tries"]) == (0, [])
    assert replayed.body == {"count": None}
    assert (again.status, again.code) == (409, "replaying")
    assert (cancelled.status, over.status, over.code) == (204, 409, "not_replaying")
    assert ended["cancelled_by"]["name"] == "Admin"
    assert dropped.status == 204
    assert (await admin.get("/webhooks")).body == {"webhooks": []}
    assert (await admin.get(f"{path}/calls")).status == 404


async def test_only_owners_give_the_right_to_texts_and_change_what_has_it(desk: Desk) -> None:
    admin = await desk.signed_in(Role.ADMIN)
    owner = await desk.signed_in(Role.OWNER)
    agent = await desk.signed_in(Role.AGENT)

    refused = await admin.post("/webhooks", webhook(has_texts=True))
    made = await owner.post("/webhooks", webhook(has_texts=True))
    path = f"/webhooks/{made.body['webhook']['id']}"
    moved = await admin.call("PUT", path, webhook(url="https://elsewhere.example", has_texts=True))
    taken = await admin.call("PUT", path, webhook(url="https://elsewhere.example"))

    assert (refused.status, refused.code) == (403, "owners_only")
    assert made.status == 201
    assert (moved.status, taken.status) == (403, 403)
    assert (await agent.get("/webhooks")).status == 403


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"url": "ftp://books.example"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "/hook"}, "url"),
        ({"url": "https://ida:secret@books.example"}, "url"),
        ({"url": "https://books.example:22"}, "url"),
        ({"url": "https://books.example:99999"}, "url"),
        ({"url": "http://0x7f.1/"}, "url"),
        ({"url": "http://2130706433/"}, "url"),
        ({"label": " "}, "label"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["weather"]}, "kinds[0]"),
        ({"team_ids": [999]}, "team_ids"),
        ({"topic_ids": [999]}, "topic_ids"),
    ],
)
async def test_wrong_webhooks_are_refused_with_the_field(
    desk: Desk, wrong: dict[str, Any], field: str
) -> None:
    owner = await desk.signed_in(Role.OWNER)

    answered = await owner.post("/webhooks", webhook(**wrong))

    assert (answered.status, answered.body["field"]) == (400, field), answered.raw


async def test_replay_names_one_call_or_a_period(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    made = await owner.post("/webhooks", webhook())
    path = f"/webhooks/{made.body['webhook']['id']}/replay"

    both = await owner.post(path, {"call_id": 1, "since": "2026-01-01T00:00:00Z"})
    neither = await owner.post(path, {})
    backwards = {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}

    assert (both.status, neither.status) == (400, 400)
    assert (await owner.post(path, backwards)).body["field"] == "until"
    assert (await owner.post(path, {"call_id": 999})).status == 404
