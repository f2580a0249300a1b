"""A clock for servers under test: time passes when the test says so, and sleepers wake then."""

import asyncio
import heapq
from datetime import timedelta
from itertools import count

from core.clock import FakeClock


class SteppedClock(FakeClock):
    """Unlike `FakeClock`, whose `sleep` makes time pass, `sleep` here waits for `advance`."""

    def __init__(self) -> None:
        super().__init__()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def advance(self, duration: timedelta) -> None:
        super().advance(duration)
        while self._sleepers and self._sleepers[0][0] <= self.monotonic():
            _, _, sleeper = heapq.heappop(self._sleepers)
            if not sleeper.done():
                sleeper.set_result(None)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.monotonic() + seconds, next(self._numbers), sleeper))
        await sleeper
