"""The browser tests that take longest run before the others of their folder.

At the end of a run its processes take tests from each other, the last first. Were one of a minute
among those, the others would wait for it.
"""

from __future__ import annotations

import pytest

FOLDER = "browser"
LONGEST = (
    "test_quickness",
    "test_every_state",
    "test_hostile_fields",
    "test_ops_screens",
    "test_story_by_keys",
    "test_sending",
    "test_hostile_mail",
    "test_shared_place",
)
"""Of those that took over 25 s in CI, the longest first."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every other test stays where it was found."""
    places = [at for at, one in enumerate(items) if one.path.parent.name == FOLDER]
    sooner = sorted((items[at] for at in places), key=_turn)
    for at, test in zip(places, sooner, strict=True):
        items[at] = test


def _turn(test: pytest.Item) -> int:
    name = test.path.stem
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)
