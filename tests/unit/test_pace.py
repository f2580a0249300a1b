"""How fast an account may send, judged by a clock that stands still."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.capabilities import Rates
from core.clock import FakeClock
from router.runtime.pace import Pace

HERE, THERE = 1, 2


def test_without_known_rates_there_is_no_limit() -> None:
    pace = Pace(Rates(), FakeClock())
    for _ in range(1000):
        assert pace.start(HERE) == 0
    assert (pace.room(), pace.next_change()) == (None, None)


def test_place_rests_between_two_messages() -> None:
    clock = FakeClock()
    pace = Pace(Rates(per_place=2.0), clock)
    pace.start(HERE)

    assert pace.start(HERE) == 0.5
    assert pace.start(THERE) == 0
    assert pace.resting_places() == {HERE, THERE}
    assert pace.next_change() == 0.5
    clock.advance(timedelta(seconds=0.5))
    assert pace.resting_places() == frozenset()
    assert pace.start(HERE) == 0


def test_place_where_others_read_along_may_have_a_slower_rate() -> None:
    clock = FakeClock()
    pace = Pace(Rates(per_place=2.0, per_shared_place=0.25), clock)
    pace.start(HERE, is_shared=True)
    pace.start(THERE)

    assert pace.start(HERE, is_shared=True) == 4
    assert pace.start(THERE) == 0.5
    without = Pace(Rates(per_place=2.0), clock)
    without.start(HERE, is_shared=True)
    assert without.start(HERE, is_shared=True) == 0.5


def test_account_may_send_one_seconds_worth_at_once_and_then_its_rate() -> None:
    clock = FakeClock()
    pace = Pace(Rates(per_account=4.0), clock)
    assert pace.room() == 4
    for _ in range(4):
        pace.start(HERE)

    assert (pace.room(), pace.next_change()) == (0, 0.25)
    clock.advance(timedelta(seconds=0.5))
    assert pace.room() == 2
    clock.advance(timedelta(hours=1))
    assert pace.room() == 4


def test_account_slower_than_one_a_second_still_sends() -> None:
    clock = FakeClock()
    pace = Pace(Rates(per_account=0.5), clock)
    assert pace.room() == 1
    pace.start(HERE)

    assert (pace.room(), pace.next_change()) == (0, 2.0)
    clock.advance(timedelta(seconds=2))
    assert pace.room() == 1


def test_account_that_was_asked_to_wait_has_no_room_until_then() -> None:
    clock = FakeClock()
    pace = Pace(Rates(), clock)
    pace.rest_account(timedelta(seconds=30))
    pace.rest_account(timedelta(seconds=10))

    assert (pace.room(), pace.next_change()) == (0, 30.0)
    clock.advance(timedelta(seconds=30))
    assert (pace.room(), pace.next_change()) == (None, None)


def test_place_that_was_asked_to_wait_rests_longest() -> None:
    clock = FakeClock()
    pace = Pace(Rates(per_place=1.0), clock)
    pace.start(HERE)
    pace.rest_place(HERE, timedelta(seconds=30))

    clock.advance(timedelta(seconds=2))
    assert pace.resting_places() == {HERE}
    assert pace.start(HERE) == 28


@given(
    rate=st.floats(0.2, 50),
    pauses=st.lists(st.floats(0, 3), min_size=1, max_size=60),
)
def test_no_stretch_of_time_ever_sees_more_than_its_rate_and_one_seconds_worth(
    rate: float, pauses: list[float]
) -> None:
    clock = FakeClock()
    pace = Pace(Rates(per_account=rate), clock)
    sent = 0
    for pause in pauses:
        clock.advance(timedelta(seconds=pause))
        for _ in range(pace.room() or 0):
            assert pace.start(HERE) == 0
            sent += 1
    assert sent <= max(1.0, rate) + clock.monotonic() * rate + 1e-6
