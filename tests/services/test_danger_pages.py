"""A danger stays told until somebody has come, and many at once drown no real one."""

from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.services import cases
from router.services.assignment import availability
from router.services.cases import CaseChange
from router.services.shifts import handed
from router.services.triage import paging
from router.services.viewer import Viewer
from router.storage.sight import Sight
from tests.services.rule_desk import RuleDesk, definition
from tests.services.triage_desk import DYING, STOLEN, TriageDesk, come
from tests.stage import Stage


@pytest.fixture
async def desk(stage: Stage) -> TriageDesk:
    return await TriageDesk.open(stage)


@pytest.fixture
async def bo(stage: Stage) -> Viewer:
    return await come(stage, "Bo")


@pytest.mark.parametrize(
    "done", [{"do": "prioritise", "priority": 2}, {"do": "set_state", "state": "waiting"}]
)
async def test_what_a_rule_does_keeps_nobody_from_being_told(
    desk: TriageDesk, bo: Viewer, stage: Stage, clock: FakeClock, done: dict[str, object]
) -> None:
    rules = await RuleDesk.open(stage)
    await rules.rule(definition(done, when={"kind": "happened", "on": "message_triaged"}))
    _, case = await desk.says("ana", STOLEN)
    await rules.work()
    changed = await stage.value("select (priority, state) <> (1, 'open') from cases")
    clock.advance(timedelta(minutes=6))

    await desk.read()

    assert changed is True
    [(told, who), (escalated, _)] = await desk.lines(case)
    assert (told, who, escalated) == ("danger_told", [bo.agent_id], "danger_escalated")


async def test_danger_that_was_escalated_and_then_answered_keeps_no_later_one_silent(
    desk: TriageDesk, bo: Viewer, clock: FakeClock
) -> None:
    await availability.set_own(desk.stage.database, bo.agent_id, "away")
    boss = await desk.stage.agent("Ida", role="supervisor")
    _, case = await desk.says("ana", STOLEN)
    change = CaseChange(state="solved")
    await cases.change_case(desk.stage.database, boss, case, change)
    await availability.set_own(desk.stage.database, bo.agent_id, "online")
    clock.advance(timedelta(hours=1))
    await desk.stage.run("update cases set state = 'open', solved_at = null where id = $1", case)

    await desk.says("ana", "Please!! they hacked my account and stole everything")

    assert await desk.lines(case) == [
        ("danger_told", [boss.agent_id]),
        ("danger_told", [bo.agent_id]),
    ]


async def test_danger_that_nobody_could_be_told_keeps_no_later_one_silent(
    desk: TriageDesk,
) -> None:
    _, case = await desk.says("ana", STOLEN)
    late = await desk.stage.agent("Cy")
    await availability.set_own(desk.stage.database, late.agent_id, "online")

    await desk.says("ana", "Please!! they hacked my account and stole everything")

    assert await desk.lines(case) == [("danger_told", []), ("danger_told", [late.agent_id])]


