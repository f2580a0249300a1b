"""What waits on an account because its network asked for it."""

from datetime import datetime

import msgspec

from router.storage.records import fetch_one
from router.storage.unit_of_work import UnitOfWork


class Resting(msgspec.Struct, frozen=True, kw_only=True):
    count: int
    until: datetime | None
    """When the first of them is due."""


async def find(work: UnitOfWork, account_id: int) -> Resting:
    row = await fetch_one(
        work,
        """
        select count(*) as count, min(due_at) as until from deliveries
         where account_id = $1 and state = 'queued' and code = 'rate_limited' and due_at > $2
        """,
        account_id,
        work.now(),
    )
    assert row is not None
    return Resting(count=row["count"], until=row["until"])
