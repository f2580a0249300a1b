"""The rota: stopped where it leaves holes, single changes and swaps, holidays of countries."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from core.business_time import add_business_time
from core.clock import FakeClock
from router.services import workspace
from router.services.deadlines import planning as deadline_plans
from router.services.deadlines.closing import load_closed
from router.services.deadlines.deriving import load_plans
from router.services.deadlines.plan import calendar_for
from router.services.deadlines.shapes import DESK, Plan
from router.services.errors import Conflict, Refused
from router.services.shifts import planning, reading
from router.services.shifts.holiday_days import find_countries, find_regions
from router.services.shifts.previewing import preview
from router.services.shifts.shapes import ChangedDuty, OneSide, RotaInForce, RotaPlan, Swap
from router.services.shifts.sketch_shapes import RotaSketch
from router.services.viewer import Viewer
from router.services.workspace import Stretch, Workspace
from router.storage.engine import Database
from tests.stage import Stage

ROUND = {"name": "Always"}


class Roster:
    """A supervisor who plans, and a team of two."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.database = stage, stage.database

    async def begin(self) -> "Roster":
        self.boss = await self.stage.agent("Ida", role="supervisor")
        self.ana, self.bo = await self.stage.agent("Ana"), await self.stage.agent("Bo")
        self.team = int(
            str(
                await self.stage.value(
                    "insert into teams (name, created_at) values ('Night', now()) returning id"
                )
            )
        )
        return self

    async def other_team(self) -> int:
        made = "insert into teams (name, created_at) values ('Other', now()) returning id"
        return int(str(await self.stage.value(made)))

    def shift(self, key: str, agent: Viewer, starts: str, ends: str, **more: Any) -> dict[str, Any]:
        usual = {
            "key": key,
            "name": key.title(),
            "team_id": self.team,
            "agent_ids": [agent.agent_id],
            "time_zone": "Europe/Berlin",
            "starts": starts,
            "ends": ends,
            "first_day": "2026-01-01",
            "weekdays": "mon-sun",
        }
        return usual | more

    def whole(self, **more: Any) -> dict[str, Any]:
        """Somebody is there round the clock."""
        day = self.shift("day", self.ana, "08:00", "20:00")
        night = self.shift("night", self.bo, "20:00", "08:00")
        return {"shifts": [day, night], "covers": [ROUND], **more}

    async def plan(self, rota: dict[str, Any], *, accept: bool = False) -> RotaInForce:
        now = await planning.load(self.database)
        return await planning.change(
            self.database,
            self.boss,
            msgspec.convert(rota, RotaPlan),
            expect_revision=now.revision,
            accept=accept,
        )

    async def on_duty(self, at: datetime) -> set[int]:
        found = await reading.who_is_on_duty(self.database, at)
        return {agent for one in found.duties for agent in one.agent_ids}

    async def audited(self) -> list[tuple[str, int]]:
        async with self.database.reading() as work:
            rows = await work.driver.fetch(
                "select action, (facts ->> 'holes')::int as holes from audit_log"
                " where action like 'rota.%' or action like 'duty.%' order by id"
            )
        return [tuple(row) for row in rows]


@pytest.fixture
async def roster(stage: Stage, clock: FakeClock) -> Roster:
    clock.advance(datetime(2026, 6, 1, 6, tzinfo=UTC) - clock.now())
    return await Roster(stage).begin()


async def test_rota_with_a_hole_is_stopped_shown_and_logged_until_somebody_accepts_it(
    roster: Roster,
) -> None:
    day = roster.shift(
        "day", roster.ana, "08:00", "20:00", weekdays="mon-fri", last_day="2026-06-01"
    )
    rota = {"shifts": [day], "covers": [ROUND | {"name": "Day", "opens": "08:00", "closes": "20:00",
                                                  "time_zone": "Europe/Berlin"}]}  # fmt: skip

    with pytest.raises(Conflict) as stopped:
        await roster.plan(rota)
    kept = (await planning.load(roster.database)).revision
    accepted = await roster.plan(rota, accept=True)

    assert (stopped.value.code, kept) == ("rota_has_faults", 0)
    assert stopped.value.facts["starts"] == "2026-06-02T06:00:00Z"
    assert accepted.findings.holes[0].wanted == 1
    assert [action for action, _ in await roster.audited()] == ["rota.stopped", "rota.changed"]
    assert all(holes > 0 for _, holes in await roster.audited())


