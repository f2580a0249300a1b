"""Automatic lines: said once, to whom they may be said, in their language, and within a budget."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.capabilities import Capabilities, TextLimit
from core.clock import FakeClock
from core.messages import MessageNature, OutboundNature, Place, PlaceKind
from core.people import Evidence, EvidenceKind
from core.rich_text import Mark, Span
from core.rich_text_cuts import RichText
from router.services import notices
from router.services.outbound.addressed import to_message
from router.services.outbound.automatic import (
    DOTS,
    MOST_ANSWERS,
    WINDOW,
    Unsaid,
    Voice,
    Words,
    find_reach,
    say,
)
from router.services.outbound.automatic_texts import Line, sentence
from router.storage import persons
from router.storage.engine import Database
from router.storage.outgoing import load_outgoing
from router.storage.replies import Reach
from tests.services.answering_desk import AnsweringDesk, open_desk
from tests.services.builders import received, sender


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


async def heard(desk: AnsweringDesk, by: Any = "ada", **fields: Any) -> int:
    """The message that somebody wrote."""
    message = await desk.take_in(received(by, **fields))
    assert message is not None
    return message


async def said(desk: AnsweringDesk, message: int, **fields: Any) -> int | Unsaid:
    """A line where this message was written; an answer to it unless told otherwise."""
    async with desk.database.transaction() as work:
        person = await work.driver.fetchval("select person_id from messages where id = $1", message)
        root = await persons.lock_root(work, person)
        assert root is not None
        reach = fields.pop("reach", None) or await find_reach(work, root)
        assert isinstance(reach, Reach)
        words = {
            "root_id": root,
            "reach": reach,
            "line": Line.LINKED,
            "key": f"test/{message}",
            "facts": {"account": "…789"},
            "answers": message,
        }
        voice = Voice(keyring=desk.keyring, capabilities_of=desk.capabilities.__getitem__)
        return await say(work, voice, Words(**{**words, **fields}))


async def test_line_is_written_and_queued_where_they_wrote(desk: AnsweringDesk) -> None:
    message = await heard(desk)

    line = await said(desk, message)

    row = await desk.row("select * from messages where id = $1", line)
    [delivery] = await desk.deliveries(row["id"])
    assert row["text"] == delivery["text"] == sentence(Line.LINKED, "en", {"account": "…789"})
    assert (row["agent_id"], row["direction"], row["nature"]) == (None, "out", "auto_reply")
    assert row["case_id"] == await desk.value("select id from cases")
    assert (delivery["state"], delivery["place_id"]) == ("queued", row["place_id"])
    assert ("message.created", row["person_id"], row["id"]) in await desk.facts()


async def test_line_leaves_the_case_open_for_an_agent(desk: AnsweringDesk) -> None:
    message = await heard(desk)

    line = await said(desk, message)

    case = await desk.row("select * from cases")
    assert (case["state"], case["first_reply_at"], case["last_message_id"]) == ("open", None, line)


async def test_line_with_one_key_is_said_once(desk: AnsweringDesk) -> None:
    message = await heard(desk)
    await said(desk, message, key="once")

    again = await said(desk, message, key="once")

    assert again is Unsaid.SAID_BEFORE
    assert len(await desk.deliveries()) == 1


@pytest.mark.parametrize("language", ["ru-RU", "zh-Hans", "de"])
async def test_line_is_said_in_the_language_of_their_client(
    desk: AnsweringDesk, language: str
) -> None:
    writer = msgspec.structs.replace(sender("ada"), language=language)
    message = await heard(desk, writer)

    line = await said(desk, message)

    text = await desk.value("select text from messages where id = $1", line)
    assert text == sentence(Line.LINKED, language, {"account": "…789"})


async def test_answer_to_a_claim_is_never_sent(desk: AnsweringDesk) -> None:
    message = await heard(desk, sender("ada", evidence=(Evidence(kind=EvidenceKind.CLAIM),)))

    assert await said(desk, message) is Unsaid.UNPROVEN
    assert await said(desk, message, answers=None) is Unsaid.UNPROVEN
    assert await desk.deliveries() == []


async def test_machine_gets_no_automatic_answer(desk: AnsweringDesk) -> None:
    await heard(desk)
    message = await heard(desk, nature=MessageNature.AUTO_REPLY)

    assert await said(desk, message) is Unsaid.MACHINE


async def test_message_of_somebody_else_is_not_answered(desk: AnsweringDesk) -> None:
    message = await heard(desk)
    other = await heard(desk, "grace")

    assert await said(desk, message, answers=other) is Unsaid.UNPROVEN


async def test_nothing_is_said_where_others_read_along(desk: AnsweringDesk) -> None:
    event = received("ada")
    group = Place(remote=event.place.remote, kind=PlaceKind.GROUP)
    message = await desk.take_in(msgspec.structs.replace(event, place=group))
    assert message is not None

    assert await said(desk, message) is Unsaid.IN_PUBLIC


async def test_stopped_notices_are_not_said_but_answers_are(desk: AnsweringDesk) -> None:
    message = await heard(desk)
    await notices.stop(desk.database, await desk.value("select id from identities"))

    assert await said(desk, message, answers=None) is Unsaid.STOPPED
    assert isinstance(await said(desk, message), int)


async def test_place_that_is_closed_leaves_nothing_behind(desk: AnsweringDesk) -> None:
    message = await heard(desk)
    await desk.value("update places set is_reachable = false returning id")

    assert await said(desk, message) is Unsaid.UNREACHABLE
    assert await desk.value("select count(*) from automatic_lines") == 0


async def test_answers_to_one_person_end_with_the_budget_and_begin_again_after_an_hour(
    desk: AnsweringDesk, clock: FakeClock
) -> None:
    message = await heard(desk)
    for number in range(MOST_ANSWERS):
        assert isinstance(await said(desk, message, key=f"{number}"), int)

    assert await said(desk, message, key="one more") is Unsaid.TOO_MANY
    clock.advance(WINDOW + timedelta(seconds=1))
    assert isinstance(await said(desk, message, key="one more"), int)


async def test_code_goes_to_the_person_and_the_record_has_dots_for_it(desk: AnsweringDesk) -> None:
    message = await heard(desk)

    line = await said(
        desk, message, line=Line.LINK_CODE, facts={"minutes": "10"}, hidden={"code": "ABCD-EFGH"}
    )

    text = await desk.value("select text from messages where id = $1", line)
    assert DOTS in text
    assert "ABCD" not in text
    assert "ABCD-EFGH" in (await desk.deliveries())[0]["text"]


async def test_quoted_words_follow_the_sentence_with_their_formatting(desk: AnsweringDesk) -> None:
    message = await heard(desk)
    desk.capabilities[desk.channel] = Capabilities(marks=(Mark.BOLD,))
    quoted = RichText("Paid today", (Span(start=0, end=4, mark=Mark.BOLD),))

    line = await said(desk, message, line=Line.UNDELIVERABLE, facts={}, quoted=quoted)

    text = await desk.value("select text from messages where id = $1", line)
    spans = await desk.value("select spans::text from messages where id = $1", line)
    assert text == sentence(Line.UNDELIVERABLE, "en", {}) + "\n\nPaid today"
    [span] = msgspec.json.decode(spans)
    assert text[span["start"] : span["end"]] == "Paid"


async def test_line_that_is_too_long_for_the_channel_is_not_said(desk: AnsweringDesk) -> None:
    message = await heard(desk)
    desk.capabilities[desk.channel] = Capabilities(text=TextLimit(length=10))

    quoted = RichText("x" * 400)

    assert await said(desk, message, quoted=quoted) is Unsaid.UNREACHABLE


@pytest.mark.parametrize(
    ("is_answer", "nature"), [(True, OutboundNature.AUTO_REPLY), (False, OutboundNature.NOTICE)]
)
async def test_connector_is_told_that_no_agent_speaks(
    desk: AnsweringDesk, is_answer: bool, nature: OutboundNature
) -> None:
    message = await heard(desk)
    await said(desk, message, **({} if is_answer else {"answers": None}))

    async with desk.database.transaction() as work:
        await work.driver.execute(
            "insert into delivery_attempts (delivery_id, attempt, claim, started_at)"
            " select id, 1, 1, $1 from deliveries",
            work.now(),
        )
        ids = [row["id"] for row in await work.driver.fetch("select id from deliveries")]
        [row] = await load_outgoing(work, ids, threaded=())
    assert to_message(row, desk.keyring).nature is nature


async def test_new_mail_has_a_subject_in_their_language(desk: AnsweringDesk) -> None:
    message = await heard(desk, msgspec.structs.replace(sender("ada"), language="ru"))
    desk.capabilities[desk.channel] = Capabilities(subject=True)

    line = await said(desk, message)

    assert await desk.value("select subject from messages where id = $1", line) == "Ваш аккаунт"
