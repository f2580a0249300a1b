"""A test is left out in one place, which CI forbids to: nothing is shown by what did not run."""

from __future__ import annotations

import re

import pytest

from tests.rules.sources import ROOT, python_files

SKIPS = re.compile(r"\b(?:pytest\.skip\(|importorskip|mark\.skip|skipif|xfail)")
MAY_SKIP = {
    "tests/real.py",  # fails instead where ONETHREAD_REQUIRE_REAL is set
    "core/testing/conformance.py",  # what a channel says that it cannot do, with its reason
    "tests/rules/test_skips.py",
}


def skipping(source: str) -> bool:
    return SKIPS.search(source) is not None


def test_no_test_is_left_out_but_where_ci_can_forbid_it() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in python_files()
        if skipping(path.read_text(encoding="utf-8"))
    }
    assert found <= MAY_SKIP


def test_proofs_stand_where_make_test_looks_for_them() -> None:
    marked = {
        path.relative_to(ROOT).parent.as_posix()
        for path in python_files("tests")
        if re.search(r"pytest\.mark\.proof\b", path.read_text(encoding="utf-8"))
    }
    assert marked == {"tests/rig"}
    assert "-m proof --dist load" in (makefile := (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert '-m "not proof" --ignore tests/rules' in makefile
    assert "$(PYTEST) -q tests/rules" in makefile


def test_lint_runs_each_of_its_lanes() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lanes = set(re.findall(r"^(lint-[a-z]+):", makefile, re.MULTILINE))
    [run] = re.findall(r"^\t@\$\(LANES\) (.*)$", makefile, re.MULTILINE)
    assert lanes == set(run.split())
    for tool in (
        "ruff check",
        "ruff format --check",
        "mypy",
        "lint-imports",
        "hatch_build.py check",
    ):
        assert re.search(rf"^\t\$\(BIN\)/(python )?{tool}", makefile, re.MULTILINE), tool


@pytest.mark.parametrize(
    "source",
    ["pytest.skip('later')", "@pytest.mark.skip", "@pytest.mark.skipif(True)", "mark.xfail()"],
)
def test_what_leaves_a_test_out_is_seen(source: str) -> None:
    """The test of the test."""
    assert skipping(source)
