"""Whether agents are there: by their own word, a supervisor's, or because their pages are gone."""

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from router.services import audit
from router.services.assignment import settings as queue
from router.services.assignment.draining import drain
from router.services.assignment.entering import enter
from router.services.assignment.settings import QueueSettings
from router.services.assignment.shapes import Availability, SetBy
from router.services.errors import NotFound
from router.storage import agent_desks, assignments
from router.storage.assignments import Step
from router.storage.engine import Database
from router.storage.unit_of_work import Fact, UnitOfWork

GONE_AFTER = timedelta(minutes=2)
"""Without an open page, an agent who said that they are there is not."""
BATCH = 100


async def set_own(database: Database, agent_id: int, availability: Availability) -> None:
    """Whoever comes gets what waits; what whoever goes must not keep goes back."""
    async with database.transaction() as work:
        await change_within(work, agent_id, availability, set_by="agent")


async def set_for(
    database: Database, *, actor: str, agent_id: int, availability: Availability
) -> None:
    """By a supervisor. Raises NotFound."""
    async with database.transaction() as work:
        if not await agent_desks.load(work, [agent_id]):
            raise NotFound("There is no such active agent.")
        await change_within(work, agent_id, availability, set_by="supervisor")
        facts = {"availability": availability}
        await audit.record(work, actor, "agent.availability_changed", f"agents/{agent_id}", facts)


async def change_within(
    work: UnitOfWork, agent_id: int, availability: Availability, *, set_by: SetBy
) -> None:
    """As part of a transaction that holds no desk after this one's."""
    await agent_desks.lock(work, [agent_id])
    if not await agent_desks.set_availability(work, agent_id, availability, set_by=set_by):
        return
    work.announce(Fact.DESK_CHANGED, ref=agent_id)
    work.announce(Fact.QUEUE_CHANGED)
    if availability == "online":
        await drain(work, [agent_id])
    elif availability != "busy":
        await take_back(work)


async def take_back(work: UnitOfWork, *, limit: int = BATCH) -> int:
    """Open cases of those who are away for longer than their team lets them keep one stand in the
    queue again, and go to whoever has room; how many. What somebody writes in is left for later.
    """
    settings = await queue.load(work)
    due = await _due(work, settings, limit)
    taken = await _return(work, due, settings) if due else 0
    if taken:
        await drain(work)
    return taken


async def is_one_due(work: UnitOfWork) -> bool:
    return bool(await _due(work, await queue.load(work), 1))


async def _due(work: UnitOfWork, settings: QueueSettings, limit: int) -> dict[int, int]:
    """Case -> owner."""
    if not await queue.takes_back(work, settings):
        return {}
    return await assignments.due_back(
        work,
        live_minutes=settings.return_live_minutes,
        slow_minutes=settings.return_slow_minutes,
        limit=limit,
    )


async def hand_back(work: UnitOfWork, due: Mapping[int, int]) -> int:
    """Case -> owner whose shift is over: those that are still theirs stand in the queue, and go to
    whoever has room; how many.
    """
    taken = await _return(work, due, await queue.load(work), is_over=True)
    if taken:
        await drain(work)
    return taken


async def _return(
    work: UnitOfWork, due: Mapping[int, int], settings: QueueSettings, *, is_over: bool = False
) -> int:
    held = await assignments.lock_free(work, due)
    owners = {case: due[case] for case in held}
    former = await assignments.give_back(work, owners, is_over=is_over)
    steps = [
        Step(
            case_id=row["id"],
            step="returned",
            because=row["availability"],
            agent_id=row["owner_id"],
            event="case_shift_over" if is_over else "case_returned",
            facts={"owner_id": row["owner_id"], "owner_name": row["name"]},
        )
        for row in sorted(former, key=lambda row: row["id"])
    ]
    await assignments.record(work, steps, held)
    await enter(work, [row["id"] for row in former], settings)
    return len(former)


async def judge_absence(database: Database) -> None:
    """Whoever has no page open for so long is offline, until one is open again."""
    async with database.reading() as work:
        gone = await agent_desks.absent(work, work.now() - GONE_AFTER)
        back = await agent_desks.back(work)
    for agent in gone:
        async with database.transaction() as work:
            await agent_desks.lock(work, [agent])
            # Anew: they may have said something else before we held their desk.
            if agent in await agent_desks.absent(work, work.now() - GONE_AFTER):
                await change_within(work, agent, "offline", set_by="absence")
    for agent in back:
        async with database.transaction() as work:
            await agent_desks.lock(work, [agent])
            said = (await agent_desks.back(work)).get(agent)
            if said is not None:
                await change_within(
                    work, agent, msgspec.convert(said, Availability), set_by="absence"
                )
