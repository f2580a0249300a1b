"""Time as a desk counts it, over zones, nights, holidays and changes of the clock."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.business_time import (
    FARTHEST_DAYS,
    ROUND_THE_CLOCK,
    Calendar,
    NeverOpen,
    OpenStretch,
    add_business_time,
    business_time_between,
)

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
         "Africa/Cairo", "Pacific/Apia")  # fmt: skip
WEEK = frozenset(range(5))
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


def office(
    zone: str = "Europe/Berlin", *holidays: date, opens: int = 9, closes: int = 18
) -> Calendar:
    day = OpenStretch(weekdays=WEEK, opens=opens * 60, closes=closes * 60)
    return Calendar(zone=ZoneInfo(zone), stretches=(day,), holidays=frozenset(holidays))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    minutes = st.integers(0, 24 * 60 - 1)
    stretches = draw(
        st.lists(
            st.builds(
                OpenStretch,
                weekdays=st.frozensets(st.integers(0, 6), min_size=1),
                opens=minutes,
                closes=st.integers(1, 24 * 60),
            ),
            min_size=1,
            max_size=3,
        )
    )
    days = st.dates(date(2026, 3, 1), date(2026, 11, 30))
    holidays = draw(st.frozensets(days, max_size=5))
    part = st.tuples(days, st.integers(0, 12 * 60), st.integers(12 * 60 + 1, 24 * 60))
    closures = draw(st.lists(part, max_size=3))
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    return Calendar(
        zone=zone, stretches=tuple(stretches), holidays=holidays, closures=tuple(closures)
    )


INSTANTS = st.datetimes(
    datetime(2026, 2, 25),  # noqa: DTZ001  # the strategy's own bounds have no zone
    datetime(2026, 11, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
)
SPANS = st.integers(1, 60 * 60 * 40).map(lambda seconds: timedelta(seconds=seconds))


@settings(max_examples=120, deadline=None)
@given(calendars(), INSTANTS, SPANS)
@example(
    Calendar(stretches=(OpenStretch(weekdays=frozenset({0}), opens=0, closes=1),)),
    datetime(2026, 2, 25, tzinfo=UTC),
    timedelta(minutes=523),  # in ten years there are 522 Mondays
)
def test_what_is_added_is_what_is_counted_and_no_earlier_instant_would_do(
    calendar: Calendar, start: datetime, span: timedelta
) -> None:
    try:
        due = add_business_time(start, span, calendar)
    except NeverOpen:
        farthest = start + timedelta(days=FARTHEST_DAYS - 1)
        assert business_time_between(start, farthest, calendar) < span
        return

    assert business_time_between(start, due, calendar) == span
    instant = timedelta(microseconds=1)  # what is due may be due one after the desk opens
    assert business_time_between(start, due - instant, calendar) == span - instant


@settings(max_examples=80, deadline=None)
@given(calendars(), INSTANTS, st.lists(SPANS, min_size=2, max_size=4))
def test_stretches_of_counted_time_add_up(
    calendar: Calendar, start: datetime, spans: list[timedelta]
) -> None:
    instants = [start]
    for span in spans:
        instants.append(instants[-1] + span)

    counted = [business_time_between(since, until, calendar) for since, until in pairwise(instants)]

    assert sum(counted, timedelta(0)) == business_time_between(start, instants[-1], calendar)
    assert all(timedelta(0) <= one <= span for one, span in zip(counted, spans, strict=True))


def test_night_in_which_clocks_go_forward_is_an_hour_shorter() -> None:
    nights = Calendar(
        zone=BERLIN, stretches=(OpenStretch(weekdays=frozenset({5}), opens=22 * 60, closes=6 * 60),)
    )
    evening = datetime(2026, 3, 28, 21, tzinfo=BERLIN)

    assert business_time_between(evening, evening + 24 * HOUR, nights) == 7 * HOUR
    assert add_business_time(evening, 6 * HOUR, nights) == datetime(2026, 3, 29, 5, tzinfo=BERLIN)


def test_night_in_which_clocks_go_back_is_an_hour_longer() -> None:
    nights = Calendar(
        zone=BERLIN, stretches=(OpenStretch(weekdays=frozenset({5}), opens=22 * 60, closes=6 * 60),)
    )
    evening = datetime(2026, 10, 24, 21, tzinfo=BERLIN)

    assert business_time_between(evening, evening + 24 * HOUR, nights) == 9 * HOUR


def test_friday_evening_goes_on_after_the_weekend_and_the_holiday() -> None:
    calendar = office("Europe/Berlin", date(2026, 4, 6))
    friday = datetime(2026, 4, 3, 17, tzinfo=BERLIN)

    assert add_business_time(friday, 2 * HOUR, calendar) == datetime(2026, 4, 7, 10, tzinfo=BERLIN)


def test_holiday_cuts_the_night_before_at_midnight() -> None:
    every = OpenStretch(weekdays=frozenset(range(7)), opens=20 * 60, closes=4 * 60)
    calendar = Calendar(zone=UTC, stretches=(every,), holidays=frozenset({date(2026, 5, 1)}))
    evening = datetime(2026, 4, 30, 20, tzinfo=UTC)

    assert business_time_between(evening, evening + 24 * HOUR, calendar) == 4 * HOUR


def test_day_that_a_zone_leaves_out_counts_nothing_and_stops_nobody() -> None:
    apia = office("Pacific/Apia")
    thursday = datetime(2011, 12, 29, 17, tzinfo=ZoneInfo("Pacific/Apia"))

    due = add_business_time(thursday, 2 * HOUR, apia)

    assert due == datetime(2012, 1, 2, 10, tzinfo=ZoneInfo("Pacific/Apia"))


def test_round_the_clock_is_the_clock() -> None:
    now = datetime(2026, 3, 29, tzinfo=UTC)
    assert add_business_time(now, 30 * HOUR, ROUND_THE_CLOCK) == now + 30 * HOUR
    assert add_business_time(now, timedelta(0), office()) == now


def test_calendar_on_which_nobody_is_ever_there_is_told() -> None:
    nobody = Calendar(stretches=(OpenStretch(weekdays=frozenset(), opens=0, closes=60),))
    with pytest.raises(NeverOpen):
        add_business_time(datetime(2026, 1, 1, tzinfo=UTC), HOUR, nobody)