async def test_desk_s_own_hours_are_what_a_rota_without_covers_has_to_fill(roster: Roster) -> None:
    hours = (Stretch(days="mon-sun", opens="09:00", closes="21:00"),)
    desk = Workspace(name="Acme", language="en", time_zone="Europe/Berlin", hours=hours)
    await workspace.change(roster.database, actor="cli", wanted=desk)
    day = roster.shift("day", roster.ana, "09:00", "20:00")

    found = await planning.foresee(roster.database, msgspec.convert({"shifts": [day]}, RotaPlan))

    assert {(one.starts.hour, one.ends.hour, one.cover) for one in found.holes} == {(18, 19, "")}


async def test_agent_in_two_shifts_at_once_is_told_before_saving(roster: Roster) -> None:
    twice = roster.shift("late", roster.ana, "19:00", "22:00")
    rota = roster.whole()
    rota["shifts"].append(twice)

    with pytest.raises(Conflict) as stopped:
        await roster.plan(rota)

    assert (stopped.value.facts["holes"], stopped.value.code) == (0, "rota_has_faults")
    assert int(stopped.value.facts["clashes"]) > 0


async def test_cancelled_day_leaves_a_hole_and_needs_a_yes_which_the_log_names(
    roster: Roster,
) -> None:
    await roster.plan(roster.whole())
    day, noon = date(2026, 6, 3), datetime(2026, 6, 3, 12, tzinfo=UTC)

    with pytest.raises(Conflict):
        await planning.change_duty(
            roster.database, roster.boss, "day", day, ChangedDuty(is_cancelled=True)
        )
    before = await roster.on_duty(noon)
    cancelled = ChangedDuty(is_cancelled=True, accept=True)
    await planning.change_duty(roster.database, roster.boss, "day", day, cancelled)
    during = await roster.on_duty(noon)
    await planning.change_duty(roster.database, roster.boss, "day", day, None)

    assert (before, during) == ({roster.ana.agent_id}, set())
    assert await roster.on_duty(noon) == {roster.ana.agent_id}
    assert (await roster.audited())[1:] == [
        ("rota.stopped", 1),
        ("duty.changed", 1),
        ("duty.restored", 0),
    ]


class Ticking(FakeClock):
    """Time goes on while a transaction runs."""

    def now(self) -> datetime:
        self.advance(timedelta(milliseconds=1))
        return super().now()


async def test_change_that_makes_no_new_hole_is_kept_though_there_are_others(
    roster: Roster, database_url: str
) -> None:
    day = roster.shift("day", roster.ana, "08:00", "20:00")
    await roster.plan({"shifts": [day], "covers": [ROUND]}, accept=True)
    going_on = Database(database_url, clock=Ticking(datetime(2026, 6, 1, 4, tzinfo=UTC)))

    longer = ChangedDuty(ends="21:00")
    await planning.change_duty(going_on, roster.boss, "day", date(2026, 6, 3), longer)

    await going_on.close()
    assert await roster.on_duty(datetime(2026, 6, 3, 18, 30, tzinfo=UTC)) == {roster.ana.agent_id}


async def test_two_agents_swap_their_duties_and_nothing_else_changes(roster: Roster) -> None:
    await roster.plan(roster.whole(rest_hours=0))
    one = OneSide(shift="day", day=date(2026, 6, 3), agent_id=roster.ana.agent_id)
    other = OneSide(shift="night", day=date(2026, 6, 4), agent_id=roster.bo.agent_id)

    await planning.swap(roster.database, roster.boss, Swap(one=one, other=other))

    assert await roster.on_duty(datetime(2026, 6, 3, 12, tzinfo=UTC)) == {roster.bo.agent_id}
    assert await roster.on_duty(datetime(2026, 6, 4, 22, tzinfo=UTC)) == {roster.ana.agent_id}
    assert await roster.on_duty(datetime(2026, 6, 5, 12, tzinfo=UTC)) == {roster.ana.agent_id}
    with pytest.raises(Refused, match="don't work then"):
        await planning.swap(roster.database, roster.boss, Swap(one=one, other=other))


