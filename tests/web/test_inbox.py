"""The inbox over HTTP: list, conversation, replies, cases, persons, and bad input."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.ids import RemoteId, RemotePlace
from core.messages import MessageEdited, Place
from router.services.roles import Role
from router.storage.engine import Database
from tests.web.desk import Browser
from tests.web.room import Room, me, open_room


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def bo(room: Room) -> Browser:
    return await room.desk.signed_in(Role.AGENT, "bo@example.com")


async def test_list_is_an_index_and_rows_by_its_ids(room: Room, bo: Browser) -> None:
    ana, ada = await room.stage.meets("ana"), await room.stage.meets("ada")
    position = await room.publish()

    index = (await bo.get("/conversations/index?view=open")).body
    rows = (await bo.get(f"/conversations?ids={ada},{ana},4711")).body["rows"]

    assert (index["view"], index["query"], index["sort"]) == ("open", "", "newest")
    assert (index["ids"], index["position"], index["next"]) == ([ada, ana], position, None)
    assert [row["person_id"] for row in rows] == [ada, ana]
    counts = {one["key"]: one["count"] for one in (await bo.get("/views")).body["views"]}
    rest = {"mentions": 0, "snoozed": 0, "solved": 0}
    assert counts == {"open": 2, "mine": 0, "unassigned": 2, "all": 2, **rest}


async def test_conversation_has_the_agreed_shape(room: Room, bo: Browser) -> None:
    message = await room.stage.says("ana", "Hello", subject="Order")
    person = await room.stage.person_of(message)

    found = (await bo.get(f"/conversations/{person}")).body

    assert set(found) == {"person", "row", "cases", "reach", "merges", "position"}
    [reach] = found["reach"]
    assert (reach["channel"], reach["is_available"], reach["is_default"]) == ("sample", True, True)
    assert reach["capabilities"]["text_limit"] == 500
    assert reach["capabilities"]["files"] == {
        "max_count": 2,
        "max_size": 10_000,
        "media_types": ["*/*"],
    }
    [case] = found["cases"]
    assert (case["subject"], case["state"], case["owner"]) == ("Order", "open", None)
    assert found["person"]["identities"][0]["evidence"][0]["kind"] == "network_id"


async def test_reply_is_queued_once_for_one_client_key(room: Room, bo: Browser) -> None:
    person = await room.stage.meets("ana")
    body = {"client_key": "k1", "kind": "reply", "text": "Dear Ana"}

    first = await bo.post(f"/conversations/{person}/messages", body)
    again = await bo.post(f"/conversations/{person}/messages", body)

    assert (first.status, again.status) == (201, 200)
    assert first.body == again.body
    assert first.body["author"] == {"kind": "agent", "id": me(bo), "name": "Agent"}
    assert [one["state"] for one in first.body["deliveries"]] == ["queued"]
    assert first.body["client_key"] == "k1"


async def test_reply_after_somebody_else_wrote_is_held_up(room: Room, bo: Browser) -> None:
    first = await room.stage.says("ana", "one")
    second = await room.stage.says("ana", "two")
    person = await room.stage.person_of(first)

    refused = await bo.post(
        f"/conversations/{person}/messages",
        {"client_key": "k", "kind": "reply", "text": "Late", "expect_last_id": first},
    )

    assert (refused.status, refused.code) == (409, "moved_on")
    assert refused.body["last_message_id"] == second


async def test_note_is_for_agents_and_goes_nowhere(room: Room, bo: Browser) -> None:
    person = await room.stage.meets("ana")

    noted = await bo.post(
        f"/conversations/{person}/messages",
        {"client_key": "k", "kind": "note", "text": "A friend of the house"},
    )

    assert (noted.body["direction"], noted.body["deliveries"]) == ("note", [])


async def test_failed_delivery_is_decided_on(room: Room, bo: Browser) -> None:
    message = await room.stage.says("ana")
    delivery = await room.stage.deliver(message, "failed")

    decided = await bo.post(f"/deliveries/{delivery}/decision", {"action": "drop"})
    again = await bo.post(f"/deliveries/{delivery}/decision", {"action": "drop"})

    assert (decided.status, decided.body["state"]) == (200, "cancelled")
    assert (again.status, again.code) == (409, "too_late")


async def test_case_is_solved_and_another_opened(room: Room, bo: Browser) -> None:
    message = await room.stage.says("ana")
    person, case = await room.stage.person_of(message), await room.stage.case_of(message)

    solved = await bo.post(f"/cases/{case}", {"state": "solved", "expect_revision": 1})
    late = await bo.post(f"/cases/{case}", {"state": "open", "expect_revision": 1})
    opened = await bo.post(f"/conversations/{person}/cases", {"subject": "Refund"})

    assert (solved.status, solved.body["state"], solved.body["revision"]) == (200, "solved", 2)
    assert (late.status, late.code, late.body["revision"]) == (409, "moved_on", 2)
    assert (opened.status, opened.body["subject"]) == (201, "Refund")
    solved_view = (await bo.get("/conversations/index?view=solved")).body["ids"]
    assert solved_view == []


async def test_persons_are_found_changed_merged_and_split(room: Room, bo: Browser) -> None:
    ana, ada = await room.stage.meets("ana"), await room.stage.meets("ada")

    hits = (await bo.get("/persons?q=AD")).body["persons"]
    changed = await bo.call("PATCH", f"/persons/{ada}", {"display_name": "Ada L."})
    merged = await bo.post(f"/persons/{ada}/merge", {"into": ana, "reason": "Phone."})
    redirected = (await bo.get(f"/conversations/{ada}")).body
    again = await bo.post(f"/persons/{ada}/merge", {"into": ana, "reason": "Phone."})
    undone = await bo.post(f"/merges/{merged.body['id']}/undo", {"reason": "No."})

    [hit] = hits
    assert (hit["id"], hit["display_name"], hit["identities"]) == (ada, "Ada", ["Ada"])
    assert ([one["channel"] for one in hit["channels"]], hit["snippet"]) == (["sample"], "Hello")
    assert changed.body["display_name"] == "Ada L."
    assert (merged.status, merged.body["agent"]["id"]) == (201, me(bo))
    assert redirected["person"]["id"] == ana
    assert (again.status, again.code) == (409, "already_merged")
    assert undone.body["undone_at"] is not None
    assert (await bo.get(f"/persons/{ada}")).body["id"] == ada


async def test_drafts_and_read_marks_are_kept(room: Room, bo: Browser) -> None:
    message = await room.stage.says("ana")
    person = await room.stage.person_of(message)
    path = f"/conversations/{person}/drafts/reply"

    kept = await bo.call("PUT", path, {"text": "Dear", "options": {"a": 1}})
    assert kept.status == 200
    revision = kept.body["revision"]
    assert (await bo.get(path)).body == {
        "text": "Dear",
        "options": {"a": 1},
        "files": [],
        "revision": revision,
    }
    assert (await bo.call("DELETE", path)).status == 204
    assert (await bo.get(path)).body["text"] == ""
    read = await bo.post(f"/conversations/{person}/read", {"message_id": message})
    assert read.status == 204
    assert (await bo.get(f"/conversations?ids={person}")).body["rows"][0]["unread"] is False


async def test_edited_message_shows_its_versions(room: Room, bo: Browser) -> None:
    message = await room.stage.says("ana", "frist", key="m1")
    await room.stage.accept(
        MessageEdited(
            event_key="e1",
            place=Place(remote=RemotePlace("ana")),
            remote_id=RemoteId("m1"),
            text="first",
        )
    )

    found = (await bo.get(f"/messages/{message}/revisions")).body["revisions"]

    assert [(one["revision"], one["text"]) for one in found] == [(0, "frist"), (1, "first")]


async def test_long_text_is_cut_in_lists_and_whole_by_itself(room: Room, bo: Browser) -> None:
    text = "слово " * 30_000
    message = await room.stage.says("ana", text)
    person = await room.stage.person_of(message)

    [shown] = (await bo.get(f"/conversations/{person}/messages")).body["messages"]
    whole = (await bo.get(f"/messages/{message}/text")).body

    assert (len(shown["text"]), shown["is_cut"]) == (100_000, True)
    assert whole["text"] == text


UNKNOWN: list[tuple[str, str, Any]] = [
    ("GET", "/conversations/4711", None),
    ("GET", "/conversations/x", None),
    ("GET", f"/conversations/{2**64}", None),
    ("GET", "/conversations/4711/messages", None),
    ("POST", "/conversations/4711/messages", {"client_key": "k", "kind": "reply", "text": "x"}),
    ("POST", "/conversations/4711/messages", {"client_key": "k", "kind": "note", "text": "x"}),
    ("POST", "/conversations/4711/read", {"message_id": 1}),
    ("GET", "/conversations/4711/drafts/reply", None),
    ("GET", "/conversations/1/drafts/poem", None),
    ("PUT", "/conversations/4711/drafts/note", {"text": "x"}),
    ("DELETE", "/conversations/4711/drafts/note", None),
    ("POST", "/conversations/4711/cases", {"subject": "x"}),
    ("POST", "/cases/4711", {"state": "solved"}),
    ("POST", "/deliveries/4711/decision", {"action": "drop"}),
    ("GET", "/persons/4711", None),
    ("PATCH", "/persons/4711", {"display_name": "x"}),
    ("POST", "/persons/4711/merge", {"into": 4712, "reason": "x"}),
    ("POST", "/merges/4711/undo", {"reason": "x"}),
    ("GET", "/messages/4711/html", None),
    ("GET", "/messages/4711/source", None),
    ("GET", "/messages/4711/text", None),
    ("GET", "/messages/4711/revisions", None),
    ("GET", "/attachments/4711", None),
    ("DELETE", "/uploads/4711", None),
]


async def test_what_is_not_there_is_not_found(room: Room, bo: Browser) -> None:
    answers = {
        f"{method} {path}": await bo.call(method, path, body) for method, path, body in UNKNOWN
    }

    wrong = {name: one.raw for name, one in answers.items() if one.status != 404}
    assert wrong == {}
    assert {one.code for one in answers.values()} == {"not_found"}


BAD: list[tuple[str, str, Any, str]] = [
    ("GET", "/conversations/index?sort=loudest", None, "sort"),
    ("GET", "/conversations/index?q=is:opened", None, "q"),
    ("GET", "/conversations/index?view=none", None, "view"),
    ("GET", "/conversations/index?view=all&limit=0", None, "limit"),
    ("GET", "/conversations/index?view=all&limit=50001", None, "limit"),
    ("GET", "/conversations/index?view=all&before=-1", None, "before"),
    ("GET", "/conversations", None, "ids"),
    ("GET", "/conversations?ids=", None, "ids"),
    ("GET", "/conversations?ids=1,x", None, "ids"),
    ("GET", "/conversations?ids=" + ",".join(["1"] * 121), None, "ids"),
    ("GET", "/conversations/{person}/messages?limit=101", None, "limit"),
    ("GET", "/conversations/{person}/messages?before=0", None, "before"),
    ("GET", "/conversations/{person}/messages?before=1&after=2", None, "after"),
    ("GET", "/conversations/{person}/messages?offset=5", None, "offset"),
    ("POST", "/conversations/{person}/messages", {"kind": "reply", "text": "x"}, "client_key"),
    (
        "POST",
        "/conversations/{person}/messages",
        {"client_key": "k", "kind": "poem", "text": "x"},
        "kind",
    ),
    (
        "POST",
        "/conversations/{person}/messages",
        {"client_key": "k", "kind": "reply", "text": " "},
        "text",
    ),
    (
        "POST",
        "/conversations/{person}/messages",
        {"client_key": "k", "kind": "reply", "text": "x", "attachment_ids": [4711]},
        "attachment_ids[0]",
    ),
    (
        "POST",
        "/conversations/{person}/messages",
        {"client_key": "k", "kind": "reply", "text": "x", "to": "y"},
        "to",
    ),
    ("POST", "/conversations/{person}/read", {"message_id": 0}, "message_id"),
    ("POST", "/conversations/{person}/read", {}, "message_id"),
    ("PUT", "/conversations/{person}/drafts/reply", {"text": 5}, "text"),
    ("PUT", "/conversations/{person}/drafts/reply", {"text": "x", "options": []}, "options"),
    (
        "PUT",
        "/conversations/{person}/drafts/reply",
        {"text": "x", "options": {"x": "y" * 140_000}},
        "options",
    ),
    ("POST", "/cases/{case}", {"state": "lost"}, "state"),
    ("POST", "/cases/{case}", {"priority": 5}, "priority"),
    ("POST", "/cases/{case}", {"owner_id": 4711}, "owner_id"),
    ("POST", "/cases/{case}", {"team_id": 4711}, "team_id"),
    ("POST", "/cases/{case}", {"topic": "x" * 201}, "topic"),
    ("POST", "/deliveries/1/decision", {"action": "pray"}, "action"),
    ("GET", "/persons", None, "q"),
    ("PATCH", "/persons/{person}", {"language": "english please"}, "language"),
    ("PATCH", "/persons/{person}", {"display_name": "  "}, "display_name"),
    ("PATCH", "/persons/{person}", {"attributes": {"a": {"b": 1}}}, "attributes[...]"),
    ("POST", "/persons/{person}/merge", {"into": 1, "reason": ""}, "reason"),
    ("POST", "/persons/{person}/merge", {"into": 1, "reason": "  "}, "reason"),
    ("GET", "/attachments/1?inline=perhaps", None, "inline"),
    ("POST", "/uploads", None, "name"),
]


async def test_malformed_request_is_refused_with_its_field(room: Room, bo: Browser) -> None:
    message = await room.stage.says("ana")
    person, case = await room.stage.person_of(message), await room.stage.case_of(message)

    wrong = []
    for method, path, body, field in BAD:
        answered = await bo.call(method, path.format(person=person, case=case), body)
        if (answered.status, answered.body["field"]) != (400, field):
            wrong.append((method, path, body, field, answered.raw))

    assert wrong == []


async def test_auditor_reads_and_changes_nothing(room: Room) -> None:
    auditor = await room.desk.signed_in(Role.AUDITOR, "auditor@example.com")
    message = await room.stage.says("ana")
    person, case = await room.stage.person_of(message), await room.stage.case_of(message)

    assert (await auditor.get(f"/conversations/{person}")).status == 200
    for path, body in (
        (f"/cases/{case}", {"state": "solved"}),
        (f"/conversations/{person}/messages", {"client_key": "k", "kind": "note", "text": "x"}),
        (f"/persons/{person}/merge", {"into": 1, "reason": "x"}),
    ):
        assert (await auditor.post(path, body)).status == 403
