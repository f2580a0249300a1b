"""What the collector keeps for ever when a process begins to serve."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from router import bootstrap


class _Made:
    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    gc.enable()


def test_nothing_that_a_demonstration_left_behind_is_kept() -> None:
    left = weakref.ref(_Made())
    assert left() is not None

    bootstrap._rest_collector()

    assert left() is None


def test_what_was_made_without_the_collector_is_not_looked_at() -> None:
    """As the imports of `serve`: a look takes a fifth of the start."""
    gc.disable()
    left = weakref.ref(_Made())

    bootstrap._rest_collector()

    assert left() is not None
    assert gc.isenabled()
