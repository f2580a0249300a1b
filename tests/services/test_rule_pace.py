"""Rules by time that meet more cases than they may within an hour; and whose act it was."""

from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.services.assignment import shown
from router.services.assignment.settings import QueueSettings
from router.services.automation import keeping
from router.services.viewer import Viewer
from tests.services.queue_floor import Floor
from tests.services.rule_desk import RuleDesk, definition, says
from tests.stage import Stage

DAILY = {"kind": "daily", "at": "09:30", "zone": "Europe/Berlin"}
NOTE = {"do": "note", "text": "Good morning"}


@pytest.fixture
async def desk(stage: Stage) -> RuleDesk:
    return await RuleDesk.open(stage)


async def test_daily_rule_with_more_cases_than_it_may_goes_on_after_the_hour_and_says_so(
    desk: RuleDesk, clock: FakeClock
) -> None:
    made = await desk.rule(definition(NOTE, when=DAILY, most_in_all=2))
    other = await desk.rule(definition(NOTE, when=DAILY))
    for who in ("ana", "bo", "cy", "dan", "eve"):
        await desk.stage.says(who)
    clock.advance(timedelta(hours=24))
    await desk.work()

    [first, _] = await keeping.list_rules(desk.stage.database)
    at_once = await desk.outcomes(made)
    clock.advance(timedelta(minutes=61))
    await desk.work()
    [second, _] = await keeping.list_rules(desk.stage.database)
    clock.advance(timedelta(minutes=61))
    await desk.work()

    assert (first.is_on, first.put_off, at_once) == (True, 3, ["done", "done", "skipped"])
    assert first.goes_on_at == second.goes_on_at - timedelta(minutes=61)  # type: ignore[operator]  # both wait
    assert second.put_off == 1
    assert (await desk.outcomes(made)).count("done") == 5
    assert await desk.outcomes(other) == ["done"] * 5
    [last, _] = await keeping.list_rules(desk.stage.database)
    assert (last.put_off, last.goes_on_at) == (0, None)
    noted = [one.explained["because"] for one in await desk.runs(made) if one.outcome == "skipped"]
    assert noted[0] == "It ran 2 times within an hour. 3 more follow after that."


async def test_step_that_a_rule_made_names_the_rule_and_not_its_author(desk: RuleDesk) -> None:
    nat = await desk.stage.agent("Nat")
    made = await desk.rule(definition({"do": "assign", "agent_id": nat.agent_id}), name="To Nat")
    case = (await desk.case(await desk.stage.says("ana")))["id"]
    await desk.work()

    [step] = (await shown.load_steps(desk.stage.database, Viewer(0), case)).steps

    assert (step.step, step.agent_name) == ("assigned", "Nat")
    assert (step.by_id, step.rule_id, step.rule_name) == (None, made, "To Nat")


async def test_rule_that_frees_a_case_signs_that_step_and_not_the_queues_after_it(
    desk: RuleDesk,
) -> None:
    floor = Floor(desk.stage)
    await floor.begin(QueueSettings(mode="automatic"))
    await floor.comes("Nat")
    case = await floor.case("ana")
    await floor.comes("Cy")
    made = await desk.rule(definition({"do": "assign", "agent_id": None}, condition=[says("free")]))
    await desk.stage.says("ana", "free me")
    await desk.work()

    steps = (await shown.load_steps(desk.stage.database, Viewer(0), case)).steps

    assert [(one.step, one.by_id, one.rule_id) for one in steps][:2] == [
        ("assigned", None, None),
        ("released", None, made),
    ]
