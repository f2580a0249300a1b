"""What happened outside the product, written down before anybody relies on it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Ledger:
    """Append-only JSON lines. A line is on the disk when `note` returns.

    The rig's memory could serve a test just as well; the file is what an outsider can check
    afterwards, and what a rig that died itself leaves behind.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)

    def note(self, kind: str, token: str, **more: Any) -> None:
        """About `token`: the unique word that a text of this run carries."""
        line = {"at": time.time(), "kind": kind, "token": token, **more}
        os.write(self._file, json.dumps(line, separators=(",", ":")).encode() + b"\n")
        os.fdatasync(self._file)

    def lines(self, kind: str | None = None) -> Iterator[dict[str, Any]]:
        """In the order in which they were written."""
        with self.path.open(encoding="utf-8") as file:
            for text in file:
                line: dict[str, Any] = json.loads(text)
                if kind is None or line["kind"] == kind:
                    yield line

    def tokens(self, kind: str) -> list[str]:
        return [line["token"] for line in self.lines(kind)]

    def close(self) -> None:
        os.close(self._file)
