"""The rota's holidays as deadlines count by them: kept with each version of the plan."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.business_time import local_moment
from router.services.deadlines.shapes import Closed
from router.storage import deadlines as stored
from router.storage.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from core.rota import Shift
    from router.services.shifts.reading import InForce
    from router.services.shifts.shapes import ShownHoliday

BEFORE = timedelta(days=120)
"""What runs since longer counts by the versions before, or round the clock."""


async def load_closed(work: UnitOfWork) -> tuple[Closed, ...]:
    """When by the rota nobody is there, but where some shift takes place all the same."""
    from router.services.shifts import reading

    now = await reading.load(work)
    since: date = work.now().date() - BEFORE
    of_shifts = {one.team_id for one in now.plan.shifts}
    found = []
    for one in now.holidays:
        if one.day < since:
            continue
        there = _at_work(now, one)
        ours: Collection[int] = set(one.team_ids) - there
        if not one.team_ids and there:
            # Of all, and somebody is at the desk: those rest who have shifts, and none then.
            ours = of_shifts - there
        if ours or not (one.team_ids or there):
            teams = tuple(sorted(ours))
            found.append(Closed(day=one.day, team_ids=teams, minutes=reading.hours_of(one)))
    return tuple(found)


def _at_work(now: "InForce", holiday: "ShownHoliday") -> frozenset[int]:
    """Teams with a shift that takes place then, even if who works it is absent."""
    return frozenset(one.team_id for one in now.rota.shifts if _works(now, one, holiday))


def _works(now: "InForce", shift: "Shift", holiday: "ShownHoliday") -> bool:
    from core.rota import find_duty
    from router.services.shifts import reading

    hours = reading.hours_of(holiday)
    for day in (holiday.day, holiday.day - timedelta(days=1)) if hours else (holiday.day,):
        duty = find_duty(now.rota, shift.key, day)
        if duty is None or not (duty.agent_ids or duty.is_changed):
            continue
        if hours is None:
            return True
        change = now.rota.changes.get((shift.key, day))
        if shift.works_holidays or not (change is None or change.keeps_times):
            since, until = (local_moment(holiday.day, minute, shift.zone) for minute in hours)
            if duty.starts < until and duty.ends > since:
                return True
    return False


async def note_closures(work: UnitOfWork) -> None:
    """The rota changed: where its holidays did, the plan goes on with them. Part of that change."""
    from router.services.deadlines import planning
    from router.services.deadlines.deriving import load_plans

    await stored.lock_plans(work)
    newest = (await load_plans(work)).newest
    if newest is None:
        return
    closed = await load_closed(work)
    since: date = work.now().date() - BEFORE
    if tuple(one for one in newest.kept.closed if one.day >= since) != closed:
        await planning.keep(work, newest.kept.plan, None)
