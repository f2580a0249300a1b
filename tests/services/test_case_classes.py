"""Who sees a case, said by agents: who may say it, and who would lose sight of it by that."""

from typing import Any

import pytest

from core.clock import FakeClock
from router.services import cases, conversations, views
from router.services.assignment.settings import QueueSettings
from router.services.cases import CaseChange
from router.services.errors import Conflict, Forbidden, NotFound, Refused
from router.services.shown.cases import Case
from router.services.viewer import Viewer
from router.storage.sight import Sight
from tests.services.queue_floor import Floor
from tests.stage import NORMAL, Stage

FRAUD = Sight(frozenset({"normal", "fraud"}))
RESTRICT = CaseChange(access_class="fraud")
OPEN_UP = CaseChange(access_class="normal")
_REVISION = "select revision from cases where id = $1"
KNOWING = CaseChange(access_class="fraud", may_lose_sight=True)


async def change(
    stage: Stage, by: Viewer, case: int, wanted: CaseChange, *, may_classify: bool = True
) -> Case:
    return await cases.change_case(stage.database, by, case, wanted, may_classify=may_classify)


async def team(stage: Stage, *members: Viewer, classes: str = "[]") -> int:
    made = int(
        str(
            await stage.value(
                "insert into teams (name, access_classes, created_at)"
                " values ($1, $2::jsonb, now()) returning id",
                f"Team {classes} {members}",
                classes,
            )
        )
    )
    for one in members:
        await stage.run(
            "insert into memberships (team_id, agent_id) values ($1, $2)", made, one.agent_id
        )
    return made


async def found(stage: Stage, viewer: Viewer, query: str = "") -> list[int]:
    index = await views.list_index(stage.database, viewer, "all", query=query)
    return list(index.ids)


async def of_case(stage: Stage, case: int) -> tuple[Any, Any]:
    async with stage.database.reading() as work:
        row = await work.driver.fetchrow("select owner_id, team_id from cases where id = $1", case)
    return row["owner_id"], row["team_id"]


@pytest.fixture
async def boss(stage: Stage) -> Viewer:
    return await stage.agent("Ida", role="owner")


async def test_restricted_case_is_gone_for_who_does_not_see_it_and_back_once_it_is_opened(
    stage: Stage, boss: Viewer
) -> None:
    bo = Viewer(boss.agent_id, NORMAL)
    message = await stage.says("ana", "about shoes")
    person, case = await stage.person_of(message), await stage.case_of(message)

    restricted = await change(stage, boss, case, RESTRICT)

    assert (restricted.access_class, restricted.is_private) == ("fraud", True)
    assert (await found(stage, boss), await found(stage, bo)) == ([person], [])
    with pytest.raises(NotFound):
        await conversations.load_page(stage.database, bo, person, limit=50)
    with pytest.raises(NotFound):
        await change(stage, bo, case, OPEN_UP)
    assert ("access.changed", person, FRAUD.bits) in await stage.kinds()

    opened = await change(stage, boss, case, OPEN_UP)

    assert (opened.access_class, opened.is_private) == ("normal", False)
    assert await found(stage, bo) == [person]
    page = await conversations.load_page(stage.database, bo, person, limit=50)
    lines = [one.event for one in page.messages if one.event]
    assert [(one["event"], one.get("access_class")) for one in lines] == [
        ("case_restricted", "fraud"),
        ("case_unrestricted", None),
    ]
    async with stage.database.reading() as work:
        logged = await work.driver.fetch(
            "select action, facts ->> 'was' as was, facts ->> 'is' as is from audit_log order by id"
        )
    assert [tuple(row) for row in logged] == [
        ("case.class_changed", "normal", "fraud"),
        ("case.class_changed", "fraud", "normal"),
    ]


async def test_agent_restricts_among_those_who_see_what_they_see_and_opens_nothing(
    stage: Stage,
) -> None:
    eve = await stage.agent("Eve", sight=FRAUD)
    await team(stage, eve, classes='["fraud"]')
    case = await stage.case_of(await stage.says("ana"))
    legal = CaseChange(access_class="legal", may_lose_sight=True)

    with pytest.raises(Forbidden) as refused:
        await change(stage, eve, case, legal, may_classify=False)
    assert refused.value.code == "may_not_classify"
    restricted = await change(stage, eve, case, RESTRICT, may_classify=False)

    assert restricted.access_class == "fraud"
    for wanted in (OPEN_UP, legal):
        with pytest.raises(Forbidden):
            await change(stage, eve, case, wanted, may_classify=False)
    assert (await change(stage, eve, case, OPEN_UP)).access_class == "normal"


