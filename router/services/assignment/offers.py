"""Cases that are offered to an agent, who takes them, leaves them, or lets the time run out."""

from collections.abc import Collection
from datetime import timedelta

from router.services.assignment import settings as queue
from router.services.assignment.draining import drain
from router.services.errors import Conflict, NotFound
from router.services.viewer import Viewer
from router.storage import agent_desks, assignments, cases, waiting_cases
from router.storage.assignments import Of, Step
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork

BATCH = 100


async def accept(database: Database, agent_id: int, case_id: int) -> None:
    """They own it. Doing it twice does it once.

    Raises NotFound, Conflict `offer_over`: also if it is a case that they may not see any more.
    """
    from router.services.assignment.shown import may_be_given

    async with database.transaction() as work:
        of = await _lock(work, case_id)
        if await assignments.owner_of(work, case_id) == agent_id:
            return
        await agent_desks.lock(work, [agent_id])
        offer = await _find(work, agent_id, case_id)
        [row] = await agent_desks.load(work, [agent_id])
        settings = await queue.load(work)
        if not may_be_given(row, offer, settings):
            raise _over()
        capacity = settings.default_capacity if row["capacity"] is None else row["capacity"]
        weight = max(1, min(offer["weight"], capacity))
        if not await assignments.own(work, [(case_id, agent_id, weight)]):
            raise _over()
        step = Step(
            case_id=case_id,
            step="assigned",
            because="accepted",
            agent_id=agent_id,
            by_id=agent_id,
            weight=weight,
            waiting_since=offer["waiting_since"],
            event="case_assigned",
            facts={"owner_id": agent_id, "owner_name": row["name"]},
        )
        await assignments.record(work, [step], {case_id: of})
        work.announce(Fact.QUEUE_CHANGED)


async def decline(database: Database, agent_id: int, case_id: int) -> None:
    """It goes on to somebody else. Raises NotFound, Conflict `offer_over`."""
    async with database.transaction() as work:
        of = await _lock(work, case_id)
        await agent_desks.lock(work, [agent_id])
        await _find(work, agent_id, case_id)
        await _end(work, {case_id: of}, step="declined", by_id=agent_id)
        await drain(work)


async def withdraw(database: Database, viewer: Viewer, case_id: int) -> None:
    """Nobody is offered it any more, and it goes on to somebody else.

    Raises NotFound, Conflict `offer_over`: it was offered to nobody.
    """
    async with database.transaction() as work:
        of = await _lock(work, case_id)
        [case] = await cases.load_cases(work, [case_id])
        if case["access_class"] not in viewer.sight.classes:
            raise NotFound(f"There is no case {case_id}.")
        offer = await waiting_cases.find_offer(work, case_id)
        if offer is None or offer["offered_to_id"] is None:
            raise _over()
        await agent_desks.lock(work, [offer["offered_to_id"]])
        await _end(work, {case_id: of}, step="returned", by_id=viewer.agent_id)
        await drain(work)


async def is_one_over(work: UnitOfWork) -> bool:
    return bool(await assignments.offers_over(work, limit=1))


async def end_what_is_over(work: UnitOfWork, *, limit: int = BATCH) -> int:
    """Offers whose time has run out, and of agents who are there no more, go on; how many."""
    due = await assignments.offers_over(work, limit=limit)
    held = await assignments.lock_free(work, due) if due else {}
    if held:
        await _end(work, held, step="expired", by_id=None)
    return len(held)


async def _end(work: UnitOfWork, of: dict[int, Of], *, step: str, by_id: int | None) -> None:
    settings = await queue.load(work)
    until = work.now() + timedelta(minutes=settings.decline_minutes)
    ended = await assignments.end_offers(work, list(of), refused_until=until)
    names = await _names(work, {row["agent_id"] for row in ended})
    steps = [
        Step(
            case_id=row["case_id"],
            step=step,
            because="by_hand" if step == "returned" else step,
            agent_id=row["agent_id"],
            by_id=by_id,
            event="case_withdrawn" if step == "returned" else "case_declined",
            facts={"owner_id": row["agent_id"], "owner_name": names.get(row["agent_id"], "")},
        )
        for row in ended
    ]
    await assignments.record(work, steps, of)
    work.announce(Fact.QUEUE_CHANGED)


async def _names(work: UnitOfWork, agent_ids: Collection[int]) -> dict[int, str]:
    return {row["agent_id"]: row["name"] for row in await agent_desks.load(work, agent_ids)}


async def _lock(work: UnitOfWork, case_id: int) -> Of:
    of = await assignments.lock_case(work, case_id)
    if of is None:
        raise NotFound(f"There is no case {case_id}.")
    return of


async def _find(work: UnitOfWork, agent_id: int, case_id: int) -> Record:
    offer = await waiting_cases.find_offer(work, case_id)
    if offer is None or offer["offered_to_id"] != agent_id or offer["offered_until"] <= work.now():
        raise _over()
    return offer


def _over() -> Conflict:
    return Conflict("It is not offered to you any more.", code="offer_over")
