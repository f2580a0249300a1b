"""The PostgreSQL that comes along ends with its last process, however the others ended."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from router.storage.embedded import EmbeddedPostgres

HOLDER = """
import sys, time
from pathlib import Path
from router.storage.embedded import EmbeddedPostgres
EmbeddedPostgres(Path(sys.argv[1])).start()
print("started", flush=True)
time.sleep(600)
"""

ASKED_TO_STOP_AT_ITS_IMPORTS = """
import os, signal, sys
from types import ModuleType
class Bootstrap(ModuleType):
    def __getattr__(self, name):
        if name == "RunRole":
            os.kill(os.getpid(), signal.SIGTERM)
        raise AttributeError(name)
sys.modules["router.bootstrap"] = Bootstrap("router.bootstrap")
from router.cli import main
sys.argv = ["onethread", "serve"]
main()
"""


def test_server_that_a_killed_process_left_is_taken_over_and_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    with subprocess.Popen(  # our own text
        [sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "started\n"
        holder.send_signal(signal.SIGKILL)
    left = (folder / "postmaster.pid").read_text().splitlines()[0]

    server = EmbeddedPostgres(folder)
    server.start()
    assert (folder / "postmaster.pid").read_text().splitlines()[0] == left
    server.stop()

    assert not (folder / "postmaster.pid").exists()


def test_server_that_was_begun_has_stopped_after_whatever_happens_meanwhile(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    server = EmbeddedPostgres(folder)

    with server.begun():
        assert server.start().startswith("postgresql://")
        assert (folder / "postmaster.pid").exists()
    assert not (folder / "postmaster.pid").exists()

    with pytest.raises(ZeroDivisionError), server.begun():
        raise ZeroDivisionError
    assert (folder / "PG_VERSION").exists()
    assert not (folder / "postmaster.pid").exists()


def test_failure_of_a_server_that_was_begun_is_told_by_start_alone(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    server = EmbeddedPostgres(tmp_path / "file" / "postgres")

    with server.begun():
        pass
    with server.begun(), pytest.raises(FileExistsError):
        server.start()


def test_desk_that_is_asked_to_stop_while_it_still_imports_leaves_no_server(tmp_path: Path) -> None:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ONETHREAD_")}
    environment = {**kept, "ONETHREAD_DATA_DIR": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-c", ASKED_TO_STOP_AT_ITS_IMPORTS],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "postgres" / "PG_VERSION").exists()
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()
