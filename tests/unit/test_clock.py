"""The clock for tests stands still, and the real one is aware."""

from datetime import UTC, timedelta

from core.clock import FakeClock, SystemClock


def test_fake_clock_moves_only_when_told() -> None:
    clock = FakeClock()
    before = clock.now(), clock.monotonic()
    assert (clock.now(), clock.monotonic()) == before
    clock.advance(timedelta(minutes=2))
    assert (clock.now() - before[0], clock.monotonic() - before[1]) == (timedelta(minutes=2), 120.0)


async def test_sleep_on_a_fake_clock_takes_its_time_at_once() -> None:
    clock = FakeClock()
    before = clock.now()
    await clock.sleep(3600)
    assert clock.now() - before == timedelta(hours=1)


def test_real_clock_gives_aware_utc() -> None:
    assert SystemClock().now().tzinfo is UTC
