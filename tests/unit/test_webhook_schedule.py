"""When a call is tried again, for every history of failures."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from router.services.webhooks_out.schedule import (
    FIRST_PAUSE,
    GIVEN_UP_AFTER,
    JITTER,
    LONGEST_PAUSE,
    LONGEST_REST,
    is_unreachable,
    next_due,
    read_retry_after,
    rest_after,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
luck = st.floats(0, 1)
asked = st.none() | st.integers(0, 10**7).map(lambda one: timedelta(seconds=one))


@given(st.lists(st.tuples(luck, asked, st.integers(0, 600)), max_size=60))
def test_every_schedule_ends_in_three_days_and_never_hurries(
    history: list[tuple[float, timedelta | None, int]],
) -> None:
    now, tries, ended = START, 0, False
    for chance, retry_after, late in history:
        tries += 1
        due = next_due(tries, first_at=START, now=now, retry_after=retry_after, luck=chance)
        if due is None:
            assert now >= START + GIVEN_UP_AFTER
            ended = True
            break
        assert now < due <= START + GIVEN_UP_AFTER
        is_last = due == START + GIVEN_UP_AFTER
        assert is_last or due - now >= FIRST_PAUSE * (1 - JITTER)
        assert is_last or retry_after is None or due - now >= retry_after
        assert due - now <= max(LONGEST_PAUSE * (1 + JITTER), retry_after or timedelta(0))
        now = due + timedelta(seconds=late)
    assert ended or tries < 60


@given(luck, luck)
def test_pauses_grow_whatever_the_luck(one: float, other: float) -> None:
    pauses = [
        next_due(tries, first_at=START, now=START, luck=chance)
        for tries, chance in ((1, one), (2, other))
    ]

    assert None not in pauses
    assert pauses == sorted(pauses)  # type: ignore[type-var]  # none of them is None


def test_a_receiver_that_is_away_gets_a_dozen_tries() -> None:
    now, tries = START, 0
    while (due := next_due(tries + 1, first_at=START, now=now, luck=0.5)) is not None:
        now, tries = due, tries + 1

    assert 10 <= tries <= 15
    assert now == START + GIVEN_UP_AFTER


@given(st.integers(0, 10**6))
def test_rests_grow_and_are_short(failures: int) -> None:
    assert timedelta(0) <= rest_after(failures) <= rest_after(failures + 1) <= LONGEST_REST


@given(st.text(max_size=40))
def test_any_retry_after_is_read_or_ignored(text: str) -> None:
    found = read_retry_after(text, START)

    assert found is None or timedelta(0) <= found <= GIVEN_UP_AFTER


def test_retry_after_is_read_in_both_forms() -> None:
    assert read_retry_after("120", START) == timedelta(seconds=120)
    assert read_retry_after("Sun, 01 Mar 2026 00:01:00 GMT", START) == timedelta(minutes=1)
    assert read_retry_after("Sun, 01 Feb 2026 00:01:00 GMT", START) == timedelta(0)
    assert read_retry_after("99999999999999999999", START) == GIVEN_UP_AFTER
    assert read_retry_after("soon", START) is None


def test_a_receiver_is_unreachable_only_after_days_and_many_tries() -> None:
    days = START + timedelta(days=3)

    assert is_unreachable(10, START, days)
    assert not is_unreachable(9, START, days)
    assert not is_unreachable(100, START, days - timedelta(seconds=1))
