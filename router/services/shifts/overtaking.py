"""Exchanges that are over because a duty became other than it was when they were offered."""

from collections.abc import Collection
from datetime import date, datetime

from core.rota import Duty, Rota, find_duty
from router.services.shifts.reading import InForce
from router.storage import shift_exchanges as stored
from router.storage.shift_exchanges import ExchangeRow
from router.storage.unit_of_work import UnitOfWork

Place = tuple[str, date]
"""A shift on a day."""


async def note_overtaken(
    work: UnitOfWork, before: InForce, after: InForce, decided: Collection[Place] = ()
) -> None:
    """Nobody takes, or lets pass, what both said yes to as it was before: other times, other
    agents, or not at all. Nor what is left open where a supervisor said who works (`decided`),
    nor what was done of such a day, if who took it works it no more. Whom it concerns is told.
    """
    for row in await stored.done(work, min(day for _, day in decided)) if decided else ():
        if set(places_of(row)) & set(decided) and _is_undone(before.rota, after.rota, row):
            await _end(work, row)
    for row in await stored.live(work):
        mine, theirs = places_of(row)
        places = [mine] if theirs is None else [mine, theirs]
        is_decided = row.kind == "open" and mine in decided
        is_moved = any(_times(before.rota, one) != _times(after.rota, one) for one in places)
        if is_decided or is_moved or not _is_had(after.rota, row):
            await _end(work, row)


async def _end(work: UnitOfWork, row: ExchangeRow) -> None:
    told = {one for one in (row.agent_id, row.to_id, row.taken_by) if one is not None}
    await stored.move(work, row.id, "overtaken", taken_by=row.taken_by, unseen_ids=told)


def _is_undone(before: Rota, after: Rota, row: ExchangeRow) -> bool:
    """Somebody no more works what they got by it."""
    mine, theirs = places_of(row)
    got = (
        [(row.taken_by, mine)] if theirs is None else [(row.taken_by, mine), (row.agent_id, theirs)]
    )
    return any(
        who in _agents(before, place) and who not in _agents(after, place) for who, place in got
    )


def places_of(row: ExchangeRow) -> tuple[Place, Place | None]:
    """The duty, and of a swap what is worked in its place."""
    mine = (row.shift_key, row.day)
    if row.other_shift is None or row.other_day is None:
        return mine, None
    return mine, (row.other_shift, row.other_day)


def _is_had(rota: Rota, row: ExchangeRow) -> bool:
    """Whether each works still what they would give, and an absent one does not."""
    mine, theirs = places_of(row)
    if (row.agent_id in _agents(rota, mine)) == (row.kind == "open"):
        return False
    other = row.taken_by or row.to_id
    return theirs is None or other is None or other in _agents(rota, theirs)


def _agents(rota: Rota, place: Place) -> frozenset[int]:
    duty = find_duty(rota, *place)
    return duty.agent_ids if duty else frozenset()


def _times(rota: Rota, place: Place) -> tuple[datetime, datetime] | None:
    duty: Duty | None = find_duty(rota, *place)
    return (duty.starts, duty.ends) if duty else None
