"""A rating by one click in a letter: asked once, shown by its link, said by its button."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from core.clock import FakeClock
from router.blobs.disk import DiskBlobs
from router.services import mailed_ratings
from router.services.cases import CaseChange, change_case
from router.services.keyring import Keyring
from router.services.privacy import erase_person
from router.services.viewer import Viewer
from router.services.visitor_ratings import LONGEST_COMMENT
from router.storage import visitors
from router.storage.sight import FULL_SIGHT
from tests.services.builders import make_account
from tests.web.desk import Answered
from tests.web.test_visitor_continuation import HTTPS, Story
from tests.web.test_visitor_ratings import solve

MINUTE = timedelta(minutes=1)
RATED = "select rating from case_ratings"


@pytest.fixture
async def story(chat: Any, clock: FakeClock, tmp_path: Path) -> Story:
    """Somebody signed in was answered, and has left."""
    site = await chat.site(continue_by="mailbox", continue_after_minutes=10, ask_rating=True)
    page = await chat.visitor(site)
    await page.open(page.sign())
    await page.say("Where is my order?")
    mail = await make_account(chat.database, channel="email", label="mailbox")
    story = Story(chat, page, clock, mail, tmp_path)
    await chat.answer(page, "It left us this morning.", state="read")
    await leave(story)
    return story


async def leave(story: Story) -> None:
    session = await story.chat.value("select session from visitor_sessions limit 1")
    async with story.chat.database.transaction() as work:
        await visitors.note_left(work, [(story.page.site.account, session)])


async def ask(story: Story, after: timedelta = timedelta()) -> int:
    """How many letters ask for a rating now."""
    story.clock.advance(after)
    chat = story.chat
    account = story.page.site.account
    return await mailed_ratings.ask_account(
        chat.database, chat.keyring, account, story.connector, story.target, HTTPS
    )


async def link(story: Story, rating: int) -> str:
    """Of the letter's line for this rating."""
    [letter] = await story.letters()
    found = re.search(rf"{HTTPS}(/rate/\S+rating={rating})\n", letter["sent"] + "\n")
    assert found is not None
    return found[1]


async def call(story: Story, method: str, path: str, **options: Any) -> Answered:
    async with story.chat.http.request(method, story.chat.url(path), **options) as response:
        return Answered(response, await response.read())


async def test_solved_case_is_asked_about_once_after_a_while(story: Story) -> None:
    case = await solve(story.chat)

    assert await ask(story, 9 * MINUTE) == 0
    assert await ask(story, 1 * MINUTE) == 1
    assert await ask(story, 1 * MINUTE) == 0

    [letter] = await story.letters()
    assert (letter["subject"], letter["state"]) == ("How did we do?", "queued")
    assert letter["case_id"] == case
    assert letter["sent"].count("/rate/") == 5
    # Agents see the record: with the address they would rate themselves.
    assert letter["text"].count("/5") == 5
    assert "/rate/" not in letter["text"]
    assert await story.chat.value("select state from cases where id = $1", case) == "solved"


@pytest.mark.parametrize("why", ["rated", "there", "restricted", "unproven", "off", "old"])
async def test_nobody_is_asked_who_need_not_or_must_not_be(story: Story, why: str) -> None:
    case = await solve(story.chat)
    after = 10 * MINUTE
    match why:
        case "rated":
            asked = (await story.page.call("GET", "/rating")).body["case"]
            await story.page.call("POST", "/rating", {"key": asked["key"], "rating": 4})
        case "there":
            story.clock.advance(10 * MINUTE)
            statement = "update visitor_sessions set left_at = null, seen_at = $1 returning id"
            await story.chat.value(statement, story.clock.now())
            after = timedelta()
        case "restricted":
            statement = "update cases set access_class = 'kyc' where id = $1 returning id"
            await story.chat.value(statement, case)
        case "unproven":
            await story.chat.value("update identities set level = 1 returning id")
        case "off":
            story.page.site = await story.chat.site("other", continue_by="mailbox")
        case "old":
            after = timedelta(hours=13)

    assert await ask(story, after) == 0
    assert await story.letters() == []


