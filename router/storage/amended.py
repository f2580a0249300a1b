"""Messages of agents that are changed or taken back after they were sent."""

from datetime import datetime

import msgspec

from core.delivery import DeliveryState
from router.storage import deliveries
from router.storage.deliveries import DeliveryRow
from router.storage.unit_of_work import UnitOfWork


class OwnWords(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent wrote to a person, and where."""

    id: int
    person_id: int
    root_id: int
    case_id: int | None
    agent_id: int | None
    direction: str
    has_files: bool
    revision: int
    received_at: datetime
    deleted_at: datetime | None
    channel: str | None
    account_state: str | None


async def find(work: UnitOfWork, message_id: int) -> OwnWords | None:
    row = await work.driver.fetchrow(
        """
        select m.id, m.person_id, p.root_id, m.case_id, m.agent_id, m.direction, m.revision,
            m.received_at,
            m.deleted_at, a.channel, a.state as account_state,
            exists (select from attachments f where f.message_id = m.id) as has_files
        from messages m join persons p on p.id = m.person_id
        left join accounts a on a.id = m.account_id
        where m.id = $1
        """,
        message_id,
    )
    return None if row is None else OwnWords(**row)


async def was_made(work: UnitOfWork, message_id: int, event_key: str) -> bool:
    """Whether this edit was stored before."""
    return bool(
        await work.driver.fetchval(
            "select exists (select from message_revisions"
            " where message_id = $1 and event_key = $2)",
            message_id,
            event_key,
        )
    )


async def lock_standing(work: UnitOfWork, message_id: int) -> list[DeliveryRow]:
    """Its deliveries to the recipient that still count, by id, held until the commit."""
    await work.driver.execute(
        "select from deliveries where message_id = $1 order by id for update", message_id
    )
    return [
        row
        for row in await deliveries.deliveries_of(work, [message_id])
        if not row.copy_to and row.state is not DeliveryState.CANCELLED
    ]
