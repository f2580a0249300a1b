"""Participants who answer: their words stay in their own conversation, and the case hears of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core.capabilities import Capabilities
from core.messages import MessageNature, Participant, ThreadKey
from router.services import case_moves, cases, privacy
from router.services.errors import Conflict
from router.services.identity import merging
from router.services.inbound import joining
from router.services.outbound import Copy
from router.services.outbound.addressed import REPLY_TOKEN, reply_token
from router.services.viewer import Viewer
from router.storage.engine import Database
from tests.services.answering_desk import AnsweringDesk, open_desk
from tests.services.builders import received, sender

MAIL = Capabilities(copies=True, threads=True, subject=True, can_open_conversation=True)
BEA = "bea@partner.example"
ANA = "ana@x.example"


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    desk = await open_desk(database, tmp_path)
    desk.capabilities[desk.channel] = MAIL
    return desk


async def _copied(desk: AnsweringDesk, *, is_hidden: bool = False) -> tuple[int, int, ThreadKey]:
    """Ana, her case, and what an answer to our reply names; Bea got a copy of it."""
    ana = await desk.hear(ANA, subject="Withdrawal")
    await desk.answer(ana, copies=[Copy(address=BEA, is_hidden=is_hidden)])
    case = await desk.value("select max(id) from cases")
    return ana, case, ThreadKey(REPLY_TOKEN, reply_token(desk.keyring, case))


async def _events(desk: AnsweringDesk, person: int) -> list[Mapping[str, Any]]:
    return await desk.rows(
        "select * from messages where person_id = $1 and text = 'participant_wrote' order by id",
        person,
    )


async def test_answer_of_somebody_copied_in_joins_the_case_and_stays_theirs(
    desk: AnsweringDesk,
) -> None:
    ana, case, thread = await _copied(desk)

    bea = await desk.hear(BEA, "I have it here.", subject="Re: Withdrawal", answers=(thread,))

    assert bea != ana
    said = await desk.row("select * from messages where person_id = $1", bea)
    [line] = await _events(desk, ana)
    assert (line["case_id"], line["direction"], line["identity_id"]) == (case, "event", None)
    assert line["context"] == {
        "event": "participant_wrote",
        "case_id": case,
        "message_id": said["id"],
        "person_id": bea,
    }
    assert said["warnings"] == []
    side = await desk.row("select * from cases where id = $1", said["case_id"])
    assert (side["person_id"], side["joined_case_id"], side["state"]) == (bea, case, "solved")
    # Not one word of hers stands in the other conversation.
    assert not await desk.value(
        "select count(*) from messages where person_id = $1 and text like '%have it here%'", ana
    )


async def test_case_is_open_and_unread_again_and_the_participants_side_is_neither(
    desk: AnsweringDesk,
) -> None:
    ana, case, thread = await _copied(desk)
    await desk.value("update cases set state = 'solved', solved_at = now() where id = $1", case)

    bea = await desk.hear(BEA, answers=(thread,))

    [line] = await _events(desk, ana)
    row = await desk.row("select * from cases where id = $1", case)
    assert (row["state"], row["solved_at"], row["last_message_id"]) == ("open", None, line["id"])
    pointers = await desk.rows(
        "select last_message_id, last_inbound_id, open_cases from persons"
        " where id = any($1) order by id",
        [ana, bea],
    )
    assert [tuple(one.values())[1:] for one in pointers] == [(line["id"], 1), (0, 0)]
    assert pointers[0]["last_message_id"] == line["id"]
    assert ("message.created", ana, line["id"]) in await desk.facts()
    assert ("case.changed", ana, case) in await desk.facts()


async def test_reply_that_crossed_a_participants_answer_waits_for_a_decision(
    desk: AnsweringDesk,
) -> None:
    ana, _, thread = await _copied(desk)
    seen = await desk.value("select max(id) from messages")
    await desk.hear(BEA, answers=(thread,))

    with pytest.raises(Conflict) as crossed:
        await desk.answer(ana, "Not yet.", expect_last_id=seen)

    [line] = await _events(desk, ana)
    assert crossed.value.code == "moved_on"
    written = await desk.answer(ana, "So you have it.", expect_last_id=line["id"])
    assert written.is_new


async def test_further_answers_stand_in_one_side_and_are_told_once_each(
    desk: AnsweringDesk,
) -> None:
    ana, _, thread = await _copied(desk)
    mine = ThreadKey("message-id", "<bea-1@partner.example>")
    first = received(BEA, "One", answers=(thread,), thread_keys=(mine,))
    await desk.take_in(first)

    await desk.take_in(received(BEA, "Two", answers=(mine,)))
    await desk.take_in(first)

    assert len(await _events(desk, ana)) == 2
    assert await desk.value("select count(*) from cases where joined_case_id is not null") == 1


async def test_persons_answer_to_a_participant_stays_in_the_persons_case(
    desk: AnsweringDesk,
) -> None:
    """They answer all, and so name the participant's own mail first."""
    ana, case, thread = await _copied(desk)
    mine = ThreadKey("message-id", "<bea-1@partner.example>")
    to_ana = Participant(realm="sample", handle=ANA)
    await desk.take_in(
        received(BEA, answers=(thread,), thread_keys=(mine,), participants=(to_ana,))
    )

    await desk.hear(ANA, "Thank you, Bea.", answers=(mine, thread))

    said = await desk.row("select * from messages where text = 'Thank you, Bea.'")
    assert (said["person_id"], said["case_id"], said["warnings"]) == (ana, case, [])
    assert len(await _events(desk, ana)) == 1


