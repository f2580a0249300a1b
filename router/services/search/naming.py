"""Name entries follow the outbox: made after somebody wrote or was named, never with it."""

import asyncio
from collections.abc import Collection, Sequence

from core.name_grams import grams_of, said_of
from router.storage import followers, name_entries, search_entries
from router.storage.engine import Database
from router.storage.name_entries import HISTORY, Names
from router.storage.unit_of_work import UnitOfWork

BATCH = 500


async def enter(work: UnitOfWork, person_ids: Collection[int]) -> None:
    """Everybody who is one person with one of these is found by what they are known by now."""
    if not person_ids:
        return
    known = await name_entries.names_of(work, person_ids)
    if entries := await asyncio.to_thread(_changed, known):
        await name_entries.put(work, entries)


async def begin_anew(work: UnitOfWork) -> None:
    """All people are the past again, for `catch_up`."""
    await followers.take(work, HISTORY)
    newest = await name_entries.newest_person(work)
    await followers.keep(work, HISTORY, newest)


async def catch_up(database: Database, *, limit: int = BATCH) -> bool:
    """Enter the next people who are older than the follower, newest first. False: all are."""
    async with database.transaction() as work:
        await followers.take(work, search_entries.FOLLOWER)
        below = await followers.take(work, HISTORY)
        if below <= 0:
            return False
        ids = await name_entries.older_than(work, below, limit)
        await enter(work, ids)
        first = ids[-1] if ids else 0
        await followers.keep(work, HISTORY, max(first - 1, 0))
        return first > 1


def _changed(known: Sequence[Names]) -> dict[int, tuple[str, list[str]]]:
    said = {one.person_id: said_of(one.names) for one in known}
    return {
        one.person_id: (said[one.person_id], grams_of(one.names))
        for one in sorted(known, key=lambda one: one.person_id)
        if said[one.person_id] != (one.said or "")
    }
