"""Time as a desk counts it: only while somebody is there, by its own zone, nights and holidays.

Pure. Instants are aware; what is counted is real time, so an hour of the night in which clocks are
put back counts twice, and one that is skipped not at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

FARTHEST_DAYS = 366 * 10
"""How far ahead it is looked for somebody to be there."""
_DAY_MINUTES = 24 * 60
_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStretch:
    """The same on each of these weekdays (0 is Monday), in minutes of the local day."""

    weekdays: frozenset[int]
    opens: int
    closes: int
    """At or before `opens`: on the next day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    zone: tzinfo = UTC
    stretches: tuple[OpenStretch, ...] = ()
    """Empty: always."""
    holidays: frozenset[date] = frozenset()
    """Nobody is there from midnight to midnight, in the zone, whatever the stretches say."""
    closures: tuple[tuple[date, int, int], ...] = ()
    """Nor in these minutes of these days."""

    @property
    def is_endless(self) -> bool:
        return not self.stretches and not self.holidays and not self.closures


ROUND_THE_CLOCK = Calendar()


class NeverOpen(ValueError):
    """Nobody is there by this calendar, or so seldom that FARTHEST_DAYS are not enough."""


def add_business_time(start: datetime, span: timedelta, calendar: Calendar) -> datetime:
    """The first instant, in UTC, at which so much time has been counted since `start`.

    Nothing to count ends where it starts. Raises NeverOpen.
    """
    start = start.astimezone(UTC)
    if span <= _NOTHING:
        return start
    if calendar.is_endless:
        return start + span
    for opens, closes in open_from(calendar, start):
        if closes - opens >= span:
            return opens + span
        span -= closes - opens
    raise NeverOpen("nobody is ever there by these hours")


def business_time_between(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """What is counted from `start` to `end`; none if that lies before."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        return _NOTHING
    if calendar.is_endless:
        return end - start
    counted = _NOTHING
    for opens, closes in open_from(calendar, start):
        if opens >= end:
            break
        counted += min(closes, end) - opens
    return counted


def open_from(calendar: Calendar, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When somebody is there, from `start` on: ascending, apart from each other, none empty.

    Ends after `FARTHEST_DAYS`.
    """
    start = start.astimezone(UTC)
    first = start.astimezone(calendar.zone).date()
    for number in range(FARTHEST_DAYS):
        for opens, closes in _open_on(calendar, first + timedelta(days=number)):
            if closes > start:
                yield max(opens, start), closes


def _open_on(calendar: Calendar, day: date) -> list[tuple[datetime, datetime]]:
    """Of one local day, midnight to midnight."""
    if day in calendar.holidays:
        return []
    begins, ends = (
        local_moment(day, 0, calendar.zone),
        local_moment(day, _DAY_MINUTES, calendar.zone),
    )
    if not calendar.stretches:
        return _without(calendar, day, [(begins, ends)])
    found: list[tuple[int, int]] = []
    for one in calendar.stretches:
        goes_over = one.closes <= one.opens
        if day.weekday() in one.weekdays:
            found.append((one.opens, _DAY_MINUTES if goes_over else one.closes))
        if goes_over and (day.weekday() - 1) % 7 in one.weekdays:
            found.append((0, one.closes))
    moments = (
        (local_moment(day, opens, calendar.zone), local_moment(day, closes, calendar.zone))
        for opens, closes in found
    )
    within = ((max(opens, begins), min(closes, ends)) for opens, closes in moments)
    there = _joined([(opens, closes) for opens, closes in within if opens < closes])
    return _without(calendar, day, there)


def _without(
    calendar: Calendar, day: date, found: list[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """Less what of this day is closed."""
    for closed, starts, ends in calendar.closures:
        if closed != day:
            continue
        since, until = (local_moment(day, minute, calendar.zone) for minute in (starts, ends))
        found = cut_out(found, since, until)
    return found


def cut_out(
    found: list[tuple[datetime, datetime]], since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """Of these stretches what is not between the two moments: each whole, in one or two parts, or
    gone.
    """
    parts = [
        part
        for begins, ends in found
        for part in ((begins, min(ends, since)), (max(begins, until), ends))
    ]
    return [(begins, ends) for begins, ends in parts if begins < ends]


def _joined(found: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    joined: list[tuple[datetime, datetime]] = []
    for opens, closes in sorted(found):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return joined


def local_moment(day: date, minute: int, zone: tzinfo) -> datetime:
    """In UTC. A time that clocks skip is as long after midnight as it would have been; of one that
    comes twice it is the first.
    """
    days, minute = divmod(minute, _DAY_MINUTES)
    local = datetime.combine(
        day + timedelta(days=days), time(minute // 60, minute % 60), tzinfo=zone
    )
    return local.astimezone(UTC)
