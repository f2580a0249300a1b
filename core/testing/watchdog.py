"""Finds what keeps the event loop from turning, and whose code it was."""

import asyncio
import contextlib
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType, TracebackType

from core.testing.patience import halted_seconds

LONGEST_BLOCK = 0.1
"""Seconds without a turn of the loop: longer is felt by everybody on it."""
BEAT = 0.01
LONGEST_SIGHT = 5 * BEAT
"""What one look from the side counts for at most: if the machine halts, so does the watcher."""
SHARE_SEEN = 0.5
"""Of a block's length must have been seen from the side, or spent on the processor."""


class Standstill:
    """One turn of the loop, as seen from the side: whose it was, and how much of it was seen."""

    def __init__(self) -> None:
        self._blamed = Counter[str]()
        self._seen = 0.0

    def look(self, seconds: float, whose: Iterable[str], *, another_starves: bool) -> None:
        """So long after the look before, the loop has still not turned."""
        if not another_starves:
            self._seen += min(seconds, LONGEST_SIGHT)
        self._blamed.update(whose)

    def judge(self, seconds: float, *, halted: float, worked: float) -> str | None:
        """What to say of it, if it is somebody's fault: it lasted `seconds`, `halted` of them
        without a processor, and `worked` were spent on one.
        """
        length, witnessed = seconds - halted, max(self._seen, worked)
        if not self._blamed or length < LONGEST_BLOCK or witnessed < length * SHARE_SEEN:
            return None
        [(place, _)] = self._blamed.most_common(1)
        return f"{place} held up the loop for {length * 1000:.0f} ms"


class LoopWatchdog:
    """While entered: watches the running loop from a thread. `blocks` says where it stood still.

    Only code under `folder` is blamed: the network on the same loop is none of the connector's.
    Neither is it blamed for a machine that gives the process no processor: what the loop's thread
    waited for one is taken off, and no look counts that finds another thread, for which the loop
    may be waiting, in need of one.
    """

    def __init__(self, folder: Path) -> None:
        self.blocks: list[str] = []
        self._folder = str(folder)
        self._stop = threading.Event()
        self._beat = time.monotonic()
        self._loop_thread = 0
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> "LoopWatchdog":
        self._loop_thread = threading.get_ident()
        self._native = threading.get_native_id()
        self._worked: dict[str, str] = {}
        self._cpu = time.pthread_getcpuclockid(self._loop_thread)
        self._tick()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._watcher.join()
        if self._timer is not None:
            self._timer.cancel()

    def _tick(self) -> None:
        self._beat = time.monotonic()
        self._timer = asyncio.get_running_loop().call_later(BEAT, self._tick)

    def _watch(self) -> None:
        beat, standstill = self._beat, Standstill()
        looked, worked, halted = beat, self._spent(), halted_seconds(self._native)
        while True:
            is_last = self._stop.wait(BEAT)
            before, looked = looked, time.monotonic()
            if self._beat == beat and not is_last:
                starves = self._another_starves()
                whose = self._whose(sys._current_frames().get(self._loop_thread))
                standstill.look(looked - before, whose, another_starves=starves)
                continue
            lasted = (looked if self._beat == beat else self._beat) - beat
            block = standstill.judge(
                lasted,
                halted=halted_seconds(self._native) - halted,
                worked=self._spent() - worked,
            )
            if block is not None:
                self.blocks.append(block)
            if is_last:
                return
            beat, standstill = self._beat, Standstill()
            worked, halted = self._spent(), halted_seconds(self._native)

    def _spent(self) -> float:
        return time.clock_gettime(self._cpu)

    def _another_starves(self) -> bool:
        """A thread beside the loop's and this one is ready to run, and has not got on since the
        last look (Linux; elsewhere never).
        """
        before, self._worked = self._worked, {}
        for task in Path("/proc/self/task").glob("*"):
            if task.name in {str(self._native), str(threading.get_native_id())}:
                continue
            with contextlib.suppress(OSError):  # it ended meanwhile
                is_ready = (task / "stat").read_text().rpartition(")")[2].split()[0] == "R"
                if is_ready:
                    self._worked[task.name] = (task / "schedstat").read_text().split()[0]
        return any(before.get(name) == worked for name, worked in self._worked.items())

    def _whose(self, frame: FrameType | None) -> Iterator[str]:
        """The connector's innermost function on the stack, if there is one."""
        for one, _ in traceback.walk_stack(frame):
            if one.f_code.co_filename.startswith(self._folder):
                name = Path(one.f_code.co_filename).name
                yield f"{name}:{one.f_code.co_firstlineno} ({one.f_code.co_name})"
                return
