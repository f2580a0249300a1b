"""Fetches one file of a person. Its address holds the token and lasts an hour, its id does not."""

import aiohttp
from telegram.error import TelegramError

from connectors.telegram.config import MIB, Config
from connectors.telegram.errors import from_telegram
from connectors.telegram.transport import BotApi
from core.errors import ContentRejected, TransientError

FILE_SECONDS = 60.0
CHUNK = 256 * 1024


class Downloads:
    def __init__(self, config: Config, api: BotApi, http: aiohttp.ClientSession) -> None:
        self._config = config
        self._api = api
        self._http = http

    async def fetch(self, remote: str) -> bytes:
        """The bytes, in one attempt of two requests. Raises ConnectorError."""
        try:
            found = await self._api.call("getFile", {"file_id": remote.rpartition(" ")[2]})
        except TelegramError as error:
            raise from_telegram(error, sends=False) from error
        path = found.get("file_path") if isinstance(found, dict) else None
        if not path:
            raise TransientError("Telegram gave no address for the file.")
        token = self._config.token.get_secret_value()
        # A server of one's own in local mode names the file on its disk.
        inner = str(path).rpartition(f"{token}/")[2].lstrip("/")
        return await self._read(f"{self._config.files_url}{token}/{inner}")

    async def _read(self, url: str) -> bytes:
        """Raises ConnectorError. Not from the error that was met: its URL holds the token."""
        cap = self._config.max_download_mib * MIB
        timeout = aiohttp.ClientTimeout(total=FILE_SECONDS)
        content = bytearray()
        try:
            async with self._http.get(url, timeout=timeout, allow_redirects=False) as response:
                if response.status != 200:
                    raise TransientError(f"The file server says HTTP {response.status}.")
                async for chunk in response.content.iter_chunked(CHUNK):
                    content += chunk
                    if len(content) > cap:
                        raise ContentRejected(f"It has more than {cap // MIB} MiB.")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            kind = type(error).__name__
            raise TransientError(f"The file server did not give all of it ({kind}).") from None
        return bytes(content)
