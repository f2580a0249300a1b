"""Dry runs: what would have happened is what happens, and nothing does meanwhile."""

import pytest

from router.services.automation.actions import Tools
from router.services.automation.rehearsing import rehearse
from router.services.automation.shapes import DryRun, Past
from tests.services.rule_desk import VOICE, Json, RuleDesk, asks, definition, read, says
from tests.stage import Stage

URGENT = {"do": "prioritise", "priority": 1}


@pytest.fixture
async def desk(stage: Stage) -> RuleDesk:
    return await RuleDesk.open(stage)


async def rehearsed(desk: RuleDesk, wanted: Json) -> DryRun:
    past = Past(definition=read(wanted))
    return await rehearse(desk.stage.database, desk.admin, Tools(voice=VOICE), past)


async def test_dry_run_finds_what_the_rule_then_does_and_writes_nothing(desk: RuleDesk) -> None:
    wanted = definition(URGENT, condition=[says("stolen")])
    stolen = await desk.stage.says("ana", "It was stolen")
    await desk.stage.says("bo", "Hello")
    before = await desk.stage.value("select count(*) from outbox")

    found = await rehearsed(desk, wanted)

    assert (found.cases, found.asked, found.runs, found.of_cases) == (2, 2, 1, 1)
    [example] = found.examples
    assert (example.message_id, example.judged.held) == (stolen, True)
    assert [one.is_so_already for one in example.would] == [False]
    assert await desk.stage.value("select count(*) from outbox") == before
    await desk.rule(wanted)
    again = [await desk.stage.says(who, "It was stolen") for who in ("cy", "dee")]
    await desk.stage.says("eve", "Hello")
    await desk.work()
    assert [one.message_id for one in await desk.runs()] == again


async def test_dry_run_says_where_the_rule_would_have_been_stopped(desk: RuleDesk) -> None:
    for number in range(4):
        await desk.stage.says("ana", f"Hello {number}")

    found = await rehearsed(desk, definition(URGENT, most_per_case=3))

    assert found.runs == 4
    assert found.stops.startswith("More than 3 runs within an hour on case")


async def test_rule_that_contradicts_itself_is_asked_of_nothing(desk: RuleDesk) -> None:
    await desk.stage.says("ana")
    never = [asks("case.priority", "at_least", 3), asks("case.priority", "at_most", 2)]

    found = await rehearsed(desk, definition(URGENT, condition=never))

    assert (found.asked, [one.field for one in found.faults]) == (0, ["condition.parts[1]"])


async def test_happening_of_which_no_past_is_kept_is_asked_of_each_case_as_it_is(
    desk: RuleDesk,
) -> None:
    await desk.stage.says("ana")

    found = await rehearsed(
        desk, definition(URGENT, when={"kind": "happened", "on": "case_changed"})
    )

    assert (found.is_replayed, found.runs) == (False, 1)
