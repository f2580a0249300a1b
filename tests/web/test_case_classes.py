"""Who sees a case, over HTTP and the feed: lists, numbers, search and open pages forget it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from router.services.roles import Role
from router.services.search import following
from router.storage.engine import Database
from tests.web.desk import Browser
from tests.web.room import Room, open_room, restricted_agent

SECRET = "pineapple"
KNOWING = {"access_class": "fraud", "may_lose_sight": True}


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


async def begin(room: Room) -> tuple[int, int]:
    """Ana wrote, and search knows what."""
    message = await room.stage.says("ana", f"my {SECRET} was stolen")
    await room.publish()
    await following.follow(room.database)
    return await room.stage.person_of(message), await room.stage.case_of(message)


async def count_of(browser: Browser, view: str) -> int:
    counts = (await browser.get("/views")).body["views"]
    return next(int(one["count"]) for one in counts if one["key"] == view)


async def test_supervisors_restrict_a_case_and_are_told_before_they_lose_sight_of_it(
    room: Room,
) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    sue = await room.desk.signed_in(Role.SUPERVISOR, "sue@example.com")
    eve = await restricted_agent(room, "fraud", email="eve@example.com")
    _, case = await begin(room)

    refused = await bo.post(f"/cases/{case}", KNOWING)
    asked = await sue.post(f"/cases/{case}", {"access_class": "fraud"})
    odd = await sue.post(f"/cases/{case}", {"access_class": "secret"})
    done = await sue.post(f"/cases/{case}", KNOWING)

    assert (refused.status, refused.code) == (403, "may_not_classify")
    assert (asked.status, asked.code) == (409, "would_lose_sight")
    assert asked.body["agents"] == sue.me["agent"]["name"]
    assert (odd.status, done.status, done.body["access_class"]) == (400, 200, "fraud")
    assert (await sue.post(f"/cases/{case}", {"access_class": "normal"})).status == 404
    assert (await eve.post(f"/cases/{case}", {"access_class": "normal"})).status == 403
    assert bo.me["access_classes"] == ["normal"]
    assert (await eve.get("/me")).body["access_classes"] == ["fraud", "normal"]


async def test_lists_numbers_and_search_forget_a_case_that_becomes_restricted(room: Room) -> None:
    boss = await room.desk.signed_in(Role.OWNER, "owner@example.com")
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    person, case = await begin(room)
    ways = (
        "/conversations/index?view=all",
        f"/conversations?ids={person}",
        "/persons?q=ana",
        f"/search?q={SECRET}",
    )
    before = {path: (await bo.get(path)).raw for path in ways}
    assert await count_of(bo, "open") == 1

    await boss.post(f"/cases/{case}", {"access_class": "kyc"})

    assert await count_of(bo, "open") == 0
    assert await count_of(boss, "open") == 1
    for path, known in before.items():
        now = (await bo.get(path)).raw
        assert now != known, path
        assert SECRET.encode() not in now, path
        assert b"ana" not in now, path
    await boss.post(f"/cases/{case}", {"access_class": "normal"})
    assert SECRET.encode() in (await bo.get(f"/search?q={SECRET}")).raw


@pytest.mark.parametrize("has_other", [False, True])
async def test_open_pages_are_told_to_look_again_at_whose_case_others_see_now(
    room: Room, *, has_other: bool
) -> None:
    boss = await room.desk.signed_in(Role.OWNER, "owner@example.com")
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    person, case = await begin(room)
    if has_other:
        opened = await boss.post(f"/conversations/{person}/cases", {"subject": "Shoes"})
        note = {"client_key": "n", "kind": "note", "text": "Red", "case_id": opened.body["id"]}
        await boss.post(f"/conversations/{person}/messages", note)
    after = await room.publish()
    blind, sighted = await room.listen(bo, after), await room.listen(boss, after)

    await boss.post(f"/cases/{case}", {"access_class": "fraud"})
    await room.tell()
    for ear in (blind, sighted):
        await ear.quiet()

    [told] = [one for one in blind.events if one["person_id"] is not None]
    assert (told["kind"], told["person_id"]) == ("access.changed", person)
    assert SECRET not in repr(told)
    if has_other:
        assert (told["row"]["subject"], told["row"]["snippet"]) == ("Shoes", "Red")
    else:
        assert "row" not in told
    assert [one["kind"] for one in sighted.events if one["person_id"]] == [
        "access.changed",
        "message.created",
        "case.changed",
    ]


async def test_change_of_a_case_that_they_never_saw_is_not_told_to_anybody(room: Room) -> None:
    boss = await room.desk.signed_in(Role.OWNER, "owner@example.com")
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    eve = await restricted_agent(room, "fraud", email="eve@example.com")
    person, case = await begin(room)
    await boss.post(f"/cases/{case}", {"access_class": "fraud"})
    after = await room.publish()
    ears = [await room.listen(one, after) for one in (bo, eve, boss)]

    await boss.post(f"/cases/{case}", {"access_class": "kyc"})
    await room.tell()
    for ear in ears:
        await ear.quiet()

    kinds = [[one["kind"] for one in ear.events if one["person_id"] == person] for ear in ears]
    assert kinds == [
        [],
        ["access.changed"],
        ["access.changed", "message.created", "case.changed"],
    ]
