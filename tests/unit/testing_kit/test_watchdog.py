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

from core.testing.watchdog import LONGEST_BLOCK, LoopWatchdog

SPENT = 4 * LONGEST_BLOCK
"""Seconds that each of these blocks lasts."""
TRIES = 20
"""The watchdog may be given no processor itself: then it blames nobody."""


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
