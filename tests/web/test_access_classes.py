"""A06: what a restricted case holds reaches nobody outside its team, by no way there is."""

from collections.abc import AsyncIterator, Collection
from pathlib import Path

import pytest

from core.ids import RemoteId, RemotePlace
from core.messages import InboundAttachment, MessageEdited, Place
from router.services.roles import Role
from router.services.views import VIEWS
from router.storage import rows, timeline
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.sight import Hidden
from router.storage.unit_of_work import Fact, UnitOfWork
from tests.web.desk import Browser
from tests.web.room import Ear, Room, open_room, restricted_agent

SECRET = "pineapple"


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


class Secret:
    """One person with a plain case that is solved, and a restricted one with everything in it."""

    person: int
    plain: int
    message: int
    case: int
    attachment: int
    delivery: int


async def plant(room: Room, boss: Browser) -> Secret:
    made = Secret()
    made.plain = await room.stage.says("ana", "about shoes", key="plain")
    made.person = await room.stage.person_of(made.plain)
    await boss.post(f"/cases/{await room.stage.case_of(made.plain)}", {"state": "solved"})
    made.message = await room.stage.says(
        "ana",
        f"my {SECRET} was stolen",
        key="secret",
        subject=f"The {SECRET}",
        html=f"<p>{SECRET}</p>",
        raw=f"raw {SECRET}".encode(),
        attachments=(InboundAttachment(name=f"{SECRET}.txt", content=SECRET.encode()),),
    )
    made.case = await room.stage.case_of(made.message)
    await room.stage.restrict(made.case)
    made.attachment = int(
        str(
            await room.stage.value("select id from attachments where message_id = $1", made.message)
        )
    )
    made.delivery = await room.stage.deliver(made.message, "failed")
    return made


def ways(secret: Secret) -> list[str]:
    """Every address under which something of it could be read."""
    return [
        *(f"/conversations/index?view={view}" for view in VIEWS),
        "/views",
        f"/conversations?ids={secret.person}",
        f"/conversations/{secret.person}",
        f"/conversations/{secret.person}/messages",
        f"/conversations/{secret.person}/messages?around={secret.message}",
        f"/conversations/{secret.person}/messages?after={secret.plain}",
        f"/conversations/{secret.person}/drafts/reply",
        f"/persons/{secret.person}",
        "/persons?q=ana",
        f"/messages/{secret.message}/html",
        f"/messages/{secret.message}/source",
        f"/messages/{secret.message}/text",
        f"/messages/{secret.message}/revisions",
        f"/attachments/{secret.attachment}",
    ]  # fmt: skip


async def test_agent_outside_the_team_reads_nothing_of_it(room: Room) -> None:
    boss = await room.desk.signed_in(Role.OWNER, "owner@example.com")
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    secret = await plant(room, boss)

    answers = {path: await bo.get(path) for path in ways(secret)}

    for path, answered in answers.items():
        assert SECRET.encode() not in answered.raw, path
        assert f'"case_id":{secret.case}'.encode() not in answered.raw, path
        assert f'"id":{secret.case},"person_id":1,"state"'.encode() not in answered.raw, path
    hidden = [path for path, answered in answers.items() if answered.status == 404]
    assert hidden == ways(secret)[-5:]
    row = answers[f"/conversations?ids={secret.person}"].body["rows"][0]
    assert (row["last_message_id"], row["unread_count"], row["state"]) == (
        secret.plain, 1, "solved",
    )  # fmt: skip
    counts = {one["key"]: one["count"] for one in answers["/views"].body["views"]}
    assert (counts["open"], counts["solved"]) == (0, 1)


async def test_agent_of_the_team_reads_all_of_it(room: Room) -> None:
    boss = await room.desk.signed_in(Role.OWNER, "owner@example.com")
    fraud = await restricted_agent(room, "fraud", email="fraud@example.com")
    kyc = await restricted_agent(room, "kyc", email="kyc@example.com")
    secret = await plant(room, boss)

    for path in ways(secret)[-5:]:
        assert (await fraud.get(path)).status == 200, path
        assert (await kyc.get(path)).status == 404, path


