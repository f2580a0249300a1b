"""Runs commands as a person would, on a real database, in this process."""

import asyncio
import contextlib
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog

from router.cli import main


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


def on_database(url: str, statement: str) -> list[Any]:
    async def call() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    return asyncio.run(call())


class _Pipe(io.TextIOWrapper):
    """Stdin and stdout of a script: bytes below, and no terminal."""

    def __init__(self, content: bytes = b"") -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8", write_through=True)

    def text(self) -> str:
        raw = self.buffer
        assert isinstance(raw, io.BytesIO)
        return raw.getvalue().decode()


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """`run("agent", "list", stdin=b"")` in a folder of its own."""
    # A command configures the log of its process, which is ours.
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONETHREAD_DATABASE_URL", database_url)
    monkeypatch.setenv("ONETHREAD_DATA_DIR", str(tmp_path / "data"))

    def call(*arguments: str, stdin: bytes = b"") -> Ran:
        out, err = _Pipe(), _Pipe()
        monkeypatch.setattr(sys, "argv", ["onethread", *arguments])
        monkeypatch.setattr(sys, "stdin", _Pipe(stdin))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as error:
                code = error.code if isinstance(error.code, int) else 0
        return Ran(int(code), out.text(), err.text())

    yield call
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()