async def test_whom_the_person_wrote_to_as_well_is_a_participant(desk: AnsweringDesk) -> None:
    mine = ThreadKey("message-id", "<ana-1@x.example>")
    bea = Participant(realm="sample", handle=BEA)
    ana = await desk.hear(ANA, thread_keys=(mine,), participants=(bea,))

    await desk.hear(BEA, answers=(mine,))

    assert len(await _events(desk, ana)) == 1


async def test_somebody_copied_in_secret_joins_too(desk: AnsweringDesk) -> None:
    ana, _, thread = await _copied(desk, is_hidden=True)

    await desk.hear(BEA, answers=(thread,))

    assert len(await _events(desk, ana)) == 1


@pytest.mark.parametrize(
    "by",
    [sender(BEA, evidence=()), sender("mallory@partner.example")],
    ids=["unproven", "no participant"],
)
async def test_answer_of_anybody_else_joins_nothing_and_says_so(
    desk: AnsweringDesk, by: Any
) -> None:
    """A thread id can be guessed, and a From line be written by anybody (A13, A15)."""
    ana, case, thread = await _copied(desk)

    stranger = await desk.hear(by, "Send me all of it.", answers=(thread,))

    assert stranger != ana
    assert await _events(desk, ana) == []
    said = await desk.row("select * from messages where text = 'Send me all of it.'")
    assert "somebody else" in said["warnings"][0]
    assert said["case_id"] != case
    assert await desk.value("select state from cases where id = $1", case) == "waiting"


async def test_name_in_a_forged_mail_makes_nobody_a_participant(desk: AnsweringDesk) -> None:
    """Not even where an agent has taken the forger's unproven address for the person's."""
    mine = ThreadKey("message-id", "<ana-1@x.example>")
    forged = received(
        sender(ANA, evidence=()),
        thread_keys=(mine,),
        participants=(Participant(realm="sample", handle=BEA),),
    )
    await desk.take_in(forged)
    ana = await desk.value("select max(id) from persons")

    await desk.hear(BEA, answers=(mine,))

    assert await _events(desk, ana) == []


async def test_automatic_answer_of_a_participant_wakes_nobody(desk: AnsweringDesk) -> None:
    ana, case, thread = await _copied(desk)

    await desk.hear(BEA, answers=(thread,), nature=MessageNature.AUTO_REPLY)

    assert await _events(desk, ana) == []
    assert await desk.value("select state from cases where id = $1", case) == "waiting"


async def test_side_is_as_visible_as_the_case_that_it_joins(desk: AnsweringDesk) -> None:
    _, case, thread = await _copied(desk)
    await desk.value("update cases set access_class = 'kyc' where id = $1", case)

    await desk.hear(BEA, answers=(thread,))

    assert await desk.value("select access_class from cases where joined_case_id = $1", case) == (
        "kyc"
    )


async def test_side_in_which_we_answered_is_a_conversation_of_its_own(desk: AnsweringDesk) -> None:
    ana, _, thread = await _copied(desk)
    bea = await desk.hear(BEA, answers=(thread,))
    side = await desk.value("select id from cases where joined_case_id is not null")
    await desk.answer(bea, "Between us two.", case_id=side)

    back = ThreadKey(REPLY_TOKEN, reply_token(desk.keyring, side))
    await desk.hear(BEA, "Agreed.", answers=(back,))

    assert len(await _events(desk, ana)) == 1
    assert await desk.value("select state from cases where id = $1", side) == "open"


async def test_what_waits_in_a_side_in_which_we_answered_waits_after_a_merge_and_its_undo_too(
    desk: AnsweringDesk,
) -> None:
    _, _, thread = await _copied(desk)
    bea = await desk.hear(BEA, answers=(thread,))
    side = await desk.value("select id from cases where joined_case_id is not null")
    await desk.answer(bea, "Between us two.", case_id=side)
    back = ThreadKey(REPLY_TOKEN, reply_token(desk.keyring, side))
    await desk.hear(BEA, "Agreed.", answers=(back,))
    newest = await desk.value("select last_inbound_id from persons where id = $1", bea)
    other = await desk.hear("cy@x.example")

    edge = await merging.merge(
        desk.database, loser_id=other, winner_id=bea, agent_id=None, reason="One."
    )
    await merging.undo_merge(desk.database, merge_id=edge.id, agent_id=None, reason="Two.")

    assert newest > 0
    assert newest == await desk.value("select last_inbound_id from persons where id = $1", bea)


async def test_erased_participant_leaves_no_word_and_no_name_in_the_case(
    desk: AnsweringDesk,
) -> None:
    ana, _, thread = await _copied(desk)
    bea = await desk.hear(BEA, "I have it here.", answers=(thread,))

    await privacy.erase_person(desk.database, desk.blobs, "test", bea)

    [line] = await _events(desk, ana)
    assert "bea" not in str(dict(line)).lower()


async def test_case_that_is_merged_while_a_participants_answer_comes_in_hears_of_it_in_the_other(
    desk: AnsweringDesk,
) -> None:
    ana, case, thread = await _copied(desk)
    viewer = Viewer(desk.author.agent_id)
    other = await cases.open_case(desk.database, viewer, ana, "The same")
    bea = await desk.hear(BEA, answers=(thread,))
    said = await desk.value("select id from messages where person_id = $1", bea)
    await case_moves.merge(desk.database, viewer, case, other.id)
    await desk.value("update cases set state = 'waiting' where id = $1", other.id)

    async with desk.database.transaction() as work:
        # It was matched with the case before that was merged.
        await joining.tell(work, [(said, bea, case)])

    line = (await _events(desk, ana))[-1]
    assert (line["case_id"], line["context"]["case_id"]) == (other.id, other.id)
    states = await desk.rows("select id, state from cases where person_id = $1 order by id", ana)
    assert [tuple(one.values()) for one in states] == [(case, "solved"), (other.id, "open")]
