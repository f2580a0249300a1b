"""What a bar found, and how it is shown."""

import json
import statistics
from collections.abc import Sequence

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number beside the limit that it is held against."""

    bar: str
    what: str
    value: float
    unit: str
    limit: float | None = None
    """Measured in the same run, same unit; None: the bar is absolute."""
    must: float
    """With a limit: of the ratio value / limit; else of the value itself."""
    aim: float | None = None
    is_ceiling: bool = False
    """Whether `must` is the most that is allowed; else the least."""

    @property
    def held_against(self) -> float:
        return self.value / self.limit if self.limit else self.value

    @property
    def holds(self) -> bool:
        if self.is_ceiling:
            return self.held_against <= self.must
        return self.held_against >= self.must


def median_of(rounds: Sequence[Figure]) -> Figure:
    """The round in the middle, by what is held against the bar."""
    ordered = sorted(rounds, key=lambda figure: figure.held_against)
    return ordered[len(ordered) // 2]


def show(figure: Figure) -> str:
    sign = "≤" if figure.is_ceiling else "≥"
    shown = f"{figure.value:,.1f} {figure.unit}"
    if figure.limit:
        shown += f" = {figure.held_against:.2f} × {figure.limit:,.1f}"
    aim = "" if figure.aim is None else f", aim {figure.aim:g}"
    word = "holds" if figure.holds else "FAILS"
    return f"{figure.bar:<4} {figure.what:<58} {shown:<38} must {sign} {figure.must:g}{aim}  {word}"


def to_json(figure: Figure) -> str:
    return json.dumps(
        msgspec.to_builtins(figure) | {"ratio": round(figure.held_against, 4), "pass": figure.holds}
    )


def percentile(values: Sequence[float], share: float) -> float:
    """`share` of 0-1. The nearest rank from above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
