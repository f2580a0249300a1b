"""A gap that nothing can fill is written where it may have cut something, and told to ops."""

from core.messages import HistoryGap
from router.services.inbound.messages import dedup_key
from router.storage import gaps, persons
from router.storage.gaps import NewGap
from router.storage.places import NewPlace, resolve_places
from router.storage.unit_of_work import Fact, UnitOfWork

EVENT = "history_gap"
ACTIVE_DAYS = 14
"""Whoever wrote by the account in so many days before a gap may well have written in it."""


async def note(work: UnitOfWork, account_id: int, event: HistoryGap) -> None:
    """Store the gap and a line in each conversation concerned, once however often it is told.

    Of a place: everybody's who wrote there lately. Of an account: everybody's who wrote by it in
    the fortnight before. Whoever writes for the first time after it is not concerned.
    """
    place_id = await _place_id(work, account_id, event)
    fresh = await gaps.insert_once(
        work,
        NewGap(
            account_id=account_id,
            place_id=place_id,
            event_key=dedup_key(event.event_key),
            since=event.since,
            until=event.until,
            reason=event.reason,
        ),
    )
    if fresh is None:
        return
    work.announce(Fact.ACCOUNT_CHANGED, ref=account_id)
    active_since = gaps.active_before(event.since or event.until, ACTIVE_DAYS)
    found = await gaps.concerned(work, account_id, place_id, active_since=active_since)
    if not found:
        return
    await persons.lock_roots(work, [person for person, _ in found.values()])
    facts = {
        "account_id": account_id,
        "gap_id": fresh,
        "since": event.since,
        "until": event.until,
        "reason": event.reason,
    }
    for message, root in await gaps.insert_lines(
        work, account_id, list(found.values()), event=EVENT, facts=facts
    ):
        work.announce(Fact.MESSAGE_CREATED, person=root, ref=message)


async def _place_id(work: UnitOfWork, account_id: int, event: HistoryGap) -> int | None:
    place = event.place
    if place is None:
        return None
    fresh = NewPlace(
        key=(account_id, place.remote),
        kind=place.kind.value,
        title=place.title,
        parent=place.parent,
    )
    return (await resolve_places(work, [fresh]))[fresh.key]
