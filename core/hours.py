"""When somebody is there to answer: the desk's own hours, and those of one account. Pure."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK_TIME = r"^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$"
_SPAN = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?")


class OpenHours(BaseModel):
    """One stretch of time, the same on each of these days."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    days: str = Field(default="mon-fri", title="Days")
    """mon, mon-fri, or sat,sun."""
    opens: str = Field(pattern=CLOCK_TIME, title="Opens")
    """As 09:00."""
    closes: str = Field(pattern=CLOCK_TIME, title="Closes")
    """As 18:00, or 24:00."""

    @field_validator("days")
    @classmethod
    def _days_are_days(cls, value: str) -> str:
        weekdays_of(value)
        return value

    @model_validator(mode="after")
    def _has_a_length(self) -> "OpenHours":
        if self.opens >= self.closes:
            raise ValueError("closes must be after opens; write a night as two stretches")
        return self


class DeskHours(msgspec.Struct, frozen=True, kw_only=True):
    """Of the whole desk, for every account without hours of its own."""

    hours: tuple[OpenHours, ...] = ()
    """Empty: always."""
    time_zone: str = "UTC"


def always() -> DeskHours:
    """No desk has said anything else."""
    return DeskHours()


def zone_of(name: str) -> tzinfo:
    """UTC is known on every machine. Raises ValueError for what this one doesn't know."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name} is no time zone: write it as Europe/Berlin") from error


def weekdays_of(days: str) -> frozenset[int]:
    """0 is Monday. Raises ValueError."""
    found: set[int] = set()
    for one in days.lower().replace(" ", "").split(","):
        span = _SPAN.fullmatch(one)
        if span is None or not {name for name in span.groups() if name} <= set(DAYS):
            raise ValueError(f"{one!r} is no day: write mon, mon-fri, or sat,sun")
        first, last = DAYS.index(span[1]), DAYS.index(span[2] or span[1])
        found |= {(first + n) % 7 for n in range((last - first) % 7 + 1)}
    return frozenset(found)


def is_open(hours: Sequence[OpenHours], zone: tzinfo, now: datetime) -> bool:
    """Always, where no hours are given."""
    if not hours:
        return True
    return any(start <= now < end for start, end in _stretches(hours, zone, now, days=1))


def opens_at(hours: Sequence[OpenHours], zone: tzinfo, now: datetime) -> datetime | None:
    """When it opens next, in UTC; None: it is open, or never opens."""
    if is_open(hours, zone, now):
        return None
    later = [start for start, _ in _stretches(hours, zone, now, days=8) if start > now]
    return min(later, default=None)


def _stretches(
    hours: Sequence[OpenHours], zone: tzinfo, now: datetime, *, days: int
) -> list[tuple[datetime, datetime]]:
    """From today on, by the calendar of the zone, its changes of the clock included."""
    today = now.astimezone(zone).date()
    return [
        (_moment(day, one.opens, zone), _moment(day, one.closes, zone))
        for day in (today + timedelta(days=n) for n in range(days))
        for one in hours
        if day.weekday() in weekdays_of(one.days)
    ]


def _moment(day: date, clock_time: str, zone: tzinfo) -> datetime:
    hour, _, minute = clock_time.partition(":")
    if hour == "24":
        day, hour = day + timedelta(days=1), "0"
    return datetime.combine(day, time(int(hour), int(minute)), zone).astimezone(UTC)
