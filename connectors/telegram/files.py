"""Fetches the files of what came in at once: their addresses hold the token and end in an hour."""

import asyncio
from collections.abc import Sequence

import aiohttp
import msgspec
from telegram.error import TelegramError

from connectors.telegram.config import MIB, Config
from connectors.telegram.errors import from_telegram
from connectors.telegram.transport import BotApi
from core.clock import Clock
from core.errors import ConnectorError, RateLimited, TransientError
from core.messages import AnyInboundEvent, InboundAttachment, MessageReceived

TRIES = 3
PAUSE_SECONDS = 2.0
FILE_SECONDS = 60.0
AT_ONCE = 4
LONGEST_WAIT = 60.0
CHUNK = 256 * 1024


class Downloads:
    def __init__(
        self, config: Config, api: BotApi, http: aiohttp.ClientSession, clock: Clock
    ) -> None:
        self._config = config
        self._api = api
        self._http = http
        self._clock = clock
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def fill(
        self,
        events: Sequence[AnyInboundEvent],
        *,
        tries: int = TRIES,
        seconds: float = FILE_SECONDS,
    ) -> list[AnyInboundEvent]:
        """The events with their files' bytes, or with the reason why a file is not there.

        `seconds`: of one try.
        """
        filled = list(events)
        async with asyncio.TaskGroup() as group:
            for number, event in enumerate(events):
                if isinstance(event, MessageReceived) and any(f.remote for f in event.attachments):
                    group.create_task(self._fill_one(filled, number, event, tries, seconds))
        return filled

    async def _fill_one(
        self,
        filled: list[AnyInboundEvent],
        number: int,
        event: MessageReceived,
        tries: int,
        seconds: float,
    ) -> None:
        files = [await self._fetched(file, tries, seconds) for file in event.attachments]
        filled[number] = msgspec.structs.replace(event, attachments=tuple(files))

    async def _fetched(
        self, file: InboundAttachment, tries: int, seconds: float
    ) -> InboundAttachment:
        if file.remote is None:
            return file
        reason = ""
        for left in reversed(range(tries)):
            wait = PAUSE_SECONDS
            try:
                async with self._at_once, asyncio.timeout(seconds):
                    content = await self._fetch(file.remote)
                return msgspec.structs.replace(
                    file, remote=None, content=content, size=len(content)
                )
            except TimeoutError:
                reason = "It took too long."
            except TransientError as error:
                reason = str(error)
            except RateLimited as error:
                reason, wait = str(error), min(error.retry_after.total_seconds(), LONGEST_WAIT)
            except ConnectorError as error:  # a token that was revoked is told by the next poll
                reason = str(error)
                break
            if left:
                await self._clock.sleep(wait)
        return msgspec.structs.replace(
            file, remote=None, refused=f"The file could not be fetched. {reason}"
        )

    async def _fetch(self, file_id: str) -> bytes:
        """Raises ConnectorError."""
        try:
            found = await self._api.call("getFile", {"file_id": file_id})
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
        """Raises TransientError. Not from the error that was met: its URL holds the token."""
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
                        raise _TooLarge(f"It has more than {cap // MIB} MiB.")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            kind = type(error).__name__
            raise TransientError(f"The file server did not give all of it ({kind}).") from None
        return bytes(content)


class _TooLarge(ConnectorError):
    """Larger than Telegram said."""
