"""Finds what keeps the event loop from turning, and whose code it was."""

import asyncio
import sys
import threading
import time
import traceback
from pathlib import Path
from types import FrameType, TracebackType

LONGEST_BLOCK = 0.1
"""Seconds without a turn of the loop: longer is felt by everybody on it."""
BEAT = 0.01
SHARE_SEEN = 0.5
"""Of a block's length must have been seen from the side, or spent on the processor.

On a busy machine the whole process is halted at times; then the watcher was halted too, has seen
little of it, and blames nobody.
"""


class LoopWatchdog:
    """While entered: watches the running loop from a thread. `blocks` says where it stood still.

    Only code under `folder` is blamed: the network on the same loop is none of the connector's.
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
        beat, seen, blamed, blamed_beat = 0.0, 0, "", -1.0
        cpu_at_beat = 0.0
        while not self._stop.wait(BEAT):
            if self._beat != beat:
                beat, seen, blamed = self._beat, 0, ""
                cpu_at_beat = time.clock_gettime(self._cpu)
                continue
            seen += 1
            place = self._whose(sys._current_frames().get(self._loop_thread))
            blamed = place or blamed
            length = time.monotonic() - beat
            witnessed = max(seen * BEAT, time.clock_gettime(self._cpu) - cpu_at_beat)
            if length < LONGEST_BLOCK or not blamed or blamed_beat == beat:
                continue
            if witnessed >= length * SHARE_SEEN:
                blamed_beat = beat
                self.blocks.append(f"{blamed} held up the loop for {length * 1000:.0f} ms or more")

    def _whose(self, frame: FrameType | None) -> str:
        """The connector's innermost line on the stack, or nothing if it isn't there."""
        for one, line in traceback.walk_stack(frame):
            if one.f_code.co_filename.startswith(self._folder):
                name = Path(one.f_code.co_filename).name
                return f"{name}:{line} ({one.f_code.co_name})"
        return ""
