"""Whether somebody may take a duty: tried on the rota as it is, before anything is written."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from core.rota import (
    Cover,
    Duty,
    Hole,
    Rota,
    duties_between,
    find_clashes,
    find_duty,
    find_holes,
    is_known,
)
from router.services.errors import Conflict
from router.services.shifts import reading
from router.services.shifts.reading import InForce, to_change
from router.storage import shifts, teams
from router.storage.shift_exchanges import ExchangeRow
from router.storage.shifts import ChangeRow
from router.storage.unit_of_work import UnitOfWork

AROUND = timedelta(days=3)
"""How far before and after a duty others of the same agent may be too near: rest is at most two
days long."""
Place = tuple[str, date]
"""A shift on a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """The rota and the desk as they are now: read once, asked of many."""

    now: InForce
    at: datetime
    names: dict[int, str]
    """Of agents who are active."""
    members: dict[int, frozenset[int]]
    """By team."""
    covers: tuple[tuple[str, Cover], ...]
    """With their names."""

    def name(self, agent: int) -> str:
        return self.names.get(agent, f"Agent {agent}")

    def duty(self, key: str, day: date) -> Duty | None:
        """Even one that nobody works. None: the rota has no such duty."""
        return find_duty(self.now.rota, key, day)

    def shift_name(self, key: str) -> str:
        return next((one.name for one in self.now.plan.shifts if one.key == key), key)


