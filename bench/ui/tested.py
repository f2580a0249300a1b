"""Bars that are tests: what is counted is how many of them fail."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Mapping

from tests.rig.product import ROOT


async def failures(*nodes: str, settings: Mapping[str, str] | None = None) -> int:
    """How many of these tests fail or break, run now. Raises RuntimeError if none ran."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "pytest", "-q", "-n0", "--no-header", "-p", "no:cacheprovider", *nodes),
        cwd=ROOT,
        env={**os.environ, **(settings or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|error)", out.decode())}
    if not counts:
        raise RuntimeError(out.decode()[-2000:])
    return counts.get("failed", 0) + counts.get("error", 0)
