"""When somebody is there: by the calendar of the desk, its changes of the clock included."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from connectors.webchat.config import Config
from core.hours import OpenHours, is_open, opens_at, weekdays_of, zone_of

WEEK = (OpenHours(days="mon-fri", opens="09:00", closes="18:00"),)
BERLIN = zone_of("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-01-05T08:00", None),  # Monday, 09:00 in Berlin
        ("2026-01-05T07:59", "2026-01-05T08:00"),
        ("2026-01-05T16:59", None),
        ("2026-01-05T17:00", "2026-01-06T08:00"),
        ("2026-01-09T17:00", "2026-01-12T08:00"),  # Friday evening
        ("2026-01-11T12:00", "2026-01-12T08:00"),
        ("2026-03-28T12:00", "2026-03-30T07:00"),  # over the change to summer time
    ],
)
def test_weekdays_in_berlin(now: str, opens: str | None) -> None:
    expected = None if opens is None else at(opens)

    assert opens_at(WEEK, BERLIN, at(now)) == expected
    assert is_open(WEEK, BERLIN, at(now)) is (opens is None)


def test_without_hours_it_is_always_open() -> None:
    assert is_open((), BERLIN, at("2026-01-11T03:00"))
    assert opens_at((), BERLIN, at("2026-01-11T03:00")) is None


def test_day_may_last_until_midnight() -> None:
    night = (OpenHours(days="sat,sun", opens="20:00", closes="24:00"),)

    assert is_open(night, zone_of("UTC"), at("2026-01-10T23:59"))
    assert not is_open(night, zone_of("UTC"), at("2026-01-11T00:00"))


@pytest.mark.parametrize(
    ("days", "found"),
    [("mon", {0}), ("mon-wed", {0, 1, 2}), ("Sat, Sun", {5, 6}), ("fri-mon", {4, 5, 6, 0})],
)
def test_days_are_read(days: str, found: set[int]) -> None:
    assert weekdays_of(days) == found


@pytest.mark.parametrize(
    "hours",
    [
        {"days": "monday", "opens": "09:00", "closes": "18:00"},
        {"days": "", "opens": "09:00", "closes": "18:00"},
        {"days": "mon", "opens": "9:00", "closes": "18:00"},
        {"days": "mon", "opens": "18:00", "closes": "09:00"},
        {"days": "mon", "opens": "09:00", "closes": "24:01"},
    ],
)
def test_impossible_hours_are_refused(hours: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        OpenHours.model_validate(hours)


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc/passwd", ""])
def test_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError, match="time zone"):
        Config.model_validate({"site": "shop", "timezone": zone})
