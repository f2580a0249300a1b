"""How a bar of the pages says its number."""

from __future__ import annotations

from bench.bar import Figure


def most(bar: str, what: str, value: float, unit: str, limit: float) -> Figure:
    """The value must not be above the limit."""
    return Figure(bar=bar, what=what, value=value, unit=unit, must=limit, is_ceiling=True)


def least(bar: str, what: str, value: float, unit: str, limit: float) -> Figure:
    """The value must not be below the limit."""
    return Figure(bar=bar, what=what, value=value, unit=unit, must=limit)
