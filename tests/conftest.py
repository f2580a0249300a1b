"""What holds for every test: it stays on this machine, and its fixtures are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import loopback, run_folder

pytest_plugins = ["tests.databases", "tests.schema", "tests.rig.mail_fixtures", "tests.stage"]

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "mail_servers" in fixtures:
            # One worker is to start the two servers and run all of their tests. pytest-xdist 3.8
            # forms no groups under pytest 9.2, so that each starts its own meanwhile.
            item.add_marker(pytest.mark.xdist_group("mail_servers"))
