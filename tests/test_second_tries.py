"""Who is tried again, and that nobody overlooks it."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[1]
FAILS_ONCE = """
from pathlib import Path

def test_late(tmp_path_factory):
    mark = Path(__file__).with_suffix(".failed")
    is_first = not mark.exists()
    mark.touch()
    assert not is_first, "too late"
"""
FAILS = """
def test_broken():
    raise ValueError("broken")
"""
TESTS = {
    "browser/test_late.py": FAILS_ONCE,
    "browser/test_broken.py": FAILS,
    "rest/test_rest.py": FAILS_ONCE,
}


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Tests that fail at times, of the browser and others."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name, text in TESTS.items():
        path = pytester.path / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return pytester


def _run(folder: pytest.Pytester, workers: int) -> pytest.RunResult:
    own = ("-p", "tests.second_tries", "-p", "no:schemathesis", "-p", "no:asyncio")
    return folder.runpytest_subprocess(*own, "-n", str(workers), "tests")


def test_in_ci_only_browser_tests_have_a_second_try_and_each_is_named(
    folder: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")

    result = _run(folder, 2)

    assert result.parseoutcomes() == {"passed": 1, "failed": 2, "rerun": 2}
    lines = result.stdout.str().splitlines()
    late, broken = "tests/browser/test_late.py", "tests/browser/test_broken.py"
    assert [
        any(line.startswith(start) and end in line for line in lines)
        for start, end in (
            (f"passed on the second try: {late}::test_late: ", "too late"),
            (f"failed twice: {broken}::test_broken: ", "ValueError: broken"),
        )
    ] == [True, True]


def test_on_a_desk_nothing_is_tried_again(
    folder: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)

    assert _run(folder, 0).parseoutcomes() == {"failed": 3}
