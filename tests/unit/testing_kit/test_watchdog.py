"""The watchdog blames whoever keeps the loop from turning, and no machine that is too small."""

import asyncio
import multiprocessing
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.testing.watchdog import BEAT, LONGEST_BLOCK, LoopWatchdog, Standstill

SPENT = 4 * LONGEST_BLOCK
"""Seconds that each of these blocks lasts."""
TRIES = 20
"""The watchdog may be given no processor itself: then it blames nobody."""


HERE = "connector.py:7 (read)"
SLEPT = {"halted": 0.0, "worked": 0.0}


@pytest.mark.parametrize(
    ("looks", "lasted", "more", "is_block"),
    [
        (40, 0.4, SLEPT, True),
        (20, 0.4, SLEPT, True),
        (19, 0.4, SLEPT, False),  # too little of it was seen
        (1, 0.4, {"halted": 0.0, "worked": 0.2}, True),  # it worked where nobody looked
        (40, 0.09, SLEPT, False),
        (40, 0.4, {"halted": 0.31, "worked": 0.0}, False),
        (40, 0.4, {"halted": 0.29, "worked": 0.0}, True),
    ],
)
def test_block_is_one_by_how_long_it_was_and_how_much_of_it_was_seen(
    looks: int, lasted: float, more: dict[str, float], is_block: bool
) -> None:
    one = Standstill()
    for _ in range(looks):
        one.look(BEAT, [HERE], another_starves=False)

    said = one.judge(lasted, **more)

    expected = f"{HERE} held up the loop for {(lasted - more['halted']) * 1000:.0f} ms"
    assert said == (expected if is_block else None)


def test_look_at_another_that_starves_shows_nothing_and_a_late_one_little() -> None:
    starved, late = Standstill(), Standstill()
    for _ in range(40):
        starved.look(BEAT, [HERE], another_starves=True)
    for _ in range(3):
        late.look(50 * BEAT, [HERE], another_starves=False)

    assert (starved.judge(0.4, **SLEPT), late.judge(1.5, **SLEPT)) == (None, None)


def test_block_is_blamed_on_whom_most_looks_found_and_on_nobody_elsewhere() -> None:
    one, elsewhere = Standstill(), Standstill()
    for turn in range(30):
        one.look(BEAT, ["connector.py:1 (a)" if turn % 3 else HERE], another_starves=False)
        elsewhere.look(BEAT, [], another_starves=False)

    assert (one.judge(0.3, **SLEPT) or "").startswith("connector.py:1 (a)")
    assert elsewhere.judge(0.3, **SLEPT) is None


def test_a_sleep_on_the_loop_is_a_block() -> None:
    assert any(_blocks(lambda: time.sleep(SPENT)) for _ in range(TRIES))


def test_work_on_the_loop_is_a_block() -> None:
    assert any(_blocks(lambda: _work(SPENT)) for _ in range(TRIES))


def test_a_thread_that_is_given_no_processor_is_not_blamed_on_who_waits_for_it(hog: int) -> None:
    """As when a new thread of a pool starts, or the one that holds the interpreter's lock rests."""
    began = time.monotonic()
    blocks = _blocks(lambda: _wait_for_a_starved_thread(hog))
    assert time.monotonic() - began > LONGEST_BLOCK, "it was not starved, so nothing is shown"
    assert blocks == []


@pytest.fixture
def hog() -> Iterator[int]:
    """One processor, wholly taken by another process."""
    processor = min(os.sched_getaffinity(0))
    ready = multiprocessing.get_context("spawn").Event()
    process = multiprocessing.get_context("spawn").Process(
        target=_take, args=(processor, ready), daemon=True
    )
    process.start()
    assert ready.wait(60)
    yield processor
    process.kill()
    process.join()


def _take(processor: int, ready: threading.Event) -> None:
    os.sched_setaffinity(0, {processor})
    ready.set()
    while True:
        pass


def _blocks(hold_up: Callable[[], None]) -> list[str]:
    async def main() -> list[str]:
        with LoopWatchdog(Path(__file__).parent) as watchdog:
            await asyncio.sleep(0.05)
            hold_up()
            await asyncio.sleep(0.05)
        return watchdog.blocks

    return asyncio.run(main())


def _work(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def _wait_for_a_starved_thread(processor: int) -> None:
    text = bytes(range(256)) * 1_000

    def starve() -> None:
        os.sched_setaffinity(0, {processor})
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        zlib.compress(text)  # without the interpreter's lock, so that the watcher can look

    thread = threading.Thread(target=starve)
    thread.start()
    thread.join()
