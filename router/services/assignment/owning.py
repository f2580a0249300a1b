"""Who owns a case: the one way to change it by hand, and what follows when somebody has room again.

Two agents never own one case, as whoever gives it holds its conversation; nobody has more than they
have room for, as whoever gives holds their desk.
"""

from router.services.assignment.draining import drain
from router.services.assignment.entering import enter, weight_of
from router.services.assignment.settings import QueueSettings, load
from router.services.errors import Conflict, Refused
from router.storage import agent_desks, assignments, queue_settings, waiting_cases
from router.storage.assignments import Of, Step
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork

BY_HAND = "by_hand"


async def give_by_hand(
    work: UnitOfWork,
    before: Record,
    owner_id: int | None,
    *,
    by_id: int | None,
    rule_id: int | None = None,
    because: str = BY_HAND,
    force: bool = False,
) -> dict[str, int]:
    """Count the case for this agent instead of whoever has it: what else is to be set of it.

    Under its conversation's lock; the caller writes the owner, and the line of the timeline.
    Raises Conflict `no_room`, with `load` and `capacity`, if somebody has said how much the agent
    has room for and it is more than that, unless it is `force`d.
    """
    from router.services.assignment.giving import to_desk

    case_id = before["id"]
    offer = await waiting_cases.find_offer(work, case_id)
    weight: int | None = None
    settings = await load(work)
    if owner_id is not None:
        await agent_desks.lock(work, [one for one in (owner_id, before["owner_id"]) if one])
        found = await agent_desks.load(work, [owner_id])
        if not found:
            raise Refused(f"There is no active agent {owner_id}.", code="unknown", field="owner_id")
        [row] = found
        desk = to_desk(row, settings)
        weight = desk.weight_of(await _weight(work, case_id, settings))
        counts = before["state"] == "open"
        own_offer = offer is not None and offer["offered_to_id"] == owner_id
        load_now = desk.load - (min(offer["weight"], weight) if offer and own_offer else 0)
        is_over = row["capacity"] is not None and load_now + weight > row["capacity"]
        if counts and is_over and not force:
            raise Conflict(
                f"{row['name']} has no room for it.",
                code="no_room",
                load=load_now,
                capacity=row["capacity"],
            )
    step = Step(
        case_id=case_id,
        step="released" if owner_id is None else "assigned",
        because=because,
        agent_id=before["owner_id"] if owner_id is None else owner_id,
        by_id=by_id,
        rule_id=rule_id,
        weight=weight,
        waiting_since=None if offer is None else offer["waiting_since"],
    )
    of = {case_id: Of(before["person_id"], before["root_id"])}
    await assignments.record(work, [step], of)
    return {} if weight is None else {"weight": weight}


async def _weight(work: UnitOfWork, case_id: int, settings: QueueSettings) -> int:
    [row] = await waiting_cases.sources(
        work, [case_id], tier_attribute=settings.tier_attribute, owned_since=work.now()
    )
    return weight_of(row, settings)


async def follow_change(work: UnitOfWork, before: Record, after: Record) -> None:
    """A case was changed under its conversation's lock: its place in the queue is as it is now, and
    whoever has room for another one gets one.
    """
    had, has = _counted(before), _counted(after)
    if (had, _place(before)) == (has, _place(after)):
        return
    await enter(work, [after["id"]])
    if had is not None and had != has:
        await drain(work, [had])
    if has is None and after["state"] == "open":
        await drain(work)


async def follow_answer(work: UnitOfWork, case_id: int) -> None:
    """The desk answered: the case waits for the person, and its owner has room for another one."""
    if not await queue_settings.is_given_out(work):
        return
    await enter(work, [case_id])
    owner = await assignments.owner_of(work, case_id)
    if owner is not None:
        await drain(work, [owner])


def _counted(case: Record) -> int | None:
    """Against whose capacity it counts."""
    owner: int | None = case["owner_id"]
    return owner if case["state"] == "open" else None


def _place(case: Record) -> tuple[object, ...]:
    """What else moves it within the queue, while it stands there."""
    if case["state"] != "open" or case["owner_id"] is not None:
        return (False,)
    topic = case.get("topic_id", case.get("topic"))
    return (True, case["priority"], case["team_id"], topic, case["access_class"])
