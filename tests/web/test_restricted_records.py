"""What is kept of restricted cases beside them, the record, the log of webhooks and numbers of what
is in use, tells an admin of no team nothing of them.
"""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from router.services.roles import Role
from router.services.webhooks_out import following
from router.storage.engine import Database
from tests.web.desk import Browser
from tests.web.room import Room, open_room


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def boss(room: Room) -> Browser:
    return await room.desk.signed_in(Role.OWNER, "owner@example.com")


@pytest.fixture
async def admin(room: Room) -> Browser:
    return await room.desk.signed_in(Role.ADMIN, "admin@example.com")


async def test_record_tells_of_no_case_that_its_reader_does_not_see(
    room: Room, boss: Browser, admin: Browser
) -> None:
    seen, hidden = [
        await room.stage.case_of(await room.stage.says(who, "Hello")) for who in ("ana", "bo")
    ]
    for case in (seen, hidden):
        await boss.post(f"/cases/{case}", {"access_class": "fraud"})
    await boss.post(f"/cases/{seen}", {"access_class": "normal"})

    async def told(who: Browser) -> list[str]:
        listed = (await who.get("/audit?subject=cases&limit=200")).body["entries"]
        table = (await who.get("/audit/export?subject=cases")).raw.decode()
        exported = [row["subject"] for row in csv.DictReader(io.StringIO(table))]
        assert [one["subject"] for one in listed] == exported
        return exported

    assert await told(boss) == [f"cases/{one}" for one in (seen, hidden, seen)]
    assert await told(admin) == [f"cases/{seen}"] * 2


async def test_log_of_webhooks_names_nothing_that_its_reader_does_not_see(
    room: Room, boss: Browser, admin: Browser
) -> None:
    hook = {"label": "Books", "url": "https://books.example/hook", "kinds": ["person_wrote"]}
    made = (await boss.post("/webhooks", hook)).body["webhook"]["id"]
    messages = [await room.stage.says(who, "Hello") for who in ("ana", "bo")]
    await room.stage.restrict(await room.stage.case_of(messages[1]))
    await room.stage.relay()
    while await following.follow(room.database):
        pass
    calls = await room.stage.value("select array_agg(id order by id) from webhook_calls")
    await room.stage.run(
        "insert into webhook_tries (call_id, at, status, milliseconds, answer, fault)"
        " select id, now(), 500, 1, 'I know them', '' from webhook_calls"
    )

    async def told(who: Browser) -> list[tuple[object, ...]]:
        listed = (await who.get(f"/webhooks/{made}/calls")).body["calls"][::-1]
        found = []
        for one, call in zip(listed, calls, strict=True):  # type: ignore[call-overload]  # ids
            alone = (await who.get(f"/webhook-calls/{call}")).body
            assert alone["call"] == one
            tries = [each["answer"] for each in alone["tries"]]
            found.append((one["message_id"], one["case_id"], one["conversation_id"], *tries))
        return found

    everything = await told(boss)
    assert [one[0] for one in everything] == messages
    assert await told(admin) == [everything[0], (None, None, None, "")]
    last = (await boss.get("/webhooks")).body["webhooks"][0]["last"]
    assert last is None or last["case_id"] is None


async def test_labels_and_fields_are_counted_on_cases_that_are_seen(
    room: Room, boss: Browser, admin: Browser
) -> None:
    label = (await boss.post("/labels", {"name": "Laundering"})).body["id"]
    field = {"name": "Bank", "kind": "text"}
    made = (await boss.post("/case-fields", field)).body["id"]
    for who in ("ana", "bo"):
        case = await room.stage.case_of(await room.stage.says(who, "Hello"))
        filled = {"add_labels": [label], "set_fields": [{"field_id": made, "value": "Acme"}]}
        assert (await boss.post(f"/cases/{case}", filled)).status == 200
    await room.stage.restrict(case)

    async def counted(who: Browser) -> list[int]:
        labels = (await who.get("/labels")).body["labels"]
        fields = (await who.get("/case-fields")).body["fields"]
        return [one["cases"] for one in (*labels, *fields)]

    assert (await counted(boss), await counted(admin)) == ([2, 2], [1, 1])
