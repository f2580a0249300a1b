"""The waiting queue against PostgreSQL: who gets what, when, and why."""

from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.services import cases
from router.services.assignment import availability, offers, rounds, settings, shown
from router.services.assignment.settings import QueueSettings, TeamRule, Tier
from router.services.cases import CaseChange
from router.services.errors import Conflict, Forbidden
from tests.services.queue_floor import Floor
from tests.stage import Stage

AUTOMATIC = QueueSettings(mode="automatic", default_capacity=2)
OFFERED = QueueSettings(mode="offered", default_capacity=2, offer_seconds=60)


@pytest.fixture
def floor(stage: Stage) -> Floor:
    return Floor(stage)


async def test_case_that_arrives_goes_to_who_is_there_and_the_timeline_says_why(
    floor: Floor,
) -> None:
    await floor.begin(AUTOMATIC)
    bo = await floor.comes("Bo")

    case = await floor.case("ana")

    assert await floor.owner(case) == bo.agent_id
    assert await floor.said(case) == [("assigned", "least_busy")]
    event = await floor.stage.value(
        "select context from messages where case_id = $1 and direction = 'event'"
        " order by id desc limit 1",
        case,
    )
    assert isinstance(event, dict)
    assert (event["event"], event["because"]) == ("case_assigned", "least_busy")
    assert (event["owner_name"], event["agent_id"]) == ("Bo", None)


async def test_nothing_is_given_out_until_somebody_wants_it(floor: Floor) -> None:
    await floor.comes("Bo")

    case = await floor.case("ana")

    assert await floor.owner(case) is None
    assert [(one.case_id, one.position, one.why_not) for one in await floor.queue()] == [
        (case, 1, "manual")
    ]


async def test_solving_a_case_brings_the_next_in_the_same_transaction(floor: Floor) -> None:
    await floor.begin(AUTOMATIC)
    bo = await floor.comes("Bo", capacity=1)
    first, second = await floor.case("ana"), await floor.case("ada")
    assert await floor.owner(second) is None
    assert [one.why_not for one in await floor.queue()] == ["all_full"]

    await cases.change_case(floor.database, bo, first, CaseChange(state="solved"))

    assert await floor.owner(second) == bo.agent_id
    assert await floor.queue() == []


async def test_urgent_case_and_a_tier_go_ahead_of_who_waits_a_little_longer(
    floor: Floor, clock: FakeClock
) -> None:
    await floor.begin(QueueSettings(mode="manual", tiers=(Tier(value="vip", ahead_minutes=30),)))
    plain = await floor.case("ana")
    clock.advance(timedelta(minutes=5))
    vip = await floor.case("ada")
    person = await floor.stage.value("select person_id from cases where id = $1", vip)
    await floor.stage.run(
        'update persons set attributes = \'{"tier": "vip"}\' where id = $1', person
    )
    urgent = await floor.case("al", priority=1)
    boss = await floor.stage.agent("Cy")
    await cases.change_case(floor.database, boss, vip, CaseChange(priority=2))
    await cases.change_case(floor.database, boss, vip, CaseChange(priority=3))

    assert [one.case_id for one in await floor.queue()] == [urgent, vip, plain]


async def test_offer_that_is_declined_goes_on_and_not_to_the_same_again(
    floor: Floor, clock: FakeClock
) -> None:
    await floor.begin(OFFERED)
    bo, cy = await floor.comes("Bo"), await floor.comes("Cy")
    case = await floor.case("ana")
    assert await floor.offered(bo) == [case]
    assert await floor.load(bo) == 1

    await offers.decline(floor.database, bo.agent_id, case)

    assert (await floor.offered(bo), await floor.offered(cy)) == ([], [case])
    clock.advance(timedelta(seconds=61))
    await floor.heard()
    assert (await floor.offered(bo), await floor.offered(cy)) == ([], [])
    assert [one.why_not for one in await floor.queue()] == ["declined"]
    clock.advance(timedelta(minutes=30))
    await floor.heard()
    assert await floor.offered(bo) == [case]


async def test_offer_that_is_accepted_makes_its_agent_the_owner_once(floor: Floor) -> None:
    await floor.begin(OFFERED)
    bo = await floor.comes("Bo")
    case = await floor.case("ana")

    await offers.accept(floor.database, bo.agent_id, case)
    await offers.accept(floor.database, bo.agent_id, case)

    assert await floor.owner(case) == bo.agent_id
    assert await floor.said(case) == [("offered", "least_busy"), ("assigned", "accepted")]
    assert await floor.load(bo) == 1


async def test_offer_cannot_be_accepted_by_another_or_after_its_time(
    floor: Floor, clock: FakeClock
) -> None:
    await floor.begin(OFFERED)
    bo, cy = await floor.comes("Bo"), await floor.stage.agent("Cy")
    case = await floor.case("ana")

    with pytest.raises(Conflict, match="not offered"):
        await offers.accept(floor.database, cy.agent_id, case)
    clock.advance(timedelta(seconds=60))
    with pytest.raises(Conflict, match="not offered"):
        await offers.accept(floor.database, bo.agent_id, case)


