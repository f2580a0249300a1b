"""The content lines of a calendar file, by the number of the line they stand in (RFC 5545, 3.1).

What is wrong with a file is said with its line. What would take a parser for ever is refused here,
before the library counts recurrences.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from router.services.errors import Refused

MOST_EVENTS = 2_000
MOST_RECURRING = 200
MOST_ZONES = 20
_RULES = frozenset({"RRULE", "EXRULE"})
_OFTEN = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_FINE = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND", "BYEASTER"})
_NAME = re.compile(r"[A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    number: int
    """From 1 on; of one that is folded its first."""
    text: str
    name: str
    """In capitals."""
    value: str
    within: tuple[str, ...]
    """The components around it, the outermost first."""


def bad_line(number: int, why: str) -> Refused:
    """400 that names the line."""
    return Refused(f"Line {number}: {why}", code="bad_calendar", field="text", line=number)


def read_lines(text: str) -> list[Line]:
    """All lines of a whole calendar. Raises Refused with the line at fault."""
    found: list[Line] = []
    open_since: list[tuple[str, int]] = []
    counts = {"VEVENT": 0, "VTIMEZONE": 0, "recurring": 0}
    for number, content in _unfolded(text):
        line = _read(number, content, tuple(name for name, _ in open_since))
        if line.name == "BEGIN":
            component = line.value.upper()
            if not open_since and component != "VCALENDAR":
                raise bad_line(number, "a calendar begins with BEGIN:VCALENDAR.")
            open_since.append((component, number))
            counts[component] = counts.get(component, 0) + 1
        elif not open_since:
            raise bad_line(number, "a calendar begins with BEGIN:VCALENDAR.")
        elif line.name == "END":
            if open_since.pop()[0] != line.value.upper():
                raise bad_line(number, f"nothing that is open here is called {line.value[:40]}.")
        elif line.name in _RULES:
            counts["recurring"] += 1
            _check_rule(line)
        _check_counts(number, counts)
        found.append(line)
    if open_since:
        name, number = open_since[-1]
        raise bad_line(number, f"this {name} has no end.")
    if not found:
        raise Refused("There is nothing in it.", code="bad_calendar", field="text", line=1)
    return found


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Lines that begin with a space or a tab belong to the one before."""
    at, held = 0, ""
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff")), start=1):
        if line[:1] in (" ", "\t") and held:
            held += line[1:]
            continue
        if held.strip():
            yield at, held
        at, held = number, line
    if held.strip():
        yield at, held


def _read(number: int, content: str, within: tuple[str, ...]) -> Line:
    from icalendar.parser import Contentline

    try:
        line = Contentline(content)  # type: ignore[no-untyped-call]  # its constructor has no types
        name, _, value = line.parts()
    except ValueError as error:
        raise bad_line(number, "this is no line of a calendar.") from error
    if not _NAME.fullmatch(name):
        raise bad_line(number, "this is no line of a calendar.")
    return Line(number=number, text=content, name=name.upper(), value=str(value), within=within)


def _check_rule(line: Line) -> None:
    parts = dict(part.partition("=")[::2] for part in line.value.upper().split(";"))
    if line.name == "EXRULE":
        raise bad_line(line.number, "rules of exceptions are no longer part of calendars.")
    if parts.get("FREQ") not in _OFTEN or _FINE & parts.keys():
        raise bad_line(line.number, "nothing can recur more than once a day.")
    if not re.fullmatch(r"0*[1-9]\d{0,3}", parts.get("INTERVAL", "1")):
        raise bad_line(line.number, "the interval is a number from 1 on.")
    if "VTIMEZONE" in line.within and parts["FREQ"] != "YEARLY":
        raise bad_line(line.number, "clocks are changed once a year.")


def _check_counts(number: int, counts: dict[str, int]) -> None:
    for name, most in (
        ("VEVENT", MOST_EVENTS),
        ("VTIMEZONE", MOST_ZONES),
        ("recurring", MOST_RECURRING + 2 * MOST_ZONES),
    ):
        if counts[name] > most:
            what = {"VEVENT": "events", "VTIMEZONE": "time zones"}.get(name, "that recur")
            raise bad_line(number, f"there are more than {most} {what}.")
