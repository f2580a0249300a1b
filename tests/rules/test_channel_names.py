"""The router knows no channel by name: a new one touches no file there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rules.sources import ROOT, channels, parsed, python_files, shown

# Columns have names there, an agent's `email` among them, and nothing is done there.
_TABLES = ROOT / "router" / "storage" / "tables"


def channel_literals(source: str, names: frozenset[str]) -> list[str]:
    """The string literals that are a channel's name, as in `channel == "smoke"` or `"smoke:"`."""
    return [text for text in _literals(parsed(source)) if text.strip(" .:/_-").lower() in names]


def _literals(module: ast.Module) -> Iterator[str]:
    # `row["smoke"]` reads a column, which may be called what it likes.
    columns = {
        id(node.slice)
        for node in ast.walk(module)
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == "row"
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and id(node) not in columns:
            yield str(node.value)


@pytest.mark.parametrize("path", python_files("router"), ids=shown)
def test_router_names_no_channel(path: Path) -> None:
    if _TABLES not in path.parents:
        assert channel_literals(path.read_text(encoding="utf-8"), channels()) == []


def test_there_are_channels_to_look_for() -> None:
    assert channels()


@pytest.mark.parametrize(
    "source",
    [
        'if account.channel == "smoke": ...',
        'match channel:\n    case "Smoke": ...',
        'key = f"smoke:{number}"',
    ],
)
def test_channel_literal_is_found(source: str) -> None:
    assert channel_literals(source, frozenset({"smoke"}))


@pytest.mark.parametrize(
    "source",
    ['"""Where there is smoke."""', 'NAME = "smoker"', "smoke = account.channel", 'row["smoke"]'],
)
def test_mention_in_a_sentence_passes(source: str) -> None:
    assert channel_literals(source, frozenset({"smoke"})) == []
