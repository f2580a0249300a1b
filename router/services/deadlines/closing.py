"""The rota's holidays as deadlines count by them: kept with each version of the plan."""

from collections.abc import Collection
from datetime import date, timedelta

from router.services.deadlines.shapes import Closed
from router.storage import deadlines as stored
from router.storage.unit_of_work import UnitOfWork

BEFORE = timedelta(days=120)
"""What runs since longer counts by the versions before, or round the clock."""


async def load_closed(work: UnitOfWork) -> tuple[Closed, ...]:
    """When by the rota nobody is there, but where shifts work on holidays too."""
    from router.services.shifts import reading

    now = await reading.load(work)
    since: date = work.now().date() - BEFORE
    there = {one.team_id for one in now.plan.shifts if one.works_holidays}
    resting = {one.team_id for one in now.plan.shifts} - there
    found = []
    for one in now.holidays:
        ours: Collection[int] = set(one.team_ids) - there
        if not one.team_ids and there:
            # Of all, and somebody is at the desk: those rest who have shifts, and none then.
            ours = resting
        if one.day >= since and (ours or not (one.team_ids or there)):
            teams = tuple(sorted(ours))
            found.append(Closed(day=one.day, team_ids=teams, minutes=reading.hours_of(one)))
    return tuple(found)


async def note_closures(work: UnitOfWork) -> None:
    """The rota changed: where its holidays did, the plan goes on with them. Part of that change."""
    from router.services.deadlines import planning
    from router.services.deadlines.deriving import load_plans

    await stored.lock_plans(work)
    newest = (await load_plans(work)).newest
    if newest is not None and newest.kept.closed != await load_closed(work):
        await planning.keep(work, newest.kept.plan, None)
