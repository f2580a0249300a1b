"""Fetches files that came as a reference, where the network gives them only when it is asked."""

import asyncio
from datetime import timedelta

import structlog

from core.connector import Connector
from core.errors import PermanentError, RateLimited
from core.messages import InboundAttachment, scrub
from router.blobs import Blobs
from router.storage import pending_files, persons
from router.storage.engine import Database
from router.storage.pending_files import PendingFile

LOOK_SECONDS = 2.0
FETCH_SECONDS = 120.0
AT_ONCE = 10
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=30)
GIVE_UP_AFTER = timedelta(days=1)

log = structlog.get_logger(__name__)


class Fetcher:
    """One for an account's run. One file at a time; the message stands there meanwhile."""

    def __init__(
        self, database: Database, blobs: Blobs, connector: Connector, account_id: int
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._connector = connector
        self._account_id = account_id
        self._clock = database.clock
        self._tries: dict[int, int] = {}
        self._resting: dict[int, float] = {}
        """File -> when it may be asked for again."""
        self._is_down = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                found = await self.look()
                self._is_down = False
            except Exception as error:
                found = 0
                if not self._is_down:
                    fault = type(error).__name__
                    log.warning("fetcher.failed", account=self._account_id, fault=fault)
                self._is_down = True
            if found == 0:
                await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> int:
        """Ask for what is pending and may be asked for now; how many that were."""
        now = self._clock.monotonic()
        resting = [one for one, until in self._resting.items() if until > now]
        async with self._database.reading() as work:
            files = await pending_files.list_pending(
                work, self._account_id, without=resting, limit=AT_ONCE
            )
        for file in files:
            await self._fetch(file)
        return len(files)

    async def _fetch(self, file: PendingFile) -> None:
        attachment = InboundAttachment(
            name=file.name, media_type=file.media_type, size=file.size, remote=file.remote
        )
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                content = await self._connector.fetch_attachment(attachment)
        except PermanentError as error:
            await self._refuse(file, str(error))
        except Exception as error:
            await self._rest(file, error)
        else:
            await self._keep(file, content)

    async def _keep(self, file: PendingFile, content: bytes) -> None:
        key = await self._blobs.put(content)
        async with self._database.transaction() as work:
            root = await persons.lock_root(work, file.person_id)
            if root is not None:
                await pending_files.keep(work, file, root=root, blob_key=key, size=len(content))
        self._forget(file)

    async def _refuse(self, file: PendingFile, reason: str) -> None:
        async with self._database.transaction() as work:
            root = await persons.lock_root(work, file.person_id)
            if root is not None:
                await pending_files.refuse(work, file, scrub(reason), root=root)
        self._forget(file)

    async def _rest(self, file: PendingFile, error: Exception) -> None:
        """It may come later; after a day it is given up."""
        if self._clock.now() - file.created_at >= GIVE_UP_AFTER:
            await self._refuse(file, f"It could not be fetched for a day: {error}")
            return
        tries = self._tries[file.id] = self._tries.get(file.id, 0) + 1
        pause = min(FIRST_PAUSE * (1 << min(tries - 1, 10)), LONGEST_PAUSE)
        if isinstance(error, RateLimited):
            pause = max(pause, error.retry_after)
        self._resting[file.id] = self._clock.monotonic() + pause.total_seconds()
        log.info("file.rests", file=file.id, account=self._account_id, fault=type(error).__name__)

    def _forget(self, file: PendingFile) -> None:
        self._tries.pop(file.id, None)
        self._resting.pop(file.id, None)
