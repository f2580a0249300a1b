"""Which tests run first, and that none is lost by it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests import longest_first

ROOT = Path(__file__).resolve().parent


def _found(*names: str) -> list[Any]:
    return [SimpleNamespace(path=ROOT / name, number=n) for n, name in enumerate(names)]


def test_long_ones_come_first_among_the_browsers_and_all_others_stay_where_they_were() -> None:
    found = _found(
        "test_databases.py",
        "browser/test_copies.py",
        "browser/test_sending.py",
        "browser/test_sending.py",
        "browser/test_story.py",
        "browser/test_quickness.py",
        "web/test_quickness.py",
    )

    longest_first.pytest_collection_modifyitems(found)

    assert [one.number for one in found] == [0, 5, 2, 3, 1, 4, 6]


def test_each_of_the_long_ones_is_there() -> None:
    for name in longest_first.LONGEST:
        assert (ROOT / longest_first.FOLDER / f"{name}.py").is_file(), name
