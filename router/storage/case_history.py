"""What cases became, row by row: written by whoever changes a case, in the same transaction."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

import msgspec

from router.storage.records import fetch
from router.storage.unit_of_work import UnitOfWork


class Cause(StrEnum):
    """Why a case is now what it is."""

    OPENED = "opened"
    WROTE = "wrote"
    """The person did, so it waits for the desk."""
    ANSWERED = "answered"
    """The desk did, so it waits for the person."""
    RECALLED = "recalled"
    """An answer was taken back before it went out."""
    AGENT = "agent"
    """Somebody at the desk decided it; without an agent: a rule."""
    QUEUE = "queue"
    """The queue gave it to somebody, took it back, or let another team help."""
    WOKE = "woke"
    """The time until which it was put off has come."""
    CODE = "code"
    """Nothing but a link code was said in it."""
    PARTED = "parted"
    """Two people were taken apart, or brought together again."""
    MERGED = "merged"
    """With another case, or messages of one were split off or came to it."""
    MOVED = "moved"
    UNDONE = "undone"
    TEAM_GONE = "team_gone"
    KNOWN = "known"
    """It was so when the history of cases began."""
    TRIAGE = "triage"
    """It was guessed from what the person wrote."""


class HistoryRow(msgspec.Struct, frozen=True, kw_only=True):
    case_id: int
    at: datetime
    cause: Cause
    agent_id: int | None
    state: str
    owner_id: int | None
    team_id: int | None
    priority: int
    topic_id: int | None
    is_reopening: bool


COLUMNS = "state, owner_id, team_id, priority, topic_id"
"""What a row keeps of a case."""


async def note(
    work: UnitOfWork, case_ids: Collection[int], cause: Cause, *, agent_id: int | None = None
) -> None:
    """What these cases are now, of those that are not what was noted last.

    Under the conversation's lock, after the change.
    """
    if case_ids:
        await work.driver.execute(
            f"""
            insert into case_history (case_id, at, cause, agent_id, {COLUMNS}, is_reopening)
            select c.id, $2, $3, $4, c.state, c.owner_id, c.team_id, c.priority, c.topic_id,
                coalesce(h.state = 'solved' and c.state <> 'solved', false) and $3 <> 'undone'
            from cases c left join lateral (
                select {COLUMNS} from case_history where case_id = c.id order by id desc limit 1
            ) h on true
            where c.id = any($1::bigint[]) and (h.state is null or
                (c.state, c.owner_id, c.team_id, c.priority, c.topic_id) is distinct from
                (h.state, h.owner_id, h.team_id, h.priority, h.topic_id))
            order by c.id
            """,
            sorted(case_ids),
            work.now(),
            cause.value,
            agent_id,
        )


async def of_case(work: UnitOfWork, case_id: int) -> list[HistoryRow]:
    """Oldest first."""
    rows = await fetch(
        work,
        f"""
        select case_id, at, cause, agent_id, {COLUMNS}, is_reopening
        from case_history where case_id = $1 order by id
        """,
        case_id,
    )
    return [msgspec.convert(dict(row), HistoryRow) for row in rows]
