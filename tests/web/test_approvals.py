"""A42: an answer that needs a second agent goes out as it was read, once, or never."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.clock import FakeClock
from router.services import housekeeping
from router.services.roles import Role
from router.storage.engine import Database
from tests.services.rule_desk import RuleDesk, definition
from tests.web.desk import Answered, Browser
from tests.web.room import Room, open_room
from tests.web.test_files import upload

MONEY = {"client_key": "one", "kind": "reply", "text": "We give you 5,000 USDT back."}
POLICY = {"amounts": [{"above": 1000}]}


@dataclass
class Four:
    """Bo writes, Cy may approve; Ana waits."""

    room: Room
    bo: Browser
    cy: Browser
    ana: int

    async def ask(self, **more: Any) -> Answered:
        return await self.bo.post(f"/conversations/{self.ana}/approvals", MONEY | more)

    async def approve(self, asked: Answered, by: Browser | None = None) -> Answered:
        body = {"digest": asked.body["digest"], "reason": "It is theirs."}
        return await (by or self.cy).post(f"/approvals/{asked.body['id']}/approve", body)

    async def decline(self, asked: Answered, reason: str = "Too much.") -> Answered:
        return await self.cy.post(f"/approvals/{asked.body['id']}/decline", {"reason": reason})

    async def sent(self) -> list[str]:
        async with self.room.database.reading() as work:
            rows = await work.driver.fetch("select text from deliveries order by id")
        return [row["text"] for row in rows]

    async def lines(self) -> list[str]:
        async with self.room.database.reading() as work:
            rows = await work.driver.fetch(
                "select text from messages where text like 'approval%' order by id"
            )
        return [row["text"] for row in rows]


@pytest.fixture
async def four(database: Database, tmp_path: Path) -> AsyncIterator[Four]:
    async with open_room(database, tmp_path) as room:
        owner = await room.desk.signed_in(Role.OWNER)
        ana = await room.stage.meets("ana")
        answered = await owner.call("PUT", "/approval-policy", POLICY)
        assert answered.status == 200, answered.raw
        yield Four(
            room,
            await room.desk.signed_in(Role.AGENT),
            await room.desk.signed_in(Role.SUPERVISOR),
            ana,
        )


async def test_answer_goes_out_once_a_second_agent_has_read_it(four: Four) -> None:
    rules = await RuleDesk.open(four.room.stage)
    when = {"kind": "happened", "on": "approval_asked"}
    await rules.rule(definition({"do": "prioritise", "priority": 1}, when=when))
    refused = await four.bo.post(f"/conversations/{four.ana}/messages", MONEY)
    asked = await four.ask()
    before = await four.sent()
    waiting = (await four.cy.get("/approvals")).body["approvals"]
    approved = await four.approve(asked)
    again = await four.approve(asked)

    assert (refused.status, refused.code, refused.body["because"]) == (
        409, "needs_second", "amount",
    )  # fmt: skip
    assert (asked.status, asked.body["state"], before) == (201, "waiting", [])
    assert [(one["text"], one["may_approve"]) for one in waiting] == [(MONEY["text"], True)]
    assert (approved.status, approved.body["state"]) == (200, "approved")
    assert approved.body["message_id"]
    assert (again.status, again.code) == (409, "already_decided")
    assert await four.sent() == [MONEY["text"]]
    assert await four.lines() == ["approval_asked", "approval_approved"]
    await rules.work()
    assert await rules.outcomes() == ["done"]
    assert (await four.cy.get("/approvals")).body["approvals"] == []


async def test_author_cannot_approve_nor_can_who_has_not_the_right(four: Four) -> None:
    asked = await four.ask()
    chief = await four.room.desk.signed_in(Role.ADMIN)
    own = await chief.post(
        f"/conversations/{four.ana}/approvals", MONEY | {"client_key": "chief's"}
    )

    assert (await four.approve(asked, by=four.bo)).status == 403
    refused = await four.approve(own, by=chief)
    assert (refused.status, refused.code) == (403, "own_approval")
    assert await four.sent() == []


async def test_declined_answer_never_goes_out(four: Four) -> None:
    asked = await four.ask()

    silent = await four.decline(asked, reason=" ")
    declined = await four.decline(asked)
    late = await four.approve(asked)
    same = await four.bo.post(f"/conversations/{four.ana}/messages", MONEY)

    assert (silent.status, silent.body["field"]) == (400, "reason")
    assert (declined.body["state"], declined.body["decision_reason"]) == ("declined", "Too much.")
    assert (late.status, late.code) == (409, "already_decided")
    assert (same.status, same.code) == (409, "needs_second")
    assert await four.sent() == []


async def test_author_takes_back_what_waits(four: Four) -> None:
    asked = await four.ask()

    taken = await four.bo.post(f"/approvals/{asked.body['id']}/decline", {})

    assert taken.body["state"] == "withdrawn"
    assert (await four.approve(asked)).code == "already_decided"


async def test_approval_is_of_the_text_that_was_read_and_of_no_other(four: Four) -> None:
    asked = await four.ask()
    stored = 'update approvals set wanted = wanted || \'{"text": "We give you 9,000."}\''
    await four.room.stage.run(stored)

    other = await four.cy.post(f"/approvals/{asked.body['id']}/approve", {"digest": "0" * 64})
    swapped = await four.approve(asked)

    assert (other.status, other.code) == (409, "other_digest")
    assert (swapped.status, swapped.code) == (409, "void")
    assert (await four.cy.get(f"/approvals/{asked.body['id']}")).body["state"] == "void"
    assert await four.sent() == []


async def test_approval_is_of_the_recipient_who_was_shown(four: Four) -> None:
    asked = await four.ask()
    await four.room.stage.run("update identities set handle = 'mallory' where handle = 'ana'")

    moved = await four.approve(asked)

    assert (moved.status, moved.code) == (409, "void")
    assert await four.sent() == []


async def test_answer_that_nobody_approved_in_time_goes_out_no_more(
    four: Four, clock: FakeClock
) -> None:
    asked = await four.ask()
    async with four.room.database.transaction() as work:
        await work.driver.execute("update approvals set expires_at = $1", clock.now())

    late = await four.approve(asked)

    assert (late.status, late.code) == (409, "expired")
    found = await four.cy.get("/approvals?only_waiting=false")
    assert [one["state"] for one in found.body["approvals"]] == ["expired"]
    assert await housekeeping.end_approvals(four.room.database) == 1
    assert await housekeeping.end_approvals(four.room.database) == 0
    found = await four.cy.get("/approvals?only_waiting=false")
    assert [one["state"] for one in found.body["approvals"]] == ["expired"]
    assert await four.lines() == ["approval_asked", "approval_expired"]
    again = await four.ask()
    assert (again.status, again.code) == (409, "already_decided")


async def test_answer_of_who_is_no_agent_any_more_is_void(four: Four) -> None:
    asked = await four.ask()
    await four.room.stage.run(
        "update agents set is_active = false where id = $1", asked.body["author_id"]
    )

    assert (await four.approve(asked)).code == "void"
    assert await four.sent() == []


async def test_approved_answer_keeps_its_hold_and_can_be_recalled(four: Four) -> None:
    approved = await four.approve(await four.ask(hold_seconds=60))

    state = await four.room.stage.value("select state from deliveries")
    path = f"/messages/{approved.body['message_id']}/hold"
    recalled = await four.bo.call("DELETE", path)

    assert state == "held"
    assert recalled.status < 300, recalled.raw
    assert await four.room.stage.value("select state from deliveries") == "cancelled"


async def test_what_needs_no_second_agent_is_not_asked_for(four: Four) -> None:
    plain = MONEY | {"text": "Thank you."}

    sent = await four.bo.post(f"/conversations/{four.ana}/messages", plain)
    asked = await four.ask(text="Thank you.", client_key="two")

    assert sent.status == 201
    assert (asked.status, asked.code) == (409, "not_needed")


async def test_restricted_case_hides_what_waits_in_it(four: Four) -> None:
    asked = await four.ask()
    await four.room.stage.restrict(asked.body["case_id"])

    assert (await four.cy.get("/approvals")).body["approvals"] == []
    assert (await four.cy.get(f"/approvals/{asked.body['id']}")).status == 404
    assert (await four.approve(asked)).status == 404


async def test_same_key_asks_once(four: Four) -> None:
    first, second = await four.ask(), await four.ask()

    assert first.body["id"] == second.body["id"]
    assert first.body["expires_at"] == second.body["expires_at"]


async def test_sent_answer_is_not_edited_into_one_that_needs_a_second_agent(four: Four) -> None:
    plain = MONEY | {"text": "Thank you."}
    sent = await four.bo.post(f"/conversations/{four.ana}/messages", plain)
    await four.room.stage.run("update deliveries set state = 'sent'")
    edit = {"client_key": "edit", "text": "We give you 5,000 USDT back."}

    edited = await four.bo.call("PATCH", f"/messages/{sent.body['id']}", edit)

    assert (edited.status, edited.code) == (409, "needs_second"), edited.raw


async def test_approver_is_shown_all_that_goes_out(four: Four) -> None:
    link = [{"mark": "link", "start": 0, "end": 2, "url": "https://elsewhere.example"}]
    asked = await four.ask(spans=link, afterwards={"state": "solved"})

    shown = (await four.cy.get(f"/approvals/{asked.body['id']}")).body["going_out"]

    assert shown["links"] == [{"text": "We", "url": "https://elsewhere.example"}]
    assert [one["is_copy"] for one in shown["to"]] == [False]
    assert shown["to"][0]["shown_as"]
    assert shown["to"][0]["account_id"] == four.room.stage.account
    assert shown["afterwards"] == "solved"


async def test_approver_opens_its_files_while_it_waits(four: Four) -> None:
    uploaded = await upload(four.bo, b"terms", "terms.txt")
    file = uploaded.body["id"]
    other = await upload(four.bo, b"mine", "mine.txt")

    asked = await four.ask(attachment_ids=[file])

    assert asked.status == 201, asked.raw
    assert [one["name"] for one in asked.body["going_out"]["files"]] == ["terms.txt"]
    opened = await four.cy.get(f"/attachments/{file}")
    assert (opened.status, opened.raw) == (200, b"terms")
    assert (await four.cy.get(f"/attachments/{other.body['id']}")).status == 404
    await four.room.stage.restrict(asked.body["case_id"])
    assert (await four.cy.get(f"/attachments/{file}")).status == 404


async def test_answer_goes_into_the_case_that_its_author_answered(four: Four) -> None:
    asked = await four.ask()
    await four.room.stage.run("update cases set state = 'solved'")
    hidden = await four.room.stage.case_of(await four.room.stage.says("ana", "Stolen!"))
    await four.room.stage.restrict(hidden)
    owner = await four.room.desk.signed_in(Role.OWNER, email="other-owner@desk.example")

    approved = await four.approve(asked, by=owner)

    assert approved.status == 200, approved.raw
    stood = await four.room.stage.case_of(approved.body["message_id"])
    assert (stood, stood == hidden) == (asked.body["case_id"], False)


async def test_line_about_it_stands_in_a_case_that_its_author_sees(four: Four) -> None:
    await four.room.stage.run("update cases set state = 'solved'")
    hidden = await four.room.stage.case_of(await four.room.stage.says("ana", "Stolen!"))
    await four.room.stage.restrict(hidden)

    asked = await four.ask()

    assert asked.status == 201, asked.raw
    assert asked.body["case_id"] not in (None, hidden)


async def test_approver_is_told_that_the_person_wrote_since_and_it_still_waits(four: Four) -> None:
    asked = await four.ask()
    before = (await four.cy.get("/approvals")).body["approvals"][0]
    await four.room.stage.says("ana", "Never mind, I cancelled.")
    path = f"/approvals/{asked.body['id']}/approve"
    given = {"digest": asked.body["digest"], "expect_last_id": before["last_message_id"]}

    refused = await four.cy.post(path, given)
    after = (await four.cy.get("/approvals")).body["approvals"][0]
    approved = await four.cy.post(path, given | {"expect_last_id": after["last_message_id"]})

    assert (refused.status, refused.code) == (409, "moved_on")
    assert (before["is_overtaken"], after["is_overtaken"]) == (False, True)
    assert (approved.status, approved.body["state"]) == (200, "approved")


async def test_what_cannot_go_out_right_now_still_waits(four: Four) -> None:
    asked = await four.ask()
    await four.room.stage.run("update accounts set state = 'removed'")
    refused = await four.approve(asked)
    await four.room.stage.run("update accounts set state = 'active'")

    assert (refused.status, refused.code) == (409, "place_unavailable")
    assert (await four.approve(asked)).status == 200


async def test_time_that_passed_while_it_waited_is_now(four: Four, clock: FakeClock) -> None:
    soon = (clock.now() + timedelta(minutes=5)).isoformat()
    asked = await four.ask(send_at=soon)
    clock.advance(timedelta(minutes=10))

    approved = await four.approve(asked)

    assert (approved.status, approved.body["state"]) == (200, "approved"), approved.raw
    assert await four.room.stage.value("select state from deliveries") == "queued"


async def test_subject_is_read_like_the_text(four: Four) -> None:
    said = MONEY | {"text": "As agreed.", "subject": "5,000 USDT"}

    refused = await four.bo.post(f"/conversations/{four.ana}/messages", said)
    asked = await four.ask(text="As agreed.", subject="5,000 USDT")

    assert (refused.status, refused.code, asked.status) == (409, "needs_second", 201)


async def test_policy_is_not_written_over_one_that_was_not_read(four: Four) -> None:
    owner = await four.room.desk.signed_in(Role.OWNER, email="other-owner@desk.example")
    read = (await owner.get("/approval-policy")).body

    first = await owner.call("PUT", "/approval-policy", read | {"amounts": []})
    late = await owner.call("PUT", "/approval-policy", read | {"hours": 1})
    blind = await owner.call("PUT", "/approval-policy", {"hours": 1})

    assert (blind.status, blind.code) == (409, "moved_on")
    assert (first.status, first.body["revision"] > read["revision"]) == (200, True)
    assert (late.status, late.code) == (409, "moved_on")
    assert (await owner.get("/approval-policy")).body == first.body