async def test_agent_outside_the_team_changes_nothing_of_it(room: Room) -> None:
    boss = await room.desk.signed_in(Role.OWNER, "owner@example.com")
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    secret = await plant(room, boss)
    before = await room.stage.value("select revision from cases where id = $1", secret.case)

    tried = [
        await bo.post(f"/cases/{secret.case}", {"state": "solved"}),
        await bo.post(f"/deliveries/{secret.delivery}/decision", {"action": "drop"}),
        await bo.post(
            f"/conversations/{secret.person}/messages",
            {"client_key": "k", "kind": "note", "text": "x", "case_id": secret.case},
        ),
        await bo.post(
            f"/conversations/{secret.person}/messages",
            {"client_key": "l", "kind": "reply", "text": "x", "case_id": secret.case},
        ),
    ]

    assert [one.status for one in tried] == [404] * 4
    after = await room.stage.value("select revision from cases where id = $1", secret.case)
    assert after == before


async def test_person_with_nothing_but_restricted_cases_does_not_exist_outside(room: Room) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    message = await room.stage.says("ana", SECRET)
    person = await room.stage.person_of(message)
    await room.stage.restrict(await room.stage.case_of(message))
    other = await room.stage.meets("zoe")

    answers = [
        await bo.get(f"/conversations/{person}"),
        await bo.get(f"/conversations/{person}/messages"),
        await bo.get(f"/persons/{person}"),
        await bo.call("PATCH", f"/persons/{person}", {"display_name": "x"}),
        await bo.post(f"/conversations/{person}/cases", {"subject": "x"}),
        await bo.post(f"/conversations/{person}/read", {"message_id": message}),
        await bo.call("PUT", f"/conversations/{person}/drafts/reply", {"text": "x"}),
        await bo.post(f"/persons/{person}/merge", {"into": other, "reason": "x"}),
        await bo.post(f"/persons/{other}/merge", {"into": person, "reason": "x"}),
        await bo.post(
            f"/conversations/{person}/messages",
            {"client_key": "k", "kind": "reply", "text": "x"},
        ),
    ]

    assert [one.status for one in answers] == [404] * len(answers)
    assert (await bo.get("/conversations/index?view=all")).body["ids"] == [other]
    assert (await bo.get(f"/conversations?ids={person}")).body["rows"] == []
    assert (await bo.get("/persons?q=ana")).body["persons"] == []


async def test_feed_tells_the_team_and_nobody_else(room: Room) -> None:
    boss = await room.desk.signed_in(Role.OWNER, "owner@example.com")
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    fraud = await restricted_agent(room, "fraud", email="fraud@example.com")
    secret = await plant(room, boss)
    after = await room.publish()
    blind, sighted = await room.listen(bo, after), await room.listen(fraud, after)

    await _happen(room, fraud, secret)
    await room.tell()
    late = await room.listen(bo, 0)
    for ear in (blind, sighted):
        await ear.quiet()

    kinds = [one["kind"] for one in sighted.events]
    assert {"message.created", "message.changed", "delivery.changed", "case.changed"} <= set(kinds)
    assert SECRET in _told(sighted)
    for ear in (blind, late):
        assert SECRET not in _told(ear)
        assert f"'case_id': {secret.case}" not in _told(ear)
        assert f"'id': {secret.case}, 'person_id': 1, 'state'" not in _told(ear)
    renamed = [one for one in blind.events if one["kind"] == "person.changed"]
    assert renamed[-1]["row"]["last_message_id"] == secret.plain


