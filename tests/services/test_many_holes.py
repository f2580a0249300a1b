"""A rota with more holes than are listed: none hides another one, and what fills one is let be."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.clock import FakeClock
from router.services.errors import Conflict
from router.services.shifts import planning
from router.services.shifts.checking import MOST_FOUND
from router.services.shifts.shapes import ChangedDuty
from tests.services.test_shifts import ROUND, Roster
from tests.stage import Stage


@pytest.fixture
async def roster(stage: Stage, clock: FakeClock) -> Roster:
    clock.advance(datetime(2026, 6, 1, 6, tzinfo=UTC) - clock.now())
    return await Roster(stage).begin()


async def too_few(roster: Roster) -> dict[str, Any]:
    """Six holes a day, of one cover each; and one of a team in which nobody works."""
    hours = [(f"{hour:02}:00", f"{hour:02}:30") for hour in range(8, 20, 2)]
    many = [ROUND | {"at_least": 2, "opens": opens, "closes": closes} for opens, closes in hours]
    other = ROUND | {"name": "Other team", "team_ids": [await roster.other_team()]}
    return roster.whole() | {"covers": [*many, other]}


async def test_the_next_hole_is_told_of_whichever_cover_it_is(roster: Roster) -> None:
    rota = await too_few(roster)

    with pytest.raises(Conflict) as stopped:
        await roster.plan(rota)
    found = (await roster.plan(rota, accept=True)).findings

    assert len(found.holes) == MOST_FOUND
    assert [one.starts for one in found.holes] == sorted(one.starts for one in found.holes)
    assert (found.holes[0].cover, stopped.value.facts["cover"]) == ("Other team", "Other team")


async def test_duty_that_fills_holes_is_not_stopped_for_those_that_are_left(roster: Roster) -> None:
    before = (await roster.plan(await too_few(roster), accept=True)).findings
    two = ChangedDuty(agent_ids=(roster.ana.agent_id, roster.boss.agent_id))

    await planning.change_duty(roster.database, roster.boss, "day", date(2026, 6, 2), two)

    after = (await planning.load(roster.database)).findings
    assert after.more < before.more


async def test_nobody_instead_of_one_is_a_new_hole_and_one_instead_of_nobody_is_none(
    roster: Roster,
) -> None:
    day = roster.shift("day", roster.ana, "08:00", "20:00", last_day="2026-06-05")
    two = {"shifts": [day], "covers": [ROUND | {"at_least": 2}]}
    before = (await roster.plan(two, accept=True)).findings
    third = date(2026, 6, 3)
    away, longer = ChangedDuty(is_cancelled=True), ChangedDuty(ends="21:00")

    with pytest.raises(Conflict) as stopped:
        await planning.change_duty(roster.database, roster.boss, "day", third, away)
    await planning.change_duty(roster.database, roster.boss, "day", third, longer)

    told = [(one.starts.hour, one.ends.hour, one.on_duty) for one in before.holes[:3]]
    assert told == [(6, 18, 1), (18, 6, 0), (6, 18, 1)]
    assert (stopped.value.code, stopped.value.facts["on_duty"]) == ("rota_has_faults", 0)


async def test_hole_of_one_cover_is_new_though_another_of_its_name_has_one_then(
    roster: Roster,
) -> None:
    other = ROUND | {"team_ids": [await roster.other_team()]}
    await roster.plan(
        roster.whole(covers=[other, ROUND | {"team_ids": [roster.team]}]), accept=True
    )
    away = ChangedDuty(is_cancelled=True)

    with pytest.raises(Conflict) as stopped:
        await planning.change_duty(roster.database, roster.boss, "day", date(2026, 6, 3), away)

    assert (stopped.value.code, stopped.value.facts["holes"]) == ("rota_has_faults", 1)
