"""People's files: fetched at once, because their addresses expire."""

import asyncio
from collections.abc import Sequence

import aiohttp

from connectors.discord.content import RemoteFile
from core.connector import ConnectorContext
from core.file_names import clean_file_name
from core.messages import InboundAttachment

FETCH_SECONDS = 30.0
CHUNK = 256 * 1024
AT_ONCE = 3
MEBIBYTE = 1024 * 1024


class Files:
    def __init__(self, context: ConnectorContext, max_size: int) -> None:
        self._context = context
        self._max_size = max_size
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def fetch(self, files: Sequence[RemoteFile]) -> tuple[InboundAttachment, ...]:
        """Each with its bytes, or with a sentence why not. Never raises."""
        return tuple(await asyncio.gather(*(self._fetch(one) for one in files)))

    async def _fetch(self, file: RemoteFile) -> InboundAttachment:
        content, refused = None, None
        if file.size > self._max_size:
            refused = self._too_large(file.size)
        else:
            async with self._turns:
                content, refused = await self._content(file)
        return InboundAttachment(
            name=clean_file_name(file.name),
            media_type=file.media_type,
            size=file.size if content is None else len(content),
            content=content,
            refused=refused,
        )

    async def _content(self, file: RemoteFile) -> tuple[bytes | None, str | None]:
        http: aiohttp.ClientSession = self._context.http
        try:
            async with (
                asyncio.timeout(FETCH_SECONDS),
                http.get(file.url, allow_redirects=False) as response,
            ):
                if response.status != 200:
                    return None, f"Discord did not give it out (HTTP {response.status})."
                content = bytearray()
                async for chunk in response.content.iter_chunked(CHUNK):
                    content += chunk
                    if len(content) > self._max_size:
                        return None, self._too_large(len(content))
                return bytes(content), None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            self._context.log.warning(
                "discord.file_not_fetched", file=file.id, fault=type(error).__name__
            )
            return None, "It could not be fetched from Discord."

    def _too_large(self, size: int) -> str:
        return (
            f"It is larger than this account takes: {size / MEBIBYTE:.1f} MiB, "
            f"the limit is {self._max_size / MEBIBYTE:.1f} MiB."
        )
