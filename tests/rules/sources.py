"""Which files the rules look at."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "connectors", "router", "migrations", "bench", "tests")
PRODUCT = ("core", "connectors", "router")
WEB_SUFFIXES = frozenset({".ts", ".tsx", ".js", ".mjs", ".svelte", ".css", ".html"})
_NOT_OURS = frozenset({"node_modules", "dist", "coverage", "__pycache__", "static"})


def python_files(*packages: str) -> list[Path]:
    """The modules of these packages (all of them, when none is named), in a fixed order."""
    found = [path for name in packages or PACKAGES for path in (ROOT / name).rglob("*.py")]
    return sorted(path for path in found if not _NOT_OURS & set(path.parts))


def web_files() -> list[Path]:
    """The sources of the inbox, the widget and the help centre."""
    found = (path for path in _walk(ROOT / "web") if path.suffix in WEB_SUFFIXES)
    return sorted(found)


def channels() -> frozenset[str]:
    """The names in the connectors' manifests."""
    manifests = (ROOT / "connectors").glob("*/manifest.toml")
    return frozenset(tomllib.loads(path.read_text())["channel"] for path in manifests)


def shown(path: Path) -> str:
    """The path as a person would type it."""
    return path.relative_to(ROOT).as_posix()


def parsed(source: str) -> ast.Module:
    return ast.parse(source)


def _walk(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in _NOT_OURS:
                yield from _walk(path)
        else:
            yield path
