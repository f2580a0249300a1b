"""What came in and could not be read: looked at, replayed, given up, each noted."""

from router.blobs import Blobs
from router.services import audit
from router.services.errors import NotFound
from router.services.inbound import quarantine as inbound
from router.storage import quarantine
from router.storage.engine import Database
from router.storage.quarantine import QuarantineRow
from router.storage.sight import FULL_SIGHT, Sight

PAGE = 100


async def list_entries(
    database: Database,
    *,
    state: str | None,
    after: int,
    limit: int = PAGE,
    sight: Sight = FULL_SIGHT,
) -> list[QuarantineRow]:
    """Oldest first, from the one after `after`, as far as they are seen."""
    async with database.reading() as work:
        return await quarantine.list_quarantined(
            work, state=state, after=after, limit=limit, sight=sight
        )


async def load_entry(
    database: Database, entry_id: int, *, sight: Sight = FULL_SIGHT
) -> QuarantineRow:
    """Raises NotFound: there is none, or it is not seen."""
    async with database.reading() as work:
        found = await quarantine.find(work, entry_id, sight)
    if found is None:
        raise NotFound(f"There is no quarantine entry {entry_id}.")
    return found


async def replay(database: Database, blobs: Blobs, actor: str, entry_id: int) -> QuarantineRow:
    """Try again to store it. Raises NotFound, Conflict as `services.inbound.quarantine.replay`."""
    row = await inbound.replay(database, blobs, entry_id)
    await _record(database, actor, "quarantine.replayed", entry_id)
    return row


async def drop(database: Database, actor: str, entry_id: int) -> QuarantineRow:
    """Give up on it; its source is kept. Raises NotFound, Conflict."""
    row = await inbound.drop(database, entry_id)
    await _record(database, actor, "quarantine.dropped", entry_id)
    return row


async def _record(database: Database, actor: str, action: str, entry_id: int) -> None:
    async with database.transaction() as work:
        await audit.record(work, actor, action, f"quarantine/{entry_id}")
