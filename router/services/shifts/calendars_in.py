"""Reading a calendar (RFC 5545) that somebody pasted or chose as a file: shifts or holidays of it.

Nothing is kept: what was read is looked at, and saved with the rota.
"""

import asyncio
import hashlib
import time
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from core.hours import zone_of
from core.messages import scrub
from router.services.errors import Refused
from router.services.shifts.calendar_lines import Line, bad_line, read_lines
from router.services.shifts.shapes import (
    MOST_DAYS,
    NewCalendar,
    OwnHoliday,
    PlannedShift,
    ReadCalendar,
)

AHEAD_DAYS = MOST_DAYS - 5
"""From today on: what lies before is of no use to a rota."""
MOST_FOUND = 4_000
BUDGET_SECONDS = 5.0
_LONGEST = timedelta(days=1)
_one_at_once = asyncio.Semaphore(1)


async def read_calendar(wanted: NewCalendar, today: date) -> ReadCalendar:
    """Raises Refused (the field; of the text also the line)."""
    try:
        zone = zone_of(wanted.time_zone)
    except ValueError as error:
        raise Refused(str(error), code="unknown", field="time_zone") from error
    if wanted.kind == "shifts" and wanted.team_id is None:
        raise Refused("Shifts are of a team.", code="missing", field="team_id")
    async with _one_at_once:
        return await asyncio.to_thread(_read, wanted, zone, today)


def _read(wanted: NewCalendar, zone: tzinfo, today: date) -> ReadCalendar:
    lines = read_lines(wanted.text)
    occurrences, passed = _occurrences(lines, today)
    if wanted.kind == "holidays":
        return _to_holidays(wanted, occurrences, passed)
    return _to_shifts(wanted, zone, occurrences, passed)


def _occurrences(lines: list[Line], today: date) -> tuple[list[Any], int]:
    """Events of the library, one for each time that one takes place; how many were cancelled."""
    from icalendar import Calendar
    from recurring_ical_events import of  # type: ignore[import-untyped]  # it has no types

    try:
        whole = Calendar.from_ical("\r\n".join(line.text for line in lines))
    except ValueError as error:
        raise bad_line(1, "there is more than one calendar in it.") from error
    _check_events(whole, lines)
    end, budget = today + timedelta(days=AHEAD_DAYS), time.monotonic() + BUDGET_SECONDS
    zones = whole.walk("VTIMEZONE")
    found: list[Any] = []
    passed = 0
    for events in _by_uid(whole.walk("VEVENT")):
        single = Calendar()
        single.subcomponents = [*zones, *events]
        try:
            times = of(single).between(today, end)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            number = _line_of(events[0], lines)
            raise bad_line(number, "this event cannot be understood.") from error
        for one in times:
            if str(one.get("STATUS", "")).upper() == "CANCELLED":
                passed += 1
            else:
                found.append(one)
        if len(found) > MOST_FOUND or time.monotonic() > budget:
            raise bad_line(_line_of(events[0], lines), "there is too much in it.")
    return found, passed


def _check_events(whole: Any, lines: list[Line]) -> None:
    """Raises Refused with the line of a value that the library could not read."""
    for event in whole.walk():
        for name, _ in event.errors:
            number = _line_of(event, lines, str(name).upper())
            raise bad_line(number, f"{name} cannot be understood.")
        if event.name == "VEVENT" and "DTSTART" not in event:
            raise bad_line(_line_of(event, lines), "this event has no beginning.")
        begins = event.get("DTSTART")
        if "RRULE" in event and event.name == "VEVENT" and begins.dt.year < 2000:
            number = _line_of(event, lines, "DTSTART")
            raise bad_line(number, "what recurs begins in this century.")


def _line_of(component: Any, lines: list[Line], name: str = "BEGIN") -> int:
    """Where it begins, or where a property of it stands: found by its UID, or else the first."""
    uid = str(component.get("UID", ""))
    begins, is_it = 1, False
    for place, line in enumerate(lines):
        if line.name == "BEGIN" and line.value.upper() == component.name:
            begins = line.number
            inner = _until_end(lines, place)
            is_it = not uid or any(one.name == "UID" and one.value == uid for one in inner)
            if not is_it:
                continue
            if name == "BEGIN":
                return begins
            for one in inner:
                if one.name == name:
                    return one.number
    return begins


def _until_end(lines: list[Line], place: int) -> list[Line]:
    depth = len(lines[place].within)
    found = []
    for line in lines[place + 1 :]:
        if len(line.within) <= depth:
            break
        found.append(line)
    return found


def _by_uid(events: Iterable[Any]) -> Iterator[list[Any]]:
    """An event with its exceptions."""
    together: dict[str, list[Any]] = {}
    for number, event in enumerate(events):
        together.setdefault(str(event.get("UID", number)), []).append(event)
    yield from together.values()


def _to_holidays(wanted: NewCalendar, events: list[Any], passed: int) -> ReadCalendar:
    teams = () if wanted.team_id is None else (wanted.team_id,)
    found: dict[date, str] = {}
    for event in events:
        start, end = event.start, event.end
        if isinstance(start, datetime) or not isinstance(end, date):
            passed += 1
            continue
        for number in range(min((end - start).days or 1, MOST_DAYS)):
            found.setdefault(start + timedelta(days=number), _name_of(event, ""))
    if len(found) > MOST_DAYS:
        raise bad_line(1, f"there are more than {MOST_DAYS} days in it.")
    days = [OwnHoliday(day=day, name=found[day], team_ids=teams) for day in sorted(found)]
    return ReadCalendar(holidays=tuple(days), passed_over=passed)


def _to_shifts(wanted: NewCalendar, zone: tzinfo, events: list[Any], passed: int) -> ReadCalendar:
    """Events of one name at the same times of the day are one shift on their days."""
    days: dict[tuple[str, str, str], set[date]] = {}
    for event in events:
        start, end = event.start, event.end
        if not isinstance(start, datetime) or not isinstance(end, datetime) or _is_no_duty(event):
            passed += 1
            continue
        begins, ends = _local(start, zone), _local(end, zone)
        if not timedelta(0) < ends - begins <= _LONGEST:
            passed += 1
            continue
        place = (_name_of(event, "Shift"), f"{begins:%H:%M}", f"{ends:%H:%M}")
        days.setdefault(place, set()).add(begins.date())
    shifts = [
        PlannedShift(
            key=_key_of(wanted, *place),
            name=place[0],
            team_id=wanted.team_id or 0,
            agent_ids=wanted.agent_ids,
            time_zone=wanted.time_zone,
            starts=place[1],
            ends=place[2],
            first_day=min(found),
            days=tuple(sorted(found)),
        )
        for place, found in sorted(days.items())
    ]
    return ReadCalendar(shifts=tuple(shifts), passed_over=passed)


def _is_no_duty(event: Any) -> bool:
    """In our own feeds: a holiday of some hours, and what is open for somebody to take."""
    return bool({"HOLIDAY", "OPEN"} & {str(one).upper() for one in event.categories})


def _local(at: datetime, zone: tzinfo) -> datetime:
    """A time without a zone is of the one that was asked for."""
    return at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)


def _name_of(event: Any, otherwise: str) -> str:
    return scrub(str(event.get("SUMMARY", ""))).strip()[:80] or otherwise


def _key_of(wanted: NewCalendar, *place: str) -> str:
    """The same calendar read again gives the same shifts."""
    said = "\n".join([str(wanted.team_id), wanted.time_zone, *map(str, wanted.agent_ids), *place])
    return f"ics-{hashlib.sha256(said.encode()).hexdigest()[:16]}"
