"""Nothing is said to anybody past the one function that knows what a case and a topic need."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.rules.sources import ROOT, parsed, python_files, shown
from tests.services.test_leveling import WAYS_OUT

QUEUE = "router/storage/deliveries.py"
LEVELING = "router/services/outbound/leveling.py"
_SOURCES = python_files("router", "connectors", "core")


def calls(source: str, names: frozenset[str]) -> set[str]:
    """Those of these functions that are called, as `name(...)` or `module.name(...)`."""
    found: set[str] = set()
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Call):
            match node.func:
                case (
                    ast.Name(id=name) | ast.Attribute(value=ast.Name(id="deliveries"), attr=name)
                ) if name in names:
                    found.add(name)
    return found


@pytest.mark.parametrize("path", _SOURCES, ids=shown)
def test_deliveries_are_made_in_one_place(path: Path) -> None:
    statement = " ".join(path.read_text(encoding="utf-8").lower().split())
    assert ("insert into deliveries" in statement) == (shown(path) == QUEUE)


@pytest.mark.parametrize("path", _SOURCES, ids=shown)
def test_only_leveling_says_what_may_be_queued(path: Path) -> None:
    called = calls(path.read_text(encoding="utf-8"), frozenset({"Cleared"}))
    assert bool(called) == (shown(path) == LEVELING)


def test_each_way_out_is_tried_with_a_level_that_is_too_low() -> None:
    makers = frozenset({"queue_parts", "queue"})
    found = {
        shown(path) for path in _SOURCES if calls(path.read_text(encoding="utf-8"), makers)
    } - {"router/services/outbound/queueing.py"}
    assert found == set(WAYS_OUT), "give a new way out its line in tests/services/test_leveling.py"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("Cleared(level=2)", {"Cleared"}),
        ("deliveries.queue(work, fresh, None)", {"queue"}),
        ("await queue_parts(work)", {"queue_parts"}),
        ("waiting.queue(1)", set()),
        ("# Cleared()", set()),
    ],
)
def test_calls_are_found_by_name(source: str, found: set[str]) -> None:
    assert calls(source, frozenset({"Cleared", "queue", "queue_parts"})) == found


def test_the_rule_looks_at_the_files_that_it_names() -> None:
    assert {QUEUE, LEVELING} <= {shown(path) for path in _SOURCES}
    assert (ROOT / QUEUE).is_file()
