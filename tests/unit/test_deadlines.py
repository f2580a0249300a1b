"""What is owed by when, from what happened in a case."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.business_time import ROUND_THE_CLOCK, Calendar, OpenStretch, business_time_between
from core.deadlines import (
    CasePast,
    CaseState,
    Deadline,
    Happening,
    Heard,
    Promise,
    Terms,
    TermsOf,
    derive,
    next_due,
)
from core.targets import Ending, Target

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
OFFICE = Calendar(
    zone=ZoneInfo("Europe/Berlin"),
    stretches=(OpenStretch(weekdays=frozenset(range(5)), opens=9 * 60, closes=18 * 60),),
)


class Same(TermsOf):
    """The same limit for everything, whenever it ended."""

    def __init__(self, limit: timedelta, calendar: Calendar = ROUND_THE_CLOCK) -> None:
        self.limit, self.calendar = limit, calendar

    def find(self, target: Target, ended_at: datetime | None) -> Terms:
        if target is Target.PROMISE:
            return self._terms((-HOUR, timedelta(0)))
        return self._terms((self.limit * 3 // 4, self.limit, self.limit + HOUR))

    def _terms(self, marks: tuple[timedelta, ...]) -> Terms:
        return Terms(policy="all", plan_id=1, limit=self.limit, calendar=self.calendar, marks=marks)


def past(
    *said: tuple[float, Heard | CaseState],
    state: CaseState = CaseState.OPEN,
    promises: tuple[Promise, ...] = (),
) -> CasePast:
    """What happened so many hours after the case was opened."""
    happenings = tuple(
        Happening(at=START + hours * HOUR, ref=number, what=what)
        for number, (hours, what) in enumerate(said, 1)
    )
    return CasePast(opened_at=START, state=state, happenings=happenings, promises=promises)


def one(found: tuple[Deadline, ...], target: Target) -> Deadline:
    [deadline] = [each for each in found if each.target is target]
    return deadline


ASKED, ANSWERED = Heard.ASKED, Heard.ANSWERED


def test_first_reply_is_due_from_the_first_word_that_nobody_answered() -> None:
    found = derive(past((1, ASKED), (2, ASKED)), Same(4 * HOUR))

    first = one(found, Target.FIRST_REPLY)
    assert (first.ref, first.due_at, first.ended_at) == (1, START + 5 * HOUR, None)
    assert first.marks == (START + 4 * HOUR, START + 5 * HOUR, START + 6 * HOUR)
    assert next_due(found) == one(found, Target.RESOLUTION)


def test_answer_in_time_ends_it_and_the_next_word_begins_another() -> None:
    found = derive(past((0, ASKED), (1, ANSWERED), (9, ASKED)), Same(2 * HOUR))

    first, following = one(found, Target.FIRST_REPLY), one(found, Target.NEXT_REPLY)
    assert (first.ending, first.breached_at, first.due_at) == (
        Ending.ANSWERED,
        None,
        START + 2 * HOUR,
    )
    assert first.marks == (None, None, None)
    assert (following.ref, following.due_at) == (3, START + 11 * HOUR)


def test_answer_that_comes_late_leaves_when_it_was_passed() -> None:
    found = derive(past((0, ASKED), (5, ANSWERED), state=CaseState.WAITING), Same(2 * HOUR))

    first = one(found, Target.FIRST_REPLY)
    assert (first.breached_at, first.ended_at) == (START + 2 * HOUR, START + 5 * HOUR)
    assert first.marks == (START + 1.5 * HOUR, START + 2 * HOUR, START + 3 * HOUR)


def test_answer_on_the_very_instant_is_in_time() -> None:
    found = derive(past((0, ASKED), (2, ANSWERED), state=CaseState.WAITING), Same(2 * HOUR))

    assert one(found, Target.FIRST_REPLY).breached_at is None


def test_answer_that_is_scheduled_beyond_the_limit_breaks_it() -> None:
    said = past((0, ASKED), (30, ANSWERED), state=CaseState.WAITING)

    first = one(derive(said, Same(4 * HOUR)), Target.FIRST_REPLY)

    assert (first.breached_at, first.ended_at) == (START + 4 * HOUR, START + 30 * HOUR)


def test_resolution_stands_still_while_the_person_is_waited_for() -> None:
    said = past((0, ASKED), (1, ANSWERED), (21, ASKED))

    resolution = one(derive(said, Same(4 * HOUR)), Target.RESOLUTION)

    assert resolution.due_at == START + 24 * HOUR


def test_pause_keeps_what_is_left_and_a_snooze_is_one() -> None:
    said = past((0, ASKED), (3, CaseState.SNOOZED), state=CaseState.SNOOZED)

    first = one(derive(said, Same(4 * HOUR)), Target.FIRST_REPLY)

    assert (first.due_at, first.remaining, first.breached_at) == (None, HOUR, None)
    assert first.marks == (START + 3 * HOUR, None, None)


def test_pause_after_it_was_passed_leaves_it_passed() -> None:
    said = past((0, ASKED), (6, CaseState.SNOOZED), state=CaseState.SNOOZED)

    first = one(derive(said, Same(4 * HOUR)), Target.FIRST_REPLY)

    assert (first.remaining, first.breached_at) == (-2 * HOUR, START + 4 * HOUR)


def test_reopened_case_goes_on_where_it_was_solved() -> None:
    said = past((0, ASKED), (1, CaseState.SOLVED), (11, ASKED))

    found = derive(said, Same(4 * HOUR))

    assert one(found, Target.RESOLUTION).due_at == START + 14 * HOUR
    lapsed, again = [each for each in found if each.target is Target.FIRST_REPLY]
    assert (lapsed.ending, again.due_at) == (Ending.SOLVED, START + 15 * HOUR)


def test_what_the_case_says_beyond_its_lines_happened_with_the_last_of_them() -> None:
    said = past((0, ASKED), (1, ASKED), state=CaseState.SOLVED)

    first = one(derive(said, Same(4 * HOUR)), Target.FIRST_REPLY)

    assert (first.ending, first.ended_at) == (Ending.SOLVED, START + HOUR)


def test_promise_is_due_at_its_instant_whatever_pauses() -> None:
    promise = Promise(id=7, made_at=START + HOUR, due_at=START + 9 * HOUR)
    said = past((0, ASKED), (1, ANSWERED), state=CaseState.WAITING, promises=(promise,))

    promised = one(derive(said, Same(4 * HOUR)), Target.PROMISE)

    assert (promised.ref, promised.due_at) == (7, START + 9 * HOUR)
    assert promised.marks == (START + 8 * HOUR, START + 9 * HOUR)


def test_promise_ends_with_its_case() -> None:
    promise = Promise(id=7, made_at=START + HOUR, due_at=START + 2 * HOUR)
    said = past((0, ASKED), (3, CaseState.SOLVED), state=CaseState.SOLVED, promises=(promise,))

    promised = one(derive(said, Same(4 * HOUR)), Target.PROMISE)

    assert (promised.ending, promised.breached_at) == (Ending.SOLVED, START + 2 * HOUR)


def test_nothing_is_owed_where_nobody_asked() -> None:
    assert derive(past((1, ANSWERED), state=CaseState.WAITING), Same(HOUR)) == ()


SAID = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from([*Heard, *CaseState])), min_size=1, max_size=12
)


@pytest.mark.parametrize("calendar", [ROUND_THE_CLOCK, OFFICE], ids=["clock", "office"])
@settings(max_examples=60, deadline=None)
@given(said=SAID, limit=st.integers(1, 30))
def test_time_that_was_counted_until_it_was_due_is_the_limit(
    calendar: Calendar, said: list[tuple[int, Heard | CaseState]], limit: int
) -> None:
    ordered = sorted(said, key=lambda each: each[0])
    ends = [what for _, what in ordered if isinstance(what, CaseState)]
    history = past(*ordered, state=ends[-1] if ends else CaseState.OPEN)

    for found in derive(history, Same(limit * HOUR, calendar)):
        known = [at for at in found.marks if at is not None]
        assert known == sorted(known)
        assert all(at >= found.started_at for at in known)
        if found.remaining is not None:
            assert found.remaining <= limit * HOUR
            assert (found.breached_at is not None) == (found.due_at is not None)
        elif found.due_at is not None:
            counted = business_time_between(found.started_at, found.due_at, calendar)
            assert counted >= limit * HOUR  # pauses make it later, never sooner
        if found.ended_at is not None and found.due_at is not None:
            assert (found.breached_at is not None) == (found.due_at < found.ended_at)