async def test_who_would_lose_sight_of_it_is_named_before_and_its_owner_has_it_no_more(
    stage: Stage,
) -> None:
    sue = await stage.agent("Sue", role="supervisor", sight=NORMAL)
    bo = await stage.agent("Bo", sight=NORMAL)
    case = await stage.case_of(await stage.says("ana"))
    support = await team(stage, bo)
    await change(stage, sue, case, CaseChange(owner_id=bo.agent_id, team_id=support))

    with pytest.raises(Conflict) as refused:
        await change(stage, sue, case, RESTRICT)
    assert (refused.value.code, refused.value.facts) == (
        "would_lose_sight",
        {"agents": "Bo, Sue", "revision": await stage.value(_REVISION, case)},
    )
    assert await of_case(stage, case) == (bo.agent_id, support)

    await change(stage, sue, case, KNOWING)

    assert await of_case(stage, case) == (None, None)
    with pytest.raises(NotFound):
        await change(stage, sue, case, CaseChange(priority=1))


async def test_owner_and_team_who_see_it_keep_it(stage: Stage, boss: Viewer) -> None:
    eve = await stage.agent("Eve", sight=FRAUD)
    fraud = await team(stage, eve, classes='["fraud"]')
    case = await stage.case_of(await stage.says("ana"))
    await change(stage, boss, case, CaseChange(owner_id=eve.agent_id, team_id=fraud))

    await change(stage, boss, case, RESTRICT)

    assert await of_case(stage, case) == (eve.agent_id, fraud)


async def test_restricted_case_is_given_to_nobody_who_does_not_see_it(
    stage: Stage, boss: Viewer
) -> None:
    bo = await stage.agent("Bo", sight=NORMAL)
    case = await stage.case_of(await stage.says("ana"))
    await change(stage, boss, case, RESTRICT)

    for wanted in (
        CaseChange(owner_id=bo.agent_id),
        CaseChange(owner_id=bo.agent_id, access_class="kyc"),
    ):
        with pytest.raises(Refused) as refused:
            await change(stage, boss, case, wanted)
        assert (refused.value.code, refused.value.field) == ("owner_sees_not", "owner_id")
    both = CaseChange(owner_id=bo.agent_id, access_class="normal")
    assert (await change(stage, boss, case, both)).owner is not None


async def test_offer_of_a_case_that_becomes_restricted_goes_on_to_who_sees_it(
    stage: Stage, boss: Viewer, clock: FakeClock
) -> None:
    floor = Floor(stage)
    await floor.begin(QueueSettings(mode="offered", default_capacity=2, offer_seconds=600))
    case = await floor.case("ana")
    bo = await floor.comes("Bo")
    assert await floor.offered(bo) == [case]
    eve = await floor.comes("Eve")
    await team(stage, eve, classes='["fraud"]')

    await change(stage, boss, case, RESTRICT)
    await floor.heard()

    assert (await floor.offered(bo), await floor.offered(eve)) == ([], [case])


async def test_who_said_yes_to_names_is_asked_anew_once_somebody_else_has_it(
    stage: Stage, boss: Viewer
) -> None:
    bo, cy = await stage.agent("Bo", sight=NORMAL), await stage.agent("Cy", sight=NORMAL)
    case = await stage.case_of(await stage.says("ana"))
    await change(stage, boss, case, CaseChange(owner_id=bo.agent_id))
    with pytest.raises(Conflict) as asked:
        await change(stage, boss, case, RESTRICT)
    known = asked.value.facts["revision"]
    await change(stage, boss, case, CaseChange(owner_id=cy.agent_id))

    yes = CaseChange(access_class="fraud", may_lose_sight=True, expect_revision=known)
    with pytest.raises(Conflict) as refused:
        await change(stage, boss, case, yes)

    assert refused.value.code == "moved_on"
    assert await of_case(stage, case) == (cy.agent_id, None)


async def test_owner_who_has_left_is_named_by_name(stage: Stage, boss: Viewer) -> None:
    bo = await stage.agent("Bo", sight=NORMAL)
    case = await stage.case_of(await stage.says("ana"))
    await change(stage, boss, case, CaseChange(owner_id=bo.agent_id, state="solved"))
    await stage.run("update agents set is_active = false where id = $1", bo.agent_id)

    with pytest.raises(Conflict) as refused:
        await change(stage, boss, case, RESTRICT)

    assert refused.value.facts["agents"] == "Bo"


async def test_restriction_is_taken_back_where_the_queue_gives_the_case_at_once(
    stage: Stage, boss: Viewer, clock: FakeClock
) -> None:
    floor = Floor(stage)
    await floor.begin(QueueSettings(mode="automatic", default_capacity=1))
    await floor.comes("Bo")
    case = await floor.case("ana")
    eve = await floor.comes("Eve")
    await team(stage, eve, classes='["fraud"]')
    await floor.heard()

    made = await change(stage, boss, case, KNOWING)
    undone = CaseChange(access_class="normal", expect_revision=made.revision)

    assert made.owner is not None
    assert made.owner.id == eve.agent_id
    assert (await change(stage, boss, case, undone)).access_class == "normal"
