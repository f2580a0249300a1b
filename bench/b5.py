"""B5: one idle process: its memory, and how long until it is ready."""

import asyncio
import os
import time

from bench.bar import Figure
from tests.rig.ground import Ground
from tests.rig.product import rss_mib

SETTLE_SECONDS = 6
AS_INSTALLED = (
    "-c",
    "import sys, runpy;"
    " sys.modules.update(dict.fromkeys(('rich', 'aiodns', 'brotli', 'backports.zstd')));"
    " sys.argv[0] = 'router'; runpy.run_module('router', run_name='__main__', alter_sys=True)",
)
"""Without what is no part of an installation (requirements/run.txt): structlog and aiohttp load
these where something else has brought them along."""


async def measure(server_url: str, number: int) -> list[Figure]:
    # An installed program finds its modules compiled, whatever is set where this runs.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    async with Ground(seed=number, program=AS_INSTALLED) as ground:
        await ground.add_mail()
        await asyncio.sleep(SETTLE_SECONDS)
        memory = rss_mib(ground.product.pid)
        ready = await _ready_again(ground)
    async with Ground(seed=number, is_embedded=True) as ground:
        embedded = await _ready_again(ground)
    return [
        _ceiling("memory of an idle process with web and mail", memory, "MiB", 90, 70),
        _ceiling("ready on an existing database", ready, "s", 1.5, None),
        _ceiling("ready with the embedded database", embedded, "s", 3, None),
    ]


def _ceiling(what: str, value: float, unit: str, must: float, aim: float | None) -> Figure:
    return Figure(bar="B5", what=what, value=value, unit=unit, must=must, aim=aim, is_ceiling=True)


async def _ready_again(ground: Ground) -> float:
    await ground.product.stop()
    began = time.monotonic()
    await ground.product.start()
    await ground.product.until_ready()
    return time.monotonic() - began
