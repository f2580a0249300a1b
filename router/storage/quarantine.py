"""Inbound events that failed, with their raw source."""

from datetime import datetime

import msgspec

from router.storage.sight import FULL_SIGHT, Sight
from router.storage.unit_of_work import UnitOfWork


class QuarantineRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    account_id: int
    event_key: str
    event: bytes | None
    raw: bytes | None
    raw_media_type: str
    blob_key: str | None
    reason: str
    seen: int
    message_id: int | None
    state: str
    first_seen_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None


_COLUMNS = ", ".join(QuarantineRow.__struct_fields__)


async def put(
    work: UnitOfWork,
    *,
    account_id: int,
    event_key: str,
    event: bytes | None,
    raw: bytes | None,
    raw_media_type: str,
    blob_key: str | None,
    reason: str,
) -> None:
    """New, or seen once more."""
    await work.driver.execute(
        """
        insert into quarantine as q (account_id, event_key, event, raw, raw_media_type, blob_key,
            reason, first_seen_at, last_seen_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
        on conflict (account_id, event_key) do update
            set seen = q.seen + 1, last_seen_at = excluded.last_seen_at, reason = excluded.reason
        """,
        account_id,
        event_key,
        event,
        raw,
        raw_media_type,
        blob_key,
        reason,
        work.now(),
    )


async def link(work: UnitOfWork, account_id: int, event_key: str, message_id: int) -> None:
    """Its placeholder in a conversation."""
    await work.driver.execute(
        """
        update quarantine set message_id = $3
        where account_id = $1 and event_key = $2 and message_id is null
        """,
        account_id,
        event_key,
        message_id,
    )


async def lock(work: UnitOfWork, quarantine_id: int) -> QuarantineRow | None:
    row = await work.driver.fetchrow(
        f"select {_COLUMNS} from quarantine where id = $1 for update",
        quarantine_id,
    )
    return None if row is None else QuarantineRow(**row)


async def resolve(
    work: UnitOfWork, quarantine_id: int, state: str, message_id: int | None
) -> QuarantineRow:
    row = await work.driver.fetchrow(
        f"""
        update quarantine set state = $2, message_id = $3, resolved_at = $4
        where id = $1 returning {_COLUMNS}
        """,
        quarantine_id,
        state,
        message_id,
        work.now(),
    )
    return QuarantineRow(**row)


_SEEN = """
    (message_id is null or not exists (
        select from messages m join cases c on c.id = m.case_id
        where m.id = quarantine.message_id and c.access_class <> all($1::text[])))
"""


async def list_quarantined(
    work: UnitOfWork, *, state: str | None, after: int, limit: int, sight: Sight = FULL_SIGHT
) -> list[QuarantineRow]:
    """Oldest first, from the entry after `after`; as restricted as their placeholders' cases."""
    rows = await work.driver.fetch(
        f"""
        select {_COLUMNS} from quarantine
        where id > $2 and ($3::text is null or state = $3) and {_SEEN} order by id limit $4
        """,
        sight.listed,
        after,
        state,
        limit,
    )
    return [QuarantineRow(**row) for row in rows]


async def find(
    work: UnitOfWork, quarantine_id: int, sight: Sight = FULL_SIGHT
) -> QuarantineRow | None:
    row = await work.driver.fetchrow(
        f"select {_COLUMNS} from quarantine where id = $2 and {_SEEN}",
        sight.listed,
        quarantine_id,
    )
    return None if row is None else QuarantineRow(**row)
