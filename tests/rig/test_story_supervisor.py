"""A supervisor's day, as the README tells it: what the desk does by itself, and what it stops."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.rig.agent import AgentClient
from tests.rig.grace import PATIENCE, Grace, grace_at
from tests.waiting import until

STUCK = "My withdrawal of 2 BTC is stuck since Monday, where is my money?"
MONEY = "We give you 5,000 USDT back."
NOTED = {"kind": "happened", "on": "note_written"}
_REFUND = {"kind": "test", "field": "message.text", "op": "contains_any", "value": ["refund"]}
SAYS_REFUND = {"kind": "all", "parts": [_REFUND]}
FIRST = {"name": "All", "first_reply": {"minutes": 30, "clock": "always"}}


@pytest.fixture
async def grace(database_url: str) -> AsyncIterator[Grace]:
    async with grace_at(database_url, settings={"EGRESS_ALLOW": '["127.0.0.1"]'}) as made:
        yield made


@pytest.fixture
async def hanging() -> AsyncIterator[tuple[str, list[bytes]]]:
    """The address of a receiver that takes what it is told and never answers."""
    posts: list[bytes] = []
    released = asyncio.Event()

    async def hang(request: web.Request) -> web.Response:
        posts.append(await request.read())
        await released.wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", hang)
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("/hook")), posts
    released.set()
    await server.close()


class Day:
    """Ida runs the desk; Bo answers. After each step a message still comes in and one goes out."""

    def __init__(self, grace: Grace, ida: AgentClient, bo: AgentClient) -> None:
        self.grace, self.ida, self.bo = grace, ida, bo

    async def still_works(self, step: str) -> None:
        """Nobody waits for what was stopped."""
        said = await self.grace.say("webchat", f"Are you there after {step}?")
        answered = f"Yes, after {step}."
        await self.answer(said, answered)
        await self.grace.until_heard("webchat", answered)

    async def answer(self, said: dict[str, Any], text: str) -> tuple[int, Any]:
        body = {"client_key": uuid.uuid4().hex, "kind": "reply", "text": text}
        person, place = said["person_id"], said["place_id"]
        return await self.bo.insist(
            "POST", f"/conversations/{person}/messages", {**body, "place_id": place}
        )

    async def lines(self, person: int) -> dict[str, dict[str, Any]]:
        """The last of each kind of line in the conversation."""
        return {
            one["event"]["event"]: one["event"]
            for one in await self.ida.messages(person)
            if one["direction"] == "event"
        }

    async def line(self, person: int, event: str) -> dict[str, Any]:
        async def look() -> dict[str, Any] | None:
            return (await self.lines(person)).get(event)

        found = await until(look, seconds=PATIENCE)
        assert found is not None, event
        return found

    async def log(self) -> list[str]:
        """What the audit log has, newest first."""
        entries = (await self.ida.get_answer("GET", "/audit?limit=100"))["entries"]
        return [one["action"] for one in entries]

    async def rule(self, name: str, when: Any, *then: Any, **more: Any) -> int:
        definition = {"when": when, "then": list(then), **more}
        wanted = {"name": name, "definition": definition}
        made = await self.ida.get_answer("POST", "/rules", wanted)
        rule = int(made["rule"]["id"])
        await self.ida.get_answer("POST", f"/rules/{rule}/switch", {"is_on": True})
        return rule

    async def runs(self, rule: int, outcome: str, *, on: int | None = None) -> list[dict[str, Any]]:
        """`on`: of that message alone."""

        async def look() -> list[dict[str, Any]]:
            found = (await self.ida.get_answer("GET", f"/rule-runs?rule_id={rule}"))["runs"]
            kept = [one for one in found if one["outcome"] == outcome]
            return [one for one in kept if on in (None, one["message_id"])]

        found = await until(look, seconds=PATIENCE)
        assert found
        return list(found)


async def test_supervisor_sets_up_a_desk_that_works_by_itself_and_stops_what_would_harm_it(
    grace: Grace, hanging: tuple[str, list[bytes]]
) -> None:
    ida = grace.owner
    bo = await ida.invite("Bo", "bo@desk.example")
    cy = await ida.invite("Cy", "cy@desk.example", role="supervisor")
    day = Day(grace, ida, bo)

    # 1. Topics to tell cases by, and a queue that gives out what waits.
    await ida.get_answer("POST", "/topics/ready", {"language": "en"})
    await ida.get_answer("PUT", "/queue/settings", {"mode": "automatic"})
    async with bo.socket("/feed"):
        await bo.get_answer("PUT", "/desk", {"availability": "online"})

        # 2. Grace is in trouble: her case has a topic, goes first, is Bo's, and he is told.
        said = await grace.say("webchat", STUCK)
        person, case = said["person_id"], said["case_id"]
        told = await day.line(person, "danger_told")
        assert (told["danger"], bo.agent_id in told["told"]) == ("withdrawal_stuck", True)
        given = await day.line(person, "case_assigned")
        assert given["owner_id"] == bo.agent_id
        page = await ida.get_answer("GET", f"/conversations/{person}")
        [shown] = [one for one in page["cases"] if one["id"] == case]
        assert (shown["priority"], shown["topic"] != "") == (1, True)

        # 3. What is owed by when. A plan that contradicts itself is stopped, and logged.
        wrong = {**FIRST, "resolution": {"minutes": 10, "clock": "always"}}
        body = {"plan": {"policies": [wrong]}, "expect_revision": 0}
        status, refused = await ida.call("PUT", "/deadline-plan", body)
        assert (status, refused["field"]) == (400, "policies.0.first_reply.minutes")
        assert "deadlines.stopped" in await day.log()
        await day.still_works("a plan that contradicts itself")
        await ida.get_answer("PUT", "/deadline-plan", {**body, "plan": {"policies": [FIRST]}})

        # 4. A rule, tried on the past first. It says on the case what it did, and why.
        haste = {"do": "prioritise", "priority": 2}
        wrote = {"kind": "happened", "on": "person_wrote"}
        refund = {"when": wrote, "condition": SAYS_REFUND, "then": [haste]}
        await grace.say("email", "Where is my refund?")
        tried = await ida.get_answer("POST", "/rules/dry-run", {"definition": refund})
        assert (tried["runs"], tried["of_cases"]) == (1, 1)
        rule = await day.rule("Refunds", wrote, haste, condition=SAYS_REFUND)
        mail = await grace.say("email", "My refund, please!")
        # What was said before may still have come to it.
        [ran] = await day.runs(rule, "done", on=mail["id"])
        assert ran["case_id"] == mail["case_id"]
        line = await day.line(mail["person_id"], "rule_ran")
        assert (line["run_id"], line["case_id"]) == (ran["id"], mail["case_id"])

        # 5. A rule that loops does not run on itself; one that floods is switched off, and logged.
        note = {"do": "note", "text": "Seen"}
        loop = await day.rule("Loop", NOTED, note)
        flood = await day.rule("Flood", wrote, note, most_per_case=2)
        for number in range(4):
            await grace.say("telegram", f"Hello {number}")
        await day.runs(loop, "looped")
        await day.runs(flood, "stopped")
        listed = (await ida.get_answer("GET", "/rules"))["rules"]
        [off] = [one for one in listed if one["id"] == flood]
        assert (off["is_on"], "within an hour" in off["stopped_because"]) == (False, True)
        assert "rule.stopped" in await day.log()
        await day.still_works("a rule that loops")

        # 6. A rota with a hole is stopped, and logged; it is saved once somebody says that it may.
        team = await ida.get_answer("POST", "/teams", {"name": "Day", "member_ids": [bo.agent_id]})
        shift = {
            "key": "day", "name": "Day", "team_id": team["id"], "agent_ids": [bo.agent_id],
            "time_zone": "Europe/Berlin", "starts": "00:00", "ends": "20:00",
            "first_day": "2026-01-01", "weekdays": "mon-sun",
        }  # fmt: skip
        rota = {"shifts": [shift], "covers": [{"name": "Always"}], "rest_hours": 0}
        body = {"rota": rota, "expect_revision": 0}
        status, refused = await ida.call("PUT", "/rota", body)
        assert (status, refused["code"], refused["on_duty"]) == (409, "rota_has_faults", 0)
        assert "rota.stopped" in await day.log()
        await day.still_works("a rota with a hole")

        # 7. A receiver that hangs: it is tried again, its log says so, and nothing waits for it.
        url, posts = hanging
        hook = {"label": "Pager", "url": url, "kinds": ["danger_told", "person_wrote"]}
        made = await ida.get_answer("POST", "/webhooks", hook)
        await day.still_works("a receiver that hangs")
        assert await until(lambda: _has_come(posts), seconds=PATIENCE)
        path = f"/webhooks/{made['webhook']['id']}/calls"

        # 8. What an agent may not say alone goes out once a second one has read it.
        await ida.get_answer("PUT", "/approval-policy", {"amounts": [{"above": 1000}]})
        status, refused = await day.answer(said, MONEY)
        assert (status, refused["code"]) == (409, "needs_second")
        asked = await bo.get_answer(
            "POST",
            f"/conversations/{person}/approvals",
            {"client_key": uuid.uuid4().hex, "kind": "reply", "text": MONEY,
             "place_id": said["place_id"]},
        )  # fmt: skip
        yes = {"digest": asked["digest"], "reason": "It is hers."}
        await cy.get_answer("POST", f"/approvals/{asked['id']}/approve", yes)
        await grace.until_heard("webchat", "5,000")

        # 9. A promise, and a packet for whoever comes next, which has it.
        due = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
        promise = {"due_at": due, "words": "Ask the bank"}
        await bo.get_answer("POST", f"/cases/{case}/promises", promise)
        await ida.get_answer("POST", f"/cases/{case}", {"team_id": team["id"]})
        wanted = {"team_id": team["id"], "note": "She is worried."}
        packet = await bo.get_answer("POST", "/handovers", wanted)
        [handed] = [one for one in packet["cases"] if one["id"] == case]
        assert handed["danger"] == "withdrawal_stuck"
        assert "promise" in [one["target"] for one in handed["owed"]]

        async def is_logged() -> bool:
            [*_, first] = (await ida.get_answer("GET", path))["calls"]
            return bool(first["fault"] == "timeout" and first["state"] == "waiting")

        assert await until(is_logged, seconds=PATIENCE)

    # 10. It is done, and the case tells how long it waited for whom.
    await ida.get_answer("POST", f"/cases/{case}", {"state": "solved"})
    history = await ida.get_answer("GET", f"/cases/{case}/history")
    assert {"opened", "triage", "queue", "answered", "agent"} <= {
        one["cause"] for one in history["changes"]
    }
    assert set(history["seconds_in"]) == {"open", "waiting", "snoozed", "solved"}


async def _has_come(posts: list[bytes]) -> bool:
    return bool(posts)
