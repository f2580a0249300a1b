"""CSAT: one rating a case, of those who may, for as long as they may; and the end of a chat."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.clock import FakeClock
from router.blobs.disk import DiskBlobs
from router.services.cases import CaseChange, change_case
from router.services.viewer import Viewer
from router.storage.sight import FULL_SIGHT
from tests.services.rule_desk import RuleDesk, definition
from tests.stage import Stage
from tests.web.visiting import Chat, Page

EVENTS = (
    "select array_agg(text order by id) from messages where direction = 'event' and text like any("
    "'{case_rat%,chat_ended}')"
)


async def solve(chat: Chat) -> int:
    case: int = await chat.value("select max(id) from cases")
    viewer = Viewer(agent_id=chat.author.agent_id, sight=FULL_SIGHT)
    await change_case(chat.database, viewer, case, CaseChange(state="solved"))
    return case


async def rateable(page: Page) -> dict[str, Any] | None:
    answered = await page.call("GET", "/rating")
    assert answered.status == 200, answered.raw
    found: dict[str, Any] | None = answered.body["case"]
    return found


@pytest.fixture
async def page(chat: Chat) -> Page:
    """Somebody wrote and was answered."""
    page = await chat.visitor(await chat.site())
    await page.say("Where is it?")
    await chat.answer(page, "On its way.")
    return page


async def test_solved_case_is_rated_once_and_its_conversation_and_its_case_say_so(
    chat: Chat, page: Page
) -> None:
    assert await rateable(page) is None
    case = await solve(chat)
    asked = await rateable(page)
    assert asked is not None

    body = {"key": asked["key"], "rating": 4, "comment": " Quick.\n"}
    first = await page.call("POST", "/rating", body)
    again = await page.call("POST", "/rating", body)

    assert first.status == again.status == 200
    assert first.body["case"] | {"until": ""} == again.body["case"] | {"until": ""}
    assert await chat.value(EVENTS) == ["case_rated"]
    owner = await chat.desk.signed_in()
    person = await chat.value("select root_id from persons limit 1")
    shown = (await owner.get(f"/conversations/{person}")).body
    [one] = [one for one in shown["cases"] if one["id"] == case]
    assert (one["rating"]["rating"], one["rating"]["comment"]) == (4, "Quick.")


async def test_rating_is_changed_for_a_day_and_no_longer(
    chat: Chat, page: Page, clock: FakeClock
) -> None:
    case = await solve(chat)
    asked = await rateable(page)
    assert asked is not None
    await page.call("POST", "/rating", {"key": asked["key"], "rating": 2})
    clock.advance(timedelta(hours=23))
    changed = await page.call("POST", "/rating", {"key": asked["key"], "rating": 5})
    clock.advance(timedelta(hours=2))

    late = await page.call("POST", "/rating", {"key": asked["key"], "rating": 1})

    assert changed.status == 200
    assert (late.status, late.body["code"]) == (409, "too_late")
    assert await chat.value("select rating from case_ratings where case_id = $1", case) == 5
    assert await chat.value(EVENTS) == ["case_rated", "case_rating_changed"]
    assert await rateable(page) is None


async def test_nobody_is_asked_before_an_answer_nor_after_a_week_nor_in_restricted_cases(
    chat: Chat, clock: FakeClock
) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("Anybody?")
    await solve(chat)
    assert await rateable(page) is None  # nobody answered
    await page.say("Still here")
    await chat.answer(page, "Sorry!")
    await solve(chat)
    assert await rateable(page) is not None

    await chat.value("update cases set access_class = 'fraud'")
    assert await rateable(page) is None
    await chat.value("update cases set access_class = 'normal'")
    clock.advance(timedelta(days=7))
    assert await rateable(page) is None


async def test_open_page_is_told_that_its_case_is_solved(chat: Chat, page: Page) -> None:
    other = await chat.visitor(page.site)
    async with page.socket() as wire, other.socket() as stranger:
        await wire.next("replay")
        await stranger.next("replay")
        await solve(chat)
        await chat.relay()

        assert await wire.next("case") == {"type": "case"}
        await stranger.send(type="message", client_id="x", text="Hello")
        assert (await stranger.next("ack"))["client_id"] == "x"


async def test_key_of_another_session_rates_nothing(chat: Chat, page: Page) -> None:
    await solve(chat)
    asked = await rateable(page)
    assert asked is not None
    other = await chat.visitor(page.site)
    await other.say("Me too")
    await chat.answer(other, "You too.")
    await solve(chat)

    refused = await other.call("POST", "/rating", {"key": asked["key"], "rating": 1})

    assert refused.status == 409
    assert await chat.value("select count(*) from case_ratings") == 0


async def test_visitor_who_ends_the_chat_may_rate_it_until_they_write_again(
    chat: Chat, page: Page, tmp_path: Path
) -> None:
    rules = await RuleDesk.open(Stage(chat.database, DiskBlobs(tmp_path), 0))
    when = {"kind": "happened", "on": "chat_ended"}
    await rules.rule(definition({"do": "prioritise", "priority": 1}, when=when))
    ended = [(await page.call("POST", "/end")).status for _ in range(2)]
    await rules.work()

    assert ended == [204, 204]
    assert await chat.value(EVENTS) == ["chat_ended"]
    assert await rules.outcomes() == ["done"]
    assert await rateable(page) is not None
    assert await chat.value("select state from cases") != "solved"
    await page.say("One more thing")
    assert await rateable(page) is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"key": "a", "rating": 0}, "rating"),
        ({"key": "a", "rating": 6}, "rating"),
        ({"key": "a", "rating": "5"}, "rating"),
        ({"key": "a"}, "rating"),
        ({"rating": 5}, "key"),
        ({"key": "a", "rating": 5, "comment": "x" * 1001}, "comment"),
        ({"key": "a", "rating": 5, "case_id": 1}, "case_id"),
    ],
)
async def test_malformed_rating_names_the_field(
    chat: Chat, page: Page, body: Any, field: str
) -> None:
    answered = await page.call("POST", "/rating", body)

    assert (answered.status, answered.body["field"]) == (400, field)


async def test_rating_needs_a_session(chat: Chat) -> None:
    page = chat.page(await chat.site())

    answered = [
        await page.call("GET", "/rating"),
        await page.call("POST", "/rating", {"key": "a", "rating": 5}),
        await page.call("POST", "/end"),
    ]

    assert [one.status for one in answered] == [401, 401, 401]


async def test_agent_who_asks_lets_the_visitor_rate_an_open_case_once(
    chat: Chat, page: Page
) -> None:
    case = await chat.value("select max(id) from cases")
    owner = await chat.desk.signed_in()

    first = await owner.post(f"/cases/{case}/rating-request")
    asked = await rateable(page)
    assert asked is not None
    await page.call("POST", "/rating", {"key": asked["key"], "rating": 5})
    again = await owner.post(f"/cases/{case}/rating-request")

    assert (first.status, again.status, again.body["code"]) == (204, 409, "already_rated")
    lines = "select array_agg(text order by id) from messages where text like '%rat%ed'"
    assert await chat.value(lines) == ["rating_asked", "case_rated"]
    assert (await owner.post("/cases/999999/rating-request")).status == 404


async def test_nobody_is_asked_to_rate_a_restricted_case(chat: Chat, page: Page) -> None:
    case = await chat.value("select max(id) from cases")
    await chat.value("update cases set access_class = 'fraud' returning id")
    owner = await chat.desk.signed_in()

    refused = await owner.post(f"/cases/{case}/rating-request")

    assert refused.status == 404
    assert await rateable(page) is None
