"""A life that triage missed is named by supervisors; what else the same person says is told too."""

from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.services import cases
from router.services.cases import CaseChange
from router.services.errors import Forbidden, Refused
from router.services.triage import correcting, paging
from router.services.triage.shapes import Finding, NewCorrection
from router.services.viewer import Viewer
from tests.services.triage_desk import DYING, STOLEN, TriageDesk, come
from tests.stage import Stage

BOTH = f"{STOLEN}. I am going to kill myself"
MISSED = "The pills are on the table and I have written to my sister"
NAMED = NewCorrection(danger="self_harm")


@pytest.fixture
async def desk(stage: Stage) -> TriageDesk:
    return await TriageDesk.open(stage)


@pytest.fixture
async def bo(stage: Stage) -> Viewer:
    return await come(stage, "Bo")


@pytest.fixture
async def boss(stage: Stage) -> Viewer:
    return await stage.agent("Ida", role="supervisor")


async def say(desk: TriageDesk, by: Viewer, message: int, said: NewCorrection = NAMED) -> Finding:
    return await correcting.correct(
        desk.stage.database, by, message, said, may_lower=False, may_name=True
    )


async def told_of(desk: TriageDesk, case: int) -> list[tuple[str, list[int]]]:
    """Which dangers were told in the case, and to whom."""
    async with desk.stage.database.reading() as work:
        rows = await work.driver.fetch(
            "select context from messages where case_id = $1 and text = 'danger_told' order by id",
            case,
        )
    return [(row["context"]["danger"], row["context"]["told"]) for row in rows]


async def test_life_that_was_missed_is_told_as_a_found_one_once_a_supervisor_names_it(
    desk: TriageDesk, bo: Viewer, boss: Viewer, clock: FakeClock
) -> None:
    message, case = await desk.says("ana", MISSED)
    before = ((await desk.finding(message))["danger"], await desk.lines(case))
    clock.advance(timedelta(minutes=1))

    for _ in range(2):
        found = await say(desk, boss, message)
    by_both = [bo.agent_id, boss.agent_id]
    # The clock runs on while it is written.
    await desk.stage.run("update finding_corrections set at = at + interval '1 second'")
    at_once = (await desk.case(case), await told_of(desk, case), await desk.history(case))
    clock.advance(timedelta(minutes=6))
    again, _ = await desk.says("eve", MISSED)

    assert before == (None, [])
    assert (found.danger, found.urgency) == ("self_harm", "urgent")
    assert found.correction is not None
    assert at_once == ((None, 1), [("self_harm", by_both)], [*at_once[2][:-1], "triage"])
    assert (await desk.lines(case))[1:] == [("danger_escalated", [boss.agent_id])]
    assert (await desk.finding(again))["danger"] == "self_harm"


async def test_life_is_named_by_no_other_agent_and_beside_nothing_else(
    desk: TriageDesk, bo: Viewer
) -> None:
    message, case = await desk.says("ana", MISSED)
    database = desk.stage.database

    with pytest.raises(Forbidden):
        await correcting.correct(database, bo, message, NAMED, may_lower=False)
    with pytest.raises(Refused):
        await say(desk, bo, message, NewCorrection(danger="self_harm", is_urgent=True))

    assert await desk.lines(case) == []


async def test_life_that_was_said_to_be_none_is_told_again_once_a_supervisor_names_it(
    desk: TriageDesk, bo: Viewer, boss: Viewer, clock: FakeClock
) -> None:
    message, case = await desk.says("ana", DYING)
    clock.advance(timedelta(minutes=1))
    await say(desk, bo, message, NewCorrection(is_urgent=False))
    clock.advance(timedelta(minutes=1))

    await say(desk, boss, message)

    assert await told_of(desk, case) == [("self_harm", [bo.agent_id, boss.agent_id])] * 2
    assert (await desk.case(case))[1] == 1


