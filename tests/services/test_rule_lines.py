"""Rules run on what the desk notes: dangers, deadlines, promises, incidents, splits."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from core.clock import FakeClock
from router.services import case_moves, cases
from router.services.automation.actions import Tools
from router.services.automation.rehearsing import rehearse
from router.services.automation.shapes import Past
from router.services.case_moves import NewMove
from router.services.cases import CaseChange
from router.services.deadlines import promising
from router.services.deadlines.shapes import NewPromise, PromiseEnd
from tests.services.rule_desk import VOICE, RuleDesk, asks, definition, read
from tests.services.test_deadlines import ALWAYS, agree, catch_up, fire_due, plan
from tests.services.triage_desk import STOLEN, TriageDesk
from tests.stage import Stage

NOTE = {"do": "note", "text": "Seen"}
HASTE = {"do": "prioritise", "priority": 1}


def on(happening: str) -> Mapping[str, Any]:
    return {"kind": "happened", "on": happening}


@pytest.fixture
async def desk(stage: Stage) -> RuleDesk:
    return await RuleDesk.open(stage)


async def ran(desk: RuleDesk) -> dict[str, list[str]]:
    """The outcomes of each rule that ran, by its name."""
    await desk.work()
    found: dict[str, list[str]] = {}
    for one in await desk.runs():
        found.setdefault(one.name, []).append(one.outcome)
    return found


async def test_rule_runs_once_on_a_deadline_that_is_near_and_on_one_that_has_passed(
    desk: RuleDesk, clock: FakeClock
) -> None:
    boss = await desk.stage.agent("Ida", role="supervisor")
    await agree(desk.stage, boss, plan({"name": "All", "first_reply": ALWAYS}))
    await desk.rule(definition(HASTE, when=on("deadline_near")), name="Near")
    await desk.rule(
        definition(NOTE, when=on("deadline_passed"), condition=[asks("case.priority", "is", 1)]),
        name="Passed",
    )
    said = await desk.stage.says("ana")
    await catch_up(desk.stage)

    clock.advance(timedelta(minutes=50))
    await fire_due(desk.stage)
    near = await ran(desk)
    clock.advance(timedelta(minutes=11))
    await fire_due(desk.stage)

    assert near == {"Near": ["done"]}
    assert await ran(desk) == {"Near": ["done"], "Passed": ["done"]}
    assert (await desk.case(said))["priority"] == 1


async def test_rule_runs_on_a_danger_that_was_told_and_on_one_to_which_nobody_came(
    desk: RuleDesk,
) -> None:
    await desk.stage.agent("Boss", role="supervisor")
    await desk.rule(definition(NOTE, when=on("danger_told")), name="Told")
    triage = await TriageDesk.open(desk.stage)

    await triage.says("ana", "Where do I find my invoices?")
    harmless = await ran(desk)
    await triage.says("ana", STOLEN)

    assert harmless == {}
    assert await ran(desk) == {"Told": ["done"]}


async def test_rule_runs_on_promises_and_on_a_case_that_was_split_off(
    desk: RuleDesk, clock: FakeClock
) -> None:
    bo = await desk.stage.agent("Bo")
    for one in ("promise_made", "promise_kept", "promise_withdrawn", "case_split"):
        await desk.rule(definition(NOTE, when=on(one)), name=one)
    said = [await desk.stage.says("ana", f"Hello {n}") for n in range(2)]
    case = await desk.stage.case_of(said[0])

    made = await promising.promise(
        desk.stage.database, bo, case, NewPromise(due_at=clock.now() + timedelta(days=1))
    )
    ref = made.deadlines[0].ref
    await promising.end_promise(desk.stage.database, bo, ref, PromiseEnd(ending="kept"))
    await case_moves.move(desk.stage.database, bo, case, NewMove(message_ids=(said[1],)))

    found = await ran(desk)

    assert found == {"promise_made": ["done"], "promise_kept": ["done"], "case_split": ["done"]}


async def test_rule_that_puts_a_case_into_an_incident_does_not_run_on_that_again(
    desk: RuleDesk,
) -> None:
    join = {"do": "join_incident", "title": "Withdrawals late"}
    await desk.rule(definition(join), name="Join")
    await desk.rule(definition(NOTE, join, when=on("incident_joined")), name="Joined")
    await desk.stage.says("ana")

    found = await ran(desk)

    assert found == {"Join": ["done"], "Joined": ["done"]}


async def test_past_of_a_deadline_is_replayed_by_a_dry_run(
    desk: RuleDesk, clock: FakeClock
) -> None:
    boss = await desk.stage.agent("Ida", role="supervisor")
    await agree(desk.stage, boss, plan({"name": "All", "first_reply": ALWAYS}))
    late = await desk.stage.case_of(await desk.stage.says("ana"))
    good = await desk.stage.case_of(await desk.stage.says("bo"))
    await cases.change_case(desk.stage.database, boss, good, CaseChange(state="solved"))
    await catch_up(desk.stage)
    clock.advance(timedelta(minutes=61))
    await fire_due(desk.stage)
    wanted = Past(definition=read(definition(HASTE, when=on("deadline_passed"))))

    found = await rehearse(desk.stage.database, desk.admin, Tools(voice=VOICE), wanted)

    assert (found.is_replayed, [one.case_id for one in found.examples]) == (True, [late])
