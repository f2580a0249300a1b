"""The product's path in without its web part, on a PostgreSQL with every safety on."""

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.events import PEOPLE, message
from core.clock import SystemClock
from core.connector import InboundSink
from router.blobs.disk import DiskBlobs
from router.bus.local import LocalBus
from router.runtime.committer import Committer
from router.storage.engine import Database
from router.storage.migrate import create_database, migrate


class InboundDesk:
    """One account, with every person of the load known already."""

    def __init__(self, database: Database, committer: Committer, account_id: int) -> None:
        self.database = database
        self._committer = committer
        self.account_id = account_id
        self.sink = committer.sink(account_id)

    async def another_account(self) -> InboundSink:
        """Its sink."""
        return self._committer.sink(await _account(self.database, "Another"))

    @property
    def url(self) -> str:
        return self.database.url


@asynccontextmanager
async def inbound_desk(server_url: str) -> AsyncIterator[InboundDesk]:
    url = await create_database(server_url, f"bench_{secrets.token_hex(4)}")
    await migrate(url)
    database = Database(url, clock=SystemClock())
    with tempfile.TemporaryDirectory() as folder:
        committer = Committer(database, DiskBlobs(Path(folder)), LocalBus())
        running = asyncio.create_task(committer.run())
        try:
            desk = InboundDesk(database, committer, await _account(database))
            await desk.sink.accept([message(number, run="warm") for number in range(PEOPLE)])
            yield desk
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await database.close()


async def _account(database: Database, label: str = "Bench") -> int:
    async with database.transaction() as work:
        return int(
            await work.driver.fetchval(
                "insert into accounts (channel, label, hook_token, created_at)"
                " values ('bench', $1, $1, $2) returning id",
                label,
                work.now(),
            )
        )
