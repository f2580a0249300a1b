"""Rules run on what the desk notes: dangers, deadlines, promises, incidents, splits."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

import pytest

from core.clock import FakeClock
from router.services import case_moves, cases
from router.services.assignment import availability
from router.services.assignment.settings import QueueSettings
from router.services.automation.actions import Tools
from router.services.automation.rehearsing import rehearse
from router.services.automation.shapes import Past
from router.services.case_moves import NewMove
from router.services.cases import CaseChange
from router.services.deadlines import promising
from router.services.deadlines.shapes import NewPromise, PromiseEnd
from router.services.viewer import viewer_of
from tests.services.queue_floor import Floor
from tests.services.rule_desk import VOICE, RuleDesk, asks, definition, read
from tests.services.test_deadlines import ALWAYS, agree, catch_up, fire_due, plan
from tests.services.test_shift_ends import Watch
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


async def test_rule_runs_once_on_a_deadline_that_is_near_that_has_passed_and_that_was_escalated(
    desk: RuleDesk, clock: FakeClock
) -> None:
    boss = await desk.stage.agent("Ida", role="supervisor")
    level = {"after_minutes": 30, "agent_ids": [boss.agent_id]}
    policy = {"name": "All", "first_reply": ALWAYS, "escalations": [level]}
    await agree(desk.stage, boss, plan(policy))
    await desk.rule(definition(HASTE, when=on("deadline_near")), name="Near")
    await desk.rule(definition(NOTE, when=on("deadline_escalated")), name="Escalated")
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

    passed = await ran(desk)
    clock.advance(timedelta(minutes=30))
    await fire_due(desk.stage)

    assert near == {"Near": ["done"]}
    assert passed == {"Near": ["done"], "Passed": ["done"]}
    assert await ran(desk) == {"Near": ["done"], "Passed": ["done"], "Escalated": ["done"]}
    assert (await desk.case(said))["priority"] == 1


async def test_rule_runs_on_a_danger_that_was_told_and_on_one_to_which_nobody_came(
    desk: RuleDesk, clock: FakeClock
) -> None:
    bo = await desk.stage.agent("Bo")
    await availability.set_own(desk.stage.database, bo.agent_id, "online")
    await desk.rule(definition(HASTE, when=on("danger_told")), name="Told")
    await desk.rule(definition(HASTE, when=on("danger_escalated")), name="Escalated")
    triage = await TriageDesk.open(desk.stage)

    await triage.says("ana", "Where do I find my invoices?")
    harmless = await ran(desk)
    await triage.says("ana", STOLEN)

    told = await ran(desk)
    clock.advance(timedelta(minutes=6))
    await triage.read()

    assert harmless == {}
    assert told == {"Told": ["done"]}
    assert await ran(desk) == {"Told": ["done"], "Escalated": ["done"]}


async def test_rule_runs_on_promises_and_on_a_case_that_was_split_off_and_merged_again(
    desk: RuleDesk, clock: FakeClock
) -> None:
    bo = await desk.stage.agent("Bo")
    for one in ("promise_made", "promise_kept", "promise_withdrawn", "case_split", "case_merged"):
        await desk.rule(definition(NOTE, when=on(one)), name=one)
    said = [await desk.stage.says("ana", f"Hello {n}") for n in range(2)]
    case = await desk.stage.case_of(said[0])

    async def promise(ending: Literal["kept", "withdrawn"]) -> None:
        promised = NewPromise(due_at=clock.now() + timedelta(days=1))
        made = await promising.promise(desk.stage.database, bo, case, promised)
        ref = next(
            one.ref for one in made.deadlines if one.target == "promise" and one.ended_at is None
        )
        await promising.end_promise(desk.stage.database, bo, ref, PromiseEnd(ending=ending))

    await promise("kept")
    await case_moves.move(desk.stage.database, bo, case, NewMove(message_ids=(said[1],)))
    first = await ran(desk)
    await promise("withdrawn")
    await case_moves.merge(desk.stage.database, bo, await desk.stage.case_of(said[1]), case)

    once = ["done"]
    assert first == {"promise_made": once, "promise_kept": once, "case_split": once}
    assert await ran(desk) == first | {
        "promise_made": once * 2, "promise_withdrawn": once, "case_merged": once,
    }  # fmt: skip


async def test_rule_that_puts_a_case_into_an_incident_does_not_run_on_that_again(
    desk: RuleDesk,
) -> None:
    join = {"do": "join_incident", "title": "Withdrawals late"}
    await desk.rule(definition(join), name="Join")
    await desk.rule(definition(NOTE, join, when=on("incident_joined")), name="Joined")
    await desk.rule(definition(NOTE, when=on("incident_left")), name="Left")
    case = await desk.stage.case_of(await desk.stage.says("ana"))

    found = await ran(desk)
    out = CaseChange(incident_id=None)
    await cases.change_case(desk.stage.database, viewer_of(desk.admin), case, out)

    assert found == {"Join": ["done"], "Joined": ["done"]}
    assert await ran(desk) == found | {"Left": ["done"]}


async def test_rule_runs_on_a_case_whose_owners_shift_is_over(
    desk: RuleDesk, clock: FakeClock
) -> None:
    watch = await Watch(desk.stage).set_up(clock, handover="handed_over")
    await desk.rule(definition(NOTE, when=on("case_returned")), name="Returned")
    await watch.floor.case("ana")

    before = await ran(desk)
    await watch.at(minutes=6)

    assert before == {}
    assert await ran(desk) == {"Returned": ["done"]}


async def test_rule_runs_on_a_case_whose_owner_is_away(desk: RuleDesk) -> None:
    floor = Floor(desk.stage)
    await floor.begin(QueueSettings(mode="automatic", return_live_minutes=0, return_slow_minutes=0))
    bo = await floor.comes("Bo")
    await desk.rule(definition(NOTE, when=on("case_returned")), name="Returned")
    await floor.case("ana")

    before = await ran(desk)
    await availability.set_own(desk.stage.database, bo.agent_id, "away")

    assert before == {}
    assert await ran(desk) == {"Returned": ["done"]}


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
