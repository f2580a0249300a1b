"""One more try for a browser test that failed, in CI alone, and said of each at the end of the run.

There four workers and their browsers share two processors, and what a page waits for may be late
for no fault of its own. A test that needs its second try is still a fault, to be found and mended.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

FOLDER = ("tests", "browser")
"""Nothing else is tried again."""
MOST = 600
"""Characters of what a first try said."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("CI") != "true":
        return
    for item in items:
        if item.path.relative_to(config.rootpath).parts[: len(FOLDER)] == FOLDER:
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Also of what ran in other processes: their reports come here."""
    first_tries: Sequence[pytest.TestReport] = terminalreporter.getreports("rerun")
    failed = {
        one.nodeid for kind in ("failed", "error") for one in terminalreporter.getreports(kind)
    }
    for one in first_tries:
        how = "failed twice" if one.nodeid in failed else "passed on the second try"
        terminalreporter.write_line(f"{how}: {one.nodeid}: {said(one)}", yellow=True)


def said(report: pytest.TestReport) -> str:
    """What went wrong, in one line."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = (
        report.longreprtext
        if crash is None
        else f"{Path(crash.path).name}:{crash.lineno}: {crash.message}"
    )
    return " ".join(text.split())[:MOST]
