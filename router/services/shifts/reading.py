"""The rota in force as it is computed with, and who is on duty by it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import msgspec

from core.business_time import Calendar, OpenStretch, local_moment
from core.hours import weekdays_of, zone_of
from core.rota import (
    EVERYBODY,
    Closure,
    Cover,
    Duty,
    DutyChange,
    Rota,
    Shift,
    duties_between,
    off_duty_since,
)
from router.services.errors import Refused
from router.services.shifts.shapes import (
    CoverRule,
    Duties,
    OnDuty,
    OneDay,
    OwnHoliday,
    PlannedShift,
    RotaPlan,
    ShownDuty,
    ShownHoliday,
)
from router.storage import shifts as stored
from router.storage import workspace
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.shifts import ChangeRow
from router.storage.unit_of_work import UnitOfWork

MOST_ASKED = timedelta(days=62)
"""Of duties at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The rota as it is now."""

    plan: RotaPlan
    revision: int
    made_at: datetime | None
    rota: Rota
    changes: tuple[ChangeRow, ...]
    holidays: tuple[ShownHoliday, ...]
    mark: object = None


NOTHING = InForce(plan=RotaPlan(), revision=0, made_at=None, rota=Rota(), changes=(), holidays=())
LATELY = timedelta(days=31)
"""Whoever has had no duty for so long is not bound by the rota."""
_off: dict[tuple[object, datetime], Mapping[int, datetime]] = {}
"""Asked for with each case that is given out: counted once a minute."""
_known: dict[object, InForce] = {}
"""The one that was read last, by its mark."""


async def load(work: UnitOfWork) -> InForce:
    """Read anew only when it changed."""
    mark = await stored.mark(work)
    if mark is None:
        return NOTHING
    found = _known.get(mark)
    if found is None:
        found = await _load(work, mark)
        _known.clear()
        _known[mark] = found
    return found


async def _load(work: UnitOfWork, mark: object) -> InForce:
    row = await stored.newest(work)
    if row is None:
        return NOTHING
    plan = msgspec.json.decode(row["rota"], type=RotaPlan)
    changes = await stored.changes(work)
    days = holidays_of(plan, await stored.holidays(work))
    return InForce(
        plan=plan,
        revision=row["id"],
        made_at=row["made_at"],
        rota=to_rota(plan, changes, days),
        changes=tuple(changes),
        holidays=days,
        mark=mark,
    )


def off_since(now: InForce, at: datetime) -> Mapping[int, datetime]:
    """Agents who have no duty in this minute and had one within a month: when it ended."""
    minute = at.replace(second=0, microsecond=0)
    found = _off.get((now.mark, minute))
    if found is None:
        found = off_duty_since(now.rota, minute, within=LATELY)
        _off.clear()
        _off[now.mark, minute] = found
    return found


def to_rota(plan: RotaPlan, changes: Iterable[ChangeRow], holidays: Iterable[ShownHoliday]) -> Rota:
    """Raises ValueError for a zone or days that cannot be read."""
    by_team: dict[int, set[date]] = {}
    closed: dict[int, tuple[Closure, ...]] = {}
    for one in holidays:
        hours = hours_of(one)
        for team in one.team_ids or (EVERYBODY,):
            if hours is None:
                by_team.setdefault(team, set()).add(one.day)
            else:
                part = Closure(day=one.day, starts=hours[0], ends=hours[1])
                closed[team] = (*closed.get(team, ()), part)
    return Rota(
        shifts=tuple(to_shift(one) for one in plan.shifts),
        changes={(one.shift_key, one.day): to_change(one) for one in changes},
        holidays={team: frozenset(days) for team, days in by_team.items()},
        closures=closed,
    )


def to_shift(planned: PlannedShift) -> Shift:
    return Shift(
        key=planned.key,
        team_id=planned.team_id,
        agent_ids=frozenset(planned.agent_ids),
        zone=zone_of(planned.time_zone),
        starts=minute_of(planned.starts),
        ends=minute_of(planned.ends),
        first=planned.first_day,
        last=planned.last_day,
        weekdays=weekdays_of(planned.weekdays) if planned.weekdays else frozenset(),
        every_weeks=planned.every_weeks,
        days=frozenset(planned.days),
        without=frozenset(planned.without),
        works_holidays=planned.works_holidays,
    )


def first_instant(planned: PlannedShift) -> datetime:
    """When its first day begins in its zone."""
    return local_moment(min([planned.first_day, *planned.days]), 0, zone_of(planned.time_zone))


def to_change(row: ChangeRow) -> DutyChange:
    return DutyChange(
        is_cancelled=row.is_cancelled,
        starts=row.starts,
        ends=row.ends,
        agent_ids=None if row.agent_ids is None else frozenset(row.agent_ids),
    )


def minute_of(clock_time: str) -> int:
    hour, _, minute = clock_time.partition(":")
    return int(hour) * 60 + int(minute)


def hours_of(holiday: ShownHoliday | OwnHoliday) -> tuple[int, int] | None:
    """In minutes of the day, up to its end. None: all of it."""
    if holiday.starts is None or holiday.ends is None:
        return None
    return minute_of(holiday.starts), minute_of(holiday.ends) or 24 * 60


def holidays_of(plan: RotaPlan, known: Iterable[Record]) -> tuple[ShownHoliday, ...]:
    """Own ones, and those of the countries that the rota names, by day."""
    teams = {(one.country, one.region): one.team_ids for one in plan.countries}
    found = [
        ShownHoliday(
            day=one.day, name=one.name, team_ids=one.team_ids, starts=one.starts, ends=one.ends
        )
        for one in plan.holidays
    ]
    found += [
        ShownHoliday(
            day=row["day"], name=row["name"], team_ids=teams[row["country"], row["region"]]
        )
        for row in known
        if (row["country"], row["region"]) in teams
    ]
    return tuple(sorted(found, key=lambda one: (one.day, one.name, one.team_ids)))


async def load_covers(work: UnitOfWork, rules: Sequence[CoverRule]) -> list[tuple[str, Cover]]:
    """With their names. Without any: the desk's opening hours, which may be always."""
    if rules:
        return [(one.name, to_cover(one)) for one in rules]
    desk = await workspace.find(work)
    hours = msgspec.json.decode(desk.hours, type=list[dict[str, str]])
    stretches = tuple(_stretch(one["days"], one["opens"], one["closes"]) for one in hours)
    return [("", Cover(calendar=Calendar(zone=zone_of(desk.time_zone), stretches=stretches)))]


