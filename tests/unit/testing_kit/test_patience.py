"""Patience runs out by what the loop did, not by what the machine did."""

import asyncio
import time
from types import SimpleNamespace

import pytest

from core.testing.patience import BEAT, WIDE, bounded, rest, wait_for


async def _word_after(turns: int) -> str:
    for _ in range(turns):
        await asyncio.sleep(0)
    return "it came"


async def test_loop_that_stands_still_runs_nobody_out_of_patience() -> None:
    async with bounded(10 * BEAT):
        time.sleep(20 * BEAT)  # noqa: ASYNC251 - the machine halts
        assert await _word_after(3) == "it came"


async def test_who_holds_the_loop_up_at_each_turn_runs_out_of_it_by_the_clock() -> None:
    seen = SimpleNamespace(turns=0)

    async def hold_up() -> None:
        while True:
            seen.turns += 1
            time.sleep(3 * WIDE * BEAT)  # noqa: ASYNC251 - what a connector must not do
            await asyncio.sleep(0)

    with pytest.raises(TimeoutError):
        async with bounded(10 * BEAT):
            await hold_up()
    assert seen.turns < 10


async def test_what_never_comes_is_given_up_and_is_a_time_out() -> None:
    with pytest.raises(TimeoutError):
        async with bounded(3 * BEAT) as limit:
            await asyncio.Event().wait()
    assert limit.expired()


async def test_task_that_ends_in_time_is_waited_for_and_another_is_left_alone() -> None:
    came, never = asyncio.create_task(_word_after(3)), asyncio.create_task(asyncio.Event().wait())

    await wait_for(came, within=100.0)
    await wait_for(never, within=BEAT)

    assert (came.done(), never.done()) == (True, False)
    never.cancel()


async def test_rest_lets_others_go_on_although_the_machine_halts() -> None:
    seen = SimpleNamespace(turns=0)

    async def go_on() -> None:
        time.sleep(5 * BEAT)  # noqa: ASYNC251 - the machine halts
        for seen.turns in range(1, 3):
            await asyncio.sleep(BEAT / 10)

    going = asyncio.create_task(go_on())
    await rest(5 * BEAT)
    assert (seen.turns, going.done()) == (2, True)
