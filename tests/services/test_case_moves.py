"""Messages that belong to another case: where answers land, who sees them, what else follows."""

from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.clock import FakeClock
from router.services import case_moves, case_undoing, cases
from router.services.assignment.settings import QueueSettings
from router.services.cases import CaseChange
from router.services.deadlines import promising
from router.services.deadlines.shapes import NewPromise
from router.services.errors import ServiceError
from router.services.shown.case_moves import NewMove
from router.services.viewer import Viewer
from router.storage.engine import Database
from tests.services.mail_desk import MailDesk, mail, open_mail_desk
from tests.services.queue_floor import Floor
from tests.stage import NORMAL, Stage

ANN = "ann@people.example"


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> MailDesk:
    return await open_mail_desk(database, tmp_path)


async def refusal(doing: Coroutine[Any, Any, object]) -> str:
    with pytest.raises(ServiceError) as caught:
        await doing
    return caught.value.code


async def second_case(stage: Stage, viewer: Viewer, message: int) -> int:
    """Of the same person, newer than what they said."""
    person = await stage.person_of(message)
    return (await cases.open_case(stage.database, viewer, person, "Another matter")).id


async def state(stage: Stage, case: int) -> object:
    return await stage.value("select state from cases where id = $1", case)


async def lines(stage: Stage, case: int) -> list[str]:
    async with stage.database.reading() as work:
        rows = await work.driver.fetch(
            "select text from messages where case_id = $1 and direction = 'event' order by id", case
        )
    return [row["text"] for row in rows]


async def undone_lines(stage: Stage) -> object:
    """Those that say when they were undone, and of which open pages are told."""
    statement = "select array_agg(text) from messages where context ->> 'undone_at' is not null"
    told = "id in (select ref from outbox where kind = 'message.changed')"
    return await stage.value(f"{statement} and {told}")


async def test_answer_to_a_moved_letter_joins_the_case_in_which_that_is_now(desk: MailDesk) -> None:
    viewer = Viewer(desk.desk.author.agent_id)
    first, ann = await desk.hear(mail(ANN, "Where is my payout?"))
    case = await desk.case_of(first)
    [(_, answer)] = await desk.answer(ann, "It is on its way")
    headers = dict(line.split(": ", 1) for line in answer.decode().split("\r\n") if ": " in line)
    said = int(await desk.desk.value("select max(id) from messages where direction = 'out'"))
    wanted = NewMove(message_ids=(said,), subject="Payout")
    split = await case_moves.move(desk.desk.database, viewer, case, wanted)

    to = headers.get("Reply-To", headers["From"])
    reply, _ = await desk.hear(
        mail(ANN, "Thank you", to=to, in_reply_to=headers["Message-ID"], references="")
    )
    assert await desk.case_of(reply) == split.move.to_case_id

    await case_moves.undo(desk.desk.database, viewer, split.move.id)
    again, _ = await desk.hear(mail(ANN, "And?", to=to, in_reply_to=headers["Message-ID"]))
    assert (await desk.case_of(again), await desk.case_of(said)) == (case, case)
    assert await desk.case_of(reply) == split.move.to_case_id


async def test_answer_into_a_merged_case_joins_the_one_that_stands_for_it(desk: MailDesk) -> None:
    viewer = Viewer(desk.desk.author.agent_id)
    first, ann = await desk.hear(mail(ANN, "Where is my payout?", message_id="<one@x.example>"))
    case = await desk.case_of(first)
    other = await cases.open_case(desk.desk.database, viewer, ann, "The same")
    merge = await case_moves.merge(desk.desk.database, viewer, case, other.id)

    reply, _ = await desk.hear(mail(ANN, "Hello?", in_reply_to="<one@x.example>"))
    assert await desk.case_of(reply) == other.id

    await case_moves.undo(desk.desk.database, viewer, merge.move.id)
    again, _ = await desk.hear(mail(ANN, "Hello??", in_reply_to="<one@x.example>"))
    assert (await desk.case_of(again), await desk.case_of(reply)) == (case, other.id)


