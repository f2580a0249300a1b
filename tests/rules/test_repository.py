"""What holds for files rather than for code."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from tests.rules.sources import ROOT, python_files, shown

LOCKS = (*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "web" / "package-lock.json")
_IGNORE = re.compile(r"#\s*type:\s*ignore(?P<rest>.*)")
_EXPLAINED = re.compile(r"\[[\w, -]+\]  # \S.*")
# An address within a JSON string, other than `resolved`, is where a package's sponsors are sent.
_ADDRESS = re.compile(
    r"""^(?:\s*"resolved":.*|--(?:extra-)?index-url.*|--find-links.*|[^"\n]*(?:https?://|git\+).*)$""",
    re.MULTILINE,
)


def unexplained(source: str) -> list[str]:
    """The `type: ignore` comments without a code, or without a reason after it."""
    found = _IGNORE.finditer(source)
    return [each[0] for each in found if not _EXPLAINED.fullmatch(each["rest"])]


def addresses(lock: str) -> list[str]:
    """The lines of a lock that say where a package comes from: each machine knows its own place."""
    return [match[0].strip() for match in _ADDRESS.finditer(lock)]


@pytest.mark.parametrize("path", python_files(), ids=shown)
def test_each_ignored_type_error_has_a_code_and_a_reason(path: Path) -> None:
    if path != Path(__file__):
        assert unexplained(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    ["x = y  # type: ignore", "x = y  # type: ignore[arg-type]", "x = y  # type:ignore # why"],
)
def test_unexplained_ignore_is_found(line: str) -> None:
    assert unexplained(line)


def test_explained_ignore_passes() -> None:
    assert unexplained("x = y  # type: ignore[arg-type]  # its stub says str") == []


@pytest.mark.parametrize("path", LOCKS, ids=shown)
def test_lock_names_no_registry(path: Path) -> None:
    assert addresses(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        '"resolved": "https://registry.example/ms.tgz",',
        "--index-url https://registry.example/simple",
        "ms @ git+ssh://example/ms",
    ],
)
def test_address_in_a_lock_is_found(line: str) -> None:
    assert addresses(line)


@pytest.mark.parametrize(
    "line", ["ms==2.1 \\\n    --hash=sha256:00", '"url": "https://example.com/sponsor"']
)
def test_pins_and_sponsors_pass(line: str) -> None:
    assert addresses(line) == []


def test_every_pin_has_a_hash() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        pins = re.split(r"\n(?=\S)", path.read_text(encoding="utf-8").strip())
        assert [pin for pin in pins if "--hash=sha256:" not in pin] == []


def test_lock_to_run_is_part_of_the_lock_to_develop() -> None:
    run, dev = (_pins(ROOT / "requirements" / name) for name in ("run.txt", "dev.txt"))
    assert run <= dev


def test_every_declared_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = {_name(each) for each in chain(project["dependencies"], *extras.values())}
    locks = (ROOT / "requirements" / name for name in ("dev.txt", "fuzz.txt"))
    locked = {_name(pin) for lock in locks for pin in _pins(lock)}
    assert declared - locked == set()


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.parent for path in python_files("tests")}
    assert [shown(each) for each in sorted(folders) if not (each / "__init__.py").exists()] == []


def _pins(path: Path) -> set[str]:
    return set(re.findall(r"^\S+==\S+", path.read_text(encoding="utf-8"), re.M))


def _name(requirement: str) -> str:
    """Normalised as the lock writes it (PEP 503)."""
    name = re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()
