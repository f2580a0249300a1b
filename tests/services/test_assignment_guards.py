"""The waiting queue where something is odd: what one case or agent must not do to the others."""

import asyncio
from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.services import cases
from router.services.assignment import availability, offers, rounds, settings, shown
from router.services.assignment.settings import QueueSettings, TeamRule
from router.services.cases import CaseChange
from router.services.errors import Conflict
from router.services.viewer import Viewer
from router.storage import assignments
from router.storage.assignments import lock_case
from tests.services.queue_floor import Floor
from tests.stage import NORMAL, Stage
from tests.waiting import until

AUTOMATIC = QueueSettings(mode="automatic", default_capacity=5)


@pytest.fixture
def floor(stage: Stage) -> Floor:
    return Floor(stage)


async def _team(floor: Floor, name: str, *agents: Viewer) -> int:
    made = await floor.stage.value(
        "insert into teams (name, access_classes, created_at) values ($1, '[\"fraud\"]', now())"
        " returning id",
        name,
    )
    for agent in agents:
        await floor.stage.run(
            "insert into memberships (team_id, agent_id) values ($1, $2)", made, agent.agent_id
        )
    return int(str(made))


@pytest.mark.parametrize(
    ("language", "skill"), [("zh Hans", "zh"), ("en_US", "en"), ("RU-ru", "ru"), ("=1 =", None)]
)
async def test_language_is_needed_by_its_code_however_a_network_writes_it(
    floor: Floor, language: str, skill: str | None
) -> None:
    await floor.begin(QueueSettings(mode="automatic", match_languages=True))
    case = await floor.stage.case_of(await floor.stage.says("ana"))
    await floor.stage.run("update persons set language = $1", language)

    await floor.heard()
    bo = await floor.comes("Bo", **({f"language_{skill}": 1} if skill else {}))

    assert await floor.owner(case) == bo.agent_id


async def test_case_that_cannot_enter_holds_up_no_other(floor: Floor) -> None:
    await floor.begin(AUTOMATIC)
    bo = await floor.comes("Bo")
    odd = await floor.stage.case_of(await floor.stage.says("ana"))
    plain = await floor.stage.case_of(await floor.stage.says("ada"))
    await floor.stage.run(
        "update messages set received_at = '0001-01-01T00:00:00Z' where case_id = $1", odd
    )

    await floor.heard()

    assert (await floor.owner(odd), await floor.owner(plain)) == (None, bo.agent_id)


async def test_case_whose_conversation_is_held_is_waited_for_while_no_other_is(
    floor: Floor,
) -> None:
    """Else who holds one and gives the other would wait for us, and we for them."""
    held = await floor.stage.case_of(await floor.stage.says("ana"))
    free = await floor.stage.case_of(await floor.stage.says("ada"))
    await floor.stage.relay()
    entered = "select count(*) from waiting_cases where case_id = $1"

    async with floor.database.transaction() as work:
        assert await lock_case(work, held) is not None
        following = asyncio.create_task(rounds.follow(floor.database))
        await until(lambda: floor.stage.value(entered, free))
        assert (await assignments.lock_free(work, [free])).keys() == {free}
        assert await floor.stage.value(entered, held) == 0
        assert not following.done()
    await following

    assert await floor.stage.value(entered, held) == 1


async def test_case_that_another_agent_got_meanwhile_is_not_taken_back_from_them(
    floor: Floor,
) -> None:
    bo, cy = await floor.comes("Bo"), await floor.comes("Cy")
    case = await floor.case("ana", owner_id=bo.agent_id)
    await availability.set_own(floor.database, bo.agent_id, "away")
    async with floor.database.transaction() as work:
        due = await assignments.due_back(work, live_minutes=0, slow_minutes=0, limit=10)
    boss = await floor.stage.agent("Boss", role="supervisor")
    await cases.change_case(floor.database, boss, case, CaseChange(owner_id=cy.agent_id))

    async with floor.database.transaction() as work:
        assert due == {case: bo.agent_id}
        assert await assignments.give_back(work, due) == []
        assert await assignments.give_back(work, {case: cy.agent_id}) == []

    assert await floor.owner(case) == cy.agent_id


