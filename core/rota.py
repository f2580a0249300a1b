"""Who works when: shifts of local time in a zone, what is other on single days, holidays. Pure.

Instants are aware. A shift begins and ends by the clock on its wall: in the night in which clocks
are put back it is an hour longer, and an hour shorter in the other one. A time that comes twice is
the first of both; one that clocks skip is as long after midnight as it would have been.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Literal

from core.business_time import Calendar, cut_out, local_moment, open_from

EVERYBODY = 0
"""In place of a team: a holiday of all."""
_DAY_MINUTES = 24 * 60
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    key: str
    team_id: int
    agent_ids: frozenset[int]
    zone: tzinfo
    starts: int
    """Minutes of the local day."""
    ends: int
    """At or before `starts`: on the next day."""
    first: date
    last: date | None = None
    """The last day on which it begins; None: no end is known."""
    weekdays: frozenset[int] = frozenset()
    """0 is Monday."""
    every_weeks: int = 1
    """Counted from the week of `first`."""
    days: frozenset[date] = frozenset()
    """Single days beside those that recur."""
    without: frozenset[date] = frozenset()
    works_holidays: bool = False

    def recurs_on(self, day: date) -> bool:
        """Whether it begins on this day, as far as no holiday and no single change says else."""
        if day in self.without:
            return False
        if day in self.days:
            return True
        if day < self.first or (self.last is not None and day > self.last):
            return False
        weeks = (_monday(day) - _monday(self.first)).days // 7
        return day.weekday() in self.weekdays and weeks % self.every_weeks == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyChange:
    """What is other about one shift on one day. None: as the shift has it."""

    is_cancelled: bool = False
    starts: int | None = None
    ends: int | None = None
    agent_ids: frozenset[int] | None = None

    @property
    def keeps_times(self) -> bool:
        return self.starts is None and self.ends is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Hours of one day that are a holiday, in minutes of the local day."""

    day: date
    starts: int
    ends: int
    """Up to 24:00 of that day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    shifts: tuple[Shift, ...] = ()
    changes: Mapping[tuple[str, date], DutyChange] = field(default_factory=dict)
    """By shift and the day on which it begins. One that changes who works, or when, holds on a
    holiday too, and on a day on which the shift does not recur."""
    holidays: Mapping[int, frozenset[date]] = field(default_factory=dict)
    """By team, or `EVERYBODY`."""
    closures: Mapping[int, tuple[Closure, ...]] = field(default_factory=dict)
    """As `holidays`: these hours alone, which are cut out of a duty whose times nobody changed."""

    @property
    def agent_ids(self) -> frozenset[int]:
        """Whoever has a shift, or had or has somebody else's."""
        changed = (one.agent_ids or frozenset() for one in self.changes.values())
        return frozenset().union(*(one.agent_ids for one in self.shifts), *changed)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Duty:
    """One shift on one day."""

    starts: datetime
    ends: datetime
    key: str
    day: date
    team_id: int
    agent_ids: frozenset[int] = field(compare=False)
    is_changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """When how many must be on duty."""

    calendar: Calendar
    team_ids: frozenset[int] = frozenset()
    """Of any of these teams, so that they follow the sun; empty: of all."""
    at_least: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A stretch in which fewer are on duty than the cover of this number wants."""

    cover: int
    starts: datetime
    ends: datetime
    on_duty: int
    """How many are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Two duties of one agent: at once, or with too little rest between them."""

    kind: Literal["twice", "short_rest"]
    agent_id: int
    earlier: Duty
    later: Duty


def duties_between(rota: Rota, start: datetime, end: datetime) -> list[Duty]:
    """Whatever of the rota lies between these instants, even in part, in order."""
    found = [
        duty
        for shift in rota.shifts
        for duty in _duties_of(rota, shift, start, end)
        if duty.ends > start and duty.starts < end
    ]
    return sorted(found)


def on_duty(rota: Rota, at: datetime) -> frozenset[int]:
    """The agents who work at this instant."""
    found = duties_between(rota, at, at + timedelta(microseconds=1))
    return frozenset().union(*(one.agent_ids for one in found))


def off_duty_since(rota: Rota, at: datetime, *, within: timedelta) -> dict[int, datetime]:
    """Who worked so lately and does not now, each with when their last duty ended."""
    ended: dict[int, datetime] = {}
    for one in duties_between(rota, at - within, at + timedelta(microseconds=1)):
        for agent in one.agent_ids:
            ended[agent] = max(one.ends, ended.get(agent, one.ends))
    return {agent: last for agent, last in ended.items() if last <= at}


def find_duty(rota: Rota, key: str, day: date) -> Duty | None:
    """The shift on this day from its first instant to its last, even if nobody works it.

    None: it does not take place.
    """
    shift = next((one for one in rota.shifts if one.key == key), None)
    if shift is None:
        return None
    pieces = list(_duties_on(rota, shift, day, _holidays_of(rota, shift), _closed_of(rota, shift)))
    return replace(pieces[0], ends=pieces[-1].ends) if pieces else None


def _duties_of(rota: Rota, shift: Shift, start: datetime, end: datetime) -> Iterator[Duty]:
    # A day longer on both sides: zones are apart by up to a day, and a shift is up to one long.
    day = start.astimezone(shift.zone).date() - 2 * _DAY
    last = end.astimezone(shift.zone).date() + _DAY
    off, closed = _holidays_of(rota, shift), _closed_of(rota, shift)
    while day <= last:
        found = _duties_on(rota, shift, day, off, closed)
        yield from (one for one in found if one.agent_ids)
        day += _DAY


def _duties_on(
    rota: Rota,
    shift: Shift,
    day: date,
    off: Collection[date],
    closed: Mapping[date, Sequence[Closure]],
) -> Iterator[Duty]:
    """One; two or more where a holiday of some hours lies in between."""
    change = rota.changes.get((shift.key, day))
    recurs = shift.recurs_on(day) and (shift.works_holidays or day not in off)
    if not recurs if change is None else change.is_cancelled:
        return
    duty = _duty(shift, day, change)
    cut: list[Closure] = []
    if closed and (change is None or change.keeps_times):
        cut = [one for near in (day, day + _DAY) for one in closed.get(near, ())]
    for starts, ends in _open_pieces(duty, cut, shift.zone):
        yield replace(duty, starts=starts, ends=ends)


def _open_pieces(
    duty: Duty, closed: Iterable[Closure], zone: tzinfo
) -> list[tuple[datetime, datetime]]:
    pieces = [(duty.starts, duty.ends)] if duty.starts < duty.ends else []
    for one in closed:
        since, until = (local_moment(one.day, minute, zone) for minute in (one.starts, one.ends))
        pieces = cut_out(pieces, since, until)
    return pieces


def _holidays_of(rota: Rota, shift: Shift) -> frozenset[date]:
    if shift.works_holidays:
        return frozenset()
    nothing: frozenset[date] = frozenset()
    return rota.holidays.get(EVERYBODY, nothing) | rota.holidays.get(shift.team_id, nothing)


def _closed_of(rota: Rota, shift: Shift) -> dict[date, list[Closure]]:
    """By day."""
    found: dict[date, list[Closure]] = {}
    if not shift.works_holidays:
        for team in (EVERYBODY, shift.team_id):
            for one in rota.closures.get(team, ()):
                found.setdefault(one.day, []).append(one)
    return found


def _duty(shift: Shift, day: date, change: DutyChange | None) -> Duty:
    change = change or DutyChange()
    starts = shift.starts if change.starts is None else change.starts
    ends = shift.ends if change.ends is None else change.ends
    if ends <= starts:
        ends += _DAY_MINUTES
    return Duty(
        key=shift.key,
        day=day,
        team_id=shift.team_id,
        agent_ids=shift.agent_ids if change.agent_ids is None else change.agent_ids,
        starts=local_moment(day, starts, shift.zone),
        ends=local_moment(day, ends, shift.zone),
        is_changed=change != DutyChange(),
    )


def find_holes(
    rota: Rota, covers: Sequence[Cover], start: datetime, end: datetime
) -> Iterator[Hole]:
    """Every stretch with too few people, of each cover in order of time."""
    duties = duties_between(rota, start, end)
    for number, cover in enumerate(covers):
        ours = [one for one in duties if not cover.team_ids or one.team_id in cover.team_ids]
        yield from _joined(_holes_of(ours, number, cover, start, end))


def _holes_of(
    duties: Sequence[Duty], number: int, cover: Cover, start: datetime, end: datetime
) -> Iterator[Hole]:
    for opens, closes in _open_between(cover.calendar, start, end):
        here = [one for one in duties if one.starts < closes and one.ends > opens]
        edges = {opens, closes}
        edges |= {at for one in here for at in (one.starts, one.ends) if opens < at < closes}
        listed = sorted(edges)
        for since, until in pairwise(listed):
            there = (one.agent_ids for one in here if one.starts <= since and one.ends >= until)
            count = len(frozenset().union(*there))
            if count < cover.at_least:
                yield Hole(cover=number, starts=since, ends=until, on_duty=count)


def _open_between(
    calendar: Calendar, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if calendar.is_endless:
        yield start, end
        return
    for opens, closes in open_from(calendar, start):
        if opens >= end:
            return
        yield opens, min(closes, end)


def _joined(holes: Iterable[Hole]) -> Iterator[Hole]:
    """Those that touch and have as many, as one."""
    last: Hole | None = None
    for one in holes:
        if last is not None and (last.ends, last.on_duty) == (one.starts, one.on_duty):
            last = replace(last, ends=one.ends)
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last


def is_known(hole: Hole, known: Iterable[Hole]) -> bool:
    """At no instant of it were there more before. `known`: of each cover in order of time."""
    at = hole.starts
    for one in known:
        if one.cover == hole.cover and one.on_duty <= hole.on_duty and one.starts <= at < one.ends:
            at = one.ends
    return at >= hole.ends


def find_clashes(rota: Rota, start: datetime, end: datetime, *, rest: timedelta) -> Iterator[Clash]:
    """By agent, in order of time. What follows on at once is one stretch of work, not a rest."""
    by_agent: dict[int, list[Duty]] = {}
    for duty in duties_between(rota, start, end):
        for agent in duty.agent_ids:
            by_agent.setdefault(agent, []).append(duty)
    for agent, duties in sorted(by_agent.items()):
        yield from _clashes_of(agent, duties, rest)


def _clashes_of(agent: int, duties: Collection[Duty], rest: timedelta) -> Iterator[Clash]:
    before: Duty | None = None
    for duty in duties:
        is_one = before is not None and (before.key, before.day) == (duty.key, duty.day)
        if before is not None and duty.starts < before.ends:
            yield Clash(kind="twice", agent_id=agent, earlier=before, later=duty)
        elif is_one:
            pass  # a holiday of some hours lies in between
        elif before is not None and before.ends < duty.starts < before.ends + rest:
            yield Clash(kind="short_rest", agent_id=agent, earlier=before, later=duty)
        if before is None or duty.ends > before.ends:
            before = duty


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
