"""A new connector is green, clean and complete from the first minute."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.scaffold import write_scaffold

ROOT = Path(__file__).parents[2]
PLAIN = ("-p", "no:cacheprovider", "-p", "no:asyncio")
"""The kit needs no plugin: who writes a connector may have none."""


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def connector(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    (tmp_path / "connectors").mkdir()
    (tmp_path / "connectors" / "__init__.py").touch()
    write_scaffold(tmp_path / "connectors" / "carrier_pigeon", "carrier_pigeon")
    return tmp_path


def test_new_connector_passes_its_tests_and_the_conformance_kit(tmp_path: Path) -> None:
    write_scaffold(tmp_path / "onethread_pigeon", "pigeon")
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    found = _run(tmp_path, "pytest", "-q", *PLAIN, "onethread_pigeon")
    assert found.returncode == 0, found.stdout


def test_new_connector_is_clean_to_the_linter_and_the_type_checker(connector: Path) -> None:
    rules = ("--config", str(ROOT / "pyproject.toml"))
    lint = _run(connector, "ruff", "check", "--no-cache", *rules, "connectors")
    assert lint.returncode == 0, lint.stdout
    layout = _run(connector, "ruff", "format", "--check", "--no-cache", *rules, "connectors")
    assert layout.returncode == 0, layout.stdout
    types = _run(connector, "mypy", "--strict", "--cache-dir", ".mypy", "-p", "connectors")
    assert types.returncode == 0, types.stdout


def test_new_connector_in_a_package_is_imported_through_it(connector: Path) -> None:
    manifest = (connector / "connectors" / "carrier_pigeon" / "manifest.toml").read_text()
    assert 'entry = "connectors.carrier_pigeon.connector:CarrierPigeonConnector"' in manifest


def test_every_file_that_was_written_is_named(tmp_path: Path) -> None:
    written = write_scaffold(tmp_path / "pigeon", "pigeon")
    there = sorted(path for path in (tmp_path / "pigeon").rglob("*") if path.is_file())
    assert written == there
    names = {path.name for path in written}
    assert names >= {"manifest.toml", "config.py", "connector.py", "convert.py", "errors.py"}
    assert names >= {"sandbox.py", "README.md", "test_conformance.py", "network.py"}
    assert not any("$" in path.read_text() for path in written)


@pytest.mark.parametrize("channel", ["", "Sms", "s-m-s", "1st", "class", "a b", "../up"])
def test_name_that_cannot_be_a_channel_is_refused(tmp_path: Path, channel: str) -> None:
    with pytest.raises(ValueError, match="cannot be a channel"):
        write_scaffold(tmp_path / "new", channel)
    assert not (tmp_path / "new").exists()


def test_folder_that_cannot_be_a_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be a package"):
        write_scaffold(tmp_path / "my-connector", "sms")


def test_what_is_there_already_is_never_written_over(tmp_path: Path) -> None:
    folder = tmp_path / "sms"
    folder.mkdir()
    (folder / "connector.py").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty"):
        write_scaffold(folder, "sms")
    assert [path.name for path in folder.iterdir()] == ["connector.py"]
