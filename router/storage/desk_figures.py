"""What waits and what was done of late at the whole desk, in a few numbers: for metrics.

All of it is read from rows, so that any process says the same, also of what others did. What was
done is counted for the last hour.
"""

from dataclasses import dataclass

from router.storage import agent_desks, queue_lines
from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork

MOST_LINES = 200
NEWEST = 20_000
"""Cases of a line, and steps, findings and runs of rules of the last hour, counted at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFigures:
    lines: list[Record]
    """Of the queue: team, class, needs, how many wait and are offered, since when."""
    oldest_seconds: list[float]
    """How long somebody waits in each of them."""
    agents: list[Record]
    steps: list[Record]
    triage: Record
    dangers: list[Record]
    deadlines: list[Record]
    breaches: list[Record]
    rule_runs: list[Record]
    rules: Record
    behind: list[Record]


async def desk_figures(work: UnitOfWork) -> DeskFigures:
    now = work.now()
    lines = await queue_lines.figures(work, limit=MOST_LINES, most=NEWEST)
    return DeskFigures(
        lines=lines,
        oldest_seconds=[(now - row["oldest_since"]).total_seconds() for row in lines],
        agents=await agent_desks.told(work),
        steps=await fetch(
            work,
            """
            select step, count(*) as count from (
                select step, at from assignments order by id desc limit $2) s
            where at > $1::timestamptz - interval '1 hour' group by step
            """,
            now,
            NEWEST,
        ),
        triage=await _triage(work),
        dangers=await fetch(
            work,
            """
            select danger, count(*) as told, count(escalated_at) as escalated from (
                select * from danger_pages order by id desc limit 500) g
            where at > $1::timestamptz - interval '1 hour' group by danger
            """,
            now,
        ),
        deadlines=await fetch(
            work,
            """
            select target, count(*) as running, count(*) filter (where due_at < $1) as late
            from deadlines where ended_at is null group by target
            """,
            now,
        ),
        breaches=await fetch(
            work,
            """
            select target, count(*) as count from deadlines
            where breached_at > $1::timestamptz - interval '1 hour' group by target
            """,
            now,
        ),
        rule_runs=await fetch(
            work,
            """
            select coalesce(rule_id, 0) as rule, outcome, count(*) as count from (
                select rule_id, outcome, at from rule_runs order by id desc limit $2) r
            where at > $1::timestamptz - interval '1 hour' group by 1, 2
            """,
            now,
            NEWEST,
        ),
        rules=await _rules(work),
        behind=await fetch(
            work,
            """
            select f.name, greatest(o.newest - f.position, 0) as count from followers f
            cross join (select coalesce(max(position), 0) as newest from outbox) o
            """,
        ),
    )


async def _triage(work: UnitOfWork) -> Record:
    row = await fetch_one(
        work,
        """
        select (select count(*) from (
                    select at from findings order by message_id desc limit $2) f
                where at > $1::timestamptz - interval '1 hour') as read,
               (select count(*) from finding_corrections
                where at > $1::timestamptz - interval '1 hour') as corrected,
               (select count(*) from danger_pages
                where ended_at is null and escalated_at is null) as waiting
        """,
        work.now(),
        NEWEST,
    )
    assert row is not None
    return row


async def _rules(work: UnitOfWork) -> Record:
    row = await fetch_one(
        work,
        """
        select (select count(*) from rules
                where dropped_at is null and not is_on and stopped_at is not null) as stopped,
               (select count(*) from rule_turns where due_at > $1) as put_off
        """,
        work.now(),
    )
    assert row is not None
    return row