async def test_holidays_of_a_country_and_own_ones_are_days_off(roster: Roster) -> None:
    rota = roster.whole(
        countries=[{"country": "DE", "region": "BE"}],
        holidays=[{"day": "2026-06-10", "name": "Outing"}],
    )

    shown = await roster.plan(rota, accept=True)
    days = await reading.list_duties(
        roster.database,
        since=datetime(2026, 12, 20, tzinfo=UTC),
        until=datetime(2027, 1, 5, tzinfo=UTC),
    )

    # From the morning of the outing to that of the next day nobody is there.
    assert [(one.starts, one.ends) for one in shown.findings.holes] == [
        (datetime(2026, 6, 10, 6, tzinfo=UTC), datetime(2026, 6, 11, 6, tzinfo=UTC))
    ]
    assert [one.day.isoformat() for one in days.holidays] == [
        "2026-12-25",
        "2026-12-26",
        "2027-01-01",
    ]
    assert await roster.on_duty(datetime(2026, 12, 25, 12, tzinfo=UTC)) == set()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"time_zone": "Mars/Base"}, "shifts.0.time_zone"),
        ({"weekdays": "someday"}, "shifts.0.weekdays"),
        ({"weekdays": ""}, "shifts.0.weekdays"),
        ({"agent_ids": [10**9]}, "shifts.0.agent_ids"),
        ({"team_id": 10**9}, "shifts.0.team_id"),
        ({"last_day": "2025-01-01"}, "shifts.0.last_day"),
    ],
    ids=["zone", "weekdays", "no days", "agent", "team", "backwards"],
)
async def test_shift_that_cannot_be_is_refused_with_its_field(
    roster: Roster, change: dict[str, Any], field: str
) -> None:
    day = roster.shift("day", roster.ana, "08:00", "20:00", **change)

    with pytest.raises(Refused) as refused:
        await roster.plan({"shifts": [day]}, accept=True)

    assert refused.value.field == field


async def test_team_and_agents_that_are_gone_hold_up_nothing_else_of_the_rota(
    roster: Roster,
) -> None:
    gone, them = await roster.other_team(), roster.bo.agent_id
    rota = roster.whole(
        team_handovers=[{"team_id": gone, "policy": "handed_over"}],
        holidays=[{"day": "2026-12-24", "team_ids": [roster.team, gone]}],
    )
    for key in ("one", "other"):
        late = {"team_id": gone, "weekdays": "", "days": ["2026-07-01"]}
        rota["shifts"].append(roster.shift(key, roster.bo, "20:00", "21:00", **late))
    await roster.plan(rota, accept=True)
    await roster.stage.value("delete from teams where id = $1 returning id", gone)
    await roster.stage.value("update agents set is_active = false where id = $1 returning id", them)
    rota["shifts"][0]["name"] = "Renamed"

    after = await roster.plan(rota, accept=True)
    with pytest.raises(Refused) as refused:
        await roster.plan(rota | {"covers": [ROUND | {"team_ids": [10**9]}]}, accept=True)

    assert after.rota.shifts[0].name == "Renamed"
    assert await planning.foresee(roster.database, msgspec.convert(rota, RotaPlan))
    assert refused.value.field == "covers.0.team_ids"


async def test_country_that_nobody_knows_is_refused_with_its_field(roster: Roster) -> None:
    with pytest.raises(Refused) as refused:
        await roster.plan(roster.whole(countries=[{"country": "ZZ"}]))

    assert refused.value.field == "countries.0.country"


async def test_preview_has_the_next_times_over_daylight_saving_and_the_next_holidays(
    roster: Roster,
) -> None:
    shift = roster.shift(
        "late",
        roster.ana,
        "09:00",
        "17:00",
        weekdays="mon",
        every_weeks=2,
        first_day="2026-10-05",
        time_zone="Europe/Berlin",
    )
    sketch = {
        "shift": shift,
        "countries": [{"country": "DE"}],
        "holidays": [{"day": "2026-11-16", "name": "Outing"}],
    }

    found = await preview(roster.database, msgspec.convert(sketch, RotaSketch))

    starts = [one.starts.isoformat() for one in found.duties[:3]]
    # Every other Monday at nine by the wall; on the 16th of November everybody is out.
    assert starts == [
        "2026-10-05T07:00:00+00:00",
        "2026-10-19T07:00:00+00:00",
        "2026-11-02T08:00:00+00:00",
    ]
    assert found.duties[3].day == date(2026, 11, 30)
    assert found.holidays[0].day == date(2026, 10, 3)
    assert [(one.code, one.name) for one in await find_regions("DE")][:2] == [
        ("Augsburg", "Augsburg"),
        ("BW", "Baden-Württemberg"),
    ]
    assert {"DE", "CN", "RU"} <= set(await find_countries())


