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
    given = {id(node) for node in _given_names(module)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and id(node) not in given:
            yield str(node.value)


def _given_names(module: ast.Module) -> Iterator[ast.expr]:
    """What may be called what it likes: a column of a row, an argument of a command, a field at
    fault. None of them can be compared with an account's channel."""
    for node in ast.walk(module):
        match node:
            case ast.Subscript(value=ast.Name(id="row"), slice=column):
                yield column
            case ast.keyword(arg="field", value=value):
                yield value
            case ast.Assign(targets=[ast.Name(id="columns")], value=ast.Tuple(elts=names)):
                yield from names
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="click"), attr="argument" | "option"),
                args=args,
            ):
                yield from args


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
    [
        '"""Where there is smoke."""',
        'NAME = "smoker"',
        "smoke = account.channel",
        'row["smoke"]',
        'raise Refused("No.", field="smoke")',
        'click.argument("smoke")',
        'columns = ("id", "smoke")',
    ],
)
def test_mention_in_a_sentence_passes(source: str) -> None:
    assert channel_literals(source, frozenset({"smoke"})) == []
