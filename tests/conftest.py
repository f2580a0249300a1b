"""What holds for every test: it stays on this machine, and its fixtures are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import loopback, run_folder

pytest_plugins = [
    "tests.databases",
    "tests.schema",
    "tests.rig.mail_fixtures",
    "tests.stage",
    "tests.second_tries",
    "tests.longest_first",
]

loopback.install()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--screenshots", type=Path, metavar="FOLDER", help="keep what browser tests photograph"
    )
    parser.addoption(
        "--kills", type=int, default=20, metavar="N", help="how often tests/rig kills the product"
    )


def pytest_configure(config: pytest.Config) -> None:
    run_folder.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    run_folder.end()
