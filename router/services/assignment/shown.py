"""The queue as supervisors see it, desks of agents, and why a case is whose it is."""

import base64
import binascii
from datetime import datetime

import msgspec

from core.assignment import Desk, hindrance_of
from router.services import audit
from router.services.assignment import settings as queue
from router.services.assignment.board import load_there
from router.services.assignment.entering import to_skills
from router.services.assignment.giving import to_desk, to_line, to_waiting
from router.services.assignment.settings import QueueSettings
from router.services.assignment.shapes import (
    MOST_COUNTED,
    AgentDesk,
    AssignmentStep,
    AssignmentSteps,
    Desks,
    Offer,
    OwnDesk,
    Queue,
    QueuedCase,
)
from router.services.errors import NotFound, Refused
from router.services.viewer import Viewer
from router.storage import agent_desks, assignments, cases, waiting_cases
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork

MOST_STEPS = 100


class _At(msgspec.Struct, frozen=True, array_like=True):
    rank: datetime
    case_id: int
    position: int


async def load_queue(
    database: Database, viewer: Viewer, *, after: str | None, team_id: int | None, limit: int
) -> Queue:
    """The next cases of the queue that the viewer may see. Raises Refused: no such place."""
    at = _to_place(after) if after else None
    async with database.reading() as work:
        settings = await queue.load(work)
        modes = await queue.load_modes(work, settings)
        rows = await waiting_cases.page(
            work,
            (at.rank, at.case_id) if at else None,
            viewer.sight.listed,
            team_id=team_id,
            limit=limit + 1,
        )
        desks = await load_there(work, settings)
        waiting = await waiting_cases.count(
            work, viewer.sight.listed, team_id=team_id, most=MOST_COUNTED
        )
    first = at.position if at else 0
    shown = [
        _to_queued(row, first + place, desks, is_manual=modes.get(row["team_id"], modes[0])
                   == "manual")
        for place, row in enumerate(rows[:limit], start=1)
    ]  # fmt: skip
    more = rows[limit - 1] if len(rows) > limit else None
    return Queue(
        cases=shown,
        next=None if more is None else to_cursor(more, first + limit),
        waiting=waiting,
    )


async def load_desk_list(database: Database) -> Desks:
    """Of all active agents, by name."""
    async with database.reading() as work:
        return Desks(desks=[_to_agent_desk(row) for row in await agent_desks.load(work)])


async def load_own(database: Database, agent_id: int) -> OwnDesk:
    """With what they are offered and may still see. Raises NotFound."""
    async with database.reading() as work:
        rows = await agent_desks.load(work, [agent_id])
        if not rows:
            raise _no_agent()
        settings = await queue.load(work)
        return OwnDesk(
            desk=_to_agent_desk(rows[0]),
            offers=[
                _to_offer(row)
                for row in await waiting_cases.offers_to(work, agent_id)
                if may_be_given(rows[0], row, settings)
            ],
        )


def may_be_given(agent: Record, offered: Record, settings: QueueSettings) -> bool:
    """Whether what stands in this line is of their teams and classes, as they are now."""
    return to_desk(agent, settings).is_allowed(to_line({**offered, "id": offered["line_id"]}))


async def set_desk(
    database: Database,
    *,
    actor: str,
    agent_id: int,
    capacity: int | None,
    skills: dict[str, int],
) -> AgentDesk:
    """How much an agent has room for, and what they can. Raises NotFound.

    Whoever has more than that keeps it, and gets nothing new.
    """
    async with database.transaction() as work:
        await _find(work, agent_id)
        await agent_desks.lock(work, [agent_id])
        await agent_desks.set_capacity(work, agent_id, capacity)
        await agent_desks.set_skills(work, agent_id, skills)
        work.announce(Fact.DESK_CHANGED, ref=agent_id)
        work.announce(Fact.QUEUE_CHANGED)
        found = await _find(work, agent_id)
        facts = {
            "capacity": capacity,
            "skills": [f"{one}={n}" for one, n in sorted(skills.items())],
        }
        await audit.record(work, actor, "agent.desk_changed", f"agents/{agent_id}", facts)
        return found


async def load_steps(database: Database, viewer: Viewer, case_id: int) -> AssignmentSteps:
    """Why a case is whose it is. Raises NotFound."""
    async with database.reading() as work:
        found = await cases.load_cases(work, [case_id])
        if not found or found[0]["access_class"] not in viewer.sight.classes:
            raise NotFound(f"There is no case {case_id}.")
        rows = await assignments.steps_of(work, case_id, limit=MOST_STEPS)
    return AssignmentSteps(
        steps=msgspec.convert(
            [{name: row[name] for name in AssignmentStep.__struct_fields__} for row in rows],
            list[AssignmentStep],
        )
    )


async def _find(work: UnitOfWork, agent_id: int) -> AgentDesk:
    rows = await agent_desks.load(work, [agent_id])
    if not rows:
        raise _no_agent()
    return _to_agent_desk(rows[0])


def _no_agent() -> NotFound:
    return NotFound("There is no such active agent.")


def _to_agent_desk(row: Record) -> AgentDesk:
    named = {name: row[name] for name in AgentDesk.__struct_fields__ if name != "skills"}
    return msgspec.convert(named | {"skills": to_skills(row["skills"])}, AgentDesk)


def _to_queued(row: Record, position: int, desks: list[Desk], *, is_manual: bool) -> QueuedCase:
    line = to_line({**row, "id": row["line_id"]})
    return QueuedCase(
        case_id=row["case_id"],
        person_id=row["person_id"],
        person_name=row["person_name"],
        subject=row["subject"],
        position=position,
        topic=row["topic"],
        topic_id=row["topic_id"],
        priority=row["priority"],
        tier=row["tier"],
        team_id=line.team_id,
        waiting_since=row["waiting_since"],
        weight=row["weight"],
        is_live=row["is_live"],
        skills=dict(line.skills),
        why_not=hindrance_of(
            to_waiting(row),
            line,
            desks,
            is_manual=is_manual,
            is_offered=row["offered_to_id"] is not None,
        ),
        offered_to=row["offered_to_name"],
        offered_until=row["offered_until"],
    )


def _to_offer(row: Record) -> Offer:
    named = ("case_id", "person_id", "person_name", "subject", "priority", "waiting_since")
    return Offer(**{name: row[name] for name in named}, until=row["offered_until"])


def to_cursor(row: Record, position: int) -> str:
    """Where the page behind this row begins."""
    at = _At(row["rank"], row["case_id"], position)
    return base64.urlsafe_b64encode(msgspec.json.encode(at)).decode().rstrip("=")


def _to_place(cursor: str) -> _At:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        at = msgspec.json.decode(raw, type=_At)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise Refused("That is no place in the queue.", code="bad_cursor", field="after") from error
    if at.rank.tzinfo is None:
        raise Refused("That is no place in the queue.", code="bad_cursor", field="after")
    return at
