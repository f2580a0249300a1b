"""Which libraries a layer may use. Who of ours may import whom is import-linter's business."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rules.sources import ROOT, parsed, python_files, shown

# Third parties build on core, so it brings next to nothing along.
OF_CORE = frozenset({"core", "msgspec", "pydantic"})
# The conformance kit is pytest code and hands over a real session, as the router does. It is
# imported only where the tests of a connector run.
OF_THE_KIT = OF_CORE | {"pytest", "aiohttp"}
SQL = frozenset({"sqlalchemy", "asyncpg", "alembic"})


def imported(source: str) -> frozenset[str]:
    """The top-level packages that a module imports, anywhere in it."""
    return frozenset(_imported(parsed(source)))


def _imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(name), level=0):
                yield name.partition(".")[0]


def beyond(source: str, allowed: frozenset[str]) -> frozenset[str]:
    """What a module imports besides the standard library and what is allowed."""
    return imported(source) - allowed - sys.stdlib_module_names


@pytest.mark.parametrize("path", python_files("core"), ids=shown)
def test_core_needs_only_the_standard_library_msgspec_and_pydantic(path: Path) -> None:
    allowed = OF_THE_KIT if (ROOT / "core" / "testing") in path.parents else OF_CORE
    assert beyond(path.read_text(encoding="utf-8"), allowed) == set()


@pytest.mark.parametrize("path", python_files("core", "connectors", "router"), ids=shown)
def test_only_storage_speaks_sql(path: Path) -> None:
    if (ROOT / "router" / "storage") not in path.parents:
        assert imported(path.read_text(encoding="utf-8")) & SQL == set()


@pytest.mark.parametrize("source", ["import aiohttp.web", "def late():\n    from yarl import URL"])
def test_library_is_found(source: str) -> None:
    assert beyond(source, OF_CORE)


@pytest.mark.parametrize("source", ["import json", "from . import ids", "from pydantic import X"])
def test_standard_and_own_imports_pass(source: str) -> None:
    assert beyond(source, OF_CORE) == set()
