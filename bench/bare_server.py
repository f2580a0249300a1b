"""Starts and stops `bench.bare` beside the product."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.rig.ports import free_ports

READY_SECONDS = 15


@asynccontextmanager
async def bare_server(
    database_url: str, *, frame_size: int, account_id: int | None = None
) -> AsyncIterator[int]:
    """The port on which it answers. With an account it writes the rows of a message of it."""
    [port] = free_ports(1)
    arguments = [database_url, str(port), str(frame_size)]
    if account_id is not None:
        arguments.append(str(account_id))
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.bare", *arguments)
    try:
        async with asyncio.timeout(READY_SECONDS):
            while not await _answers(port):  # noqa: ASYNC110 - another process begins to listen
                await asyncio.sleep(0.05)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
