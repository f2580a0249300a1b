"""Sleepers on a clock that only the test moves."""

import asyncio
from datetime import timedelta

from core.testing.stepped_clock import SteppedClock


async def yielded() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_sleeper_wakes_when_its_time_has_come_and_not_before() -> None:
    clock = SteppedClock()
    sleeper = asyncio.ensure_future(clock.sleep(5))
    await yielded()
    clock.advance(timedelta(seconds=4.9))
    await yielded()
    assert not sleeper.done()
    clock.advance(timedelta(seconds=0.1))
    await sleeper
    assert clock.monotonic() == 5.0


async def test_all_whose_time_has_passed_wake_at_one_step() -> None:
    clock = SteppedClock()
    sleepers = [asyncio.ensure_future(clock.sleep(seconds)) for seconds in (3, 1, 2, 10)]
    await yielded()
    clock.advance(timedelta(seconds=3))
    await yielded()
    assert [one.done() for one in sleepers] == [True, True, True, False]
    sleepers[3].cancel()


async def test_cancelled_sleeper_is_passed_over() -> None:
    clock = SteppedClock()
    sleeper = asyncio.ensure_future(clock.sleep(1))
    await yielded()
    sleeper.cancel()
    await yielded()
    clock.advance(timedelta(seconds=2))
    assert sleeper.cancelled()


async def test_no_time_is_waited_for_nothing() -> None:
    clock = SteppedClock()
    await clock.sleep(0)
    await clock.sleep(-1)
    assert clock.monotonic() == 0.0