def to_cover(rule: CoverRule) -> Cover:
    stretches: tuple[OpenStretch, ...] = (_stretch(rule.weekdays, rule.opens, rule.closes),)
    if rule.opens == rule.closes and weekdays_of(rule.weekdays) == frozenset(range(7)):
        stretches = ()
    return Cover(
        calendar=Calendar(zone=zone_of(rule.time_zone), stretches=stretches),
        team_ids=frozenset(rule.team_ids),
        at_least=rule.at_least,
    )


def _stretch(days: str, opens: str, closes: str) -> OpenStretch:
    return OpenStretch(weekdays=weekdays_of(days), opens=minute_of(opens), closes=minute_of(closes))


async def list_duties(
    database: Database,
    *,
    since: datetime,
    until: datetime,
    team_id: int | None = None,
    agent_id: int | None = None,
) -> Duties:
    """What lies between these instants, even in part. Raises Refused (the field)."""
    _check_instant(since, "since")
    if not since < until <= since + MOST_ASKED:
        days = MOST_ASKED.days
        raise Refused(f"Ask for 1 to {days} days.", code="span", field="until")
    async with database.reading() as work:
        now = await load(work)
        from router.services.shifts import exchange_reading
        from router.services.shifts.checking import find_all_holes

        holes = await find_all_holes(work, now.plan, now.rota, since, until)
        left = await exchange_reading.list_open(work, now, since, until)
    named = {one.key: one for one in now.plan.shifts}
    found = duties_between(now.rota, since, until)
    first, last = since.date() - timedelta(days=1), until.date() + timedelta(days=1)
    return Duties(
        duties=tuple(
            to_shown(one, named)
            for one in found
            if team_id in (None, one.team_id) and (agent_id is None or agent_id in one.agent_ids)
        ),
        cancelled=tuple(
            OneDay(shift=one.shift_key, day=one.day)
            for one in now.changes
            if one.is_cancelled and first <= one.day <= last
        ),
        holidays=tuple(one for one in now.holidays if first <= one.day <= last),
        holes=tuple(holes),
        open=tuple(one for one in left if team_id in (None, one.team_id)),
    )


def _check_instant(at: datetime, field: str) -> None:
    """Beyond these there are no local days to look at."""
    if not 1970 < at.year < 2200:
        raise Refused("Choose a time of this age.", code="too_far", field=field)


async def who_is_on_duty(database: Database, at: datetime | None) -> OnDuty:
    """None: now. Raises Refused."""
    if at is not None:
        _check_instant(at, "at")
    async with database.reading() as work:
        now = await load(work)
        at = at or work.now()
    named = {one.key: one for one in now.plan.shifts}
    found = duties_between(now.rota, at, at + timedelta(microseconds=1))
    return OnDuty(at=at, duties=tuple(to_shown(one, named) for one in found))


def to_shown(duty: Duty, named: Mapping[str, PlannedShift]) -> ShownDuty:
    planned = named[duty.key]
    return ShownDuty(
        shift=duty.key,
        name=planned.name,
        day=duty.day,
        team_id=duty.team_id,
        agent_ids=tuple(sorted(duty.agent_ids)),
        time_zone=planned.time_zone,
        starts=duty.starts,
        ends=duty.ends,
        is_changed=duty.is_changed,
    )
