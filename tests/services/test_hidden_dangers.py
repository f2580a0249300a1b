"""No restriction of a case, no former danger and no number of others hides one that runs."""

from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.services import cases
from router.services.assignment import availability
from router.services.case_classes import AccessClass
from router.services.cases import CaseChange
from router.services.shifts import handed
from router.services.viewer import Viewer
from router.storage import danger_pages
from router.storage.sight import Sight
from tests.services.triage_desk import DYING, STOLEN, TriageDesk, come
from tests.stage import Stage


@pytest.fixture
async def desk(stage: Stage) -> TriageDesk:
    return await TriageDesk.open(stage)


@pytest.fixture
async def bo(stage: Stage) -> Viewer:
    return await come(stage, "Bo")


async def test_theft_that_was_answered_days_ago_keeps_no_new_one_beside_a_life_silent(
    desk: TriageDesk, bo: Viewer, clock: FakeClock
) -> None:
    await availability.set_own(desk.stage.database, bo.agent_id, "away")
    boss = await desk.stage.agent("Ida", role="supervisor")
    _, case = await desk.says("ana", STOLEN)
    clock.advance(timedelta(minutes=1))
    await cases.change_case(desk.stage.database, boss, case, CaseChange(owner_id=boss.agent_id))
    clock.advance(timedelta(days=2))
    await desk.says("ana", DYING)
    clock.advance(timedelta(minutes=1))

    await desk.says("ana", STOLEN)

    assert await desk.lines(case) == [("danger_told", [boss.agent_id])] * 3


@pytest.mark.parametrize("later", ["fraud", "legal"])
async def test_who_restricts_a_case_in_which_a_life_runs_has_not_come(
    desk: TriageDesk, bo: Viewer, clock: FakeClock, later: AccessClass
) -> None:
    stage = desk.stage
    boss = await stage.agent("Ida", role="owner")
    bo = Viewer(bo.agent_id, Sight(frozenset({"normal", "fraud"})))
    await stage.run(
        "insert into teams (name, access_classes, created_at)"
        " values ('Fraud', '[\"fraud\"]', now()), ('Mail', '[]', now())"
    )
    await stage.run(
        "insert into memberships (team_id, agent_id) select min(id), $1 from teams", bo.agent_id
    )
    _, case = await desk.says("ana", DYING)
    for table, name in (("cases", "id"), ("case_history", "case_id")):
        await stage.run(
            f"update {table} set owner_id = $2, team_id = (select max(id) from teams)"
            f" where {name} = $1",
            case,
            bo.agent_id,
        )
    clock.advance(timedelta(minutes=1))

    await cases.change_case(
        stage.database,
        bo,
        case,
        CaseChange(access_class=later, may_lose_sight=True),
        may_classify=True,
    )
    clock.advance(timedelta(minutes=5))
    await desk.read()

    assert (await desk.lines(case))[1:] == [("danger_escalated", [boss.agent_id])]


async def test_restricted_case_whose_danger_nobody_sees_who_was_told_is_told_at_once_to_who_does(
    desk: TriageDesk, bo: Viewer, clock: FakeClock
) -> None:
    stage = desk.stage
    lead = await stage.agent("Ida", role="supervisor")
    _, case = await desk.says("ana", DYING)
    clock.advance(timedelta(minutes=6))
    await desk.read()
    owner = await stage.agent("Eve", role="owner")
    change = CaseChange(access_class="legal", may_lose_sight=True)

    await cases.change_case(stage.database, lead, case, change, may_classify=True)
    await desk.read()

    assert await desk.lines(case) == [
        ("danger_told", sorted([bo.agent_id, lead.agent_id])),
        ("danger_escalated", [lead.agent_id]),
        ("danger_escalated", [owner.agent_id]),
    ]


async def test_many_other_dangers_take_a_life_that_waits_off_nobodys_page(
    desk: TriageDesk, bo: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(danger_pages, "MOST", 1)
    _, life = await desk.says("ana", DYING)

    await desk.says("eve", STOLEN)

    found = await handed.load_awaiting(desk.stage.database, bo, may_approve=False)
    assert [one.case_id for one in found.dangers] == [life]


async def test_theft_told_beside_a_life_waits_for_those_who_were_told_until_somebody_comes(
    desk: TriageDesk, bo: Viewer, clock: FakeClock
) -> None:
    boss = await desk.stage.agent("Ida", role="supervisor")
    _, case = await desk.says("ana", DYING)
    await availability.set_own(desk.stage.database, bo.agent_id, "away")
    cy = await desk.stage.agent("Cy")
    await availability.set_own(desk.stage.database, cy.agent_id, "online")
    clock.advance(timedelta(minutes=1))
    await desk.says("ana", STOLEN)

    async def waiting() -> list[list[str]]:
        found = [
            await handed.load_awaiting(desk.stage.database, one, may_approve=False)
            for one in (bo, cy, boss)
        ]
        return [[one.danger for one in each.dangers] for each in found]

    before = await waiting()
    clock.advance(timedelta(minutes=1))
    change = CaseChange(owner_id=boss.agent_id)
    await cases.change_case(desk.stage.database, boss, case, change)

    assert before == [["self_harm"], ["stolen_account"], ["self_harm", "stolen_account"]]
    assert await waiting() == [[], [], []]
