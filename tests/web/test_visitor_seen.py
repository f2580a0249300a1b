"""What a visitor learns of their own messages: that an agent has read them."""

from datetime import datetime, timedelta

import pytest

from core.clock import FakeClock
from router.services import conversations, drafts
from router.services.bulk import jobs, running
from router.services.viewer import Viewer
from router.storage import seen_marks
from router.storage.sight import FULL_SIGHT
from tests.web.visiting import Chat


class MovingClock(FakeClock):
    """As real ones do: what a transaction announces is later than what it wrote."""

    def now(self) -> datetime:
        self.advance(timedelta(milliseconds=1))
        return super().now()


@pytest.fixture
def clock() -> FakeClock:
    return MovingClock()


async def read_all(chat: Chat, message: int) -> None:
    """The visitor's conversation, by the agent, up to this message."""
    person = await chat.value("select person_id from messages where id = $1", message)
    viewer = Viewer(chat.author.agent_id, FULL_SIGHT)
    await conversations.mark_read(chat.database, viewer, person, message)


async def test_what_an_agent_has_read_is_seen_and_what_came_after_is_not(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    first = (await page.say("Where is my order?")).body["seq"]
    await read_all(chat, first)
    await page.say("It was number 7.")

    states = [(one["text"], one["state"]) for one in (await page.read())["messages"]]

    assert states == [("Where is my order?", "read"), ("It was number 7.", "sent")]


async def test_reading_is_pushed_to_an_open_page_and_told_to_one_that_comes_back(
    chat: Chat,
) -> None:
    site = await chat.site()
    page, stranger = await chat.visitor(site), await chat.visitor(site)
    seq = (await page.say("Where is my order?")).body["seq"]
    await stranger.say("Hello")
    position = await chat.relay()
    async with page.socket(after=position) as wire, stranger.socket(after=position) as other:
        await wire.next("replay")
        await other.next("replay")
        await read_all(chat, seq)
        await chat.relay()

        [pushed] = (await wire.next("messages"))["messages"]
        await stranger.say("Anybody?")
        await chat.relay()
        heard = (await other.next("messages"))["messages"]

    assert (pushed["seq"], pushed["state"]) == (seq, "read")
    assert [one["text"] for one in heard] == ["Anybody?"]
    missed = (await page.read(after=position))["messages"]
    assert [(one["seq"], one["state"]) for one in missed] == [(seq, "read")]


async def test_writing_a_draft_says_nothing_to_the_visitor(chat: Chat, clock: FakeClock) -> None:
    page = await chat.visitor(await chat.site())
    seq = (await page.say("Where is my order?")).body["seq"]
    await read_all(chat, seq)
    position = await chat.relay()
    person = await chat.value("select person_id from messages where id = $1", seq)
    viewer = Viewer(chat.author.agent_id, FULL_SIGHT)
    clock.advance(timedelta(seconds=1))
    draft = drafts.Draft(text="On its")
    await drafts.save_draft(chat.database, viewer, person, "reply", draft)
    await chat.relay()

    assert (await page.read(after=position))["messages"] == []


async def test_marks_that_many_conversations_get_at_once_say_nothing_to_the_visitor(
    chat: Chat,
) -> None:
    page = await chat.visitor(await chat.site())
    seq = (await page.say("Where is my order?")).body["seq"]
    person = await chat.value("select person_id from messages where id = $1", seq)
    viewer = Viewer(chat.author.agent_id, FULL_SIGHT)

    change = jobs.BulkChange(is_read=True)
    await jobs.start_job(chat.database, viewer, change, ids=[person])
    while await running.step(chat.database):
        pass

    marked = "select message_id from read_marks where person_id = $1"
    assert await chat.value(marked, person) == seq
    assert [one["state"] for one in (await page.read())["messages"]] == ["sent"]
    await conversations.mark_read(chat.database, viewer, person, seq)
    assert [one["state"] for one in (await page.read())["messages"]] == ["read"], "it was opened"


async def test_what_is_hidden_from_a_reader_is_not_seen_by_reading_what_came_after_it(
    chat: Chat,
) -> None:
    page = await chat.visitor(await chat.site())
    first = (await page.say("My passport")).body["seq"]
    second = (await page.say("Where is my order?")).body["seq"]
    place = await chat.value("select place_id from messages where id = $1", first)
    case = await chat.value("select case_id from messages where id = $1", first)
    told = []
    for hidden in ({case}, set(), set(), {case}):
        async with chat.database.transaction() as work:
            told.append(await seen_marks.note(work, {place: second}, hidden))

    assert told == [[], [second], [], []]
