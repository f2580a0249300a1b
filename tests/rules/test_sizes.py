"""A module ends at 400 lines: think at 300, and split by noun."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.sources import ROOT, python_files, shown, web_files

LIMIT = 400
# What openapi-typescript writes above what nobody reads or edits.
_GENERATED = "This file was auto-generated"


def lines_beyond(text: str) -> int:
    """How many lines are too many; none in a generated file."""
    if _GENERATED in "\n".join(text.splitlines()[:4]):
        return 0
    return max(0, len(text.splitlines()) - LIMIT)


@pytest.mark.parametrize(
    "path", [ROOT / "hatch_build.py", *python_files(), *web_files()], ids=shown
)
def test_module_is_short_enough(path: Path) -> None:
    assert lines_beyond(path.read_text(encoding="utf-8")) == 0


def test_long_module_is_found() -> None:
    assert lines_beyond("line\n" * 401) == 1


def test_module_at_the_limit_and_generated_one_pass() -> None:
    assert lines_beyond("line\n" * 400) == 0
    assert lines_beyond(f"/**\n * {_GENERATED} by a tool.\n */\n" + "line\n" * 900) == 0
