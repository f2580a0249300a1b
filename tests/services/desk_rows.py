"""One account, what came in by it, and the rows that it became."""

from dataclasses import dataclass
from typing import Any

from core.connector import Cursor
from core.messages import AnyInboundEvent
from router.blobs.disk import DiskBlobs
from router.services.inbound import Incoming, accept
from router.storage.engine import Database


@dataclass(frozen=True, slots=True)
class DeskRows:
    database: Database
    blobs: DiskBlobs
    account: int

    async def accept(
        self,
        *events: AnyInboundEvent,
        fence: int | None = None,
        cursor: Cursor | None = None,
        account: int | None = None,
    ) -> list[int | None]:
        incoming = Incoming(
            account_id=account or self.account, fence=fence, events=events, cursor=cursor
        )
        [result] = await accept(self.database, self.blobs, [incoming])
        if isinstance(result, BaseException):
            raise result
        return result

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        async with self.database.reading() as work:
            return [tuple(row) for row in await work.driver.fetch(sql, *values)]

    async def value(self, sql: str, *values: Any) -> Any:
        async with self.database.reading() as work:
            return await work.driver.fetchval(sql, *values)
