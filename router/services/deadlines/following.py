"""Deadlines follow the outbox: derived after what was said, never within its transaction."""

from collections.abc import Collection

import structlog

from router.services.deadlines.deriving import derive_cases, load_plans
from router.storage import deadlines as stored
from router.storage import followers
from router.storage.engine import Database

BATCH = 200
_ABOVE_ALL = 2**62

log = structlog.get_logger(__name__)


async def follow(database: Database, *, but: Collection[int] = (), limit: int = BATCH) -> bool:
    """Read on in the outbox and derive what it speaks of, without these cases; committed with how
    far was read.

    True: there may be more. Doing it twice changes nothing.
    """
    async with database.transaction() as work:
        position = await followers.take(work, stored.FOLLOWER)
        told = await stored.told_after(work, position, limit)
        plans = await load_plans(work)
        if told.is_anew:
            await followers.take(work, stored.SWEEP)
            await followers.keep(work, stored.SWEEP, _ABOVE_ALL)
        # Before the first plan nothing is owed but what was promised.
        owing = told.case_ids if plans.versions else await stored.promised(work, told.case_ids)
        await derive_cases(work, plans, set(owing).difference(but), said=told.said)
        if told.until > position:
            await followers.keep(work, stored.FOLLOWER, told.until)
    return told.is_behind


async def sweep(database: Database, *, but: Collection[int] = (), limit: int = BATCH) -> bool:
    """Derive the next cases that run anew, without these, after a plan changed. False: all were."""
    async with database.transaction() as work:
        await followers.take(work, stored.FOLLOWER)
        below = await followers.take(work, stored.SWEEP)
        if below <= 0:
            return False
        cases = await stored.running_below(work, below, limit)
        await derive_cases(work, await load_plans(work), set(cases).difference(but))
        await followers.keep(work, stored.SWEEP, cases[-1] if cases else 0)
        return bool(cases)


async def next_cases(database: Database, *, limit: int = BATCH) -> list[int]:
    """Those that `follow` or `sweep` comes to next."""
    async with database.transaction() as work:
        position = await followers.take(work, stored.FOLLOWER)
        told = await stored.told_after(work, position, limit)
        below = await followers.take(work, stored.SWEEP)
        return sorted({*told.case_ids, *await stored.running_below(work, below, limit)})


async def derive_one(database: Database, case_id: int) -> None:
    """By itself, wherever the outbox is read to."""
    async with database.transaction() as work:
        await followers.take(work, stored.FOLLOWER)
        await derive_cases(work, await load_plans(work), [case_id])


async def rebuild(database: Database, *, limit: int = BATCH) -> int:
    """All deadlines of all cases, from what was committed; how many cases that were.

    In one transaction, so that nobody sees half of them. What was told stays told.
    """
    count, after = 0, 0
    async with database.transaction() as work:
        await followers.take(work, stored.FOLLOWER)
        await stored.drop_derived(work)
        plans = await load_plans(work)
        while cases := await stored.cases_after(work, after, limit):
            await derive_cases(work, plans, cases)
            count, after = count + len(cases), cases[-1]
    log.info("deadlines.rebuilt", cases=count)
    return count
