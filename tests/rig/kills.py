"""Kills the product again and again, and takes the time until it serves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random

from router.failpoints import EXIT_STATUS
from tests.rig.product import NotReady, Product
from tests.rig.verdict import Verdict

FAILPOINT_LIMIT_S = 6.0
"""A point that is not passed by then is no point under this load: SIGKILL instead."""
SHORTEST_LIFE_S, LONGEST_LIFE_S = 0.0, 1.0
FEWEST_PASSES, MOST_PASSES = 5, 50
SERVING_LIMIT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    by: str
    """`signal`, or the point at which it died."""
    at: float
    """time.time()"""
    recovery_s: float | None
    """From the death until /readyz said yes. None: the next life ended at a point before that."""
    starved_s: float
    """How much of that the new process waited for a processor that others used."""


async def _at_once(since: float) -> None:
    return


class Kills:
    """Half by a signal at any moment, half at failpoints, in an order that the seed decides."""

    def __init__(
        self,
        product: Product,
        random: Random,
        points: Sequence[str],
        *,
        until_flowing: Callable[[float], Awaitable[None]] = _at_once,
        only_points: bool = False,
        passes: tuple[int, int] = (FEWEST_PASSES, MOST_PASSES),
    ) -> None:
        """`until_flowing(since)`: returns when all channels work again after a death at `since`.

        A signal strikes only then, so that there is something to strike; a point whenever it is
        passed.
        """
        self._product = product
        self._random = random
        self._points = points
        self._until_flowing = until_flowing
        self._only_points = only_points
        self._passes = passes
        self._since = time.time()

    async def run(self, count: int) -> list[Strike]:
        """The product serves when this returns."""
        # The first life began without any point; the rest alternates.
        plan = [""] + [
            self._point() if number % 2 or self._only_points else "" for number in range(1, count)
        ]
        strikes = []
        for number, point in enumerate(plan):
            by = await self._strike(point)
            died = time.monotonic()
            at = self._since = time.time()
            await self._product.start(failpoints=plan[number + 1] if number + 1 < count else "")
            is_ready = await self._until_ready_or_dead()
            strikes.append(
                Strike(
                    by=by,
                    at=at,
                    recovery_s=time.monotonic() - died if is_ready else None,
                    starved_s=self._product.starved_s,
                )
            )
        return strikes

    def _point(self) -> str:
        name = self._random.choice(self._points)
        return f"{name}:{self._random.randint(*self._passes)}:exit"

    async def _strike(self, point: str) -> str:
        if point:
            try:
                async with asyncio.timeout(FAILPOINT_LIMIT_S):
                    await self._product.ended()
            except TimeoutError:
                await self._product.kill()
                return "signal"
            return point
        await self._until_flowing(self._since)
        await asyncio.sleep(self._random.uniform(SHORTEST_LIFE_S, LONGEST_LIFE_S))
        await self._product.kill()
        return "signal"

    async def _until_ready_or_dead(self) -> bool:
        """False: a point was passed before the first probe was answered."""
        try:
            await self._product.until_ready()
        except NotReady:
            if self._product.is_alive or await self._product.ended() != EXIT_STATUS:
                raise
            return False
        return True


def judge_serving(verdict: Verdict, strikes: Sequence[Strike]) -> None:
    """D8, the first half. What the machine spent on others is told, and not held against us."""
    took = [(one.recovery_s, one.starved_s) for one in strikes if one.recovery_s is not None]
    recovery_s, starved_s = max(took, key=lambda one: one[0] - one[1])
    verdict.recovery_s = round(recovery_s, 2)
    verdict.more["starved_s"] = round(starved_s, 2)
    verdict.more["at_failpoints"] = sum(strike.by != "signal" for strike in strikes)
    verdict.require(
        recovery_s - starved_s <= SERVING_LIMIT_S,
        f"served again only after {recovery_s:.2f} s, {starved_s:.2f} s of them without a"
        " processor",
    )
