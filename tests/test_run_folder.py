"""What a run leaves behind when it is killed goes with the next one; what lives stays."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import run_folder


def _pid_of_nobody() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_folders_of_a_killed_run_are_removed_from_disk_and_memory() -> None:
    name = f"onethread-run-{_pid_of_nobody()}-left"
    roots = [Path(tempfile.gettempdir()), run_folder.memory_path().parent]
    for root in roots:
        (root / name).mkdir(exist_ok=True)

    run_folder.sweep()

    assert not any((root / name).exists() for root in roots)
    assert run_folder.path().is_dir()
    assert run_folder.memory_path().is_dir()


def test_every_account_of_this_machine_may_enter_the_folders() -> None:
    """PostgreSQL and the mail servers give up root."""
    for folder in (run_folder.path(), run_folder.memory_path()):
        assert folder.stat().st_mode & 0o755 == 0o755
        assert os.access(folder, os.W_OK)