async def test_language_is_served_by_who_has_it_and_the_queue_says_when_nobody_has(
    floor: Floor, clock: FakeClock
) -> None:
    await floor.begin(QueueSettings(mode="automatic", match_languages=True, relax_minutes=10))
    bo = await floor.comes("Bo")
    case = await floor.stage.case_of(await floor.stage.says("ana"))
    await floor.stage.run(
        "update persons set language = 'ru' where id = (select person_id from cases where id = $1)",
        case,
    )
    await floor.heard()
    assert [(one.why_not, one.skills) for one in await floor.queue()] == [
        ("no_skill", {"language:ru": 1})
    ]

    cy = await floor.comes("Cy", language_ru=2)
    assert await floor.owner(case) == cy.agent_id

    other = await floor.stage.case_of(await floor.stage.says("al"))
    await availability.set_own(floor.database, cy.agent_id, "busy")
    await floor.stage.run(
        "update persons set language = 'ru' where id = (select person_id from cases where id = $1)",
        other,
    )
    await floor.heard()
    assert await floor.owner(other) is None
    clock.advance(timedelta(minutes=11))
    await floor.heard()
    assert await floor.owner(other) == bo.agent_id


async def test_person_who_comes_again_gets_who_they_had(floor: Floor) -> None:
    await floor.begin(AUTOMATIC)
    bo = await floor.comes("Bo")
    first = await floor.case("ana")
    await cases.change_case(floor.database, bo, first, CaseChange(state="solved"))
    cy = await floor.comes("Cy")
    await floor.stage.run("update cases set owner_id = null where id = $1", first)
    busy = await floor.case("ada")
    assert await floor.owner(busy) in (bo.agent_id, cy.agent_id)

    await floor.stage.says("ana", "Once more")
    await floor.heard()

    newest = await floor.stage.value(
        "select c.id from cases c join messages m on m.case_id = c.id"
        " where m.direction = 'in' order by m.id desc limit 1"
    )
    assert await floor.owner(int(str(newest))) == bo.agent_id


async def test_full_agent_is_given_no_more_by_hand_but_by_force(floor: Floor) -> None:
    bo = await floor.comes("Bo", capacity=1)
    boss = await floor.stage.agent("Boss", role="supervisor")
    first, second = await floor.case("ana"), await floor.case("ada")
    mine = CaseChange(owner_id=bo.agent_id)
    await cases.change_case(floor.database, boss, first, mine)

    with pytest.raises(Conflict) as refused:
        await cases.change_case(floor.database, boss, second, mine)
    assert (refused.value.code, refused.value.facts) == ("no_room", {"load": 1, "capacity": 1})
    forced = CaseChange(owner_id=bo.agent_id, force=True)
    with pytest.raises(Forbidden):
        await cases.change_case(floor.database, bo, second, forced)
    await cases.change_case(floor.database, boss, second, forced, may_force=True)

    assert await floor.load(bo) == 2
    assert await floor.said(second) == [("assigned", "by_hand")]


async def test_case_of_an_agent_who_goes_away_goes_back_and_to_the_next(floor: Floor) -> None:
    await floor.begin(QueueSettings(mode="automatic", return_live_minutes=0, return_slow_minutes=0))
    bo = await floor.comes("Bo")
    case = await floor.case("ana")
    cy = await floor.comes("Cy")

    await availability.set_own(floor.database, bo.agent_id, "away")

    assert await floor.owner(case) == cy.agent_id
    assert await floor.said(case) == [
        ("assigned", "least_busy"),
        ("returned", "away"),
        ("assigned", "least_busy"),
    ]


async def test_case_stays_with_an_absent_agent_until_the_minutes_are_over(
    floor: Floor, clock: FakeClock
) -> None:
    await floor.begin(QueueSettings(mode="automatic", return_slow_minutes=15))
    bo = await floor.comes("Bo")
    case = await floor.case("ana")
    await rounds.note_seen(floor.database, [bo.agent_id])

    clock.advance(timedelta(minutes=3))
    await floor.heard()
    desk = (await shown.load_own(floor.database, bo.agent_id)).desk
    assert (desk.availability, desk.set_by) == ("offline", "absence")
    assert await floor.owner(case) == bo.agent_id
    clock.advance(timedelta(minutes=15))
    await floor.heard()
    assert await floor.owner(case) is None
    clock.advance(timedelta(seconds=1))
    await rounds.note_seen(floor.database, [bo.agent_id])
    await floor.heard()

    assert await floor.owner(case) == bo.agent_id


async def test_team_without_room_is_helped_by_another_after_its_minutes(
    floor: Floor, clock: FakeClock
) -> None:
    bo, cy = await floor.comes("Bo", capacity=0), await floor.comes("Cy")
    first, second = [
        int(
            str(
                await floor.stage.value(
                    "with t as (insert into teams (name, created_at) values ($1, now())"
                    " returning id) insert into memberships (team_id, agent_id)"
                    " select id, $2 from t returning team_id",
                    name,
                    agent.agent_id,
                )
            )
        )
        for name, agent in (("First", bo), ("Second", cy))
    ]
    rule = TeamRule(mode="automatic", overflow_team_id=second, overflow_minutes=10)
    await settings.change_team(floor.database, actor="cli", team_id=first, wanted=rule)
    await settings.change_team(
        floor.database, actor="cli", team_id=second, wanted=TeamRule(mode="automatic")
    )
    case = await floor.case("ana", team_id=first)
    assert [one.why_not for one in await floor.queue()] == ["all_full"]

    clock.advance(timedelta(minutes=10))
    await floor.heard()

    assert await floor.owner(case) == cy.agent_id
    assert ("moved", "team_full") in await floor.said(case)
    back = TeamRule(mode="automatic", overflow_team_id=first, overflow_minutes=1)
    with pytest.raises(Conflict, match="circle"):
        await settings.change_team(floor.database, actor="cli", team_id=second, wanted=back)
