"""Automatic mail: shown where it belongs, and nothing moves because of it."""

from pathlib import Path

import pytest

from core.messages import MessageNature, Participant, ThreadKey
from core.people import Evidence, EvidenceKind
from router.storage import persons
from router.storage.engine import Database
from tests.services.answering_desk import AnsweringDesk, open_desk
from tests.services.builders import sender

AUTOMATIC = sorted(set(MessageNature) - {MessageNature.HUMAN})
CLAIM = (Evidence(kind=EvidenceKind.CLAIM),)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


@pytest.mark.parametrize("nature", AUTOMATIC)
@pytest.mark.parametrize("state", ["solved", "waiting", "snoozed"])
async def test_automatic_mail_leaves_the_case_in_its_state_even_where_it_names_it(
    desk: AnsweringDesk, nature: MessageNature, state: str
) -> None:
    key = ThreadKey(kind="message_id", key="1@x")
    await desk.hear("ann", thread_keys=(key,))
    await desk.value("update cases set state = $1 returning id", state)
    before = await desk.newest_fact()

    await desk.hear("ann", "I am away", nature=nature, answers=(key,))

    assert await desk.rows("select state from cases") == [{"state": state}]
    assert {kind for kind, _, _ in await desk.facts(before)} == {"message.created"}
    assert await desk.value("select count(distinct case_id) from messages") == 1


@pytest.mark.parametrize("nature", AUTOMATIC)
async def test_automatic_mail_is_not_unread_and_a_merge_does_not_make_it_so(
    desk: AnsweringDesk, nature: MessageNature
) -> None:
    ann = await desk.hear("ann")
    read = await desk.value("select last_inbound_id from persons")

    await desk.hear("ann", "I am away", nature=nature)
    after = await desk.value("select last_inbound_id from persons")
    async with desk.database.transaction() as work:
        await persons.repoint(work, [ann])

    assert after == read
    assert await desk.value("select last_inbound_id from persons") == read
    assert await desk.value("select last_message_id from persons") > read


@pytest.mark.parametrize("nature", AUTOMATIC)
async def test_automatic_mail_of_somebody_new_opens_no_case(
    desk: AnsweringDesk, nature: MessageNature
) -> None:
    await desk.hear("robot", nature=nature)

    assert await desk.rows("select state from cases") == [{"state": "solved"}]
    assert await desk.rows("select open_cases from persons") == [{"open_cases": 0}]


async def test_a_mail_that_refers_to_a_strangers_thread_is_kept_out_and_flagged(
    desk: AnsweringDesk,
) -> None:
    """A15: by id, by token, genuine or forged, also when the thread is the stranger's second."""
    keys = tuple(ThreadKey(kind=kind, key=f"{kind}-1") for kind in ("message_id", "reply_token"))
    ann = await desk.hear("ann", thread_keys=keys)
    for intruder in (
        sender("eve"),
        sender("ann", evidence=CLAIM),
        sender("ann@home", evidence=CLAIM),
    ):
        person = await desk.hear(intruder, "Re: your order", answers=keys)
        assert person != ann

    rows = await desk.rows("select case_id, warnings::text as warnings from messages order by id")
    assert len({row["case_id"] for row in rows}) == len(rows)
    assert rows[0]["warnings"] == "[]"
    assert all("somebody else" in row["warnings"] for row in rows[1:])


async def test_somebody_in_copy_is_a_participant_and_gets_a_conversation_of_their_own(
    desk: AnsweringDesk,
) -> None:
    """A13: who puts themselves into CC, or answers from there, sees and moves nothing of it."""
    key = ThreadKey(kind="message_id", key="1@x")
    copy = Participant(realm="sample", handle="eve", shown_as="Eve")
    ann = await desk.hear("ann", thread_keys=(key,), participants=(copy,))
    assert await desk.value("select count(*) from identities") == 1

    eve = await desk.hear("eve", "And what of me?", answers=(key,))

    assert eve != ann
    assert await desk.value("select count(*) from person_merges") == 0
    assert await desk.value("select array_agg(text) from messages where person_id = $1", eve) == [
        "And what of me?"
    ]
    assert await desk.value("select count(*) from cases where person_id = $1", ann) == 1
