"""How a bar of the pages says its number."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bench.bar import Figure

ROUNDS = 3
"""Of noisy timings the best of so many counts (ui.md, section 12)."""


def most(bar: str, what: str, value: float, unit: str, limit: float) -> Figure:
    """The value must not be above the limit."""
    return Figure(bar=bar, what=what, value=value, unit=unit, must=limit, is_ceiling=True)


def least(bar: str, what: str, value: float, unit: str, limit: float) -> Figure:
    """The value must not be below the limit."""
    return Figure(bar=bar, what=what, value=value, unit=unit, must=limit)


async def best_round(measure: Callable[[], Awaitable[list[Figure]]]) -> list[Figure]:
    """The whole round in which most figures held; none follows one in which all did."""
    rounds: list[list[Figure]] = []
    while len(rounds) < ROUNDS:
        rounds.append(await measure())
        if all(figure.holds for figure in rounds[-1]):
            break
    return max(rounds, key=lambda figures: sum(figure.holds for figure in figures))
