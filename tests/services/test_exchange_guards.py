"""What exchanges and absences never undo, never let through, and never leave unsaid."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from core.clock import FakeClock
from router.services.assignment import rounds
from router.services.deadlines import planning as deadline_plans
from router.services.deadlines.deriving import load_plans
from router.services.deadlines.shapes import Plan
from router.services.errors import Conflict, Forbidden, Refused
from router.services.shifts import (
    exchange_checks,
    exchange_reading,
    exchanging,
    planning,
    reading,
)
from router.services.shifts.shapes import ChangedDuty
from router.storage import shifts
from router.storage.unit_of_work import UnitOfWork
from tests.services.test_shift_exchanges import DAY, DECLINE, NOON, WITHDRAW, Crew
from tests.stage import Stage


@pytest.fixture
async def crew(stage: Stage, clock: FakeClock) -> Crew:
    clock.advance(datetime(2026, 6, 1, 6, tzinfo=UTC) - clock.now())
    crew = await Crew(stage).begin()
    await crew.plan(crew.whole(swaps="agreed", rest_hours=8))
    return crew


async def facts_of(crew: Crew, action: str) -> list[dict[str, Any]]:
    async with crew.database.reading() as work:
        rows = await work.driver.fetch(
            "select (facts ->> 'holes')::int as holes, (facts ->> 'clashes')::int as clashes"
            " from audit_log where action = $1 order by id",
            action,
        )
    return [dict(row) for row in rows]


async def test_absence_taken_back_on_a_holiday_leaves_the_duty_that_was_put_there(
    crew: Crew,
) -> None:
    rota = crew.whole(holidays=[{"day": DAY.isoformat(), "name": "Outing"}])
    await crew.plan(rota, accept=True)
    put = ChangedDuty(agent_ids=(crew.ana.agent_id,), accept=True)
    await planning.change_duty(crew.database, crew.boss, "day", DAY, put)
    await crew.absent(crew.ana, accept=True)
    [gap] = await crew.seen_by(crew.boss)

    await exchanging.answer(crew.database, crew.boss, gap.id, WITHDRAW, may_decide=True)

    assert await crew.on_duty(NOON) == {crew.ana.agent_id}


@pytest.mark.parametrize("side", ["gives", "takes"])
async def test_supervisor_says_nothing_on_an_exchange_of_their_own(crew: Crew, side: str) -> None:
    joins = "insert into memberships (team_id, agent_id) values ($1, $2)"
    await crew.stage.run(joins, crew.team, crew.boss.agent_id)
    other = await crew.stage.agent("Max", role="supervisor")
    giver, taker = (crew.boss, crew.ana) if side == "gives" else (crew.ana, crew.boss)
    rota = crew.whole(swaps="approved", rest_hours=8)
    day = crew.shift("day", giver, "08:00", "20:00")
    await crew.plan(rota | {"shifts": [day, rota["shifts"][1]]}, accept=True)
    given = await crew.give(giver)
    await crew.answer(taker, given)
    [shown] = await crew.seen_by(crew.boss)
    told = await crew.told()

    for approve in (True, False):
        with pytest.raises(Forbidden, match="Another supervisor decides") as stopped:
            await crew.decide(given, approve)
        assert stopped.value.code == "own_exchange"

    assert "decide" not in shown.may
    # Whoever gives hears that it was taken; nobody is asked to decide on their own.
    assert told == ({"boss"} if side == "gives" else {"ana"})
    assert await crew.on_duty(NOON) == {giver.agent_id}
    await crew.decide(given, True, other)
    assert await crew.on_duty(NOON) == {taker.agent_id}


async def test_what_was_offered_is_not_taken_once_agents_exchange_no_more(crew: Crew) -> None:
    given = await crew.give(crew.ana)
    await crew.absent(crew.ana, day=date(2026, 6, 5), accept=True)
    await crew.plan(crew.whole(swaps="off"), accept=True)

    offered = {one.kind: one.may for one in await crew.seen_by(crew.cy)}
    with pytest.raises(Conflict) as stopped:
        await crew.answer(crew.cy, given)

    assert stopped.value.code == "swaps_off"
    assert await crew.on_duty(NOON) == {crew.ana.agent_id}
    # What an absent agent left is no exchange of two: the team may take it as before.
    assert offered == {"open": ("accept",)}


async def test_audit_log_counts_what_an_absence_was_accepted_with(crew: Crew) -> None:
    rota = crew.whole(swaps="agreed", rest_hours=8)
    late = crew.shift("late", crew.cy, "19:00", "23:00")
    await crew.plan(rota | {"shifts": [*rota["shifts"], late]})
    on_friday = {"day": date(2026, 6, 5)}

    with pytest.raises(Conflict):
        await crew.absent(crew.ana)
    await crew.absent(crew.ana, accept=True)
    await crew.absent(crew.ana, **on_friday, stand_in_id=crew.cy.agent_id, accept=True)
    await crew.absent(crew.ana, day=date(2026, 6, 8), stand_in_id=crew.di.agent_id)

    assert await facts_of(crew, "rota.stopped") == [{"holes": 1, "clashes": 0}]
    assert await facts_of(crew, "duty.absent") == [
        {"holes": 1, "clashes": 0},
        {"holes": 0, "clashes": 1},
        {"holes": 0, "clashes": 0},
    ]


async def test_nobody_works_a_team_s_duty_by_a_swap_who_is_not_of_it(crew: Crew) -> None:
    other = await crew.other_team()
    rota = crew.whole(swaps="agreed", rest_hours=0)
    rota["shifts"].append(crew.shift("vip", crew.di, "08:00", "12:00", team_id=other))
    await crew.plan(rota)
    wanted = {"other_shift": "vip", "other_day": DAY}

    with pytest.raises(Conflict) as stopped:
        await crew.give(crew.ana, to_id=crew.di.agent_id, **wanted)
    code = stopped.value.code
    await crew.stage.run(
        "insert into memberships (team_id, agent_id) values ($1, $2)", other, crew.ana.agent_id
    )
    swapped = await crew.give(crew.ana, to_id=crew.di.agent_id, **wanted)
    await crew.answer(crew.di, swapped)

    assert (code, str(stopped.value)) == ("not_in_team", "Ana is not of this team.")
    assert await crew.on_duty(NOON) == {crew.di.agent_id}


async def test_agent_who_offers_all_they_have_keeps_nobody_from_noting_absences(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchanging, "MOST_OF_ONE", 2)
    monkeypatch.setattr(exchanging, "MOST_LIVE", 3)
    await crew.give(crew.ana)
    await crew.give(crew.ana, day=date(2026, 6, 4))
    with pytest.raises(Refused) as of_one:
        await crew.give(crew.ana, day=date(2026, 6, 5))
    await crew.give(crew.bo, shift="night", day=date(2026, 6, 10))
    with pytest.raises(Refused) as of_all:
        await crew.give(crew.bo, shift="night", day=date(2026, 6, 11))

    await crew.absent(crew.ana, day=date(2026, 6, 8), accept=True)

    assert {of_one.value.code, of_all.value.code} == {"too_many"}
    assert await crew.on_duty(NOON + timedelta(days=5)) == set()


async def test_day_that_is_put_back_asks_where_it_leaves_clashes_and_both_are_told(
    crew: Crew,
) -> None:
    early = crew.shift("early", crew.cy, "06:00", "10:00")
    rota = crew.whole(swaps="agreed", rest_hours=0)
    await crew.plan(rota | {"shifts": [*rota["shifts"], early]})
    swapped = await crew.give(
        crew.ana, to_id=crew.cy.agent_id, other_shift="early", other_day=date(2026, 6, 3)
    )
    await crew.answer(crew.cy, swapped)
    given = await crew.give(crew.ana, day=date(2026, 6, 5))
    await crew.answer(crew.di, given)
    for one in (crew.ana, crew.cy, crew.di):
        await exchange_reading.note_seen(crew.database, one)

    with pytest.raises(Conflict) as stopped:
        await planning.change_duty(crew.database, crew.boss, "day", DAY, None)
    before = await crew.on_duty(NOON)
    await planning.change_duty(crew.database, crew.boss, "day", DAY, None, accept=True)

    assert (stopped.value.code, stopped.value.facts["clashes"]) == ("rota_has_faults", 1)
    assert (before, await crew.on_duty(NOON)) == ({crew.cy.agent_id}, {crew.ana.agent_id})
    states = {one.id: one.state for one in await crew.seen_by(crew.boss)}
    assert states == {swapped: "overtaken", given: "done"}
    assert await crew.told() == {"ana", "cy"}
    assert (await facts_of(crew, "duty.restored"))[-1] == {"holes": 0, "clashes": 1}


async def test_note_of_an_absence_is_kept_two_weeks_beyond_the_day_and_the_rest_three_months(
    crew: Crew, clock: FakeClock
) -> None:
    await crew.absent(crew.ana, note="Ill", accept=True)
    await crew.absent(crew.ana, day=date(2026, 6, 30), note="Ill too", accept=True)

    async def notes() -> list[str]:
        async with crew.database.reading() as work:
            rows = await work.driver.fetch("select note from shift_exchanges order by day")
        return [row["note"] for row in rows]

    found = []
    for day in (date(2026, 6, 17), date(2026, 6, 18), date(2026, 9, 4)):
        clock.advance(datetime(day.year, day.month, day.day, tzinfo=UTC) - clock.now())
        await rounds.end_shifts(crew.database)
        found.append(await notes())

    assert found == [["Ill", "Ill too"], ["", "Ill too"], [""]]


async def test_deadlines_of_a_new_process_rest_on_holidays_that_were_there_before(
    crew: Crew, clock: FakeClock
) -> None:
    await crew.plan(crew.whole(holidays=[{"day": "2026-06-10", "name": "Outing"}]), accept=True)
    plan = msgspec.convert({"policies": [{"name": "All", "first_reply": {"minutes": 60}}]}, Plan)
    await deadline_plans.change(crew.database, crew.boss, plan, expect_revision=0)
    await crew.stage.run("update deadline_plans set kept = kept - 'closed'")
    for _ in range(2):
        clock.advance(timedelta(days=1))
        await rounds.end_shifts(crew.database)

    async with crew.database.reading() as work:
        newest = (await load_plans(work)).newest
    assert newest is not None
    assert [one.day for one in newest.kept.closed] == [date(2026, 6, 10)]
    assert await crew.stage.value("select count(*) from deadline_plans") == 2


async def test_times_that_were_changed_stay_where_only_the_agents_become_others(
    crew: Crew,
) -> None:
    later = ChangedDuty(starts="09:00", ends="20:00", accept=True)
    await planning.change_duty(crew.database, crew.boss, "day", DAY, later)

    put = ChangedDuty(agent_ids=(crew.cy.agent_id,))
    await planning.change_duty(crew.database, crew.boss, "day", DAY, put)

    async with crew.database.reading() as work:
        [change] = (await reading.load(work)).changes
    assert (change.starts, change.ends) == (9 * 60, 20 * 60)
    assert change.agent_ids == [crew.cy.agent_id]


async def test_looking_at_what_was_offered_is_told_to_nobody_else(crew: Crew) -> None:
    given = await crew.give(crew.ana)
    since = await crew.stage.value("select max(id) from outbox")

    await crew.answer(crew.cy, given, DECLINE)
    await exchange_reading.note_seen(crew.database, crew.di)

    async with crew.database.reading() as work:
        rows = await work.driver.fetch(
            "select kind, ref from outbox where id > $1 order by id", since
        )
    told = [("desk.changed", crew.cy.agent_id), ("desk.changed", crew.di.agent_id)]
    assert [tuple(row) for row in rows] == told


async def test_who_may_take_a_shift_is_worked_out_before_the_rota_is_held(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    find = exchange_checks.find_takers

    def note(*asks: Any) -> frozenset[int]:
        asked.append(is_held)
        return find(*asks)

    async def hold(work: UnitOfWork) -> None:
        nonlocal is_held
        await lock(work)
        is_held = True

    is_held, lock = False, shifts.lock
    monkeypatch.setattr(exchanging, "find_takers", note)
    monkeypatch.setattr(shifts, "lock", hold)

    await crew.give(crew.ana)

    assert asked == [False]
    assert await crew.told() == {"cy", "di"}


async def test_who_is_told_of_a_shift_may_take_it_as_the_rota_is_once_it_is_held(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = crew.shift("early", crew.cy, "09:00", "12:00")
    rota = crew.whole(swaps="agreed", rest_hours=8)
    lock = shifts.lock

    async def late(work: UnitOfWork) -> None:
        monkeypatch.setattr(shifts, "lock", lock)
        await crew.plan(rota | {"shifts": [*rota["shifts"], early]})
        await lock(work)

    monkeypatch.setattr(shifts, "lock", late)

    await crew.give(crew.ana)

    assert await crew.told() == {"di"}


async def test_offer_stands_only_for_whom_it_concerns_and_until_it_is_seen(crew: Crew) -> None:
    given = await crew.give(crew.ana, to_id=crew.cy.agent_id)

    seen = {
        name: [one.may for one in await crew.seen_by(who)]
        for name, who in (("ana", crew.ana), ("cy", crew.cy), ("di", crew.di))
    }
    await exchange_reading.note_seen(crew.database, crew.cy)
    after = await crew.told()
    await crew.answer(crew.ana, given, WITHDRAW)
    with pytest.raises(Conflict, match="taken back"):
        await crew.answer(crew.cy, given)

    assert seen == {"ana": [("withdraw",)], "cy": [("accept", "decline")], "di": []}
    assert (after, await crew.told()) == (set(), {"cy"})
