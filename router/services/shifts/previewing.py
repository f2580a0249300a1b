"""What a shift or holidays would come to before anybody saves them: the next of each."""

from datetime import date, timedelta

from core.rota import duties_between
from router.services.errors import Refused
from router.services.shifts import checking, reading
from router.services.shifts.holiday_days import load_days
from router.services.shifts.shapes import RotaPlan, ShownDuty, ShownHoliday
from router.services.shifts.sketch_shapes import RotaPreview, RotaSketch
from router.storage import shifts as stored
from router.storage.engine import Database

AHEAD = timedelta(days=400)
"""What recurs every so many weeks comes once in this at least."""
MOST = 12


async def preview(database: Database, wanted: RotaSketch) -> RotaPreview:
    """By the clock of the shift's zone, over changes of clocks, less holidays. Nothing is kept.

    Raises Refused (the field).
    """
    shifts = () if wanted.shift is None else (wanted.shift,)
    plan = RotaPlan(shifts=shifts, countries=wanted.countries, holidays=wanted.holidays)
    async with database.reading() as work:
        await checking.check_plan(work, plan, (await reading.load(work)).plan)
        days = await load_days(work, plan)
        changes = await stored.changes(work)
        now = work.now()
    duties: tuple[ShownDuty, ...] = ()
    if wanted.shift is not None:
        rota = reading.to_rota(plan, changes, days)
        named = {wanted.shift.key: wanted.shift}
        first = min([wanted.shift.first_day, *wanted.shift.days])
        if not 1970 < first.year < 2200:
            raise Refused("Choose a day of this age.", code="too_far", field="shift.first_day")
        begins = max(now, reading.first_instant(wanted.shift))
        found = duties_between(rota, begins, begins + AHEAD)
        duties = tuple(reading.to_shown(one, named) for one in found[:MOST])
    return RotaPreview(duties=duties, holidays=_next(days, now.date()))


def _next(days: tuple[ShownHoliday, ...], today: date) -> tuple[ShownHoliday, ...]:
    return tuple(one for one in days if one.day >= today)[:MOST]
