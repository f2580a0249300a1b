"""A letter that goes on from the chat is of one case and one topic, and bound by them."""

from datetime import timedelta
from pathlib import Path

import pytest

from core.clock import FakeClock
from router.services import cases, topics
from router.services.callers import Caller
from router.services.cases import CaseChange
from router.services.roles import PERMISSIONS, Role
from router.services.topics import NewTopic, TopicChange
from router.services.viewer import Viewer
from router.storage.sight import FULL_SIGHT
from tests.services.builders import make_account
from tests.web.test_visitor_continuation import MINUTE, Story
from tests.web.visiting import Chat


@pytest.fixture
async def story(chat: Chat, clock: FakeClock, tmp_path: Path) -> Story:
    site = await chat.site(continue_by="mailbox", continue_after_minutes=10)
    page = await chat.visitor(site)
    await page.open(page.sign())
    await page.say("Where is my order?")
    mail = await make_account(chat.database, channel="email", label="mailbox")
    return Story(chat, page, clock, mail, tmp_path)


def admin_of(chat: Chat) -> Caller:
    return Caller(
        agent_id=chat.author.agent_id,
        name="Bo",
        role=Role.ADMIN,
        permissions=PERMISSIONS[Role.ADMIN],
        team_ids=frozenset(),
        access_classes=FULL_SIGHT.classes,
    )


async def queued(story: Story) -> list[str]:
    """The texts of the letters that wait, oldest first."""
    return [one["text"] for one in await story.letters() if one["state"] == "queued"]


async def test_case_that_needs_more_keeps_its_answers_out_of_every_letter(story: Story) -> None:
    chat = story.chat
    first = await chat.value("select min(id) from cases")
    await chat.answer(story.page, "Your limit is 500.")
    second = await chat.value(
        "insert into cases (person_id, opened_at) select person_id, opened_at from cases"
        " returning id"
    )
    other = await chat.answer(story.page, "The parcel is here.")
    await chat.value("update messages set case_id = $2 where id = $1", other, second)
    await story.round(10 * MINUTE)
    await story.round()

    viewer = Viewer(chat.author.agent_id, FULL_SIGHT)
    await cases.change_case(chat.database, viewer, first, CaseChange(minimum_level=3))

    [letter] = await queued(story)
    assert "parcel" in letter
    assert "limit" not in letter
    assert {one["case_id"] for one in await story.letters()} == {first, second}


async def test_topic_that_needs_more_keeps_its_answers_out_of_every_letter(story: Story) -> None:
    chat, boss = story.chat, admin_of(story.chat)
    topic = await topics.add_topic(chat.database, boss, NewTopic(name="payout"))
    paid = await chat.answer(story.page, "Paid out: 500.")
    await chat.value("update messages set topic_id = $2 where id = $1", paid, topic.id)
    await chat.answer(story.page, "The parcel is here.")
    await story.round(10 * MINUTE)
    await story.round()
    assert "500" in "".join(await queued(story))

    await topics.change_topic(chat.database, boss, topic.id, TopicChange(minimum_level=3))

    [letter] = await queued(story)
    assert "parcel" in letter
    assert "500" not in letter


async def test_answers_of_one_matter_go_out_as_one_letter_whatever_stands_between(
    story: Story,
) -> None:
    chat = story.chat
    topic = await topics.add_topic(chat.database, admin_of(chat), NewTopic(name="payout"))
    await chat.answer(story.page, "one")
    between = await chat.answer(story.page, "two")
    await chat.value("update messages set topic_id = $2 where id = $1", between, topic.id)
    await chat.answer(story.page, "three")

    made = [await story.round(10 * MINUTE), *[await story.round() for _ in range(2)]]

    assert made == [1, 1, 0]
    plain, of_topic = await queued(story)
    assert plain.index("one") < plain.index("three")
    assert "two" not in plain
    assert "two" in of_topic


async def test_answer_that_was_to_go_out_later_is_no_old_news_then(story: Story) -> None:
    at = story.clock.now() + timedelta(days=3)
    message = await story.chat.answer(story.page, "As agreed.", state="queued", send_at=at)
    assert await story.round(timedelta(days=3)) == 0
    await story.chat.value(
        "update deliveries set state = 'sent', state_at = due_at where message_id = $1", message
    )

    assert await story.round(10 * MINUTE) == 1
    assert await story.round(10 * MINUTE) == 0
