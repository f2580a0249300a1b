"""Giving waiting cases to whoever has room, in the transaction that made the room.

Locks are taken without waiting: desks that somebody else is just filling, and conversations in
which somebody else is just writing, are passed over. Their own transactions, or the loop, come back
to them. So this may follow any other lock. Where nothing is given out, how is never imported.
"""

from collections.abc import Collection

from router.storage import agent_desks, queue_settings
from router.storage.unit_of_work import Fact, UnitOfWork

BATCH = 200
"""Cases of one line, and so of one transaction's look, at most."""


async def drain(
    work: UnitOfWork, agent_ids: Collection[int] | None = None, *, limit: int = BATCH
) -> int:
    """Give or offer the first waiting cases to those of these agents who have room; how many.

    None: to all who are there. Nothing while all of the queue is given out by hand.
    """
    if (agent_ids is not None and not agent_ids) or not await queue_settings.is_given_out(work):
        return 0
    ready = await agent_desks.lock_ready(work, agent_ids)
    if not ready:
        return 0
    from router.services.assignment.giving import give_out

    given = await give_out(work, ready, limit=limit)
    if given:
        work.announce(Fact.QUEUE_CHANGED)
    return given
