"""Entering the queue and leaving it: which cases wait for somebody, since when, and for whom."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta

from core.queue_order import rank_of
from router.services.assignment import settings as queue
from router.services.assignment.settings import QueueSettings
from router.storage import waiting_cases
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork
from router.storage.waiting_cases import Entry, LineKey

_LANGUAGE = re.compile(r"[a-z]{2,3}(?![a-z])", re.IGNORECASE)
"""The language itself, as skills name it, of whatever a network calls somebody's: `zh Hans`."""


async def enter(
    work: UnitOfWork, case_ids: Collection[int], settings: QueueSettings | None = None
) -> None:
    """Those of these cases that wait for us and have no owner stand in the queue, the others don't.

    Derived from what the cases are now, so doing it twice changes nothing. A place that was given
    to a case by somebody who saw an older state of it is mended by whoever sees the newer one: each
    change of a case is a fact, and facts are followed.
    """
    if not case_ids:
        return
    settings = settings or await queue.load(work)
    owned_since = work.now() - timedelta(hours=settings.sticky_hours)
    rows = await waiting_cases.sources(
        work, case_ids, tier_attribute=settings.tier_attribute, owned_since=owned_since
    )
    waiting = [row for row in rows if _waits(row)]
    gone = [row["id"] for row in rows if row["is_waiting"] and not _waits(row)]
    has_changed = False
    if gone:
        for row in await waiting_cases.take_out(work, gone):
            has_changed = True
            if row["offered_to_id"] is not None:
                work.announce(Fact.DESK_CHANGED, ref=row["offered_to_id"])
    if waiting:
        keys = {row["id"]: _line(row, settings) for row in waiting}
        ids = await waiting_cases.lines_of(work, set(keys.values()))
        entries = [_entry(row, ids[keys[row["id"]]], settings, work.now()) for row in waiting]
        has_changed = bool(await waiting_cases.put(work, entries)) or has_changed
    if has_changed:
        work.announce(Fact.QUEUE_CHANGED)


def weight_of(row: Record, settings: QueueSettings) -> int:
    return settings.live_weight if row["is_live"] else settings.slow_weight


def _waits(row: Record) -> bool:
    return (
        row["state"] == "open"
        and row["owner_id"] is None
        and not row["is_aside"]
        and not row["is_blocked"]
    )


def _line(row: Record, settings: QueueSettings) -> LineKey:
    needs: dict[str, int] = {}
    if not row["is_relaxed"]:
        spoken = _LANGUAGE.match(row["language"] or "") if settings.match_languages else None
        if spoken:
            needs[f"language:{spoken.group().lower()}"] = 1
        for one in settings.topic_skills:
            if one.topic_id in row["topic_path"]:
                needs[one.skill] = max(one.least, needs.get(one.skill, 0))
    listed = " ".join(f"{skill}={least}" for skill, least in sorted(needs.items()))
    return row["team_id"] or 0, row["access_class"], listed


def to_skills(listed: str | Collection[str]) -> dict[str, int]:
    """From `language:ru=1 skill:fraud=3`. What is not so written is no skill: one line of the queue
    must not hold up the others.
    """
    ones = listed.split() if isinstance(listed, str) else listed
    parts = [one.rpartition("=") for one in ones]
    return {skill: int(least) for skill, _, least in parts if least.isdecimal()}


def _entry(row: Record, line_id: int, settings: QueueSettings, now: datetime) -> Entry:
    since = row["waits_since"] or row["waiting_since"] or now
    ahead = {one.value: timedelta(minutes=one.ahead_minutes) for one in settings.tiers}
    tier = row["tier"] if row["tier"] in ahead else ""
    return Entry(
        case_id=row["id"],
        line_id=line_id,
        rank=rank_of(since, row["priority"], ahead.get(tier, timedelta(0))),
        waiting_since=since,
        priority=row["priority"],
        tier=tier,
        weight=weight_of(row, settings),
        is_live=row["is_live"],
        last_owner_id=row["last_owner_id"],
    )
