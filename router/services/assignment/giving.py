"""Which waiting case goes to which of the agents who are there: looked up, matched, written."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.assignment import Desk, Given, Line, Waiting, match
from router.services.assignment import settings as queue
from router.services.assignment.duty import off_duty
from router.services.assignment.entering import enter, to_skills
from router.services.assignment.settings import Mode, QueueSettings
from router.services.roles import PERMISSIONS, Permission, Role, classes_of
from router.storage import agent_desks, assignments, waiting_cases
from router.storage.assignments import Step
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork

SPARE = 5
ROUNDS = 3
"""How often the queue is looked at anew for conversations that were held by others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What one look at the queue found."""

    lines: Mapping[int, Line]
    waiting: Mapping[int, Waiting]
    since: Mapping[int, Record]
    modes: Mapping[int, Mode]


async def give_out(work: UnitOfWork, ready: Collection[int], *, limit: int) -> int:
    """Give or offer the first waiting cases to those of these agents who have room; how many.

    The caller holds their desks.
    """
    settings = await queue.load(work)
    passed: set[int] = set()
    given = 0
    for _ in range(ROUNDS):
        # After the locks, in a statement of its own: so it sees what former holders gave.
        desks = await load_desks(work, settings, ready)
        look = await _look(work, settings, desks, passed, limit)
        wanted = match(list(look.waiting.values()), look.lines, desks, most=limit)
        if not wanted:
            break
        done = await _give(work, settings, look, wanted)
        given += len(done)
        left = {one.case_id for one in wanted} - done
        if not left:
            break
        passed |= left
    return given


async def load_desks(
    work: UnitOfWork, settings: QueueSettings, agent_ids: Collection[int]
) -> list[Desk]:
    """Of those who may answer and are on duty."""
    away = await off_duty(work, agent_ids, work.now())
    rows = await agent_desks.load(work, agent_ids)
    return [
        to_desk(row, settings)
        for row in rows
        if row["agent_id"] not in away
        and Permission.WRITE_CONVERSATIONS in PERMISSIONS[Role(row["role"])]
    ]


def to_desk(row: Record, settings: QueueSettings) -> Desk:
    capacity = row["capacity"]
    return Desk(
        agent_id=row["agent_id"],
        capacity=settings.default_capacity if capacity is None else capacity,
        load=row["load"],
        teams=frozenset(row["team_ids"]),
        classes=classes_of(row),
        skills=to_skills(row["skills"]),
    )


def to_line(row: Record) -> Line:
    return Line(
        id=row["id"],
        team_id=row["team_id"] or None,
        access_class=row["access_class"],
        skills=to_skills(row["needs"]),
    )


def to_waiting(row: Record) -> Waiting:
    return Waiting(
        case_id=row["case_id"],
        line_id=row["line_id"],
        rank=row["rank"],
        weight=row["weight"],
        last_owner_id=row["last_owner_id"],
        refused_by=frozenset(row["refused_by"]),
    )


async def _look(
    work: UnitOfWork,
    settings: QueueSettings,
    desks: Sequence[Desk],
    passed: Collection[int],
    limit: int,
) -> _Look:
    """The first cases of the lines that these desks serve, and that are given out at all."""
    modes = await queue.load_modes(work, settings)
    free = [desk for desk in desks if desk.room > 0]
    lines = {}
    able = {}
    for row in await waiting_cases.lines_waiting(work) if free else ():
        line = to_line(row)
        if modes.get(line.team_id or 0, modes[0]) == "manual":
            continue
        serving = [desk.agent_id for desk in free if desk.may_serve(line)]
        if serving:
            lines[line.id], able[line.id] = line, serving
    # Nobody needs to look at more than there is room for, but for what some of them refused.
    needed = min(limit, sum(desk.room for desk in free) + SPARE)
    rows = []
    if lines:
        rows = await waiting_cases.first_of(work, able, but=passed, limit=needed)
    return _Look(
        lines=lines,
        waiting={row["case_id"]: to_waiting(row) for row in rows},
        since={row["case_id"]: row for row in rows},
        modes=modes,
    )


async def _give(
    work: UnitOfWork, settings: QueueSettings, look: _Look, wanted: Sequence[Given]
) -> set[int]:
    """Which cases really went to somebody."""
    held = await assignments.lock_free(work, [one.case_id for one in wanted])
    mine = [one for one in wanted if one.case_id in held]
    offered = [one for one in mine if _mode_of(look, one.case_id) == "offered"]
    outright = [one for one in mine if _mode_of(look, one.case_id) == "automatic"]
    done: set[int] = set()
    steps: list[Step] = []
    if outright:
        owned = await assignments.own(
            work, [(one.case_id, one.agent_id, one.weight) for one in outright]
        )
        done |= owned
        names = await _names(work, outright)
        steps += [
            _step(look, one, "assigned", "case_assigned", owner_name=names[one.agent_id])
            for one in outright
            if one.case_id in owned
        ]
    if offered:
        until = work.now() + timedelta(seconds=settings.offer_seconds)
        made = await assignments.offer(
            work, [(one.case_id, one.agent_id) for one in offered], until
        )
        done |= made
        names = await _names(work, offered)
        steps += [
            _step(look, one, "offered", "case_offered", owner_name=names[one.agent_id])
            for one in offered
            if one.case_id in made
        ]
    await assignments.record(work, steps, held)
    # What was not as the queue had it: solved, owned or moved by somebody meanwhile.
    await enter(work, {one.case_id for one in mine} - done, settings)
    return done


def _mode_of(look: _Look, case_id: int) -> Mode:
    line = look.lines[look.waiting[case_id].line_id]
    return look.modes.get(line.team_id or 0, look.modes[0])


async def _names(work: UnitOfWork, given: Sequence[Given]) -> dict[int, str]:
    rows = await agent_desks.load(work, {one.agent_id for one in given})
    return {row["agent_id"]: row["name"] for row in rows}


def _step(look: _Look, one: Given, step: str, event: str, *, owner_name: str) -> Step:
    return Step(
        case_id=one.case_id,
        step=step,
        because=one.because,
        agent_id=one.agent_id,
        weight=one.weight,
        waiting_since=look.since[one.case_id]["waiting_since"],
        event=event,
        facts={"owner_id": one.agent_id, "owner_name": owner_name},
    )