async def test_looking_at_the_link_rates_nothing_and_its_button_does(story: Story) -> None:
    await solve(story.chat)
    await ask(story, 10 * MINUTE)
    address = await link(story, 4)
    for method in ("GET", "HEAD", "GET"):
        shown = await call(story, method, address)
        assert shown.status == 200
    assert await story.chat.value(RATED) is None
    assert re.findall(rb'value="(\d)"[^>]* checked', shown.raw) == [b"4"]

    said = {"rating": "4", "comment": "Quick <b>and</b> kind."}
    thanks = await call(story, "POST", address, data=said)
    again = await call(story, "POST", address, data=said)

    assert (thanks.status, again.status) == (200, 200)
    assert b"You rated us 4 of 5." in thanks.raw
    assert await story.chat.value(RATED) == 4
    events = "select array_agg(text) from messages where direction = 'event' and text like '%rate%'"
    assert await story.chat.value(events) == ["case_rated"]
    changed = await call(story, "GET", address)
    assert re.findall(rb'value="(\d)"[^>]* checked', changed.raw) == [b"4"]
    assert b"Quick" not in changed.raw
    asked = (await story.page.call("GET", "/rating")).body["case"]
    assert asked["rating"] == 4
    await call(story, "POST", address, data={"rating": "5", "comment": ""})
    said_still = "select comment from case_ratings where rating = 5"
    assert await story.chat.value(said_still) == "Quick <b>and</b> kind."


async def test_rating_is_too_late_after_a_week_and_says_so(story: Story) -> None:
    await solve(story.chat)
    await ask(story, 10 * MINUTE)
    address = await link(story, 5)
    story.clock.advance(timedelta(days=7))

    shown = await call(story, "GET", address)
    said = await call(story, "POST", address, data={"rating": "5"})

    assert b"<form" not in shown.raw
    assert (shown.status, said.status) == (200, 409)
    assert await story.chat.value(RATED) is None


async def test_long_comment_that_comes_in_pieces_is_kept_whole(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    await solve(story.chat)
    await ask(story, 10 * MINUTE)
    words = "谢" * LONGEST_COMMENT
    body = urlencode({"rating": "5", "comment": words}).encode()
    is_read = asyncio.Event()
    known = mailed_ratings.case_of

    def case_of(keyring: Keyring, token: str) -> int:
        """What is called last before the body is read."""
        is_read.set()
        return known(keyring, token)

    async def pieces() -> AsyncIterator[bytes]:
        yield body[:2000]
        await is_read.wait()
        yield body[2000:]

    monkeypatch.setattr(mailed_ratings, "case_of", case_of)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    said = await call(story, "POST", await link(story, 5), data=pieces(), headers=headers)

    assert said.status == 200
    assert await story.chat.value("select comment from case_ratings") == words


async def test_nothing_is_rated_any_more_once_the_person_was_erased(story: Story) -> None:
    case = await solve(story.chat)
    await ask(story, 10 * MINUTE)
    address = await link(story, 5)
    await story.chat.value("update deliveries set state = 'sent' returning id")
    person = await story.chat.value("select person_id from cases where id = $1", case)
    blobs = DiskBlobs(story.folder / "blobs")
    await erase_person(story.chat.database, blobs, "agents/1", person)

    shown = await call(story, "GET", address)
    said = await call(story, "POST", address, data={"rating": "5"})

    assert b"<form" not in shown.raw
    assert (shown.status, said.status) == (200, 409)
    assert await story.chat.value(RATED) is None


async def test_chats_of_people_without_an_address_keep_no_letter_back(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailed_ratings, "BATCH", 1)
    known = await story.chat.value("select max(id) from cases")
    stranger = await story.chat.visitor(story.page.site)
    await stranger.say("Is anybody there?")
    await story.chat.answer(stranger, "Yes.", state="read")
    await solve(story.chat)
    story.clock.advance(timedelta(seconds=1))
    viewer = Viewer(agent_id=story.chat.author.agent_id, sight=FULL_SIGHT)
    await change_case(story.chat.database, viewer, known, CaseChange(state="solved"))
    await story.chat.value(
        "update visitor_sessions set left_at = $1 returning id", story.clock.now()
    )

    assert await ask(story, 10 * MINUTE) == 1
    [letter] = await story.letters()
    assert letter["case_id"] == known


@pytest.mark.parametrize("rating", ["", "0", "6", "4.5", "x"])
async def test_what_is_no_rating_is_refused(story: Story, rating: str) -> None:
    await solve(story.chat)
    await ask(story, 10 * MINUTE)

    said = await call(story, "POST", await link(story, 5), data={"rating": rating})

    assert (said.status, said.body["field"]) == (400, "rating")


@pytest.mark.parametrize("token", ["1.x", "x", "1", "0.", "9" * 30])
async def test_address_that_nobody_signed_is_no_address(story: Story, token: str) -> None:
    for method in ("GET", "POST"):
        assert (await call(story, method, f"/rate/{token}")).status == 404