async def test_of_many_dangers_at_once_supervisors_hear_once_and_owners_of_their_own(
    desk: TriageDesk, bo: Viewer, stage: Stage, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MANY", 2)
    boss = await stage.agent("Ida", role="supervisor")
    cy = await stage.agent("Cy")
    await availability.set_own(stage.database, cy.agent_id, "online")
    _, owned = await desk.says("eve", "Hello")
    await cases.change_case(stage.database, cy, owned, CaseChange(owner_id=cy.agent_id))

    told = [await desk.says(f"bot{n}", STOLEN) for n in range(4)]
    await desk.says("eve", STOLEN)
    clock.advance(timedelta(minutes=11))
    _, later = await desk.says("late", STOLEN)

    both = [("danger_told", [bo.agent_id, cy.agent_id])]
    assert [(await desk.lines(case))[:1] for _, case in told] == [
        both,
        both,
        [("danger_told", [boss.agent_id])],
        [("danger_told", [])],
    ]
    assert (await desk.lines(owned))[:1] == [("danger_told", [cy.agent_id])]
    assert await desk.lines(later) == both


async def test_who_will_hurt_themselves_is_told_to_supervisors_at_once_beside_who_is_there(
    desk: TriageDesk, bo: Viewer, clock: FakeClock
) -> None:
    boss = await desk.stage.agent("Ida", role="supervisor")

    message, case = await desk.says("ana", DYING)
    before = await desk.lines(case)
    waiting = "select count(*) from danger_pages where ended_at is null and escalated_at is null"
    is_waiting = await desk.stage.value(waiting)
    clock.advance(timedelta(minutes=6))
    await desk.read()

    assert (await desk.finding(message))["danger"] == "self_harm"
    assert (await desk.case(case))[1] == 1
    assert before == [("danger_told", [bo.agent_id, boss.agent_id])]
    assert is_waiting == 1
    assert await desk.lines(case) == [*before, ("danger_escalated", [boss.agent_id])]


async def test_life_to_which_somebody_came_is_told_no_second_time(
    desk: TriageDesk, bo: Viewer, clock: FakeClock
) -> None:
    _, case = await desk.says("ana", DYING)
    clock.advance(timedelta(minutes=1))
    change = CaseChange(owner_id=bo.agent_id)
    await cases.change_case(desk.stage.database, bo, case, change)
    clock.advance(timedelta(minutes=9))

    await desk.read()

    assert len(await desk.lines(case)) == 1
    assert await desk.stage.value("select count(escalated_at) from danger_pages") == 0


async def test_life_that_many_false_ones_hide_is_told_once_they_are_over(
    desk: TriageDesk, bo: Viewer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MANY", 2)
    boss = await desk.stage.agent("Ida", role="supervisor")
    _, stolen = await desk.says("ana", STOLEN)

    told = [(await desk.says(f"bot{n}", DYING))[1] for n in range(4)]
    await desk.says("ana", DYING)
    at_once = [await desk.lines(case) for case in told]
    clock.advance(timedelta(minutes=6))
    await desk.read()
    of_stolen = await desk.lines(stolen)
    clock.advance(timedelta(minutes=5))
    await desk.read()

    both = [("danger_told", [bo.agent_id, boss.agent_id])]
    assert at_once == [both, both, both, [("danger_told", [])]]
    assert of_stolen == [("danger_told", [bo.agent_id]), ("danger_escalated", [boss.agent_id])]
    assert (await desk.lines(told[-1]))[1:] == [("danger_escalated", [boss.agent_id])]


async def test_who_writes_again_once_false_ones_are_over_is_told_of_at_once(
    desk: TriageDesk, bo: Viewer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MANY", 2)
    for number in range(3):
        await desk.says(f"bot{number}", DYING)
    clock.advance(timedelta(minutes=9))
    _, case = await desk.says("eve", DYING)
    await desk.says("eve", STOLEN)
    before = await desk.lines(case)
    clock.advance(timedelta(minutes=2))

    await desk.says("eve", DYING)

    assert before == [("danger_told", []), ("danger_told", [bo.agent_id])]
    assert (await desk.lines(case))[2:] == [("danger_told", [bo.agent_id])]


async def test_many_lives_keep_nobody_from_hearing_of_another_danger(
    desk: TriageDesk, bo: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MANY", 2)
    for number in range(4):
        await desk.says(f"bot{number}", DYING)

    _, case = await desk.says("eve", STOLEN)

    assert await desk.lines(case) == [("danger_told", [bo.agent_id])]


async def test_who_will_hurt_themselves_gets_no_topic_by_a_guess(desk: TriageDesk) -> None:
    said = "My withdrawal is stuck for days. If it is not here by noon I will hang myself"
    message, case = await desk.says("ana", said)

    assert (await desk.finding(message))["danger"] == "self_harm"
    assert await desk.case(case) == (None, 1)


async def test_who_will_hurt_themselves_is_told_though_another_danger_of_the_case_is_told(
    desk: TriageDesk, bo: Viewer, clock: FakeClock
) -> None:
    boss = await desk.stage.agent("Ida", role="supervisor")
    _, case = await desk.says("ana", STOLEN)
    clock.advance(timedelta(minutes=1))

    await desk.says("ana", DYING)
    # The clock runs on while it is written.
    earlier = "update danger_pages set ended_at = ended_at - interval '1 millisecond'"
    await desk.stage.run(earlier)
    await desk.says("ana", DYING)
    await desk.says("ana", STOLEN)

    assert await desk.lines(case) == [
        ("danger_told", [bo.agent_id]),
        ("danger_told", [bo.agent_id, boss.agent_id]),
    ]


async def test_many_other_dangers_keep_nobody_from_hearing_of_who_will_hurt_themselves(
    desk: TriageDesk, bo: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MANY", 2)
    boss = await desk.stage.agent("Ida", role="supervisor")
    for number in range(4):
        await desk.says(f"ana{number}", STOLEN)

    _, case = await desk.says("eve", DYING)

    assert await desk.lines(case) == [("danger_told", [bo.agent_id, boss.agent_id])]


@pytest.mark.parametrize(("said", "priority"), [(STOLEN, 4), (DYING, 1)])
async def test_who_will_hurt_themselves_is_no_security_incident_to_rules(
    desk: TriageDesk, said: str, priority: int
) -> None:
    rules = await RuleDesk.open(desk.stage)
    await rules.rule(
        definition(
            {"do": "prioritise", "priority": 4},
            when={"kind": "happened", "on": "message_triaged"},
            condition=[{"kind": "test", "field": "finding.is_security", "op": "is_set"}],
        )
    )

    _, case = await desk.says("ana", said)
    await rules.work()

    assert (await desk.case(case))[1] == priority


async def test_danger_waits_for_those_who_were_told_until_somebody_comes_lives_first(
    desk: TriageDesk, bo: Viewer, clock: FakeClock
) -> None:
    boss = await desk.stage.agent("Ida", role="supervisor")
    cy = await desk.stage.agent("Cy")
    _, life = await desk.says("ana", DYING)
    _, stolen = await desk.says("eve", STOLEN)

    async def waiting(viewer: Viewer) -> list[tuple[int, str, bool]]:
        found = await handed.load_awaiting(desk.stage.database, viewer, may_approve=False)
        return [(one.case_id, one.danger, one.escalated_at is not None) for one in found.dangers]

    both = [(life, "self_harm", False), (stolen, "stolen_account", False)]
    assert (await waiting(bo), await waiting(cy)) == (both, [])
    assert await waiting(boss) == both[:1]
    assert await waiting(Viewer(bo.agent_id, Sight(frozenset({"fraud"})))) == []

    clock.advance(timedelta(minutes=6))
    await desk.read()
    assert await waiting(boss) == [(life, "self_harm", True), (stolen, "stolen_account", True)]

    change = CaseChange(owner_id=bo.agent_id)
    await cases.change_case(desk.stage.database, bo, stolen, change)
    assert await waiting(boss) == await waiting(bo) == [(life, "self_harm", True)]

    clock.advance(timedelta(days=1))
    assert await waiting(boss) == []