async def _happen(room: Room, fraud: Browser, secret: Secret) -> None:
    """Each kind of event, in the restricted case."""
    await room.stage.says("ana", f"give back my {SECRET}")
    await room.stage.accept(
        MessageEdited(
            event_key="edit",
            place=Place(remote=RemotePlace("ana")),
            remote_id=RemoteId("secret"),
            text=f"my golden {SECRET} was stolen",
        )
    )
    await fraud.post(f"/deliveries/{secret.delivery}/decision", {"action": "mark_sent"})
    await fraud.post(f"/cases/{secret.case}", {"priority": 1})
    await fraud.post(
        f"/conversations/{secret.person}/messages",
        {"client_key": "n", "kind": "note", "text": SECRET, "case_id": secret.case},
    )
    await fraud.call("PATCH", f"/persons/{secret.person}", {"display_name": "Ana B."})


def _told(ear: Ear) -> str:
    return repr(ear.frames)


async def test_source_of_an_unreadable_message_is_as_restricted_as_its_case(room: Room) -> None:
    boss = await room.desk.signed_in(Role.OWNER, "owner@example.com")
    sue = await room.desk.signed_in(Role.SUPERVISOR, "sue@example.com")
    adam = await room.desk.signed_in(Role.ADMIN, "adam@example.com")
    secret = await plant(room, boss)
    entry = await room.stage.value(
        "insert into quarantine (account_id, event_key, raw, raw_media_type, reason, message_id,"
        " first_seen_at, last_seen_at) values ((select min(id) from accounts), 'e', $1,"
        " 'text/plain', 'Odd.', $2, now(), now()) returning id",
        f"raw {SECRET}".encode(),
        secret.message,
    )

    refused = [
        await sue.get(f"/quarantine/{entry}"),
        await adam.get(f"/quarantine/{entry}"),
        await adam.post(f"/quarantine/{entry}/replay"),
        await adam.post(f"/quarantine/{entry}/drop"),
    ]

    assert [one.status for one in refused] == [404] * 4
    assert (await sue.get("/quarantine")).body["entries"] == []
    assert SECRET in (await boss.get(f"/quarantine/{entry}")).body["source"]


async def test_frame_has_no_file_that_came_once_its_case_was_restricted(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of that happens between two reads of the feed."""
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    await room.stage.says("ana", "about shoes")
    ear = await room.listen(bo, await room.publish())
    plain = InboundAttachment(name="shoes.txt", content=b"shoes")
    message = await room.stage.says("ana", "see here", attachments=(plain,))
    attachments = timeline.attachments

    async def and_another(work: UnitOfWork, ids: Collection[int]) -> list[Record]:
        await room.stage.restrict(await room.stage.case_of(message))
        await room.stage.run("update attachments set name = $1", SECRET)
        return await attachments(work, ids)

    monkeypatch.setattr(timeline, "attachments", and_another)
    await room.tell()

    told = await ear.event("message.created")
    assert [one["name"] for one in told["message"]["attachments"]] == ["shoes.txt"]


async def test_frame_has_no_words_that_came_once_their_case_was_restricted(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event says nothing: the row's snippet is of what was said before it."""
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    message = await room.stage.says("ana", "about shoes")
    ear = await room.listen(bo, await room.publish())
    async with room.database.transaction() as work:
        event = await work.driver.fetchval(
            "insert into messages (person_id, case_id, direction, received_at)"
            " select person_id, case_id, 'event', now() from messages returning id"
        )
        await work.driver.execute("update persons set last_message_id = $1", event)
        work.announce(Fact.MESSAGE_CREATED, person=1, ref=event)
    last_said = rows.last_said

    async def and_more(work: UnitOfWork, roots: Collection[int], hidden: Hidden) -> dict[int, int]:
        await room.stage.restrict(await room.stage.case_of(message))
        await room.stage.run("update messages set text = $1", SECRET)
        return await last_said(work, roots, hidden)

    monkeypatch.setattr(rows, "last_said", and_more)
    await room.tell()

    assert (await ear.event("message.created"))["row"]["snippet"] == "about shoes"
