"""What agents write down about a person, their copy and their erasure, over HTTP."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from router.services.roles import Role
from router.storage.engine import Database
from tests.web.desk import Browser
from tests.web.room import Room, open_room


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def bo(room: Room) -> Browser:
    return await room.desk.signed_in(Role.AGENT, "bo@example.com")


async def audited(room: Room, prefix: str) -> list[str]:
    async with room.database.reading() as work:
        rows = await work.driver.fetch(
            "select action from audit_log where starts_with(action, $1) order by id", prefix
        )
    return [row["action"] for row in rows]


async def test_note_is_kept_in_every_revision_and_follows_the_person_through_a_merge(
    room: Room, bo: Browser
) -> None:
    ana, ada = await room.stage.meets("ana"), await room.stage.meets("ada")
    added = await bo.post(f"/persons/{ada}/notes", {"text": " Calls herself Ada. "})
    [note] = added.body["notes"]
    await bo.call("PATCH", f"/person-notes/{note['id']}", {"text": "Prefers Ada.", "revision": 0})
    stale = await bo.call("PATCH", f"/person-notes/{note['id']}", {"text": "x", "revision": 0})
    merged = await bo.post(f"/persons/{ada}/merge", {"into": ana, "reason": "She said so"})
    seen = (await bo.get(f"/persons/{ana}")).body["notes"]
    revisions = (await bo.get(f"/person-notes/{note['id']}/revisions")).body["revisions"]
    await bo.post(f"/merges/{merged.body['id']}/undo", {"reason": "No"})

    assert (added.status, note["text"], note["agent"]["name"]) == (
        201,
        "Calls herself Ada.",
        "Agent",
    )
    assert (stale.status, stale.code) == (409, "note_changed")
    assert [(one["text"], one["revision"]) for one in seen] == [("Prefers Ada.", 1)]
    assert [one["text"] for one in revisions] == ["Prefers Ada.", "Calls herself Ada."]
    assert (await bo.get(f"/persons/{ana}")).body["notes"] == []
    gone = await bo.call("DELETE", f"/person-notes/{note['id']}")
    assert gone.body["notes"] == []
    assert (await bo.get(f"/person-notes/{note['id']}/revisions")).status == 404
    assert await audited(room, "person.note") == [
        "person.note_added",
        "person.note_changed",
        "person.note_removed",
    ]


async def test_newest_word_on_a_purpose_is_the_consent_that_counts(room: Room, bo: Browser) -> None:
    ana = await room.stage.meets("ana")
    path = f"/persons/{ana}/consents"
    await bo.post(path, {"purpose": "Newsletter", "is_given": True, "source": "Form on 3 May"})
    await bo.post(path, {"purpose": "Calls", "is_given": True})

    person = (await bo.post(path, {"purpose": "newsletter", "is_given": False})).body

    shown = [(one["purpose"], one["is_given"]) for one in person["consents"]]
    assert shown == [("Calls", True), ("newsletter", False)]
    assert (await bo.post(path, {"purpose": "  ", "is_given": True})).body["field"] == "purpose"


async def test_block_and_preference_are_told_audited_and_taken_back(
    room: Room, bo: Browser
) -> None:
    ana = await room.stage.meets("ana")
    ada = await room.stage.meets("ada")
    await bo.post(f"/persons/{ada}/merge", {"into": ana, "reason": "She said so"})
    first, second = (one["id"] for one in (await bo.get(f"/persons/{ana}")).body["identities"])
    ear = await room.listen(bo)

    await bo.call("PUT", f"/persons/{ana}/block", {"is_blocked": True})
    await bo.call("PATCH", f"/identities/{first}", {"is_preferred": True})
    await bo.call("PATCH", f"/identities/{second}", {"is_preferred": True, "is_blocked": True})
    await room.tell()
    await ear.quiet()

    told = [one["person"] for one in ear.events if one["kind"] == "person.changed"][-1]
    assert told["blocked_at"] is not None
    row = next(one["row"] for one in reversed(ear.events) if one["kind"] == "person.changed")
    assert (row["is_blocked"], row["blocked_identities"]) == (True, [second])
    marks = [(one["is_preferred"], one["blocked_at"] is not None) for one in told["identities"]]
    assert marks == [(False, False), (True, True)]
    await bo.call("PUT", f"/persons/{ana}/block", {"is_blocked": False})
    await bo.call("PATCH", f"/identities/{second}", {"is_preferred": False, "is_blocked": False})
    person = (await bo.get(f"/persons/{ana}")).body
    assert person["blocked_at"] is None
    assert not any(one["is_preferred"] or one["blocked_at"] for one in person["identities"])
    assert await audited(room, "person.") == ["person.merged", "person.blocked", "person.unblocked"]
    assert await audited(room, "identity.") == [
        "identity.preferred",
        "identity.preferred",
        "identity.blocked",
        "identity.not_preferred",
        "identity.unblocked",
    ]


async def test_block_stays_when_the_blocked_one_is_merged_and_is_taken_back_from_all(
    room: Room, bo: Browser
) -> None:
    ana, ada = await room.stage.meets("ana"), await room.stage.meets("ada")
    await bo.call("PUT", f"/persons/{ada}/block", {"is_blocked": True})
    merged = await bo.post(f"/persons/{ada}/merge", {"into": ana, "reason": "She said so"})

    found = (await bo.get(f"/conversations/{ana}")).body
    assert found["person"]["blocked_at"] is not None
    assert found["row"]["is_blocked"]
    await bo.call("PUT", f"/persons/{ana}/block", {"is_blocked": True})
    freed = await bo.call("PUT", f"/persons/{ana}/block", {"is_blocked": False})
    assert freed.body["blocked_at"] is None
    await bo.post(f"/merges/{merged.body['id']}/undo", {"reason": "No"})
    assert (await bo.get(f"/persons/{ada}")).body["blocked_at"] is None
    assert await audited(room, "person.") == [
        "person.blocked",
        "person.merged",
        "person.unblocked",
        "person.split",
    ]


async def test_copy_of_a_person_is_an_archive_for_those_who_may_and_see_all_of_it(
    room: Room, bo: Browser
) -> None:
    ana = await room.stage.meets("ana")
    await bo.post(f"/persons/{ana}/notes", {"text": "A note of ours"})
    owner = await room.desk.signed_in(Role.OWNER, "owner@example.com")

    refused = await bo.get(f"/persons/{ana}/export")
    given = await owner.get(f"/persons/{ana}/export")

    assert refused.status == 403
    assert given.headers["Content-Type"] == "application/zip"
    packed = zipfile.ZipFile(io.BytesIO(given.raw))
    [name] = [one for one in packed.namelist() if one.endswith("person.json")]
    assert [one["text"] for one in json.loads(packed.read(name))["person_notes"]] == [
        "A note of ours"
    ]
    assert await audited(room, "person.exported") == ["person.exported"]
    await room.stage.run("update cases set access_class = 'fraud'")
    await room.stage.says("ana")
    admin = await room.desk.signed_in(Role.ADMIN, "admin@example.com")
    assert (await admin.get(f"/persons/{ana}/export")).status in (403, 404)


async def test_erasing_asks_for_the_name_and_leaves_nobody(room: Room) -> None:
    owner = await room.desk.signed_in(Role.OWNER, "owner@example.com")
    ana = await room.stage.meets("ana")
    await owner.post(f"/persons/{ana}/notes", {"text": "A note of ours"})
    counted = (await owner.get(f"/persons/{ana}/erasure")).body
    name = (await owner.get(f"/persons/{ana}")).body["display_name"]

    wrong = await owner.post(f"/persons/{ana}/erasure", {"name": "somebody"})
    done = await owner.post(f"/persons/{ana}/erasure", {"name": name})

    assert (counted["messages"], counted["identities"], counted["people"]) == (1, 1, 1)
    assert (wrong.status, wrong.body["field"]) == (400, "name")
    assert (done.status, done.body["messages"]) == (200, 1)
    person = (await owner.get(f"/persons/{ana}")).body
    assert (person["display_name"], person["notes"]) == ("", [])
    assert await audited(room, "person.erased") == ["person.erased"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/persons/{}/notes", {"text": "x"}),
        ("POST", "/persons/{}/consents", {"purpose": "x", "is_given": True}),
        ("PUT", "/persons/{}/block", {"is_blocked": True}),
    ],
)
async def test_whoever_sees_none_of_their_cases_learns_and_changes_nothing(
    room: Room, method: str, path: str, body: dict[str, object]
) -> None:
    ana = await room.stage.meets("ana")
    await room.stage.run("update cases set access_class = 'fraud'")
    outsider = await room.desk.signed_in(Role.AGENT, "eve@example.com")

    assert (await outsider.call(method, path.format(ana), body)).status == 404
    assert (await outsider.call(method, path.format(999_999), body)).status == 404


async def test_answer_goes_the_preferred_way_once_the_last_one_is_closed(
    room: Room, bo: Browser
) -> None:
    people = [await room.stage.meets(who) for who in ("ana", "ada", "annie")]
    for other in people[1:]:
        await bo.post(f"/persons/{other}/merge", {"into": people[0], "reason": "She said so"})

    async def default() -> str:
        reach = (await bo.get(f"/conversations/{people[0]}")).body["reach"]
        return next(str(one["shown_as"]) for one in reach if one["is_default"])

    known = (await bo.get(f"/persons/{people[0]}")).body["identities"]
    first, _, last = known
    await bo.call("PATCH", f"/identities/{first['id']}", {"is_preferred": True})

    assert await default() == last["shown_as"]
    await room.stage.run("update identities set is_reachable = false where id = $1", last["id"])
    assert await default() == first["shown_as"]
