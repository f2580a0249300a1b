"""What is wrong with a rota: what cannot be, and what may be only if somebody says so."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from core.hours import weekdays_of, zone_of
from core.rota import Clash, Cover, Hole, Rota, find_clashes, find_holes, is_known
from router.services.errors import Refused
from router.services.shifts.reading import InForce, hours_of, load, load_covers, to_rota
from router.services.shifts.shapes import (
    Findings,
    FoundClash,
    FoundHole,
    OwnHoliday,
    PlannedShift,
    RotaPlan,
)
from router.storage import shifts as stored
from router.storage.unit_of_work import UnitOfWork

AHEAD = timedelta(days=42)
"""How far a rota is looked at for holes and clashes."""
MOST_FOUND = 100

_Covers = Sequence[tuple[str, Cover]]
"""Each with its name."""


async def check_plan(work: UnitOfWork, plan: RotaPlan, before: RotaPlan) -> None:
    """Raises Refused (the field, and why in words) for what cannot be.

    Teams and agents that are gone may stand where they stood `before`: what else changes is kept.
    """
    agents, known_teams = await stored.names(work)
    teams = known_teams.keys() | _teams_of(before)
    planned = {one.key: one for one in before.shifts}
    keys: set[str] = set()
    for number, shift in enumerate(plan.shifts):
        where = f"shifts.{number}"
        if shift.key in keys:
            raise Refused("Every shift needs a key of its own.", code="twice", field=f"{where}.key")
        keys.add(shift.key)
        was = planned.get(shift.key)
        _check_shift(
            shift,
            where,
            agents.keys() | (was.agent_ids if was else ()),
            known_teams.keys() | ({was.team_id} if was else ()),
        )
    for number, rule in enumerate(plan.covers):
        where = f"covers.{number}"
        _check_zone(rule.time_zone, f"{where}.time_zone")
        _check_weekdays(rule.weekdays, f"{where}.weekdays")
        _check_known(rule.team_ids, teams, f"{where}.team_ids", "team")
    for number, country in enumerate(plan.countries):
        _check_known(country.team_ids, teams, f"countries.{number}.team_ids", "team")
    places = [(one.country, one.region) for one in plan.countries]
    if len(set(places)) < len(places):
        raise Refused("The same country stands there twice.", code="twice", field="countries")
    for number, holiday in enumerate(plan.holidays):
        _check_known(holiday.team_ids, teams, f"holidays.{number}.team_ids", "team")
        _check_hours(holiday, f"holidays.{number}.ends")
    handed = [one.team_id for one in plan.team_handovers]
    _check_known(handed, teams, "team_handovers", "team")
    if len(set(handed)) < len(handed):
        raise Refused("The same team stands there twice.", code="twice", field="team_handovers")


def _teams_of(plan: RotaPlan) -> set[int]:
    """Of whatever is of teams, shifts apart."""
    named = [one.team_ids for one in plan.covers]
    named += [one.team_ids for one in plan.countries]
    named += [one.team_ids for one in plan.holidays]
    return {one.team_id for one in plan.team_handovers}.union(*named)


def _check_shift(
    shift: PlannedShift, where: str, agents: Collection[int], teams: Collection[int]
) -> None:
    _check_zone(shift.time_zone, f"{where}.time_zone")
    _check_known([shift.team_id], teams, f"{where}.team_id", "team")
    _check_known(shift.agent_ids, agents, f"{where}.agent_ids", "active agent")
    if shift.weekdays:
        _check_weekdays(shift.weekdays, f"{where}.weekdays")
    elif not shift.days:
        raise Refused(
            f"“{shift.name}” never takes place: give it days.",
            code="no_days",
            field=f"{where}.weekdays",
        )
    if shift.last_day is not None and shift.last_day < shift.first_day:
        raise Refused(
            f"“{shift.name}” ends before it begins.", code="backwards", field=f"{where}.last_day"
        )


def _check_hours(holiday: OwnHoliday, field: str) -> None:
    if (holiday.starts is None) != (holiday.ends is None):
        raise Refused("Hours have a beginning and an end.", code="missing", field=field)
    hours = hours_of(holiday)
    if hours is not None and hours[0] >= hours[1]:
        raise Refused(
            f"The hours of {holiday.day} end before they begin.", code="backwards", field=field
        )


def _check_zone(name: str, field: str) -> None:
    try:
        zone_of(name)
    except ValueError as error:
        raise Refused(str(error), code="unknown", field=field) from error


def _check_weekdays(days: str, field: str) -> None:
    try:
        weekdays_of(days)
    except ValueError as error:
        raise Refused(str(error), code="invalid", field=field) from error


def _check_known(wanted: Collection[int], known: Collection[int], field: str, what: str) -> None:
    for one in wanted:
        if one not in known:
            raise Refused(f"There is no {what} {one}.", code="unknown", field=field)


async def find_all_holes(
    work: UnitOfWork, plan: RotaPlan, rota: Rota, start: datetime, end: datetime
) -> list[FoundHole]:
    """By cover, in order of time. None, as long as nobody has a shift."""
    if not plan.shifts:
        return []
    covers = await load_covers(work, plan.covers)
    return [_to_hole(one, covers) for one in _holes_of(rota, covers, start, end)]


async def find_faults(
    work: UnitOfWork, plan: RotaPlan, rota: Rota, start: datetime, *, most: int = MOST_FOUND
) -> Findings:
    """From then on, in order of time: so many holes, and so many clashes.

    Two rotas are compared from one instant, by all that is found.
    """
    end = start + AHEAD
    # Of many holes of one cover none hides the next one of another.
    holes = await find_all_holes(work, plan, rota, start, end)
    holes.sort(key=lambda one: one.starts)
    clashes = _clashes_of(plan, rota, start, end)
    return Findings(
        until=end,
        holes=tuple(holes[:most]),
        clashes=tuple(clashes[:most]),
        more=max(len(holes) - most, 0) + max(len(clashes) - most, 0),
    )


async def find_new_faults(
    work: UnitOfWork, before: InForce, after: InForce, start: datetime
) -> Findings:
    """All that `after`, the same rota with other single days, has from then on and `before` had
    not. Covers are told apart by their place: two may have one name.
    """
    end, plan = start + AHEAD, after.plan
    covers = await load_covers(work, plan.covers) if plan.shifts else []
    known = list(_holes_of(before.rota, covers, start, end))
    same = {*known}
    holes = [
        one
        for one in _holes_of(after.rota, covers, start, end)
        if one not in same and not is_known(one, known)
    ]
    clashes = {*_clashes_of(before.plan, before.rota, start, end)}
    return Findings(
        until=end,
        holes=tuple(_to_hole(one, covers) for one in sorted(holes, key=lambda one: one.starts)),
        clashes=tuple(
            one for one in _clashes_of(plan, after.rota, start, end) if one not in clashes
        ),
        more=0,
    )


def _holes_of(rota: Rota, covers: _Covers, start: datetime, end: datetime) -> Iterator[Hole]:
    return find_holes(rota, [cover for _, cover in covers], start, end)


def _to_hole(hole: Hole, covers: _Covers) -> FoundHole:
    name, cover = covers[hole.cover]
    return FoundHole(
        cover=name,
        starts=hole.starts,
        ends=hole.ends,
        on_duty=hole.on_duty,
        wanted=cover.at_least,
    )


def _clashes_of(plan: RotaPlan, rota: Rota, start: datetime, end: datetime) -> list[FoundClash]:
    names = {one.key: one.name for one in plan.shifts}
    rest = timedelta(hours=plan.rest_hours)
    return [_to_found(one, names) for one in find_clashes(rota, start, end, rest=rest)]


def _to_found(clash: Clash, names: dict[str, str]) -> FoundClash:
    return FoundClash(
        kind=clash.kind,
        agent_id=clash.agent_id,
        earlier=names[clash.earlier.key],
        later=names[clash.later.key],
        earlier_ends=clash.earlier.ends,
        later_starts=clash.later.starts,
    )


async def foresee(work: UnitOfWork, plan: RotaPlan) -> Findings:
    """What would be wrong with it, with the single changes and holidays that there are.

    Raises Refused.
    """
    from router.services.shifts.holiday_days import load_days

    await check_plan(work, plan, (await load(work)).plan)
    rota = to_rota(plan, await stored.changes(work), await load_days(work, plan))
    return await find_faults(work, plan, rota, work.now())
