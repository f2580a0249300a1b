"""Who is given which waiting case: the match of the queue with agents who have room. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import msgspec

from core.queue_order import Hindrance

UNBOUNDED = 1_000_000
"""Room of an agent whose capacity nobody bounds."""

Because = Literal["last_owner", "best_skill", "least_busy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What all cases of one line need of who serves them."""

    id: int
    team_id: int | None
    access_class: str
    skills: Mapping[str, int] = field(default_factory=dict)
    """Skill -> the least proficiency. Languages are skills."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    case_id: int
    line_id: int
    rank: datetime
    weight: int
    last_owner_id: int | None = None
    """Who is to have it again if they have room."""
    refused_by: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An agent at work, and what they have already."""

    agent_id: int
    capacity: int | None
    load: int
    """What their open cases and open offers weigh."""
    teams: frozenset[int] = frozenset()
    classes: frozenset[str] = frozenset({"normal"})
    skills: Mapping[str, int] = field(default_factory=dict)

    @property
    def room(self) -> int:
        return UNBOUNDED if self.capacity is None else self.capacity - self.load

    def weight_of(self, weight: int) -> int:
        """What weighs more than somebody's whole capacity takes all of it: else nobody had it."""
        return weight if self.capacity is None else max(1, min(weight, self.capacity))

    def may_serve(self, line: Line) -> bool:
        return self.is_allowed(line) and all(
            self.skills.get(skill, 0) >= least for skill, least in line.skills.items()
        )

    def is_allowed(self, line: Line) -> bool:
        return line.access_class in self.classes and (
            line.team_id is None or line.team_id in self.teams
        )

    def proficiency(self, line: Line) -> int:
        return sum(self.skills.get(skill, 0) for skill in line.skills)


class Given(msgspec.Struct, frozen=True, kw_only=True):
    case_id: int
    agent_id: int
    weight: int
    """That it takes of this agent."""
    because: Because


@dataclass(slots=True)
class _Seat:
    """A desk while cases are given out."""

    desk: Desk
    load: int
    is_kept: bool = False

    @property
    def room(self) -> int:
        return UNBOUNDED if self.desk.capacity is None else self.desk.capacity - self.load

    @property
    def share(self) -> float:
        return self.load / (self.desk.capacity or UNBOUNDED)


def match(
    waiting: Sequence[Waiting],
    lines: Mapping[int, Line],
    desks: Sequence[Desk],
    *,
    most: int = UNBOUNDED,
) -> list[Given]:
    """Each of these cases to at most one agent, nobody above their capacity, in the order of ranks;
    no more than `most` of them.

    Among those who may have a case: its last owner, else who is best at what it needs, else who has
    least to do. One that fits nobody yet, though somebody could have it, keeps the agent nearest to
    having room: lighter cases that came later don't take that room away.
    """
    seats = [_Seat(desk, desk.load) for desk in sorted(desks, key=lambda one: one.agent_id)]
    able: dict[int, list[_Seat]] = {}
    given: list[Given] = []
    for one in sorted(waiting, key=lambda w: (w.rank, w.case_id)):
        if len(given) >= most:
            break
        line = lines[one.line_id]
        if line.id not in able:
            able[line.id] = [seat for seat in seats if seat.desk.may_serve(line)]
        free = [
            seat
            for seat in able[line.id]
            if not seat.is_kept and seat.desk.agent_id not in one.refused_by
        ]
        fitting = [seat for seat in free if seat.room >= seat.desk.weight_of(one.weight)]
        if not fitting:
            _keep(free, one.weight)
            continue
        best = min(fitting, key=lambda seat: _order(seat, line, one))
        weight = best.desk.weight_of(one.weight)
        best.load += weight
        given.append(
            Given(
                case_id=one.case_id,
                agent_id=best.desk.agent_id,
                weight=weight,
                because=_because(best.desk, line, one),
            )
        )
    return given


def _order(seat: _Seat, line: Line, one: Waiting) -> tuple[bool, int, float, int]:
    desk = seat.desk
    return (
        desk.agent_id != one.last_owner_id,
        -desk.proficiency(line),
        seat.share,
        desk.agent_id,
    )


def _because(desk: Desk, line: Line, one: Waiting) -> Because:
    if desk.agent_id == one.last_owner_id:
        return "last_owner"
    return "best_skill" if line.skills else "least_busy"


def _keep(free: Sequence[_Seat], weight: int) -> None:
    """Of those with some room, who lacks least of it takes nothing lighter before this one."""
    some = [seat for seat in free if seat.room > 0]
    if some:
        nearest = min(some, key=lambda seat: seat.desk.weight_of(weight) - seat.room)
        nearest.is_kept = True


def hindrance_of(
    one: Waiting, line: Line, desks: Sequence[Desk], *, is_manual: bool, is_offered: bool
) -> Hindrance:
    """Why nobody has it yet. `desks`: of all who are at work, full or not."""
    if is_offered:
        return "offered"
    if is_manual:
        return "manual"
    allowed = [desk for desk in desks if desk.is_allowed(line)]
    if not allowed:
        return "nobody_on"
    able = [desk for desk in allowed if desk.may_serve(line)]
    if not able:
        return "no_skill"
    willing = [desk for desk in able if desk.agent_id not in one.refused_by]
    if not willing:
        return "declined"
    if all(desk.room < desk.weight_of(one.weight) for desk in willing):
        return "all_full"
    return "next"
