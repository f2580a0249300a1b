"""Everybody who wrote, page by page: in order, as far as one may see, and nobody twice."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from router.services import directory
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


async def names(bo: Browser, query: str = "") -> list[list[str]]:
    """Of each page, until there is no more."""
    pages: list[list[str]] = []
    before = ""
    while True:
        page = (await bo.get(f"/people?{query}{before}")).body
        pages.append([one["row"]["display_name"] for one in page["people"]])
        if page["before"] is None:
            return pages
        before = f"&before={page['before']}"


async def test_everybody_is_listed_once_and_who_wrote_last_stands_first(
    room: Room, bo: Browser
) -> None:
    for one in ("ana", "ben", "cy", "di", "eve"):
        await room.stage.meets(one)
    await room.stage.says("ben", "Me again")

    assert await names(bo, "limit=2") == [["Ben", "Eve"], ["Di", "Cy"], ["Ana"]]
    assert await names(bo, "limit=5") == [["Ben", "Eve", "Di", "Cy", "Ana"]]


async def test_page_goes_on_where_the_last_one_ended_whoever_writes_meanwhile(
    room: Room, bo: Browser
) -> None:
    for one in ("ana", "ben", "cy", "di"):
        await room.stage.meets(one)
    first = (await bo.get("/people?limit=2")).body
    await room.stage.says("cy", "Me again")
    await room.stage.meets("eve")

    second = (await bo.get(f"/people?limit=2&before={first['before']}")).body

    assert [one["row"]["display_name"] for one in second["people"]] == ["Ben", "Ana"]
    assert second["before"] is None


async def test_beginning_of_a_name_or_an_address_is_looked_for_in_any_case(
    room: Room, bo: Browser
) -> None:
    await room.stage.meets("ana")
    await room.stage.meets("anton")
    ben = await room.stage.meets("ben")
    await bo.call("PATCH", f"/persons/{ben}", {"display_name": "Anabel"})

    assert await names(bo, "q=AN&limit=2") == [["Anabel", "Anton"], ["Ana"]]
    assert await names(bo, "q=be") == [["Anabel"]]
    assert await names(bo, "q=%25") == [[]]


async def test_merged_people_are_one_line_with_all_of_their_addresses(
    room: Room, bo: Browser
) -> None:
    ana, ben = await room.stage.meets("ana"), await room.stage.meets("ben")
    await bo.post(f"/persons/{ben}/merge", {"into": ana, "reason": "One person."})

    [line] = (await bo.get("/people?q=ben")).body["people"]

    assert line["row"]["person_id"] == ana
    assert [one["handle"] for one in line["identities"]] == ["ana", "ben"]
    assert [one["handle_shown"] for one in line["identities"]] == ["ana", "ben"]


async def test_who_may_not_be_seen_is_not_listed_and_leaves_no_gap_in_the_page(
    room: Room, bo: Browser
) -> None:
    await room.stage.meets("ana")
    for one in ("ben", "cy", "di"):
        message = await room.stage.says(one)
        await room.stage.restrict(await room.stage.case_of(message))

    assert await names(bo, "limit=1") == [["Ana"]]
    assert await names(bo, "q=cy") == [[]]


async def test_more_than_are_looked_at_is_told(
    room: Room, bo: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "MOST_FOUND", 2)
    for one in ("ana", "anton", "anke"):
        await room.stage.meets(one)

    assert (await bo.get("/people?q=an")).body["is_cut"]
    assert not (await bo.get("/people?q=ana")).body["is_cut"]


@pytest.mark.parametrize("query", ["before=7", "before=7-x", "before=-", "limit=0", "limit=101"])
async def test_page_that_cannot_be_is_refused_with_its_field(bo: Browser, query: str) -> None:
    answer = await bo.get(f"/people?{query}")

    assert (answer.status, answer.body["field"]) == (400, query.partition("=")[0])