async def test_deadlines_stand_still_on_the_rota_s_holidays_unless_the_team_works_then(
    roster: Roster,
) -> None:
    hours = (Stretch(days="mon-sun", opens="09:00", closes="21:00"),)
    desk = Workspace(name="Acme", language="en", time_zone="Europe/Berlin", hours=hours)
    await workspace.change(roster.database, actor="cli", wanted=desk)
    policy = {"name": "All", "first_reply": {"minutes": 24 * 60}}
    plan = msgspec.convert({"policies": [policy]}, Plan)
    await deadline_plans.change(roster.database, roster.boss, plan, expect_revision=0)
    holidays = [
        {"day": "2026-10-24", "name": "Fair", "starts": "15:00", "ends": "00:00"},
        {"day": "2026-10-25", "name": "Outing"},
        {"day": "2026-10-26", "name": "Of others", "team_ids": [roster.team]},
    ]

    other = await roster.other_team()

    async def due(team: int | None, *, works: bool = False, by: str | None = None) -> datetime:
        rota = roster.whole(holidays=holidays)
        rota["shifts"][0]["works_holidays"] = works
        rota["shifts"][1]["team_id"] = other
        await roster.plan(rota, accept=True)
        async with roster.database.reading() as work:
            newest = (await load_plans(work)).newest
        assert newest is not None
        [policy] = newest.kept.plan.policies
        assert policy.first_reply is not None
        policy = msgspec.structs.replace(policy, calendar=by)
        calendar = calendar_for(newest.kept, policy, policy.first_reply, team)
        # Friday, 23 October, 21:00 by the wall; on Sunday clocks go back.
        begins = datetime(2026, 10, 23, 19, tzinfo=UTC)
        return add_business_time(begins, timedelta(hours=24), calendar)

    # Six hours on Saturday, none on Sunday, twelve on Monday, and six on Tuesday.
    assert await due(None) == datetime(2026, 10, 27, 14, tzinfo=UTC)
    assert await due(None, by=DESK) == datetime(2026, 10, 27, 14, tzinfo=UTC)
    assert await due(roster.team) == datetime(2026, 10, 28, 14, tzinfo=UTC)
    # Somebody is there on holidays: closed are those who have shifts, and none then.
    assert await due(roster.team, works=True) == datetime(2026, 10, 25, 20, tzinfo=UTC)
    assert await due(None, works=True) == datetime(2026, 10, 25, 20, tzinfo=UTC)
    assert await due(other, works=True) == datetime(2026, 10, 27, 14, tzinfo=UTC)


async def test_holiday_is_worked_where_a_shift_takes_place_on_that_day_and_only_then(
    roster: Roster,
) -> None:
    rota = roster.whole(
        holidays=[
            {"day": "2026-06-06", "name": "A Saturday"},
            {"day": "2026-06-09", "name": "Outing", "starts": "12:00", "ends": "14:00"},
            {"day": "2026-06-10", "name": "Fair"},
            {"day": "2026-06-11", "name": "Feast"},
        ]
    )
    over = {"works_holidays": True, "last_day": "2026-01-01"}
    saturdays = {"works_holidays": True, "weekdays": "sat"}
    rota["shifts"] += [
        roster.shift("over", roster.ana, "08:00", "09:00", **over),
        roster.shift("saturday", roster.ana, "04:00", "05:00", **saturdays),
        roster.shift("nobody", roster.ana, "04:00", "05:00", works_holidays=True, agent_ids=[]),
    ]
    await roster.plan(rota, accept=True)
    plan = msgspec.convert({"policies": [{"name": "All", "first_reply": {"minutes": 60}}]}, Plan)
    await deadline_plans.change(roster.database, roster.boss, plan, expect_revision=0)
    for day, change in (
        (date(2026, 6, 10), ChangedDuty(agent_ids=(roster.ana.agent_id,))),
        (date(2026, 6, 11), ChangedDuty(is_cancelled=True, accept=True)),
    ):
        await planning.change_duty(roster.database, roster.boss, "day", day, change)

    async with roster.database.reading() as work:
        newest = (await load_plans(work)).newest
        closed = await load_closed(work)

    assert [one.day.day for one in closed] == [9, 11]
    assert newest is not None
    assert newest.kept.closed == closed
