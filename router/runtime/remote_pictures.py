"""Fetches pictures that letters show from elsewhere, so that no agent's browser does."""

import asyncio
from collections.abc import Sequence

import aiohttp

PATIENCE = aiohttp.ClientTimeout(total=6)
LARGEST = 2 * 1024 * 1024
MOST = 8 * 1024 * 1024
"""Bytes of all pictures of one letter."""
AT_ONCE = 8
_HEADERS = {"Accept": "image/*", "User-Agent": "onethread"}


async def fetch_pictures(http: aiohttp.ClientSession, addresses: Sequence[str]) -> dict[str, bytes]:
    """What stands at these addresses, of those that answer with a picture in time. The session
    must refuse what is inside; redirects lead nowhere but to https. Raises nothing.
    """
    room = asyncio.Semaphore(AT_ONCE)

    async def one(address: str) -> tuple[str, bytes | None]:
        async with room:
            return address, await _fetch(http, address)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(address)) for address in addresses]
    found: dict[str, bytes] = {}
    left = MOST
    for address, content in (task.result() for task in tasks):
        if content is not None and len(content) <= left:
            left -= len(content)
            found[address] = content
    return found


async def _fetch(http: aiohttp.ClientSession, address: str) -> bytes | None:
    try:
        async with http.get(address, headers=_HEADERS, timeout=PATIENCE, max_redirects=3) as answer:
            hops = [*answer.history, answer]
            if answer.status != 200 or any(hop.url.scheme != "https" for hop in hops):
                return None
            content = await answer.content.read(LARGEST + 1)
            while len(content) <= LARGEST and not answer.content.at_eof():
                content += await answer.content.read(LARGEST + 1 - len(content))
            return content if len(content) <= LARGEST else None
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return None