async def test_what_all_who_have_room_refused_lets_what_came_later_pass(floor: Floor) -> None:
    await floor.begin(QueueSettings(mode="offered", default_capacity=1))
    bo, cy = await floor.comes("Bo"), await floor.comes("Cy")
    refused = [await floor.stage.case_of(await floor.stage.says(f"p{n}")) for n in range(7)]
    for agent in (bo, cy):
        await floor.stage.run(
            "insert into case_refusals select c, $2, now() + interval '1 day'"
            " from unnest($1::bigint[]) c",
            refused,
            agent.agent_id,
        )
    later = [await floor.stage.case_of(await floor.stage.says(f"q{n}")) for n in range(2)]

    await floor.heard()

    assert sorted(await floor.offered(bo) + await floor.offered(cy)) == later


async def test_cases_that_somebody_does_not_see_are_not_in_the_number_that_waits(
    floor: Floor,
) -> None:
    team = await _team(floor, "First")
    await floor.case("ana")
    await floor.case("ada", team_id=team)
    await floor.stage.restrict(await floor.case("al"))
    boss = await floor.stage.agent("Boss", role="supervisor")
    hidden = await floor.stage.case_of(await floor.stage.says("al", "Again"))
    await cases.change_case(floor.database, boss, hidden, CaseChange(priority=1))

    async def waiting(viewer: Viewer, team_id: int | None = None) -> int:
        found = await shown.load_queue(
            floor.database, viewer, after=None, team_id=team_id, limit=10
        )
        return found.waiting

    assert await waiting(boss) == 3
    assert await waiting(Viewer(0, NORMAL)) == 2
    assert await waiting(boss, team) == 1


async def test_who_had_enough_before_their_pages_closed_has_enough_when_they_are_back(
    floor: Floor, clock: FakeClock
) -> None:
    await floor.begin(AUTOMATIC)
    bo, cy = await floor.comes("Bo"), await floor.comes("Cy")
    await availability.set_own(floor.database, bo.agent_id, "busy")
    await rounds.note_seen(floor.database, [bo.agent_id, cy.agent_id])
    seen: list[list[str]] = []
    for minutes in (3, 1):
        clock.advance(timedelta(minutes=minutes))
        if seen:
            await rounds.note_seen(floor.database, [bo.agent_id, cy.agent_id])
        await floor.heard()
        seen.append(
            [
                (await shown.load_own(floor.database, one.agent_id)).desk.availability
                for one in (bo, cy)
            ]
        )

    assert seen == [["offline", "offline"], ["busy", "online"]]


async def test_offer_of_a_case_that_its_agent_sees_no_more_is_not_shown_and_not_taken(
    floor: Floor,
) -> None:
    await floor.begin(QueueSettings(mode="offered", offer_seconds=3600))
    bo = await floor.comes("Bo")
    team = await _team(floor, "Fraud", bo)
    await settings.change_team(
        floor.database, actor="cli", team_id=team, wanted=TeamRule(mode="offered")
    )
    case = await floor.case("ana", team_id=team)
    assert await floor.offered(bo) == [case]

    await floor.stage.run("delete from memberships")

    assert await floor.offered(bo) == []
    with pytest.raises(Conflict, match="not offered"):
        await offers.accept(floor.database, bo.agent_id, case)
    assert await floor.owner(case) is None


async def test_two_teams_that_are_to_help_each_other_at_once_are_not_both_taken(
    floor: Floor,
) -> None:
    first, second = await _team(floor, "First"), await _team(floor, "Second")

    async def help_each(team: int, other: int) -> str:
        rule = TeamRule(mode="automatic", overflow_team_id=other, overflow_minutes=1)
        try:
            await settings.change_team(floor.database, actor="cli", team_id=team, wanted=rule)
        except Conflict as refused:
            return refused.code
        return "taken"

    came = await asyncio.gather(
        *(help_each(*pair) for pair in [(first, second), (second, first)] * 3)
    )

    assert sorted(set(came)) == ["circular", "taken"]
    circles = await floor.stage.value(
        "select count(*) from team_queues a join team_queues b on b.team_id = a.overflow_team_id"
        " where b.overflow_team_id = a.team_id"
    )
    assert circles == 0


async def test_round_in_which_nothing_happened_needs_no_connection_for_writing(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await floor.case("ana")
    await floor.heard()
    writers: list[None] = []
    monkeypatch.setattr(floor.database, "transaction", lambda: writers.append(None))

    await rounds.follow(floor.database)
    await rounds.serve(floor.database)

    assert writers == []