async def test_what_is_restricted_goes_nowhere_where_more_would_see_it(stage: Stage) -> None:
    fraud, bo = await stage.agent("Fay"), await stage.agent("Bo", sight=NORMAL)
    message = await stage.says("ana")
    case = await stage.case_of(message)
    other = await second_case(stage, fraud, message)
    await stage.restrict(case)
    picked = NewMove(message_ids=(message,), to_case_id=other)

    showing: list[Coroutine[Any, Any, object]] = [
        case_moves.move(stage.database, fraud, case, picked),
        case_moves.merge(stage.database, fraud, case, other),
    ]
    for doing in showing:
        assert await refusal(doing) == "would_show"
    unseen: list[Coroutine[Any, Any, object]] = [
        case_moves.move(stage.database, bo, case, picked),
        case_moves.merge(stage.database, bo, case, other),
        case_moves.merge(stage.database, bo, other, case),
        case_moves.list_moves(stage.database, bo, case),
        case_moves.why_here(stage.database, bo, message),
    ]
    for doing in unseen:
        assert await refusal(doing) == "not_found"

    merged = await case_moves.merge(stage.database, fraud, other, case)
    assert await refusal(case_moves.undo(stage.database, bo, merged.move.id)) == "not_found"
    split = await case_moves.move(stage.database, fraud, case, NewMove(message_ids=(message,)))
    assert {one.access_class for one in split.cases} == {"fraud"}
    assert await stage.case_of(message) == split.move.to_case_id


