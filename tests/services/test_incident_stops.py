"""An answer to an incident that is stopped: what has not gone out is taken back, and whose case
that was is as before."""

import pytest

from router.runtime.answerer import Answerer
from router.services import cases
from router.services.cases import CaseChange
from router.services.incidents import answering, answers
from router.services.outbound.replies import Reply, reply_within
from router.services.outbound.writing import Author
from router.services.viewer import viewer_of
from router.storage import incident_answers
from router.storage.sight import Sight
from tests.services.rule_desk import VOICE
from tests.services.test_incident_answers import HELD, Desk, desk, work_off
from tests.services.test_macro_words import canned, keep

__all__ = ["desk"]

SENT = (
    "update deliveries set state = 'sent' where message_id = any("
    "select unnest(message_ids) from incident_answer_steps where case_id = any($1::bigint[]))"
)


async def written_before(desk: Desk, case: int) -> None:
    """The desk answered there, and waits for them."""
    person = await desk.stage.value("select person_id from cases where id = $1", case)
    author = Author(
        agent_id=desk.admin.agent_id, name="Ada", sight=Sight(desk.admin.access_classes)
    )
    reply = Reply(
        person_id=int(str(person)), client_key=f"x{case}", text="We look into it.", case_id=case
    )
    async with desk.stage.database.transaction() as work:
        await reply_within(work, VOICE.keyring, VOICE.capabilities_of, author, reply)
    await desk.stage.run("update deliveries set state = 'sent'")


async def second_case(desk: Desk, case: int) -> int:
    person = await desk.stage.value("select person_id from cases where id = $1", case)
    other = await cases.open_case(desk.stage.database, viewer_of(desk.admin), int(str(person)), "")
    await desk.put(other.id)
    return other.id


async def answer_all(worker: Answerer, desk: Desk) -> None:
    """It is not ended yet."""
    while (await desk.shown()).waiting:
        await worker.round()


async def test_of_many_only_those_that_have_not_gone_out_are_tried(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await desk.hit(*(f"p{number}" for number in range(30)))
    answer = await desk.begin(solves=True)
    worker = desk.worker_of("one", HELD)
    await answer_all(worker, desk)
    await desk.stage.run(SENT, found[:26])
    await desk.stage.run(
        "update deliveries set due_at = due_at - interval '1 minute' where message_id = any("
        "select unnest(message_ids) from incident_answer_steps where case_id = $1)",
        found[28],
    )
    tried, take_back = [], answering.take_back

    async def spy(database: object, one: object, case: int) -> None:
        tried.append(case)
        await take_back(database, one, case)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(answering, "take_back", spy)
    await answers.stop(desk.stage.database, desk.admin, answer)
    await work_off(worker)

    shown = await desk.shown()
    assert tried == [found[28], found[29], found[27], found[26]]
    assert (shown.state, shown.done, shown.recalled) == ("stopped", 26, 4)


async def test_more_than_one_batch_is_taken_back_after_one_look(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.hit(*(f"p{number}" for number in range(23)))
    answer = await desk.begin()
    worker = desk.worker_of("one", HELD)
    await answer_all(worker, desk)
    looks, look = [], incident_answers.recallable_cases

    async def spy(work: object, one: int, *, limit: int) -> list[int]:
        looks.append(one)
        return await look(work, one, limit=limit)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(incident_answers, "recallable_cases", spy)
    await answers.stop(desk.stage.database, desk.admin, answer)
    await work_off(worker)

    assert (await desk.shown()).recalled == 23
    assert len(looks) == 2


async def test_case_that_waited_for_its_person_waits_again(desk: Desk) -> None:
    ana, bo, cy = await desk.hit("ana", "bo", "cy")
    await written_before(desk, ana)
    await written_before(desk, bo)
    await written_before(desk, cy)
    reopened = CaseChange(state="open")
    await cases.change_case(desk.stage.database, viewer_of(desk.admin), bo, reopened)
    snoozed = CaseChange(state="snoozed")
    await cases.change_case(desk.stage.database, viewer_of(desk.admin), cy, snoozed)
    before = await desk.stage.value("select array_agg(state order by id) from cases")
    answer = await desk.begin("It works again.", solves=True)
    worker = desk.worker_of("one", HELD)
    await worker.round()
    solved = [await desk.state_of(one) for one in (ana, bo, cy)]

    await answers.stop(desk.stage.database, desk.admin, answer)
    await work_off(worker)

    assert before == ["waiting", "open", "snoozed"]
    assert solved == ["solved"] * 3
    assert (await desk.shown()).recalled == 3
    assert [await desk.state_of(one) for one in (ana, bo, cy)] == ["waiting", "open", "open"]
    last = "select state from case_history where case_id = $1 order by id desc limit 1"
    assert await desk.stage.value(last, ana) == "waiting"


async def test_case_that_somebody_reopened_meanwhile_stays_so(desk: Desk) -> None:
    [ana] = await desk.hit("ana")
    await written_before(desk, ana)
    answer = await desk.begin(solves=True)
    worker = desk.worker_of("one", HELD)
    await worker.round()
    reopened = CaseChange(state="open")
    await cases.change_case(desk.stage.database, viewer_of(desk.admin), ana, reopened)

    await answers.stop(desk.stage.database, desk.admin, answer)
    await work_off(worker)

    assert await desk.state_of(ana) == "open"


async def test_other_case_of_somebody_who_heard_nothing_in_the_end_is_open_too(desk: Desk) -> None:
    ana, bo = await desk.hit("ana", "bo")
    twins = [await second_case(desk, ana), await second_case(desk, bo)]
    answer = await desk.begin("It works again.", solves=True)
    worker = desk.worker_of("one", HELD)
    await worker.round()
    before = await desk.shown()
    await desk.stage.run(SENT, [bo])

    await answers.stop(desk.stage.database, desk.admin, answer)
    await work_off(worker)

    shown = await desk.shown()
    assert (before.done, before.told) == (2, 2)
    assert (shown.done, shown.told, shown.recalled) == (1, 1, 2)
    states = [await desk.state_of(one) for one in (ana, twins[0], bo, twins[1])]
    assert states == ["open", "open", "solved", "solved"]


async def test_second_of_two_replies_is_taken_back_where_the_first_has_gone_out(
    desk: Desk,
) -> None:
    [ana] = await desk.hit("ana")
    macro = await keep(desk, await canned(desk, "It works."), await canned(desk, "Rate us."))
    answer = await desk.begin("", macro_id=macro.id, solves=True)
    worker = desk.worker_of("one", HELD)
    await worker.round()
    await desk.stage.run(
        "update deliveries set state = 'sent' where message_id ="
        " (select message_ids[1] from incident_answer_steps)"
    )

    await answers.stop(desk.stage.database, desk.admin, answer)
    await work_off(worker)

    shown = await desk.shown()
    left = "select array_agg(state order by message_id) from deliveries"
    assert await desk.stage.value(left) == ["sent", "cancelled"]
    assert (shown.state, shown.done, shown.recalled) == ("stopped", 1, 0)
    assert await desk.state_of(ana) == "solved"
