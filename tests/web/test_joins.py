"""Splits, suggestions and proposals over HTTP, by agents who may and who may not."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from router.services.identity import suggestions
from router.services.roles import Role
from router.storage.engine import Database
from tests.services.builders import sender, signed_sender
from tests.web.desk import Browser
from tests.web.room import Room, open_room

BECAUSE = {"reason": "Said so on the phone."}


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def bo(room: Room) -> Browser:
    return await room.desk.signed_in(Role.AGENT, "bo@example.com")


@pytest.fixture
async def cy(room: Room) -> Browser:
    return await room.desk.signed_in(Role.SUPERVISOR, "cy@example.com")


async def _person(browser: Browser, person: int) -> dict[str, Any]:
    found: dict[str, Any] = (await browser.get(f"/persons/{person}")).body
    return found


async def test_one_identity_is_split_out_and_joined_again_and_old_ids_lead_on(
    room: Room, bo: Browser
) -> None:
    ana, annie = [await room.stage.meets(who) for who in ("ana", "annie")]
    await bo.post(f"/persons/{annie}/merge", {"into": ana, **BECAUSE})
    merged = await _person(bo, annie)
    [identity] = [one["id"] for one in merged["identities"] if one["home_person_id"] == annie]

    split = await bo.post(f"/identities/{identity}/split", BECAUSE)
    assert (split.status, split.body["kind"], split.body["loser_id"]) == (201, "split", annie)
    assert (await _person(bo, annie))["member_ids"] == [annie]
    assert (await bo.post(f"/identities/{identity}/split", BECAUSE)).code == "alone"

    undone = await bo.post(f"/merges/{split.body['id']}/undo", BECAUSE)
    assert undone.body["undone_by"]["name"]
    assert (await _person(bo, annie))["id"] == ana


async def test_proposal_is_told_when_it_is_made_and_when_it_is_decided(
    room: Room, bo: Browser, cy: Browser
) -> None:
    one, two = [await room.stage.meets(signed_sender(f"s{n}", host=f"4{n}")) for n in (1, 2)]
    ear = await room.listen(cy, await room.publish())

    asked = await bo.post("/proposals", {"loser_id": two, "winner_id": one, **BECAUSE})
    await room.publish()
    made = await ear.event("proposal.changed")
    await cy.post(f"/proposals/{asked.body['id']}/approve", {})
    await room.publish()
    decided = await ear.event("proposal.changed")

    assert made["person_id"] is None
    assert made["proposal"] | {"may_approve": False} == asked.body
    assert (decided["proposal"]["id"], decided["proposal"]["state"]) == (
        asked.body["id"],
        "approved",
    )


async def test_proposal_about_somebody_hidden_is_told_to_nobody_else(
    room: Room, bo: Browser
) -> None:
    one, two = [await room.stage.meets(signed_sender(f"s{n}", host=f"4{n}")) for n in (1, 2)]
    owner = await room.desk.signed_in(Role.OWNER, "owner@example.com")
    case = await room.stage.value("select id from cases where person_id = $1", two)
    assert isinstance(case, int)
    await room.stage.restrict(case, "legal")
    after = await room.publish()
    sees, sees_not = await room.listen(owner, after), await room.listen(bo, after)

    await owner.post("/proposals", {"loser_id": two, "winner_id": one, **BECAUSE})
    await room.publish()

    assert (await sees.event("proposal.changed"))["proposal"]["loser"]["id"] == two
    await sees_not.quiet()
    assert sees_not.events == []


async def test_two_host_accounts_take_two_agents(room: Room, bo: Browser, cy: Browser) -> None:
    one, two = [await room.stage.meets(signed_sender(f"s{n}", host=f"4{n}")) for n in (1, 2)]

    alone = await bo.post(f"/persons/{two}/merge", {"into": one, **BECAUSE})
    assert (alone.status, alone.code) == (409, "second_agent_needed")
    asked = await bo.post("/proposals", {"loser_id": two, "winner_id": one, **BECAUSE})
    assert (asked.status, asked.body["may_approve"]) == (201, False)
    path = f"/proposals/{asked.body['id']}"
    own = await bo.post(f"{path}/approve", {})
    assert (own.status, own.code) == (403, "own_proposal")
    [waiting] = (await cy.get("/proposals")).body["proposals"]
    assert waiting["may_approve"]

    done = await cy.post(f"{path}/approve", {"reason": "I know them."})

    assert (done.status, done.body["state"]) == (200, "approved")
    assert (await _person(bo, two))["id"] == one
    assert (await cy.get("/proposals")).body["proposals"] == []
    assert [
        each["state"] for each in (await cy.get("/proposals?only_open=false")).body["proposals"]
    ] == ["approved"]


async def test_a_suggestion_is_found_with_its_grounds_accepted_and_rejected(
    room: Room, bo: Browser
) -> None:
    mails = sender("ana@example.com", realm="email")
    ana = await room.stage.meets(mails)
    said = await room.stage.says("ana2", "I am ana@example.com")
    await room.stage.says("eve", "ana@example.com is me")
    await room.stage.relay()
    await suggestions.follow(room.stage.database)
    chat = await room.stage.person_of(said)

    page = (await bo.get(f"/persons/{chat}/suggestions")).body
    [found] = [
        one for one in page["suggestions"] if {one["left"]["id"], one["right"]["id"]} == {ana, chat}
    ]
    assert found["grounds"][0] == {
        "kind": "address",
        "value": "ana@example.com",
        "is_proven": True,
        "message_id": said,
        "other_message_id": None,
    }
    assert found["against"] == []
    assert len((await bo.get("/suggestions")).body["suggestions"]) == 3
    merge = await bo.post(f"/suggestions/{found['id']}/accept", BECAUSE)
    assert (merge.status, merge.body["winner_id"]) == (200, ana)
    [left] = (await bo.get("/suggestions")).body["suggestions"]
    rejected = await bo.post(f"/suggestions/{left['id']}/reject", {"reason": "Eve lies."})

    assert (rejected.status, rejected.body["state"]) == (200, "rejected")
    assert (await bo.get("/suggestions")).body["suggestions"] == []
    assert (await bo.post(f"/suggestions/{left['id']}/accept", BECAUSE)).code == "already_decided"


async def test_whoever_may_only_read_decides_nothing(room: Room) -> None:
    auditor = await room.desk.signed_in(Role.AUDITOR, "au@example.com")
    await room.stage.meets("ana")

    for path in (
        "/identities/1/split",
        "/suggestions/1/accept",
        "/suggestions/1/reject",
        "/proposals/1/approve",
        "/proposals/1/refuse",
    ):
        assert (await auditor.post(path, BECAUSE)).status == 403
    assert (await auditor.get("/proposals")).status == 200
