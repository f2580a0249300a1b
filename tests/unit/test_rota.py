"""Who is on duty when: over daylight saving, year ends and holidays; single changes, holes."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.business_time import ROUND_THE_CLOCK, Calendar, OpenStretch
from core.rota import (
    EVERYBODY,
    Closure,
    Cover,
    DutyChange,
    Rota,
    Shift,
    duties_between,
    find_clashes,
    find_duty,
    find_holes,
    off_duty_since,
    on_duty,
)

BERLIN = ZoneInfo("Europe/Berlin")
ALL_DAYS = frozenset(range(7))
ANA, BO, CY = 1, 2, 3


def shift(**given: Any) -> Shift:
    usual = {
        "key": "a",
        "team_id": 1,
        "agent_ids": frozenset({ANA}),
        "zone": BERLIN,
        "starts": 9 * 60,
        "ends": 17 * 60,
        "first": date(2026, 1, 1),
        "weekdays": ALL_DAYS,
    }
    return Shift(**{**usual, **given})


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day, …


def whole_day(rota: Rota, day: datetime) -> list[tuple[datetime, datetime]]:
    found = duties_between(rota, day, day + timedelta(days=1))
    return [(one.starts, one.ends) for one in found]


def test_agent_is_on_duty_from_the_first_instant_and_not_at_the_last() -> None:
    rota = Rota(shifts=(shift(),))

    at = [on_duty(rota, utc(2026, 7, 1, hour, minute)) for hour, minute in ((6, 59), (7, 0))]
    later = [on_duty(rota, utc(2026, 7, 1, hour, minute)) for hour, minute in ((14, 59), (15, 0))]

    assert at == [frozenset(), {ANA}]
    assert later == [{ANA}, frozenset()]


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 28), 7), (date(2026, 3, 27), 8), (date(2026, 10, 24), 9)],
    ids=["clocks go on", "usual", "clocks go back"],
)
def test_night_is_as_long_as_it_is_by_the_clock_on_the_wall(day: date, hours: int) -> None:
    night = shift(starts=22 * 60, ends=6 * 60, weekdays=frozenset(), days=frozenset({day}))
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)

    [duty] = duties_between(Rota(shifts=(night,)), start, start + timedelta(days=2))

    assert duty.ends - duty.starts == timedelta(hours=hours)


def test_shift_within_the_hour_that_does_not_exist_begins_after_it() -> None:
    early = shift(starts=2 * 60 + 30, ends=6 * 60)

    assert whole_day(Rota(shifts=(early,)), utc(2026, 3, 29))[0] == (
        utc(2026, 3, 29, 1, 30),
        utc(2026, 3, 29, 4),
    )


def test_shift_that_is_skipped_whole_does_not_take_place() -> None:
    # From the hour that is skipped to its end: nothing of it is left.
    lost = shift(starts=2 * 60, ends=3 * 60)

    assert whole_day(Rota(shifts=(lost,)), utc(2026, 3, 29)) == []


def test_handing_over_within_the_hour_that_is_there_twice_leaves_no_hole() -> None:
    late = shift(key="late", starts=18 * 60, ends=2 * 60 + 30)
    early = shift(key="early", starts=2 * 60 + 30, ends=18 * 60, agent_ids=frozenset({BO}))
    rota = Rota(shifts=(late, early))

    holes = find_holes(
        rota, [Cover(calendar=ROUND_THE_CLOCK)], utc(2026, 10, 23), utc(2026, 10, 27)
    )

    assert list(holes) == []
    assert on_duty(rota, utc(2026, 10, 25, 0, 29)) == {ANA}
    assert on_duty(rota, utc(2026, 10, 25, 0, 30)) == {BO}
    assert on_duty(rota, utc(2026, 10, 25, 1, 30)) == {BO}


def test_night_over_the_year_end_is_of_the_day_on_which_it_began() -> None:
    night = shift(starts=22 * 60, ends=6 * 60, last=date(2026, 12, 31))
    rota = Rota(shifts=(night,))

    assert on_duty(rota, utc(2027, 1, 1, 4, 59)) == {ANA}
    assert on_duty(rota, utc(2027, 1, 1, 23)) == frozenset()


def test_every_other_week_is_counted_over_the_year_end() -> None:
    # 2026 has 53 weeks: weeks are counted from the first one, not by their number in the year.
    fortnight = shift(every_weeks=2, weekdays=frozenset({0}), first=date(2026, 12, 14))
    rota = Rota(shifts=(fortnight,))

    days = [one.day for one in duties_between(rota, utc(2026, 12, 1), utc(2027, 1, 31))]

    assert days == [date(2026, 12, 14), date(2026, 12, 28), date(2027, 1, 11), date(2027, 1, 25)]


def test_holiday_of_one_team_leaves_the_others_at_work() -> None:
    ours, theirs = shift(key="a"), shift(key="b", team_id=2, agent_ids=frozenset({BO}))
    staying = shift(key="c", agent_ids=frozenset({CY}), works_holidays=True)
    rota = Rota(shifts=(ours, theirs, staying), holidays={1: frozenset({date(2026, 5, 1)})})

    assert on_duty(rota, utc(2026, 5, 1, 12)) == {BO, CY}
    assert on_duty(rota, utc(2026, 5, 2, 12)) == {ANA, BO, CY}


def test_single_change_holds_on_its_day_alone_even_on_a_holiday() -> None:
    day = date(2026, 5, 1)
    changes = {
        ("a", day): DutyChange(agent_ids=frozenset({BO}), starts=10 * 60),
        ("a", date(2026, 5, 2)): DutyChange(is_cancelled=True),
    }
    rota = Rota(shifts=(shift(),), changes=changes, holidays={EVERYBODY: frozenset({day})})

    found = duties_between(rota, utc(2026, 4, 30), utc(2026, 5, 4))

    assert [(one.day.day, set(one.agent_ids)) for one in found] == [
        (30, {ANA}),
        (1, {BO}),
        (3, {ANA}),
    ]
    assert found[1].starts == utc(2026, 5, 1, 8)


def test_teams_that_follow_the_sun_leave_no_hole_but_where_one_has_a_holiday() -> None:
    zones = {"Asia/Tokyo": ANA, "Europe/London": BO, "America/Los_Angeles": CY}
    shifts = [
        # London goes into summer time and out of it: its day is long enough for both.
        shift(
            key=zone, team_id=agent, agent_ids=frozenset({agent}), zone=ZoneInfo(zone), starts=a,
            ends=b,
        )
        for (zone, agent), (a, b) in zip(
            zones.items(), [(8 * 60, 18 * 60), (8 * 60, 18 * 60), (8 * 60, 17 * 60)], strict=True
        )
    ]  # fmt: skip
    covers = [Cover(calendar=ROUND_THE_CLOCK)]
    span = (utc(2026, 3, 1), utc(2026, 3, 5))

    whole = list(find_holes(Rota(shifts=tuple(shifts)), covers, *span))
    holiday = {BO: frozenset({date(2026, 3, 3)})}
    lacking = list(find_holes(Rota(shifts=tuple(shifts), holidays=holiday), covers, *span))

    # Los Angeles ends at 01:00 UTC, Tokyo begins at 23:00 and ends at 09:00.
    assert whole == []
    assert [(one.starts, one.ends) for one in lacking] == [
        (utc(2026, 3, 3, 9), utc(2026, 3, 3, 16))
    ]


def test_cover_wants_so_many_different_people_within_its_hours() -> None:
    hours = Calendar(
        zone=BERLIN, stretches=(OpenStretch(weekdays=ALL_DAYS, opens=8 * 60, closes=17 * 60),)
    )
    twice = shift(key="b", starts=9 * 60, ends=12 * 60)
    second = shift(key="c", starts=12 * 60, ends=17 * 60, agent_ids=frozenset({BO}))
    rota = Rota(shifts=(shift(), twice, second))

    holes = list(
        find_holes(rota, [Cover(calendar=hours, at_least=2)], utc(2026, 7, 1), utc(2026, 7, 2))
    )

    told = [(one.starts.hour, one.ends.hour, one.on_duty) for one in holes]
    assert told == [(6, 7, 0), (7, 10, 1)]


def test_agent_in_two_shifts_at_once_and_one_with_too_little_rest_are_told() -> None:
    early = shift(key="early", starts=6 * 60, ends=14 * 60, last=date(2026, 1, 1))
    overlapping = shift(key="mid", starts=13 * 60, ends=22 * 60, last=date(2026, 1, 1))
    morning = shift(key="next", starts=6 * 60, ends=14 * 60, days=frozenset({date(2026, 1, 2)}),
                    weekdays=frozenset())  # fmt: skip
    follows = shift(key="on", starts=14 * 60, ends=16 * 60, days=frozenset({date(2026, 1, 2)}),
                    weekdays=frozenset())  # fmt: skip

    found = find_clashes(
        Rota(shifts=(early, overlapping, morning, follows)),
        utc(2026, 1, 1),
        utc(2026, 1, 4),
        rest=timedelta(hours=11),
    )

    assert [(one.kind, one.earlier.key, one.later.key) for one in found] == [
        ("twice", "early", "mid"),
        ("short_rest", "mid", "next"),
    ]


def test_end_of_the_last_duty_is_known_only_to_who_has_none_now() -> None:
    rota = Rota(shifts=(shift(),))
    within = timedelta(days=2)

    assert off_duty_since(rota, utc(2026, 7, 1, 7), within=within) == {}
    assert off_duty_since(rota, utc(2026, 7, 1, 12), within=within) == {}
    assert off_duty_since(rota, utc(2026, 7, 1, 15), within=within) == {ANA: utc(2026, 7, 1, 15)}
    assert off_duty_since(rota, utc(2025, 7, 1, 20), within=within) == {}


@given(
    minute=st.integers(0, 2 * 365 * 24 * 60),
    starts=st.integers(0, 1439),
    ends=st.integers(0, 1439),
    zone=st.sampled_from(["Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu"]),
)
def test_whoever_is_on_duty_at_an_instant_has_a_duty_around_it(
    minute: int, starts: int, ends: int, zone: str
) -> None:
    rota = Rota(shifts=(shift(starts=starts, ends=ends, zone=ZoneInfo(zone)),))
    now = utc(2026, 1, 1) + timedelta(minutes=minute)
    far = timedelta(days=3)

    around = [
        one for one in duties_between(rota, now - far, now + far) if one.starts <= now < one.ends
    ]

    assert (ANA in on_duty(rota, now)) == bool(around)


def test_holiday_of_some_hours_is_cut_out_of_a_duty_even_in_the_night_clocks_go_back() -> None:
    # From noon of the 24th; and on 25 October, where clocks go back at 3, from 2 to 4 by the wall.
    closed = (
        Closure(day=date(2026, 12, 24), starts=12 * 60, ends=24 * 60),
        Closure(day=date(2026, 10, 25), starts=2 * 60, ends=4 * 60),
    )
    night = shift(key="n", starts=0, ends=6 * 60)
    rota = Rota(shifts=(shift(), night), closures={EVERYBODY: closed})

    assert whole_day(rota, utc(2026, 12, 24)) == [
        (utc(2026, 12, 23, 23), utc(2026, 12, 24, 5)),
        (utc(2026, 12, 24, 8), utc(2026, 12, 24, 11)),
        # Of the 25th, which is no holiday.
        (utc(2026, 12, 24, 23), utc(2026, 12, 25, 5)),
    ]
    # Three hours are cut, since one of them comes twice.
    assert whole_day(rota, utc(2026, 10, 24, 22))[:2] == [
        (utc(2026, 10, 24, 22), utc(2026, 10, 25, 0)),
        (utc(2026, 10, 25, 3), utc(2026, 10, 25, 5)),
    ]
    working = Rota(shifts=(shift(works_holidays=True),), closures=rota.closures)
    assert whole_day(working, utc(2026, 12, 24)) == [(utc(2026, 12, 24, 8), utc(2026, 12, 24, 16))]


def test_break_that_a_holiday_of_some_hours_makes_is_no_short_rest_of_the_same_duty() -> None:
    noon = Closure(day=date(2026, 7, 1), starts=12 * 60, ends=13 * 60)
    late = shift(key="late", starts=20 * 60, ends=22 * 60)
    rota = Rota(shifts=(shift(), late), closures={1: (noon,)})

    found = find_clashes(rota, utc(2026, 7, 1), utc(2026, 7, 2), rest=timedelta(hours=4))

    assert [(one.earlier.key, one.later.key) for one in found] == [("a", "late")]


def test_duty_that_nobody_works_is_still_found_by_its_day() -> None:
    day = date(2026, 7, 1)
    rota = Rota(
        shifts=(shift(),),
        changes={("a", day): DutyChange(agent_ids=frozenset())},
    )

    found = find_duty(rota, "a", day)

    assert found is not None
    assert (found.agent_ids, found.starts) == (frozenset(), utc(2026, 7, 1, 7))
    assert duties_between(rota, utc(2026, 7, 1), utc(2026, 7, 2)) == []
    assert find_duty(rota, "a", date(2025, 7, 1)) is None
