"""What visitors say and see over HTTP: once, in order, theirs only, and within limits."""

import asyncio
import io
from datetime import timedelta
from typing import Any

import pytest

from core.clock import FakeClock
from router.services import visitor_stream
from tests.web.visiting import Chat


async def test_message_is_answered_with_its_place_in_the_order(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())

    first = (await page.say("one", "a")).body
    second = (await page.say("two", "b")).body

    assert first["client_id"] == "a"
    assert first["seq"] < second["seq"]
    assert await page.texts() == ["one", "two"]
    stored = await chat.value("select count(*) from messages where id = any($1)", [first["seq"]])
    assert stored == 1


async def test_same_client_id_twice_is_one_message(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())

    once = (await page.say("Hello", "a")).body
    again = (await page.say("Hello, changed", "a")).body

    assert once == again
    assert await page.texts() == ["Hello"]


async def test_same_client_id_at_once_is_one_message(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())

    answers = await asyncio.gather(*(page.say("Hello", "a") for _ in range(8)))

    assert len({one.body["seq"] for one in answers}) == 1
    assert await page.texts() == ["Hello"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "Hello"}, "client_id"),
        ({"client_id": "", "text": "Hello"}, "client_id"),
        ({"client_id": "a b", "text": "Hello"}, "client_id"),
        ({"client_id": "a\n", "text": "Hello"}, "client_id"),
        ({"client_id": "x" * 65, "text": "Hello"}, "client_id"),
        ({"client_id": "a", "text": ""}, "text"),
        ({"client_id": "a", "text": "  \n "}, "text"),
        ({"client_id": "a", "text": 7}, "text"),
        ({"client_id": "a", "text": "x" * 20_001}, "text"),
        ({"client_id": "a", "text": "Hello", "attachment_ids": [7]}, "attachment_ids[0]"),
        ({"client_id": "a", "text": "Hello", "attachment_ids": ["7"]}, "attachment_ids[0]"),
        ({"client_id": "a", "text": "Hello", "sent_at": "yesterday"}, "sent_at"),
        ({"client_id": "a", "text": "Hello", "sent_at": "2026-01-01T00:00:00"}, "sent_at"),
        ({"client_id": "a", "text": "Hello", "other": 1}, "other"),
        ([], None),
    ],
)
async def test_malformed_message_names_the_field(chat: Chat, body: Any, field: str | None) -> None:
    page = await chat.visitor(await chat.site())

    answered = await page.call("POST", "/messages", body)

    assert answered.status == 400
    assert answered.body["field"] == field
    assert await page.texts() == []


async def test_too_large_body_is_refused(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())

    body = io.BytesIO(b'{"client_id": "a", "text": "' + b"x" * 2_000_000 + b'"}')
    headers = {"Content-Type": "application/json"}
    answered = await page.call("POST", "/messages", data=body, headers=headers)

    assert answered.status == 413


async def test_clock_of_the_visitor_is_never_ahead(chat: Chat, clock: FakeClock) -> None:
    page = await chat.visitor(await chat.site())
    future = (clock.now() + timedelta(days=9)).isoformat()

    await page.say("Hello", sent_at=future)

    assert await chat.value("select sent_at from messages") == clock.now()


