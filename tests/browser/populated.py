"""A desk in which something stands in every state that can hold something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.browser.desk import PERSON, PlayedDesk

LONG = "We have been waiting for the withdrawal since Monday and nobody could say why. " * 40
RULE = {
    "when": {"kind": "happened", "on": "deadline_passed"},
    "condition": {
        "kind": "all",
        "parts": [{"kind": "test", "field": "case.priority", "op": "at_least", "value": 2}],
    },
    "then": [{"do": "prioritise", "priority": 1}, {"do": "note", "text": LONG[:2000]}],
}
WEI = "王伟"
ZHOU = "周洋"
ZHOU_AT = "5000000001"


@dataclass(frozen=True, slots=True)
class Ids:
    """Of those who stand in the states' addresses."""

    person: int
    unproven: int
    account: int

    def fill(self, path: str) -> str:
        return path.format(person=self.person, unproven=self.unproven, account=self.account)


async def _plan_shifts(desk: PlayedDesk, team: int) -> None:
    """By day somebody is there, and at night nobody."""
    me = (await desk.get("/me"))["agent"]["id"]
    day = {
        "key": "day",
        "name": "Payments",
        "team_id": team,
        "agent_ids": [me],
        "time_zone": "Europe/Berlin",
        "starts": "09:00",
        "ends": "17:00",
        "first_day": "2026-01-01",
        "weekdays": "mon-sun",
    }
    cover = {"name": "Payments", "team_ids": [team], "at_least": 2}
    rota = {"shifts": [day], "covers": [cover]}
    await desk.put("/rota", {"rota": rota, "expect_revision": 0, "accept": True})


async def populate(desk: PlayedDesk) -> Ids:
    """People, words, settings: once for a desk. Its first steps are still to be done."""
    mail = {"channel": "email", "person": PERSON}
    await _said(desk, "My withdrawal is pending. See https://s.example/4f", channel="webchat")
    person = await _said(desk, LONG, subject="My withdrawal", **mail)
    other = await _said(
        desk,
        "我换了手机，验证码没有了。",
        channel="email",
        person=WEI,
        address="wei@people.example",
    )
    unproven = await _said(
        desk, "Send it elsewhere.", subject="Urgent", is_authenticated=False, **mail
    )
    zhou = await _said(desk, "还是我。", channel="telegram", person=ZHOU, address=ZHOU_AT)
    await desk.change_last("telegram", "还是我，周洋。", address=ZHOU_AT)
    await _talk_and_change(desk, person, zhou)
    await desk.post(
        "/snippets", {"reach": "shared", "title": "Refund", "texts": {"en": {"text": "On its way"}}}
    )
    team = await desk.post("/teams", {"name": "Payments"})
    await _plan_shifts(desk, team["id"])
    limit = {"minutes": 60, "clock": "always"}
    plan = {"policies": [{"name": "Withdrawal", "first_reply": limit}]}
    await desk.put("/deadline-plan", {"plan": plan, "expect_revision": 0})
    texts = {"en": "We are on it.", "zh": "我们正在处理。"}
    new = {"title": "Deposits are stuck", "description": LONG, "public_texts": texts}
    incident = (await desk.post("/incidents", new))["incident"]["id"]
    [case, *_] = (await desk.get(f"/conversations/{person}"))["cases"]
    await desk.post(f"/cases/{case['id']}", {"incident_id": incident})
    due = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    await desk.post(f"/cases/{case['id']}/promises", {"due_at": due, "words": "Ask the bank 银行"})
    await desk.post("/rules", {"name": "Refunds 退款", "definition": RULE})
    await desk.post("/macros", {"name": "结案", "actions": RULE["then"]})
    await desk.post("/handovers", {"team_id": team["id"], "note": "他等了三天。"})
    await desk.post("/tokens", {"name": "机器", "role": "agent"})
    await desk.post("/views", {"name": "Late", "query": "is:unread", "icon": "clock"})
    await desk.post("/reply-topics", {"name": "Withdrawal", "minimum_level": 2})
    await desk.post(
        "/proposals", {"loser_id": person, "winner_id": other, "reason": "Looks like one."}
    )
    # An account that is no sandbox's: from it on the desk shows what is left of its first steps.
    await desk.post("/first-run/account", {})
    return Ids(person=person, unproven=unproven, account=desk.account("email"))


async def _said(desk: PlayedDesk, text: str, **said: Any) -> int:
    """The person whose conversation it stands in."""
    await desk.say(text=text, **said)
    row = await desk.newest()
    assert row is not None
    assert row["display_name"] == said.get("person", PERSON)
    return int(row["person_id"])


async def _talk_and_change(desk: PlayedDesk, person: int, zhou: int) -> None:
    """A note with a file, an answer; a label, a merge, drafts."""
    file = await desk.upload("收据.txt", b"4f2a")
    talk = f"/conversations/{person}"
    await desk.post(
        f"{talk}/messages",
        {
            "client_key": "n",
            "kind": "note",
            "text": "Held by a manual check.",
            "attachment_ids": [file],
        },
    )
    await desk.post(
        f"{talk}/messages",
        {"client_key": "r", "kind": "reply", "text": "It is being looked at by hand."},
    )
    await desk.put(f"{talk}/drafts/note", {"text": "Ask Cy", "options": {}})
    await desk.post(f"/persons/{person}/notes", {"text": "他等了三天。"})
    label = await desk.post("/labels", {"name": "退款"})
    field = {"name": "Payout network", "kind": "choice", "choices": ["TRC-20", "Bitcoin"]}
    await desk.post("/case-fields", field)
    [case] = (await desk.get(talk))["cases"]
    await desk.post(f"/cases/{case['id']}", {"add_labels": [label["id"]]})
    await desk.post(f"/persons/{zhou}/merge", {"into": person, "reason": "同一个人。"})
