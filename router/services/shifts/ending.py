"""What the end of a shift does: whoever has left is away, and their cases go to the next one."""

from datetime import date, timedelta

from router.services.assignment import availability
from router.services.shifts import handing, reading
from router.services.shifts.reading import InForce
from router.storage import agent_desks, shift_exchanges
from router.storage import shifts as stored
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork

QUIET = timedelta(minutes=10)
"""Whoever still reads or writes after their shift is let finish: they are away only after this."""
BATCH = 100
KEPT = timedelta(days=92)
"""For how long exchanges of days past are kept, as single changes are."""
NOTES_KEPT = timedelta(days=14)
"""After the day: notes may say why somebody was absent."""
_kept_up: set[date] = set()
"""The day on which this process did it last."""


async def end_shifts(database: Database) -> int:
    """What was open is written down for who comes next; whoever has no duty any more and does
    nothing is away; their cases go on as the rota says.

    How many cases went on. Doing it twice changes nothing.
    """
    async with database.reading() as work:
        now = await reading.load(work)
        off = reading.off_since(now, work.now())
    await handing.make_due(database, now)
    async with database.reading() as work:
        idle = await stored.idle(work, off, work.now() - QUIET) if off else []
    for agent in idle:
        async with database.transaction() as work:
            await _send_away(work, agent)
    if now.plan.countries:
        await _know_holidays(database, now)
    await _keep_up(database)
    return await _hand_over(database) if off else 0


async def _send_away(work: UnitOfWork, agent_id: int) -> None:
    """Unless they have come back, or have a duty again, before we held their desk."""
    await agent_desks.lock(work, [agent_id])
    off = reading.off_since(await reading.load(work), work.now())
    if agent_id in off and await stored.idle(work, [agent_id], work.now() - QUIET):
        await availability.change_within(work, agent_id, "away", set_by="shift")


async def _hand_over(database: Database) -> int:
    async with database.transaction() as work:
        now = await reading.load(work)
        policies = {one.team_id: one.policy for one in now.plan.team_handovers}
        if {now.plan.handover, *policies.values()} == {"stays"}:
            return 0
        off = reading.off_since(now, work.now())
        at_work = await stored.at_work(work, off, work.now() - QUIET)
        off = {agent: ended for agent, ended in off.items() if agent not in at_work}
        due = await stored.due_to_hand_over(work, off, policies, now.plan.handover, limit=BATCH)
        return await availability.hand_back(work, due) if due else 0


async def _keep_up(database: Database) -> None:
    """Once a day, and with a new process: what was noted of absent ones is kept no longer than it
    is shown, and deadlines rest on the holidays that there are.
    """
    from router.services.deadlines.closing import note_closures

    today = database.clock.now().date()
    if today in _kept_up:
        return
    async with database.transaction() as work:
        await stored.lock(work)
        await shift_exchanges.drop_before(work, today - KEPT)
        await shift_exchanges.forget_notes(work, today - NOTES_KEPT)
        await note_closures(work)
    _kept_up.clear()
    _kept_up.add(today)


async def _know_holidays(database: Database, now: InForce) -> None:
    """Those of next year, before it begins."""
    from router.services.deadlines.closing import note_closures
    from router.services.shifts.holiday_days import keep_days

    async with database.reading() as work:
        known = await stored.last_holiday(work)
        today = work.now().date()
    if known is not None and known < date(today.year + 1, 1, 1):
        async with database.transaction() as work:
            await keep_days(work, now.plan)
            await note_closures(work)