async def test_what_became_restricted_since_does_not_come_back_to_where_all_see_it(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    message = await stage.says("ana")
    case = await stage.case_of(message)
    other = await second_case(stage, bo, message)
    merged = await case_moves.merge(stage.database, bo, case, other)
    await stage.restrict(other)

    assert (await case_undoing.foresee(stage.database, bo, merged.move.id)).code == "would_show"
    assert await refusal(case_moves.undo(stage.database, bo, merged.move.id)) == "would_show"
    assert await stage.case_of(message) == other


async def test_what_needs_more_goes_to_less_by_supervisors_only(stage: Stage) -> None:
    bo = await stage.agent()
    message = await stage.says("ana")
    case = await stage.case_of(message)
    other = await second_case(stage, bo, message)
    await cases.change_case(stage.database, bo, case, CaseChange(minimum_level=2))
    picked = NewMove(message_ids=(message,), to_case_id=other)

    assert await refusal(case_moves.move(stage.database, bo, case, picked)) == "may_not_lower"
    assert await stage.case_of(message) == case
    await case_moves.move(stage.database, bo, case, picked, may_lower=True)
    assert await stage.case_of(message) == other


async def test_case_that_is_waiting_opens_with_an_unanswered_message_and_closes_with_the_undo(
    stage: Stage, clock: FakeClock
) -> None:
    bo = await stage.agent()
    message = await stage.says("ana")
    case = await stage.case_of(message)
    other = await second_case(stage, bo, message)
    await cases.change_case(stage.database, bo, other, CaseChange(state="solved"))
    clock.advance(timedelta(hours=1))
    moved = await case_moves.merge(stage.database, bo, case, other)
    assert (await state(stage, case), await state(stage, other)) == ("solved", "open")
    assert (await lines(stage, other))[-1] == "case_merged"

    await case_moves.undo(stage.database, bo, moved.move.id)
    assert (await state(stage, case), await state(stage, other)) == ("open", "solved")
    assert (await lines(stage, case))[-1] == "case_move_undone"
    assert await undone_lines(stage) == ["case_merged"]
    assert await refusal(case_moves.undo(stage.database, bo, moved.move.id)) == "undone"


async def test_what_an_agent_decided_since_stays_with_the_undo(stage: Stage) -> None:
    bo = await stage.agent()
    message = await stage.says("ana")
    case = await stage.case_of(message)
    other = await second_case(stage, bo, message)
    await cases.change_case(stage.database, bo, other, CaseChange(state="solved"))
    moved = await case_moves.merge(stage.database, bo, case, other)
    await cases.change_case(stage.database, bo, other, CaseChange(state="snoozed"))

    await case_moves.undo(stage.database, bo, moved.move.id)
    assert await state(stage, other) == "snoozed"


async def test_merged_case_is_changed_no_more_and_chosen_no_more(stage: Stage) -> None:
    bo = await stage.agent()
    message = await stage.says("ana")
    case = await stage.case_of(message)
    newer = await second_case(stage, bo, message)
    await case_moves.merge(stage.database, bo, newer, case)

    change = cases.change_case(stage.database, bo, newer, CaseChange(state="open"))
    assert await refusal(change) == "merged"
    assert await refusal(case_moves.merge(stage.database, bo, case, newer)) == "merged"
    assert await stage.case_of(await stage.says("ana", "More")) == case
    await cases.change_case(stage.database, bo, case, CaseChange(state="solved"))
    assert await stage.case_of(await stage.says("ana", "Later")) not in (case, newer)


async def test_split_takes_a_message_and_all_that_came_after_it(stage: Stage) -> None:
    bo = await stage.agent()
    first, second, third = [await stage.says("ana", word) for word in ("one", "two", "three")]
    case = await stage.case_of(first)
    await cases.change_case(stage.database, bo, case, CaseChange(owner_id=bo.agent_id, priority=1))

    wanted = NewMove(from_message_id=second, subject=" A second matter ")
    split = (await case_moves.move(stage.database, bo, case, wanted)).move
    made = split.to_case_id
    places = [await stage.case_of(one) for one in (first, second, third)]
    assert places == [case, made, made]
    assert await stage.value("select subject from cases where id = $1", made) == "A second matter"
    assert await stage.value("select owner_id from cases where id = $1", made) == bo.agent_id
    assert (split.kind, split.message_count) == ("split", 2)
    assert (await lines(stage, case))[-1] == "messages_left"
    # What comes next joins the newest open case, and is still there when the split is undone.
    later = await stage.says("ana", "four")
    await case_moves.undo(stage.database, bo, split.id)
    places = [await stage.case_of(one) for one in (first, second, third, later)]
    assert places == [case, case, case, made]


async def test_moves_of_what_is_not_there_are_refused_in_words(stage: Stage) -> None:
    bo = await stage.agent()
    message, foreign = await stage.says("ana"), await stage.says("bea")
    case = await stage.case_of(message)
    theirs = await stage.case_of(foreign)
    move = case_moves.move
    database = stage.database

    for wanted, code in (
        (NewMove(), "nothing_named"),
        (NewMove(message_ids=(message,), from_message_id=message), "nothing_named"),
        (NewMove(message_ids=(foreign,)), "unknown"),
        (NewMove(from_message_id=foreign), "unknown"),
        (NewMove(message_ids=(message,), to_case_id=case), "same_case"),
        (NewMove(message_ids=(message,), to_case_id=theirs), "other_conversation"),
        (NewMove(message_ids=(message,), to_case_id=99_999), "not_found"),
    ):
        assert await refusal(move(database, bo, case, wanted)) == code
    assert await refusal(move(database, bo, 99_999, NewMove(message_ids=(1,)))) == "not_found"
    assert await refusal(case_moves.undo(database, bo, 99_999)) == "not_found"


async def test_merged_case_leaves_the_queue_and_comes_back_with_the_undo(stage: Stage) -> None:
    floor = Floor(stage)
    await floor.begin(QueueSettings())
    bo = await stage.agent()
    case = await floor.case("ana")
    [person] = [await stage.value("select person_id from cases where id = $1", case)]
    other = (await cases.open_case(stage.database, bo, int(str(person)), "Another")).id
    await floor.heard()
    assert [one.case_id for one in await floor.queue()] == [case, other]

    moved = await case_moves.merge(stage.database, bo, other, case)
    assert [one.case_id for one in await floor.queue()] == [case]
    await floor.heard()
    assert [one.case_id for one in await floor.queue()] == [case]
    await case_moves.undo(stage.database, bo, moved.move.id)
    assert [one.case_id for one in await floor.queue()] == [case, other]


async def test_promise_is_owed_by_the_case_that_stands_for_the_one_in_which_it_was_made(
    stage: Stage, clock: FakeClock
) -> None:
    bo = await stage.agent()
    message = await stage.says("ana")
    case = await stage.case_of(message)
    other = await second_case(stage, bo, message)
    promise = NewPromise(words="I call back", due_at=clock.now() + timedelta(hours=3))
    await promising.promise(stage.database, bo, case, promise)

    moved = await case_moves.merge(stage.database, bo, case, other)
    assert "promise_made" in await lines(stage, other)
    await case_moves.undo(stage.database, bo, moved.move.id)
    assert "promise_made" in await lines(stage, case)


async def why(stage: Stage, viewer: Viewer, message: int) -> str:
    return (await case_moves.why_here(stage.database, viewer, message)).why


async def test_what_is_said_next_in_a_chat_follows_the_correction_until_its_case_is_solved(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    first = await stage.says("ana", "My payout")
    case = await stage.case_of(first)
    wrong = await second_case(stage, bo, first)
    second = await stage.says("ana", "Still my payout")
    assert (await stage.case_of(second), await why(stage, bo, second)) == (wrong, "newest_open")

    wanted = NewMove(message_ids=(second,), to_case_id=case)
    moved = await case_moves.move(stage.database, bo, wrong, wanted)
    third = await stage.says("ana", "Hello?")
    assert await stage.case_of(third) == case
    assert [await why(stage, bo, one) for one in (first, second, third)] == [
        "new", "moved", "corrected",
    ]  # fmt: skip

    await case_moves.undo(stage.database, bo, moved.move.id)
    assert await stage.case_of(await stage.says("ana", "And now?")) == wrong
    await case_moves.move(stage.database, bo, case, NewMove(message_ids=(third,)))
    await cases.change_case(stage.database, bo, case, CaseChange(state="solved"))
    assert await stage.case_of(await stage.says("ana", "Thanks")) not in (case,)


async def test_correction_of_a_chat_that_is_over_sends_nobody_into_a_solved_case(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    message = await stage.says("ana")
    case = await stage.case_of(message)
    other = await second_case(stage, bo, message)
    moved = NewMove(message_ids=(message,), to_case_id=other)
    await case_moves.move(stage.database, bo, case, moved)
    for one in (case, other):
        await cases.change_case(stage.database, bo, one, CaseChange(state="solved"))

    later = await stage.says("ana", "Something else")
    assert await stage.case_of(later) not in (case, other)
    assert await why(stage, bo, later) == "new"


async def test_answer_that_opens_a_solved_case_again_says_why_it_is_there(desk: MailDesk) -> None:
    viewer = Viewer(desk.desk.author.agent_id)
    first, _ = await desk.hear(mail(ANN, "Where is it?", message_id="<one@x.example>"))
    case = await desk.case_of(first)
    solved = CaseChange(state="solved")
    await cases.change_case(desk.desk.database, viewer, case, solved)

    reply, _ = await desk.hear(mail(ANN, "Gone again", in_reply_to="<one@x.example>"))
    found = await case_moves.why_here(desk.desk.database, viewer, reply)
    assert (found.case_id, found.why, found.has_reopened) == (case, "answer", True)


@pytest.mark.parametrize("is_merge", [True, False])
async def test_question_of_a_snoozed_case_opens_the_one_that_it_goes_to(
    stage: Stage, clock: FakeClock, is_merge: bool
) -> None:
    bo = await stage.agent()
    message = await stage.says("ana")
    case = await stage.case_of(message)
    other = await second_case(stage, bo, message)
    await cases.change_case(stage.database, bo, other, CaseChange(state="solved"))
    later = clock.now() + timedelta(hours=15)
    asleep = CaseChange(state="snoozed", snoozed_until=later)
    await cases.change_case(stage.database, bo, case, asleep)

    if is_merge:
        moved = await case_moves.merge(stage.database, bo, case, other)
    else:
        wanted = NewMove(message_ids=(message,), to_case_id=other)
        moved = await case_moves.move(stage.database, bo, case, wanted)
    assert await state(stage, other) == "open"

    await case_moves.undo(stage.database, bo, moved.move.id)
    assert (await state(stage, case), await state(stage, other)) == ("snoozed", "solved")


async def test_case_that_is_split_off_is_as_old_as_its_first_message(
    stage: Stage, clock: FakeClock
) -> None:
    bo = await stage.agent()
    message = await stage.says("ana")
    case = await stage.case_of(message)
    said_at = await stage.value("select received_at from messages where id = $1", message)
    clock.advance(timedelta(hours=5))

    split = await case_moves.move(stage.database, bo, case, NewMove(message_ids=(message,)))

    made = split.move.to_case_id
    assert await stage.value("select opened_at from cases where id = $1", made) == said_at
    assert await stage.value("select first_reply_at from cases where id = $1", made) is None


async def test_chat_follows_a_correction_while_another_move_of_it_is_undone(stage: Stage) -> None:
    bo = await stage.agent()
    message = await stage.says("ana")
    case = await stage.case_of(message)
    right = await second_case(stage, bo, message)
    second = await second_case(stage, bo, message)
    first = await case_moves.move(
        stage.database, bo, case, NewMove(message_ids=(message,), to_case_id=second)
    )
    await case_moves.move(
        stage.database, bo, second, NewMove(message_ids=(message,), to_case_id=right)
    )

    await case_moves.undo(stage.database, bo, first.move.id)

    assert await stage.case_of(message) == right
    assert await stage.case_of(await stage.says("ana", "Hello?")) == right
