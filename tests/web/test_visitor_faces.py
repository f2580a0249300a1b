"""Photos of agents in the chat: of who answered this visitor, where the account shows them."""

from typing import Any

import pytest

from core.ids import digest
from router.services.outbound import Author
from router.storage import agent_photos
from router.storage.sight import FULL_SIGHT
from tests.services.answering_desk import make_agent
from tests.unit.test_photos import PLAIN
from tests.web.visiting import Chat, Page


@pytest.fixture
async def photo(chat: Chat) -> str:
    """Of the agent who answers."""
    version = digest(PLAIN)[:32]
    async with chat.database.transaction() as work:
        await agent_photos.put(work, chat.author.agent_id, PLAIN, version)
    return version


async def greeted(chat: Chat, **settings: Any) -> tuple[Page, int]:
    page = await chat.visitor(await chat.site(**{"show_photos": True, **settings}))
    await page.say("hello")
    return page, await chat.answer(page, "Hi")


async def test_visitor_sees_the_photo_of_who_answered_them(chat: Chat, photo: str) -> None:
    page, answer = await greeted(chat)
    [own] = [one["seq"] for one in (await page.read())["messages"] if one["is_own"]]

    config = await page.call("GET", "/config")
    listed = await page.call("GET", f"/faces?of={own},{answer}")
    picture = await page.call("GET", f"/faces/{photo}")

    assert config.body["shows_photos"] is True
    assert listed.body == {"faces": [{"seq": answer, "version": photo}]}
    assert (picture.status, picture.raw) == (200, PLAIN)
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in picture.headers
    assert "ETag" not in picture.headers
    assert (await page.call("GET", "/faces/none")).status == 404


async def test_photo_is_no_matter_of_somebody_else_or_of_nobody(chat: Chat, photo: str) -> None:
    page, answer = await greeted(chat)
    other = await chat.visitor(page.site)
    stranger = chat.page(page.site)

    assert (await other.call("GET", f"/faces?of={answer}")).body == {"faces": []}
    for path in (f"/faces?of={answer}", f"/faces/{photo}"):
        assert (await stranger.call("GET", path)).status == 401


async def test_photo_is_not_shown_where_nobody_switched_it_on(chat: Chat, photo: str) -> None:
    hidden = await chat.visitor(await chat.site())
    await hidden.say("hello")
    answer = await chat.answer(hidden, "Hi")

    assert (await hidden.call("GET", "/config")).body["shows_photos"] is False
    for path in (f"/faces?of={answer}", f"/faces/{photo}"):
        assert (await hidden.call("GET", path)).status == 404


@pytest.mark.parametrize(
    "change",
    [
        "update messages set deleted_at = now() where id = $1",
        "update messages set direction = 'note' where id = $1",
        """update messages set context = context || '{"automatic": "greeting"}' where id = $1""",
        "update deliveries set state = 'held' where message_id = $1",
        "update messages set agent_id = null where id = $1",
    ],
)
async def test_photo_stands_only_at_what_an_agent_said_to_them(
    chat: Chat, photo: str, change: str
) -> None:
    page, answer = await greeted(chat)
    async with chat.database.transaction() as work:
        await work.driver.execute(change, answer)

    assert (await page.call("GET", f"/faces?of={answer}")).body == {"faces": []}


async def test_photo_of_a_colleague_stands_at_no_answer_of_another_agent(
    chat: Chat, photo: str
) -> None:
    page, first = await greeted(chat)
    eva = await make_agent(chat.database, "Eva")
    chat.author = Author(agent_id=eva, name="Eva", sight=FULL_SIGHT)
    second = await chat.answer(page, "I take over")

    listed = await page.call("GET", f"/faces?of={first},{second}")

    assert listed.body == {"faces": [{"seq": first, "version": photo}]}
