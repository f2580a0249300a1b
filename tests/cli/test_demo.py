"""`onethread demo --wipe`: what it made is dropped, and nothing else ever is."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from router.cli import cli


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ONETHREAD_DATA_DIR", str(tmp_path))
    made = tmp_path / "demo"
    made.mkdir()
    (made / "kept").write_text("something")
    return made


def test_a_folder_that_it_did_not_make_is_left_alone(folder: Path) -> None:
    done = CliRunner().invoke(cli, ["demo", "--wipe"])
    assert (done.exit_code, (folder / "kept").exists()) == (1, True)


def test_a_demonstration_that_runs_is_left_alone_and_one_that_stopped_is_gone(folder: Path) -> None:
    (folder / "demo.json").write_text("{}")
    (folder / "postgres").mkdir()
    (folder / "postgres" / "postmaster.pid").write_text("1")
    assert CliRunner().invoke(cli, ["demo", "--wipe"]).exit_code == 1
    (folder / "postgres" / "postmaster.pid").unlink()

    done = CliRunner().invoke(cli, ["demo", "--wipe"])

    assert (done.exit_code, folder.exists()) == (0, False)
    assert folder.parent.exists()
    assert "no demonstration" in CliRunner().invoke(cli, ["demo", "--wipe"]).output