async def test_life_named_in_a_text_of_which_a_theft_was_told_is_told_too(
    desk: TriageDesk, bo: Viewer, boss: Viewer
) -> None:
    message, case = await desk.says("ana", STOLEN)

    await say(desk, boss, message)

    both = [bo.agent_id, boss.agent_id]
    assert await told_of(desk, case) == [
        ("stolen_account", [bo.agent_id]),
        ("self_harm", both),
        ("stolen_account", both),
    ]


async def test_text_of_a_life_and_of_a_theft_is_told_as_both_once(
    desk: TriageDesk, bo: Viewer, boss: Viewer
) -> None:
    both = [bo.agent_id, boss.agent_id]

    message, case = await desk.says("ana", BOTH)
    await desk.says("ana", STOLEN)
    await desk.says("ana", BOTH)

    assert (await desk.finding(message))["danger"] == "self_harm"
    assert await told_of(desk, case) == [("self_harm", both), ("stolen_account", both)]


@pytest.mark.parametrize("theft", [STOLEN, BOTH])
async def test_theft_is_told_while_a_life_of_the_case_is_once_and_to_supervisors_too(
    desk: TriageDesk, bo: Viewer, boss: Viewer, clock: FakeClock, theft: str
) -> None:
    both = [bo.agent_id, boss.agent_id]
    _, case = await desk.says("ana", DYING)
    clock.advance(timedelta(minutes=1))

    await desk.says("ana", theft)
    clock.advance(timedelta(minutes=1))
    await desk.says("ana", STOLEN)
    clock.advance(timedelta(minutes=4))
    await desk.read()

    assert await told_of(desk, case) == [("self_harm", both), ("stolen_account", both)]
    assert (await desk.lines(case))[2:] == [("danger_escalated", [boss.agent_id])]


async def test_life_named_a_day_later_is_told_and_takes_the_place_of_what_runs(
    desk: TriageDesk, bo: Viewer, boss: Viewer, clock: FakeClock
) -> None:
    both = [bo.agent_id, boss.agent_id]
    first, case = await desk.says("ana", MISSED)
    clock.advance(timedelta(hours=25))
    await desk.says("ana", DYING)
    clock.advance(timedelta(minutes=1))

    await say(desk, boss, first)
    clock.advance(timedelta(minutes=6))
    await desk.read()

    assert await told_of(desk, case) == [("self_harm", both)] * 2
    assert (await desk.lines(case))[2:] == [("danger_escalated", [boss.agent_id])]


async def test_life_is_named_to_supervisors_where_dangers_are_told_to_nobody(
    desk: TriageDesk, bo: Viewer, boss: Viewer
) -> None:
    await desk.stage.run("insert into triage_settings (id, pages) values (1, false)")
    message, case = await desk.says("ana", MISSED)

    await say(desk, boss, message)

    assert await told_of(desk, case) == [("self_harm", [bo.agent_id, boss.agent_id])]


async def test_life_that_is_named_is_told_though_many_others_were(
    desk: TriageDesk, bo: Viewer, boss: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MANY", 0)
    await desk.says("eve", DYING)
    message, case = await desk.says("ana", MISSED)

    await say(desk, boss, message)

    assert await told_of(desk, case) == [("self_harm", [bo.agent_id, boss.agent_id])]


async def test_life_named_by_a_slip_leaves_the_case_with_its_usual_priority_once_taken_back(
    desk: TriageDesk, bo: Viewer, boss: Viewer, clock: FakeClock
) -> None:
    message, case = await desk.says("ana", MISSED)
    await say(desk, boss, message)
    clock.advance(timedelta(minutes=1))

    await say(desk, boss, message, NewCorrection(is_urgent=False))
    clock.advance(timedelta(minutes=6))
    await desk.read()

    assert (await desk.case(case))[1] == 3
    assert len(await desk.lines(case)) == 1


async def test_life_in_a_solved_case_is_named_once_the_case_is_open_again(
    desk: TriageDesk, bo: Viewer, boss: Viewer
) -> None:
    message, case = await desk.says("ana", MISSED)
    await cases.change_case(desk.stage.database, boss, case, CaseChange(state="solved"))

    with pytest.raises(Refused) as refused:
        await say(desk, boss, message)

    assert (refused.value.code, await desk.lines(case)) == ("solved", [])
