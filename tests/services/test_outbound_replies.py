"""Replies and notes: what is stored and queued, once, and what is refused."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from core.capabilities import Capabilities, FileLimits, TextLimit
from core.clock import FakeClock
from core.people import Evidence, EvidenceKind
from router.services.outbound import Author, reply_token
from router.storage.engine import Database
from router.storage.replies import NewWritten, insert_written
from tests.services.answering_desk import AnsweringDesk, make_agent, open_desk
from tests.services.builders import make_account, sender


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


async def test_reply_goes_to_the_place_where_the_person_wrote_last(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann", place="first")
    await desk.hear("ann", place="second")

    written = await desk.answer(ann, "Hello Ann")

    [row] = await desk.deliveries(written.message_id)
    place = await desk.value("select remote_place from places where id = $1", row["place_id"])
    assert place == "second"
    assert (row["text"], row["state"], row["part"], row["part_count"]) == (
        "Hello Ann",
        "queued",
        0,
        1,
    )
    assert row["lane"] == f"{row['place_id']}:{ann}"
    assert row["send_key"]


async def test_reply_is_announced_and_moves_the_pointers(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    before = await desk.newest_fact()

    written = await desk.answer(ann)

    case = await desk.row("select * from cases")
    assert await desk.facts(before) == [
        ("case.changed", ann, case["id"]),
        ("message.created", ann, written.message_id),
    ]
    assert (case["state"], case["last_message_id"]) == ("waiting", written.message_id)
    assert case["first_reply_at"] == desk.database.clock.now()
    person = await desk.row("select last_message_id, open_cases from persons where id = $1", ann)
    assert person == {"last_message_id": written.message_id, "open_cases": 1}


async def test_second_reply_changes_nothing_of_the_case_but_its_newest_message(
    desk: AnsweringDesk, clock: FakeClock
) -> None:
    ann = await desk.hear("ann")
    await desk.answer(ann)
    first = await desk.row("select first_reply_at, revision from cases")
    before = await desk.newest_fact()
    clock.advance(timedelta(minutes=5))

    second = await desk.answer(ann)

    assert [kind for kind, _, _ in await desk.facts(before)] == ["message.created"]
    after = await desk.row("select first_reply_at, revision, last_message_id from cases")
    assert after == {**first, "last_message_id": second.message_id}


async def test_reply_sent_twice_with_one_client_key_is_one_message(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    first = await desk.answer(ann, client_key="once")

    again = await desk.answer(ann, "Something else", client_key="once", expect_last_id=0)

    assert (again.message_id, again.is_new) == (first.message_id, False)
    assert len(await desk.deliveries()) == 1


async def test_fifty_identical_requests_at_once_are_one_message(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    file = await desk.upload()

    written = await asyncio.gather(
        *(desk.answer(ann, client_key="once", attachment_ids=[file]) for _ in range(50))
    )

    assert len({one.message_id for one in written}) == 1
    assert [one.is_new for one in written].count(True) == 1
    assert len(await desk.deliveries()) == 1


async def test_client_key_that_another_request_is_using_gives_that_ones_message(
    desk: AnsweringDesk,
) -> None:
    ann, bob = await desk.hear("ann"), await desk.hear("bob")
    async with desk.database.transaction() as work:
        first = await insert_written(
            work,
            NewWritten(
                person_id=bob,
                case_id=None,
                place_id=None,
                account_id=None,
                direction="note",
                agent_id=desk.author.agent_id,
                author_name="Ada",
                subject="",
                text="Sooner",
                client_key="once",
            ),
        )
        second = asyncio.create_task(desk.answer(ann, client_key="once"))
        await desk.until_blocked()

    written = await second

    assert (written.message_id, written.root_id, written.is_new) == (first, bob, False)
    assert await desk.deliveries() == []


async def test_two_agents_may_use_the_same_client_key(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    await desk.answer(ann, client_key="1")
    desk.author = Author(
        agent_id=await make_agent(desk.database, "Bo"), name="Bo", sight=desk.author.sight
    )

    second = await desk.answer(ann, client_key="1")

    assert second.is_new


async def test_own_messages_do_not_count_as_moved_on(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    seen = await desk.value("select max(id) from messages")
    await desk.answer(ann)
    await desk.note(ann)

    assert (await desk.answer(ann, expect_last_id=seen)).is_new


async def test_member_of_a_merged_conversation_is_answered_in_their_own_place(
    desk: AnsweringDesk,
) -> None:
    ann = await desk.hear("ann")
    annie = await desk.hear("annie")
    await desk.value("update persons set root_id = $1 where id = $2", ann, annie)
    place = await desk.value("select id from places where remote_place = 'annie'")

    written = await desk.answer(annie, place_id=place)

    [row] = await desk.deliveries()
    message = await desk.row("select person_id from messages where id = $1", written.message_id)
    assert written.root_id == ann
    assert message["person_id"] == annie
    assert row["lane"] == f"{place}:{annie}"


async def test_reply_through_a_paused_account_waits_in_its_queue(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    await desk.value("update accounts set state = 'paused'")

    await desk.answer(ann)

    assert await desk.states() == ["queued"]


async def test_long_text_becomes_parts_of_one_message_in_order(desk: AnsweringDesk) -> None:
    desk.capabilities[desk.channel] = Capabilities(text=TextLimit(length=12))
    ann = await desk.hear("ann")

    written = await desk.answer(ann, "First words. Then others. And last.")

    rows = await desk.deliveries(written.message_id)
    assert [(row["part"], row["part_count"]) for row in rows] == [(0, 3), (1, 3), (2, 3)]
    assert [row["text"] for row in rows] == ["First words.", "Then others.", "And last."]
    assert len({row["lane"] for row in rows}) == 1
    assert len({row["send_key"] for row in rows}) == 3


async def test_files_join_the_message_in_the_order_given(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    first, second = await desk.upload(), await desk.upload()

    written = await desk.answer(ann, "", attachment_ids=[second, first])

    rows = await desk.rows(
        "select id from attachments where message_id = $1 order by position", written.message_id
    )
    assert [row["id"] for row in rows] == [second, first]


async def test_text_too_long_for_a_caption_goes_out_before_its_files(desk: AnsweringDesk) -> None:
    desk.capabilities[desk.channel] = Capabilities(files=FileLimits(max_count=2, text_length=5))
    ann = await desk.hear("ann")

    written = await desk.answer(ann, "see this", attachment_ids=[await desk.upload()])

    rows = await desk.rows(
        "select text from deliveries where message_id = $1 order by part", written.message_id
    )
    assert [row["text"] for row in rows] == ["see this", ""]


async def test_subject_answers_the_last_inbound_one(desk: AnsweringDesk) -> None:
    desk.capabilities[desk.channel] = Capabilities(subject=True)
    ann = await desk.hear("ann", subject="My order")

    first = await desk.answer(ann)
    await desk.hear("ann", subject="RE: My order")
    second = await desk.answer(ann)
    third = await desk.answer(ann, subject="A new thing")

    rows = await desk.rows(
        "select subject from messages where id = any($1::bigint[]) order by id",
        [first.message_id, second.message_id, third.message_id],
    )
    assert [row["subject"] for row in rows] == ["Re: My order", "RE: My order", "A new thing"]


async def test_channel_without_subjects_gets_none(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann", subject="My order")

    written = await desk.answer(ann, subject="Hello")

    assert await desk.value("select subject from messages where id = $1", written.message_id) == ""


async def test_reply_to_somebody_without_an_open_case_opens_one(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann", subject="My order")
    await desk.value("update cases set state = 'solved'")
    await desk.value("update persons set open_cases = 0")

    written = await desk.answer(ann)

    case = await desk.row(
        "select c.state, c.subject from messages m join cases c on c.id = m.case_id"
        " where m.id = $1",
        written.message_id,
    )
    assert case == {"state": "waiting", "subject": "My order"}
    assert await desk.value("select open_cases from persons where id = $1", ann) == 1


async def test_reply_in_a_named_solved_case_leaves_it_solved(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    case = await desk.value("update cases set state = 'solved' returning id")

    await desk.answer(ann, case_id=case)

    assert await desk.value("select state from cases where id = $1", case) == "solved"


async def test_held_reply_is_due_when_the_hold_ends(desk: AnsweringDesk, clock: FakeClock) -> None:
    ann = await desk.hear("ann")

    await desk.answer(ann, hold=timedelta(seconds=10))

    [row] = await desk.deliveries()
    assert (row["state"], row["due_at"]) == ("held", clock.now() + timedelta(seconds=10))


async def test_claimed_sender_is_answered_under_the_address_they_gave(
    desk: AnsweringDesk,
) -> None:
    claim = (Evidence(kind=EvidenceKind.CLAIM),)
    ann = await desk.hear(sender("ann@example.com", realm="email", evidence=claim))

    assert (await desk.answer(ann)).is_new


async def test_reply_token_leads_back_to_the_case(desk: AnsweringDesk) -> None:
    desk.capabilities[desk.channel] = Capabilities(threads=True)
    ann = await desk.hear("ann")

    await desk.answer(ann)
    await desk.answer(ann)

    case = await desk.value("select id from cases")
    token = reply_token(desk.keyring, case)
    assert token == token.lower()
    rows = await desk.rows("select key, case_id, message_id from thread_keys")
    assert rows == [{"key": token, "case_id": case, "message_id": None}]


async def test_note_is_stored_in_the_open_case_and_never_queued(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    before = await desk.newest_fact()

    first = await desk.note(ann, client_key="once")
    again = await desk.note(ann, client_key="once")

    assert (again.message_id, again.is_new) == (first.message_id, False)
    row = await desk.row(
        "select direction, person_id, case_id, place_id from messages where id = $1",
        first.message_id,
    )
    case = await desk.row("select id, state, last_message_id from cases")
    assert row == {"direction": "note", "person_id": ann, "case_id": case["id"], "place_id": None}
    assert (case["state"], case["last_message_id"]) == ("open", first.message_id)
    assert await desk.deliveries() == []
    assert await desk.facts(before) == [("message.created", ann, first.message_id)]


async def test_reply_wakes_the_sender_of_its_account_only(
    desk: AnsweringDesk, database: Database
) -> None:
    other = await make_account(database)
    woken: list[int] = []
    database.on_queued(desk.account, lambda: woken.append(desk.account))
    forget = database.on_queued(other, lambda: woken.append(other))
    ann = await desk.hear("ann")

    await desk.answer(ann)
    forget()

    assert woken == [desk.account]