async def load_crew(work: UnitOfWork) -> Crew:
    now = await reading.load(work)
    names, _ = await shifts.names(work)
    covers = await reading.load_covers(work, now.plan.covers)
    return Crew(
        now=now,
        at=work.now(),
        names=names,
        members={one.id: frozenset(one.member_ids) for one in await teams.list_all(work)},
        covers=tuple(covers),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Who works these duties, in the place of who does."""

    rows: tuple[ChangeRow, ...]
    new: tuple[tuple[int, Place], ...]
    """Agents who come into a duty that was not theirs."""


def is_let(crew: Crew, row: ExchangeRow) -> bool:
    """Whether agents may take such a one among themselves: what an absent one left, always."""
    return row.kind == "open" or crew.now.plan.swaps != "off"


def is_party(agent: int, row: ExchangeRow) -> bool:
    """Whether they give or take it: four eyes want somebody else to say yes."""
    return agent in (row.agent_id, row.taken_by)


def find_takers(crew: Crew, row: ExchangeRow) -> frozenset[int]:
    """Agents who could take it as the rota is now."""
    return frozenset(agent for agent in _eligible(crew, row) if can_take(crew, row, agent))


def can_take(crew: Crew, row: ExchangeRow, agent: int) -> bool:
    try:
        try_taking(crew, row, agent)
    except Conflict:
        return False
    return True


def try_taking(crew: Crew, row: ExchangeRow, taker: int) -> Wanted:
    """What becomes other with it. Raises Conflict, with a sentence: it cannot be."""
    duty = crew.duty(row.shift_key, row.day)
    if duty is not None and duty.starts <= crew.at:
        raise gone("This shift has begun.")
    if taker not in _eligible(crew, row):
        raise _not_in_team(crew, taker)
    wanted = _exchanged(crew, row, taker)
    other = other_duty(crew, row)
    if other is not None and other.starts <= crew.at:
        raise gone("The other shift has begun.")
    check(crew, wanted)
    return wanted


def other_duty(crew: Crew, row: ExchangeRow) -> Duty | None:
    """Of a swap: what is worked in its place."""
    if row.other_shift is None or row.other_day is None:
        return None
    return crew.duty(row.other_shift, row.other_day)


def _eligible(crew: Crew, row: ExchangeRow) -> frozenset[int]:
    """Of the duty's team, or with shifts of it; of a swap whoever has the other duty."""
    duty = crew.duty(row.shift_key, row.day)
    if duty is None:
        return frozenset()
    if row.kind == "swap":
        other = other_duty(crew, row)
        found = other.agent_ids if other else frozenset()
    else:
        found = _team_of(crew, duty)
    return (found & crew.names.keys()) - {row.agent_id}


def _team_of(crew: Crew, duty: Duty) -> frozenset[int]:
    ours = (one for one in crew.now.rota.shifts if one.team_id == duty.team_id)
    return crew.members.get(duty.team_id, frozenset()).union(*(one.agent_ids for one in ours))


def _exchanged(crew: Crew, row: ExchangeRow, taker: int) -> Wanted:
    """Raises Conflict: who gives works it no more, or who takes does already."""
    duty = crew.duty(row.shift_key, row.day)
    if duty is None:
        raise gone("The rota has this shift no more.")
    is_theirs = row.agent_id in duty.agent_ids
    if is_theirs == (row.kind == "open"):
        who = crew.name(row.agent_id)
        raise gone(f"{who} works it after all." if is_theirs else f"{who} works it no more.")
    if taker in duty.agent_ids:
        raise works_already(crew, taker, duty)
    rows = [changed(crew, duty, out=row.agent_id, into=taker)]
    new = [(taker, (duty.key, duty.day))]
    if row.kind == "swap":
        other = other_duty(crew, row)
        if other is None or taker not in other.agent_ids:
            raise gone(f"{crew.name(taker)} does not work the other shift.")
        if row.agent_id not in crew.names:
            raise gone("Whoever offered it works here no more.")
        if row.agent_id in other.agent_ids:
            raise works_already(crew, row.agent_id, other)
        for agent, there in ((taker, duty), (row.agent_id, other)):
            if agent not in _team_of(crew, there):
                raise _not_in_team(crew, agent)
        rows.append(changed(crew, other, out=taker, into=row.agent_id))
        new.append((row.agent_id, (other.key, other.day)))
    return Wanted(rows=tuple(rows), new=tuple(new))


def changed(crew: Crew, duty: Duty, *, out: int, into: int | None) -> ChangeRow:
    """Times that were changed before stay."""
    before = crew.now.rota.changes.get((duty.key, duty.day))
    agents = duty.agent_ids - {out}
    return ChangeRow(
        shift_key=duty.key,
        day=duty.day,
        is_cancelled=False,
        starts=before.starts if before else None,
        ends=before.ends if before else None,
        agent_ids=sorted(agents if into is None else agents | {into}),
    )


def check(crew: Crew, wanted: Wanted) -> None:
    """Raises Conflict: the first of its faults."""
    for fault in find_faults(crew, wanted):
        raise fault


def find_faults(crew: Crew, wanted: Wanted) -> Iterator[Conflict]:
    """Each with a sentence: somebody would work twice at once, or have too little rest
    (`works_then`, `short_rest`), or a hole would be there that was not (`rota_has_faults`).
    """
    before = crew.now.rota
    changes = dict(before.changes)
    changes |= {(one.shift_key, one.day): to_change(one) for one in wanted.rows}
    after = replace(before, changes=changes)
    for agent, place in wanted.new:
        yield from _find_clashes(crew, after, agent, place)
    for one in wanted.rows:
        duty = find_duty(before, one.shift_key, one.day)
        if duty is not None:
            yield from _find_new_holes(crew, after, duty)


def _find_clashes(crew: Crew, after: Rota, agent: int, place: Place) -> Iterator[Conflict]:
    duty = find_duty(after, *place)
    if duty is None:
        return
    after = _with_shifts_of(after, agent)
    hours = crew.now.plan.rest_hours
    start, end = duty.starts - AROUND, duty.ends + AROUND
    for clash in find_clashes(after, start, end, rest=timedelta(hours=hours)):
        sides = (clash.earlier, clash.later)
        others = [one for one in sides if (one.key, one.day) != place]
        if clash.agent_id != agent or len(others) != 1:
            continue
        who, what = crew.name(agent), crew.shift_name(others[0].key)
        if clash.kind == "twice":
            yield Conflict(
                f"{who} works “{what}” at that time.", code="works_then", agent=who, shift=what
            )
        else:
            yield _short_rest(who, what, hours)
    yield from _find_stretch(crew, after, agent, duty)


def _with_shifts_of(rota: Rota, agent: int) -> Rota:
    """Without shifts that this agent never works: asked of each who may take a duty."""
    others = {
        key for (key, _), one in rota.changes.items() if one.agent_ids and agent in one.agent_ids
    }
    ours = tuple(one for one in rota.shifts if agent in one.agent_ids or one.key in others)
    return replace(rota, shifts=ours)


def _find_stretch(crew: Crew, after: Rota, agent: int, duty: Duty) -> Iterator[Conflict]:
    """What follows on at once is one stretch of work: it leaves the rest of a day, of 24 hours."""
    starts, ends, beside = duty.starts, duty.ends, ""
    near = duties_between(after, starts - AROUND, ends + AROUND)
    mine = [one for one in near if agent in one.agent_ids]
    for one in sorted(mine, key=lambda one: abs(one.starts - duty.starts)):
        if one.ends == starts or one.starts == ends:
            starts, ends = min(starts, one.starts), max(ends, one.ends)
            beside = beside or crew.shift_name(one.key)
    hours = crew.now.plan.rest_hours
    if hours and beside and ends - starts > timedelta(hours=24 - hours):
        yield _short_rest(crew.name(agent), beside, hours)


def _not_in_team(crew: Crew, agent: int) -> Conflict:
    who = crew.name(agent)
    return Conflict(f"{who} is not of this team.", code="not_in_team", agent=who)


def _short_rest(who: str, shift: str, hours: int) -> Conflict:
    return Conflict(
        f"{who} would have less than {hours} hours of rest beside “{shift}”.",
        code="short_rest",
        agent=who,
        shift=shift,
        hours=hours,
    )


def _find_new_holes(crew: Crew, after: Rota, duty: Duty) -> Iterator[Conflict]:
    covers = [cover for _, cover in crew.covers]
    found = list(find_holes(after, covers, duty.starts, duty.ends))
    known = list(find_holes(crew.now.rota, covers, duty.starts, duty.ends)) if found else []
    for hole in found:
        if not is_known(hole, known):
            yield _hole(hole, *crew.covers[hole.cover])


def _hole(hole: Hole, name: str, cover: Cover) -> Conflict:
    return Conflict(
        f"{hole.on_duty} of {cover.at_least} would be on duty"
        f" from {hole.starts:%Y-%m-%d %H:%M} to {hole.ends:%Y-%m-%d %H:%M} UTC.",
        code="rota_has_faults",
        holes=1,
        clashes=0,
        starts=_written(hole.starts),
        ends=_written(hole.ends),
        on_duty=hole.on_duty,
        wanted=cover.at_least,
        cover=name,
    )


def gone(sentence: str) -> Conflict:
    """It cannot be had any more, with the reason."""
    return Conflict(sentence, code="exchange_gone")


def over(crew: Crew, row: ExchangeRow) -> Conflict:
    """It goes on no more, with the reason."""
    if row.taken_by is not None and row.state in ("accepted", "done"):
        who = crew.name(row.taken_by)
        return Conflict(f"{who} has taken it already.", code="exchange_taken", agent=who)
    if row.state == "withdrawn":
        return gone("It was taken back.")
    return gone("It is over.")


def works_already(crew: Crew, agent: int, duty: Duty) -> Conflict:
    who = crew.name(agent)
    sentence = f"{who} works “{crew.shift_name(duty.key)}” then already."
    return Conflict(sentence, code="works_already", agent=who)


def _written(at: datetime) -> str:
    """As instants are written in JSON."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