async def test_answer_is_seen_once_it_was_sent(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("Hello")
    message = await chat.answer(page, "Good day", state="queued")
    assert await page.texts() == ["Hello"]

    await chat.settle(message, "sent")

    [_, answer] = (await page.read())["messages"]
    assert (answer["text"], answer["author"], answer["is_own"]) == ("Good day", "Bo", False)


@pytest.mark.parametrize("state", ["held", "queued", "sending", "failed", "cancelled"])
async def test_answer_that_was_not_sent_is_not_seen(chat: Chat, state: str) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("Hello")

    await chat.answer(page, "wait, I recall this", state=state)

    assert await page.texts() == ["Hello"]


async def test_notes_of_agents_are_never_seen(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("Hello")
    await chat.value(
        "insert into messages (person_id, case_id, place_id, account_id, direction, text,"
        " received_at) select person_id, case_id, place_id, account_id, 'note', 'looks like fraud',"
        " now() from messages returning id"
    )

    assert await page.texts() == ["Hello"]


async def test_resume_gives_what_changed_and_nothing_twice(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("one")
    await chat.relay()
    position = (await page.read())["position"]
    await page.say("two")
    await chat.answer(page, "three")

    stream = await page.read(after=position)

    assert not stream["is_reset"]
    assert [one["text"] for one in stream["messages"]] == ["two", "three"]
    after = await page.read(after=stream["position"])
    assert after["messages"] == []


async def test_answer_sent_late_is_not_missed(chat: Chat) -> None:
    """It was written before what the visitor already has, and became visible after it."""
    page = await chat.visitor(await chat.site())
    await page.say("one")
    late = await chat.answer(page, "written first, sent last", state="queued")
    await page.say("two")
    await chat.relay()
    stream = await page.read()
    assert [one["text"] for one in stream["messages"]] == ["one", "two"]

    await chat.settle(late, "sent")

    missed = await page.read(after=stream["position"])
    assert [one["text"] for one in missed["messages"]] == ["written first, sent last"]
    assert missed["messages"][0]["seq"] < stream["messages"][-1]["seq"]


async def test_edits_and_deletions_are_replayed(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("one")
    edited = await chat.answer(page, "tow")
    deleted = await chat.answer(page, "oops")
    position = (await page.read())["position"]
    async with chat.database.transaction() as work:
        from router.storage.unit_of_work import Fact

        await work.driver.execute(
            "update messages set text = 'two', revision = 1 where id = $1", edited
        )
        await work.driver.execute("update messages set deleted_at = now() where id = $1", deleted)
        work.announce(Fact.MESSAGE_CHANGED, person=1, ref=edited)
        work.announce(Fact.MESSAGE_CHANGED, person=1, ref=deleted)
    await chat.relay()

    [first, second] = (await page.read(after=position))["messages"]

    assert (first["text"], first["is_edited"], first["is_deleted"]) == ("two", True, False)
    assert (second["text"], second["is_deleted"]) == ("", True)


async def test_position_that_nobody_remembers_gives_a_fresh_page(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("one")
    newest = await chat.relay()
    await chat.value("update relay_state set trimmed = $1", newest)

    for after in (0, newest + 1000):
        stream = await page.read(after=after)
        assert stream["is_reset"]
        assert [one["text"] for one in stream["messages"]] == ["one"]


async def test_long_conversation_comes_in_pages(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitor_stream, "PAGE", 3)
    page = await chat.visitor(await chat.site())
    for number in range(7):
        await page.say(str(number))

    newest = await page.read()
    middle = (await page.call("GET", f"/history?before={newest['messages'][0]['seq']}")).body
    oldest = (await page.call("GET", f"/history?before={middle['messages'][0]['seq']}")).body

    pages = [[one["text"] for one in some["messages"]] for some in (oldest, middle, newest)]
    assert pages == [["0"], ["1", "2", "3"], ["4", "5", "6"]]
    assert [some["has_earlier"] for some in (oldest, middle, newest)] == [False, True, True]


async def test_visitor_sees_no_other_visitor(chat: Chat) -> None:
    site = await chat.site()
    ada, eve = await chat.visitor(site), await chat.visitor(site)
    await ada.say("my secret")
    await eve.say("Hello")
    await chat.answer(eve, "for Eve")

    assert await ada.texts() == ["my secret"]
    assert await eve.texts() == ["Hello", "for Eve"]


async def test_seen_answers_are_reported(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("Hello")
    first = await chat.answer(page, "one")
    second = await chat.answer(page, "two")

    await page.call("POST", "/signals", {"signal": "delivered", "seqs": [first, second]})
    await page.call("POST", "/signals", {"signal": "read", "until": first})
    await page.call("POST", "/signals", {"signal": "delivered", "seqs": [first]})

    states = [one["state"] for one in (await page.read())["messages"][1:]]
    assert states == ["read", "delivered"]


async def test_nobody_reports_what_others_have_seen(chat: Chat) -> None:
    site = await chat.site()
    ada, eve = await chat.visitor(site), await chat.visitor(site)
    await ada.say("Hello")
    answer = await chat.answer(ada, "for Ada")
    await eve.say("Hi")

    await eve.call("POST", "/signals", {"signal": "delivered", "seqs": [answer]})
    await eve.call("POST", "/signals", {"signal": "read", "until": answer + 1000})

    assert await chat.value("select state from deliveries where message_id = $1", answer) == "sent"


async def test_one_visitor_cannot_flood(chat: Chat, clock: FakeClock) -> None:
    site = await chat.site(messages_per_minute=3)
    page, other = await chat.visitor(site), await chat.visitor(site)
    taken = [(await page.say(str(number))).status for number in range(5)]

    assert taken == [200, 200, 200, 429, 429]
    refused = await page.say("again")
    assert refused.headers["Retry-After"] == "20"
    assert (await other.say("Hello")).status == 200
    clock.advance(timedelta(seconds=20))
    assert (await page.say("again")).status == 200


async def test_one_address_cannot_make_sessions_without_end(chat: Chat) -> None:
    site = await chat.site(sessions_per_minute=2)

    statuses = [(await chat.page(site).open()).status for _ in range(4)]

    assert statuses == [200, 200, 429, 429]


async def test_a_worthless_token_makes_no_sessions_without_end_either(chat: Chat) -> None:
    site = await chat.site(sessions_per_minute=2)
    mine = await chat.visitor(site)

    statuses = [
        (await mine.call("POST", "/session", {"token": f"made-up-{number}"})).status
        for number in range(3)
    ]

    assert statuses == [200, 429, 429]
    assert (await mine.open()).status == 200  # resuming one's own makes none


async def test_one_address_cannot_ask_without_end(chat: Chat) -> None:
    page = await chat.visitor(await chat.site(requests_per_minute=10))

    statuses = [(await page.call("GET", "/config")).status for _ in range(12)]

    assert statuses[-1] == 429
    assert statuses.count(200) == 9


async def test_site_writes_for_somebody_with_one_token_a_message(chat: Chat) -> None:
    site = await chat.site()
    server = chat.page(site)
    token = server.sign()
    server.token = token

    first = await server.say("Hello", "order-17")
    again = await server.say("Hello", "order-17")
    server.token = server.sign()
    retried = await server.say("Hello", "order-17")

    assert first.status == 200
    assert (again.status, again.code) == (401, "attestation_spent")
    assert retried.body == first.body
    laptop = await chat.visitor(site)
    await laptop.open(laptop.sign())
    assert await laptop.texts() == ["Hello"]


FORM = [
    {"name": "order", "label": "Order", "is_required": True},
    {"name": "topic", "label": "Topic", "kind": "choice", "choices": ["Pay", "Ship"]},
]


async def test_first_message_of_a_stranger_brings_what_the_form_requires(chat: Chat) -> None:
    page = await chat.visitor(await chat.site(form=FORM))

    for answers in ({}, {"order": "  "}, {"topic": "Pay"}):
        refused = await page.say("Hello", answers=answers)
        assert (refused.status, refused.code) == (400, "form_incomplete")
        assert refused.body["field"] == "answers.order"
    wrong = await page.say("Hello", answers={"order": "7", "topic": "Other"})
    assert (wrong.status, wrong.body["field"]) == (400, "answers.topic")
    assert await page.texts() == []

    first = await page.say("Hello", "a", answers={"order": "7", "topic": "Ship"})
    again = await page.say("Hello", "a", answers={"order": "7", "topic": "Ship"})
    later = await page.say("And another thing")

    assert [one.status for one in (first, again, later)] == [200, 200, 200]


async def test_whoever_is_signed_in_is_asked_nothing(chat: Chat) -> None:
    page = await chat.visitor(await chat.site(form=FORM))
    await page.open(page.sign())

    assert (await page.say("Hello")).status == 200


async def test_consent_is_given_as_yes_or_not_at_all(chat: Chat) -> None:
    form = [{"name": "terms", "label": "Terms", "kind": "consent", "is_required": True}]
    page = await chat.visitor(await chat.site(form=form))

    missing = await page.say("Hello")
    maybe = await page.say("Hello", answers={"terms": "maybe"})
    given = await page.say("Hello", answers={"terms": "yes"})

    assert (missing.status, missing.code) == (400, "form_incomplete")
    assert (maybe.status, maybe.body["field"]) == (400, "answers.terms")
    assert given.status == 200
