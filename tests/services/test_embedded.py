"""The PostgreSQL that comes along ends with its last process, however the others ended."""

import signal
import subprocess
import sys
from pathlib import Path

from router.storage.embedded import EmbeddedPostgres

HOLDER = """
import sys, time
from pathlib import Path
from router.storage.embedded import EmbeddedPostgres
EmbeddedPostgres(Path(sys.argv[1])).start()
print("started", flush=True)
time.sleep(600)
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
