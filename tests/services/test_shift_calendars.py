"""Calendars of shifts: feeds that name nobody, and files that are read or refused with the line."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from icalendar import Calendar

from core.clock import FakeClock
from router.services.errors import Forbidden, NotFound, Refused
from router.services.shifts import calendars_in, calendars_out, exchanging
from router.services.shifts.exchange_shapes import Absence, ExchangeAnswer, NewExchange
from router.services.shifts.shapes import MadeFeed, NewCalendar, ReadCalendar
from tests.services.test_shifts import Roster
from tests.stage import Stage

TODAY = date(2026, 6, 1)
BERLIN_NIGHT = (
    "BEGIN:VEVENT",
    "UID:night",
    "DTSTART;TZID=Europe/Berlin:20261023T220000",
    "DTEND;TZID=Europe/Berlin:20261024T060000",
    "RRULE:FREQ=DAILY;COUNT=4",
    "EXDATE;TZID=Europe/Berlin:20261025T220000",
    "SUMMARY:Night watch",
    "END:VEVENT",
)


@pytest.fixture
async def roster(stage: Stage, clock: FakeClock) -> Roster:
    clock.advance(datetime(2026, 6, 1, 6, tzinfo=UTC) - clock.now())
    return await Roster(stage).begin()


def written(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", ""])


async def read(text: str, **more: object) -> ReadCalendar:
    usual = {"kind": "shifts", "time_zone": "Europe/Berlin", "team_id": 7, "agent_ids": (1,)}
    return await calendars_in.read_calendar(NewCalendar(text=text, **usual | more), TODAY)  # type: ignore[arg-type]  # a test names real fields


async def served(roster: Roster, made: MadeFeed) -> str:
    token = made.path.removeprefix("/calendars/").removesuffix(".ics")
    calendar, _ = await calendars_out.read_feed(roster.database, token)
    return calendar.decode()


async def test_feed_of_an_agent_has_their_duties_and_names_nobody(roster: Roster) -> None:
    await roster.plan(roster.whole())

    made = await calendars_out.make_feed(roster.database, roster.ana, None, may_all=False)
    text = await served(roster, made)

    events: list[Any] = list(Calendar.from_ical(text).walk("VEVENT"))
    ours = [one for one in events if one.start.date() == date(2026, 6, 2)]
    assert [(one.start, one.end) for one in ours] == [
        (datetime(2026, 6, 2, 6, tzinfo=UTC), datetime(2026, 6, 2, 18, tzinfo=UTC))
    ]
    assert {str(one["SUMMARY"]) for one in events} == {"Day (Night)"}
    for name in ("Ana", "Bo", "Ida", "@desk"):
        assert name not in text


async def test_feed_of_a_team_says_how_many_work_and_is_made_by_its_members(
    roster: Roster,
) -> None:
    await roster.plan(roster.whole())
    with pytest.raises(Forbidden):
        await calendars_out.make_feed(roster.database, roster.ana, roster.team, may_all=False)
    await roster.stage.run(
        "insert into memberships (team_id, agent_id) values ($1, $2)",
        roster.team,
        roster.ana.agent_id,
    )

    made = await calendars_out.make_feed(roster.database, roster.ana, roster.team, may_all=False)
    events = Calendar.from_ical(await served(roster, made)).walk("VEVENT")

    assert {str(one["SUMMARY"]) for one in events} == {"Day (1)", "Night (1)"}
    assert len({str(one["UID"]) for one in events}) == len(events)


async def test_revoked_feed_and_that_of_a_former_agent_answer_no_more(roster: Roster) -> None:
    await roster.plan(roster.whole())
    first, second = [
        await calendars_out.make_feed(roster.database, who, None, may_all=False)
        for who in (roster.ana, roster.bo)
    ]
    with pytest.raises(NotFound):
        await calendars_out.revoke_feed(roster.database, roster.bo, first.feed.id, may_all=False)

    await calendars_out.revoke_feed(roster.database, roster.ana, first.feed.id, may_all=False)
    await roster.stage.run("update agents set is_active = false where id = $1", roster.bo.agent_id)

    for made in (first, second):
        with pytest.raises(NotFound):
            await served(roster, made)


async def test_address_of_a_feed_is_stored_as_a_hash_alone(roster: Roster) -> None:
    made = await calendars_out.make_feed(roster.database, roster.ana, None, may_all=False)

    token = made.path.removeprefix("/calendars/").removesuffix(".ics")
    kept = await roster.stage.value("select count(*) from calendar_feeds f where f::text like $1",
                                    f"%{token}%")  # fmt: skip
    assert (len(token) >= 43, kept) == (True, 0)


async def test_recurring_event_is_one_shift_on_its_days_over_daylight_saving() -> None:
    found = await read(written(*BERLIN_NIGHT))

    [shift] = found.shifts
    assert (shift.name, shift.starts, shift.ends) == ("Night watch", "22:00", "06:00")
    assert [day.isoformat() for day in shift.days] == ["2026-10-23", "2026-10-24", "2026-10-26"]
    assert shift.agent_ids == (1,)


async def test_what_our_feed_says_is_what_is_read_of_it_again(roster: Roster) -> None:
    await roster.plan(roster.whole())
    made = await calendars_out.make_feed(roster.database, roster.ana, None, may_all=False)

    [shift] = (await read(await served(roster, made))).shifts

    assert (shift.starts, shift.ends, shift.days[0]) == ("08:00", "20:00", TODAY)


async def test_all_day_events_are_holidays_and_others_are_passed_over() -> None:
    feast = ("BEGIN:VEVENT", "UID:f", "DTSTART;VALUE=DATE:20260606", "DTEND;VALUE=DATE:20260608",
             "SUMMARY:Feast", "END:VEVENT")  # fmt: skip
    cancelled = ("BEGIN:VEVENT", "UID:c", "DTSTART;VALUE=DATE:20260701", "STATUS:CANCELLED",
                 "END:VEVENT")  # fmt: skip

    found = await read(written(*feast, *cancelled, *BERLIN_NIGHT), kind="holidays", team_id=None)

    assert [(one.day.day, one.name) for one in found.holidays] == [(6, "Feast"), (7, "Feast")]
    assert found.passed_over == 4


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        (("BEGIN:VEVENT", "nonsense", "END:VEVENT"), 4),
        (("BEGIN:VEVENT", "UID:1", "DTSTART:2026-99", "END:VEVENT"), 5),
        (("BEGIN:VEVENT", "UID:1", "END:VEVENT"), 3),
        (("BEGIN:VEVENT", "UID:1", "DTSTART:20260601T080000Z", "END:VTODO"), 6),
        (("BEGIN:VEVENT", "UID:1"), 5),
        (("BEGIN:VEVENT", "SUMMARY:a", " folded", "DTSTART:20260601T080000Z",
          "RRULE:FREQ=SECONDLY", "END:VEVENT"), 7),
        (("BEGIN:VEVENT", "DTSTART:20260601T080000Z", "RRULE:FREQ=DAILY;INTERVAL=0",
          "END:VEVENT"), 5),
        (("BEGIN:VEVENT", "DTSTART:20260601T080000Z", "RRULE:FREQ=DAILY;BYSECOND=1,2",
          "END:VEVENT"), 5),
        (("BEGIN:VEVENT", "UID:1", "DTSTART:00010101T000000Z", "RRULE:FREQ=DAILY", "END:VEVENT"),
         5),
    ],
    ids=["no line", "no time", "no start", "other end", "no end", "every second", "interval 0",
         "seconds", "long ago"],
)  # fmt: skip
async def test_calendar_that_cannot_be_read_is_refused_with_its_line(
    lines: tuple[str, ...], line: int
) -> None:
    with pytest.raises(Refused) as refused:
        await read(written(*lines))

    assert (refused.value.facts["line"], refused.value.field) == (line, "text")


@pytest.mark.parametrize("text", ["", "\r\n", "hello", "BEGIN:VEVENT\r\nEND:VEVENT"])
async def test_what_is_no_calendar_is_refused_in_its_first_line(text: str) -> None:
    with pytest.raises(Refused) as refused:
        await read(text or " ")

    assert refused.value.facts["line"] == 1


async def test_more_than_a_calendar_should_hold_is_refused() -> None:
    event = "BEGIN:VEVENT\r\nDTSTART:20260601T080000Z\r\nEND:VEVENT\r\n"

    with pytest.raises(Refused, match="more than 2000 events"):
        await read(f"BEGIN:VCALENDAR\r\n{event * 2001}END:VCALENDAR")


async def test_feed_has_holidays_that_are_no_duties_when_it_is_read_again(roster: Roster) -> None:
    own = {"day": "2026-06-05", "name": "Half a day", "starts": "18:00", "ends": "00:00"}
    other = {"day": "2026-06-08", "name": "Of others", "team_ids": [await roster.other_team()]}
    days = {"countries": [{"country": "DE"}], "holidays": [own, other]}
    await roster.plan(roster.whole(**days), accept=True)

    text = await served(
        roster, await calendars_out.make_feed(roster.database, roster.ana, None, may_all=False)
    )

    events = list(Calendar.from_ical(text).walk("VEVENT"))
    holidays = {
        (one.start.isoformat(), str(one["SUMMARY"]))
        for one in events
        if list(map(str, one.categories)) == ["HOLIDAY"] and one["TRANSP"] == "TRANSPARENT"
    }
    # By the clock of each shift, so without a zone; the library's are whole days.
    assert ("2026-06-05T18:00:00", "Half a day") in holidays
    assert ("2026-05-25", "Pfingstmontag") in holidays
    assert "Of others" not in text
    # 18:00 to 20:00 of the day's shift is a holiday.
    ends = {one.end.hour for one in events if one.start == datetime(2026, 6, 5, 6, tzinfo=UTC)}
    assert ends == {16}
    again = await read(text)
    assert {one.starts for one in again.shifts} == {"08:00"}


async def test_feed_has_what_was_swapped_and_what_is_open_and_not_with_who_had_it_before(
    roster: Roster,
) -> None:
    cy = await roster.stage.agent("Cy")
    for one in (roster.ana, cy):
        await roster.stage.run(
            "insert into memberships (team_id, agent_id) values ($1, $2)",
            roster.team,
            one.agent_id,
        )
    await roster.plan(roster.whole(swaps="agreed"), accept=True)
    given = NewExchange(shift="day", day=date(2026, 6, 3))
    exchange = await exchanging.propose(roster.database, roster.ana, given)
    accept = ExchangeAnswer(answer="accept")
    await exchanging.answer(roster.database, cy, exchange, accept)
    for day, stand_in in ((date(2026, 6, 8), cy.agent_id), (date(2026, 6, 9), None)):
        absence = Absence(
            shift="day",
            day=day,
            agent_id=roster.ana.agent_id,
            stand_in_id=stand_in,
            accept=True,
        )
        await exchanging.note_absence(roster.database, roster.boss, absence)

    text = [
        await served(
            roster, await calendars_out.make_feed(roster.database, cy, team, may_all=False)
        )
        for team in (None, roster.team)
    ]
    hers = await calendars_out.make_feed(roster.database, roster.ana, None, may_all=False)
    left = Calendar.from_ical(await served(roster, hers)).walk("VEVENT")

    own_events, team_events = [
        {
            (one.start.isoformat()[:10], str(one["SUMMARY"]), *map(str, one.categories))
            for one in Calendar.from_ical(each).walk("VEVENT")
        }
        for each in text
    ]
    assert own_events >= {
        ("2026-06-03", "Day (Night)", "SWAP"),
        ("2026-06-08", "Day (Night)", "COVER"),
    }
    assert len([one for one in own_events if one[1] == "Day (Night)"]) == 2
    assert ("2026-06-09", "Day (?)", "OPEN") in team_events
    again = await read(text[0])
    assert [one.isoformat() for shift in again.shifts for one in shift.days] == [
        "2026-06-03",
        "2026-06-08",
    ]
    assert "Cy" not in text[0] + text[1]
    days = {one.start.date() for one in left}
    assert date(2026, 6, 4) in days
    assert days.isdisjoint({date(2026, 6, 3), date(2026, 6, 8), date(2026, 6, 9)})
