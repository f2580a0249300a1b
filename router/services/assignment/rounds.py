"""What the queue's loop does: it follows what happens to cases, and ends what time has ended."""

from collections.abc import Collection
from datetime import timedelta

import structlog

from router.services.assignment import availability, offers
from router.services.assignment import settings as queue
from router.services.assignment.draining import drain
from router.services.assignment.entering import enter
from router.services.assignment.settings import QueueSettings
from router.storage import (
    agent_desks,
    assignments,
    followed_cases,
    followers,
    queue_settings,
    shifts,
    waiting_cases,
)
from router.storage.agent_desks import keep_live_channels
from router.storage.assignments import Step
from router.storage.engine import Collision, Database, StatementRefused
from router.storage.unit_of_work import UnitOfWork

FOLLOWER = "assignment"
PAST = "assignment_past"
BATCH = 500
PAST_BATCH = 2_000
HELD = 50
"""Conversations that are held at once: who writes in one of them waits that long."""
_OF_THE_CASE = (ArithmeticError, LookupError, TypeError, ValueError, StatementRefused)
"""What a case may fail of by itself."""

log = structlog.get_logger(__name__)


async def follow(database: Database) -> bool:
    """Read on in the outbox: cases that changed stand where they belong. True: there is more.

    How far it read is committed after what it wrote: what is entered twice is entered once. Where
    facts were dropped unread, all cases are looked at anew.
    """
    async with database.reading() as work:
        if not await followed_cases.has_news(work, FOLLOWER):
            return False
    async with database.transaction() as work:
        changed = await followed_cases.changed_after(work, FOLLOWER, limit=BATCH)
        if changed.has_gap:
            await followers.take(work, PAST)
            await followers.keep(work, PAST, 0)
    await _enter_all(database, changed.case_ids)
    async with database.transaction() as work:
        await followers.keep(work, FOLLOWER, changed.until)
    return changed.is_behind


async def catch_up(database: Database) -> bool:
    """Let the next cases that wait since before there was a queue enter it. False: all are in."""
    async with database.transaction() as work:
        above = await followers.take(work, PAST)
        if above < 0:
            return False
        missing, last = await waiting_cases.without_entry(work, above, limit=PAST_BATCH)
    await _enter_all(database, missing)
    async with database.transaction() as work:
        await followers.keep(work, PAST, last or followed_cases.DONE)
    return bool(last)


async def _enter_all(database: Database, case_ids: Collection[int]) -> None:
    """Those that nobody writes in now some at once, then the others one by one. A case that fails
    by itself holds up no other; the next change of it brings it here again.

    Whoever writes in the queue holds the conversation, and whoever waits for one here holds no
    other: so none of them waits for somebody who waits for them.
    """
    listed = sorted(case_ids)
    for start in range(0, len(listed), HELD):
        some = listed[start : start + HELD]
        try:
            left = await _enter_free(database, some)
        except _OF_THE_CASE:
            left = some
        for case in left:
            try:
                await _enter_one(database, case)
            except Collision:
                raise
            except _OF_THE_CASE as error:
                log.warning("assigner.case_failed", case=case, fault=type(error).__name__)


async def _enter_free(database: Database, case_ids: Collection[int]) -> list[int]:
    """Those that are left for another time."""
    async with database.transaction() as work:
        held = await assignments.lock_free(work, case_ids)
        await enter(work, list(held))
    return [case for case in case_ids if case not in held]


async def _enter_one(database: Database, case_id: int) -> None:
    async with database.transaction() as work:
        if await assignments.lock_case(work, case_id) is not None:
            await enter(work, [case_id])


async def serve(database: Database) -> int:
    """End what is over, help full teams, and give out what waits; how many cases went on."""
    await availability.judge_absence(database)
    async with database.reading() as work:
        is_given_out = await queue_settings.is_given_out(work)
        is_due = await offers.is_one_over(work) or await availability.is_one_due(work)
    moved = 0
    if is_due:
        async with database.transaction() as work:
            moved += await offers.end_what_is_over(work)
            moved += await availability.take_back(work)
    if not is_given_out:
        return moved
    async with database.transaction() as work:
        moved += await drain(work)
    async with database.transaction() as work:
        settings = await queue.load(work)
        helped = await _overflow(work, settings)
        helped += await _relax(work, settings)
        if helped:
            await drain(work)
    return moved + helped


async def end_shifts(database: Database) -> int:
    """What the ends of shifts do to desks and cases; how many cases went on. Nothing of it is
    imported where there is no rota.
    """
    async with database.reading() as work:
        if not await shifts.is_kept(work):
            return 0
    from router.services.shifts import ending

    return await ending.end_shifts(database)


async def know_live_channels(database: Database, channels: frozenset[str]) -> None:
    """On which somebody waits at the other end, by what the installed connectors declare."""
    async with database.transaction() as work:
        await keep_live_channels(work, channels)


async def _overflow(work: UnitOfWork, settings: QueueSettings) -> int:
    """What a team had no room for so long is the helping team's from now on."""
    due = await assignments.due_to_overflow(work, limit=BATCH)
    held = await assignments.lock_free(work, due) if due else {}
    moved = await assignments.move_to_team(work, {case: due[case] for case in held})
    steps = [
        Step(
            case_id=case,
            step="moved",
            because="team_full",
            agent_id=None,
            event="case_overflowed",
            facts={"from_team_id": due[case][0], "team_id": due[case][1]},
        )
        for case in sorted(moved)
    ]
    await assignments.record(work, steps, held)
    await enter(work, moved, settings)
    return len(moved)


async def _relax(work: UnitOfWork, settings: QueueSettings) -> int:
    if settings.relax_minutes is None:
        return 0
    before = work.now() - timedelta(minutes=settings.relax_minutes)
    due = await waiting_cases.due_to_relax(work, before, limit=BATCH)
    held = list(await assignments.lock_free(work, due)) if due else []
    await waiting_cases.relax(work, held)
    await enter(work, held, settings)
    return len(held)


async def note_seen(database: Database, agent_ids: list[int]) -> None:
    """Pages of these agents are open now."""
    async with database.transaction() as work:
        await agent_desks.note_seen(work, agent_ids)


async def used_channels(database: Database) -> frozenset[str]:
    """Of which there is an account."""
    async with database.reading() as work:
        return frozenset(await agent_desks.used_channels(work))
