"""Fetches pictures that letters show from elsewhere, so that no agent's browser does.

Whoever writes a letter chooses the addresses, so nothing that an operator allows connectors to
reach is reached for them, and no connection is shared with a channel.
"""

import asyncio
from collections.abc import Callable, Sequence

import aiohttp
from yarl import URL

from router.runtime.egress import EgressGuard
from router.storage.kept_pictures import Late

PATIENCE = 8
"""Seconds for all pictures of one letter. What has come by then is shown."""
LARGEST = 2 * 1024 * 1024
MOST = 8 * 1024 * 1024
"""Bytes of all pictures of one letter, those included that are still coming."""
AT_ONCE = 16
"""Pictures of all letters together."""
MOST_HOPS = 4
_PIECE = 64 * 1024
# What is packed may grow a thousandfold before it is counted; pictures are packed already.
_HEADERS = {"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "onethread"}
_MOVED = frozenset({301, 302, 303, 307, 308})
_NOTHING_INSIDE = EgressGuard()


class RemotePictures:
    """One in a process: all letters share its bound."""

    def __init__(
        self, session: Callable[[], aiohttp.ClientSession] = _NOTHING_INSIDE.session
    ) -> None:
        """`session` makes what a letter's pictures are fetched with; it refuses what is inside."""
        self._session = session
        self._room = asyncio.Semaphore(AT_ONCE)

    async def fetch(self, addresses: Sequence[str]) -> dict[str, bytes | Late | None]:
        """What stands at these addresses, of those that were asked for; None: no good answer.
        Every hop is by https. Raises nothing.
        """
        found: dict[str, bytes | Late | None] = {}
        allowance = _Allowance()
        async with self._session() as http:

            async def one(address: str) -> None:
                async with self._room:
                    found[address] = Late.LATE
                    found[address] = await _fetch(http, address, allowance)

            try:
                async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
                    for address in addresses:
                        group.create_task(one(address))
            except TimeoutError:
                pass
        return found


class _Allowance:
    """Bytes that a letter's pictures may still have."""

    def __init__(self) -> None:
        self.left = MOST


async def _fetch(
    http: aiohttp.ClientSession, address: str, allowance: _Allowance
) -> bytes | Late | None:
    try:
        url = URL(address)
        for _ in range(MOST_HOPS):
            if url.scheme != "https":
                return None
            # Followed by the library, a redirect would have been asked for before we see it.
            async with http.get(url, headers=_HEADERS, allow_redirects=False) as answer:
                if answer.status in _MOVED and "Location" in answer.headers:
                    url = url.join(URL(answer.headers["Location"]))
                elif answer.status == 200 and "Content-Encoding" not in answer.headers:
                    return await _read(answer.content, allowance)
                else:
                    return None
    except TimeoutError:
        return Late.LATE
    except (aiohttp.ClientError, OSError, ValueError):
        return None
    return None


async def _read(content: aiohttp.StreamReader, allowance: _Allowance) -> bytes | None:
    """None: it is too large, by itself or beside the others. Then it takes nothing from them."""
    pieces: list[bytes] = []
    size, is_whole = 0, False
    try:
        async for piece in content.iter_chunked(_PIECE):
            if size + len(piece) > LARGEST or len(piece) > allowance.left:
                return None
            size += len(piece)
            allowance.left -= len(piece)
            pieces.append(piece)
        is_whole = True
    finally:
        if not is_whole:
            allowance.left += size
    return b"".join(pieces)
