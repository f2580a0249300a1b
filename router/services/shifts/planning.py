"""Changing the rota: checked, stopped where it leaves holes, versioned, audited."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta

import msgspec
import structlog

from core.rota import duties_between
from router.services import audit
from router.services.deadlines.closing import note_closures
from router.services.errors import Conflict, NotFound, Refused
from router.services.shifts import reading
from router.services.shifts.checking import check_plan, find_faults, find_new_faults
from router.services.shifts.holiday_days import keep_days
from router.services.shifts.overtaking import note_overtaken
from router.services.shifts.reading import InForce, minute_of
from router.services.shifts.shapes import (
    ChangedDuty,
    Findings,
    OneSide,
    RotaInForce,
    RotaPlan,
    Swap,
)
from router.services.viewer import Viewer
from router.storage import shift_exchanges
from router.storage import shifts as stored
from router.storage.engine import Database
from router.storage.shifts import ChangeRow
from router.storage.unit_of_work import UnitOfWork

KEPT = timedelta(days=92)
"""For how long single changes of days past are kept."""
MOST_CHANGES = 5_000

_DutyChange = tuple[str, date, ChangedDuty | None]
"""A shift on a day. None: as the rota has it again."""

log = structlog.get_logger(__name__)


class _Stopped(Exception):
    """Nobody said that it may have these faults. Nothing of it is kept."""

    def __init__(self, findings: Findings) -> None:
        super().__init__("faults")
        self.findings = findings


async def load(database: Database) -> RotaInForce:
    async with database.reading() as work:
        return await _shown(work, await reading.load(work))


async def foresee(database: Database, plan: RotaPlan) -> Findings:
    """What would be wrong with this one. Raises Refused."""
    from router.services.shifts import checking

    async with database.reading() as work:
        return await checking.foresee(work, plan)


async def change(
    database: Database, viewer: Viewer, wanted: RotaPlan, *, expect_revision: int, accept: bool
) -> RotaInForce:
    """The whole rota is as wanted, from now on.

    Raises Refused (the field), Conflict `moved_on`, and `rota_has_faults` where it leaves holes or
    clashes and nobody says that it may. That it was stopped, or accepted, is in the audit log.
    """
    actor = f"agents/{viewer.agent_id}"
    try:
        async with database.transaction() as work:
            await stored.lock(work)
            before = await reading.load(work)
            if before.revision != expect_revision:
                raise Conflict(
                    "Somebody changed the rota.", code="moved_on", revision=before.revision
                )
            await check_plan(work, wanted, before.plan)
            await stored.insert(work, msgspec.json.encode(wanted), viewer.agent_id)
            oldest = work.now().date() - KEPT
            await stored.drop_changes_but(work, [one.key for one in wanted.shifts], oldest)
            await shift_exchanges.drop_before(work, oldest)
            await keep_days(work, wanted)
            await note_closures(work)
            after = await reading.load(work)
            await note_overtaken(work, before, after)
            shown = await _shown(work, after)
            _stop(shown.findings, accept=accept)
            facts = _told(shown.findings) | {
                "revision": shown.revision,
                "shifts": len(wanted.shifts),
                "has_faults": not shown.findings.is_clean,
            }
            await audit.record(work, actor, "rota.changed", "rota", facts)
            return shown
    except _Stopped as stopped:
        raise await _say_stopped(database, actor, stopped.findings) from stopped


async def change_duty(
    database: Database,
    viewer: Viewer,
    shift_key: str,
    day: date,
    wanted: ChangedDuty | None,
    *,
    accept: bool = False,
) -> None:
    """One shift on one day. None: as the rota has it again, with `accept` of its own.

    Raises NotFound, Refused, Conflict `rota_has_faults` for holes or clashes that were not before.
    """
    await _change_days(
        database,
        viewer,
        lambda _: [(shift_key, day, wanted)],
        accept=accept if wanted is None else wanted.accept,
        action="duty.changed" if wanted else "duty.restored",
    )


async def swap(database: Database, viewer: Viewer, wanted: Swap) -> None:
    """Each works when the other one would have. Raises NotFound, Refused, Conflict."""

    def swapped(now: InForce) -> list[_DutyChange]:
        return _swapped(now, wanted)

    await _change_days(database, viewer, swapped, accept=wanted.accept, action="duty.swapped")


def _swapped(now: InForce, wanted: Swap) -> list[_DutyChange]:
    """Raises Refused."""
    one, other = wanted.one, wanted.other
    if one.agent_id == other.agent_id:
        raise Refused("Two agents swap.", code="same", field="other.agent_id")
    days: dict[tuple[str, date], frozenset[int]] = {}
    for field, mine, theirs in (("one", one, other), ("other", other, one)):
        place = (mine.shift, mine.day)
        there = days.get(place) or _agents_of(now, mine, field)
        if mine.agent_id not in there:
            raise Refused("They don't work then.", code="not_theirs", field=f"{field}.agent_id")
        if theirs.agent_id in there:
            raise Refused("They work then already.", code="theirs", field=f"{field}.agent_id")
        days[place] = there - {mine.agent_id} | {theirs.agent_id}
    return [(key, day, _with_agents(now, key, day, agents)) for (key, day), agents in days.items()]


def _agents_of(now: InForce, side: OneSide, field: str) -> frozenset[int]:
    noon = datetime.combine(side.day, time(12), UTC)
    around = duties_between(now.rota, noon - timedelta(days=2), noon + timedelta(days=2))
    found = [one for one in around if (one.key, one.day) == (side.shift, side.day)]
    if not found:
        raise Refused("There is no such duty.", code="unknown", field=f"{field}.day")
    return found[0].agent_ids


def _with_agents(now: InForce, key: str, day: date, agents: Iterable[int]) -> ChangedDuty:
    """Times that were changed before stay."""
    before = next((one for one in now.changes if (one.shift_key, one.day) == (key, day)), None)
    return ChangedDuty(
        starts=_clock_time(before.starts if before else None),
        ends=_clock_time(before.ends if before else None),
        agent_ids=tuple(sorted(agents)),
    )


async def _change_days(
    database: Database,
    viewer: Viewer,
    changes_of: Callable[[InForce], list[_DutyChange]],
    *,
    accept: bool,
    action: str,
) -> None:
    """`changes_of` the rota as it is once nobody else changes it."""
    actor = f"agents/{viewer.agent_id}"
    try:
        async with database.transaction() as work:
            await stored.lock(work)
            before = await reading.load(work)
            wanted, now = changes_of(before), work.now()
            for key, day, one in wanted:
                await _change_day(work, viewer, before, key, day, one)
            after = await reading.load(work)
            if {one.day for one in after.holidays} & _days_at(wanted):
                await note_closures(work)
            # Who swaps two says nothing of who works in the place of a third.
            decided = [] if action == "duty.swapped" else [(key, day) for key, day, _ in wanted]
            await note_overtaken(work, before, after, decided)
            new = await find_new_faults(work, before, after, now)
            _stop(new, accept=accept)
            for key, day, _ in wanted:
                facts = _told(new) | {"day": day.isoformat()}
                await audit.record(work, actor, action, f"shifts/{key}", facts)
    except _Stopped as stopped:
        raise await _say_stopped(database, actor, stopped.findings) from stopped


def _days_at(wanted: Iterable[_DutyChange]) -> set[date]:
    """On which these duties are, wherever they end."""
    return {each for _, day, _ in wanted for each in (day, day + timedelta(days=1))}


async def _change_day(
    work: UnitOfWork,
    viewer: Viewer,
    before: InForce,
    key: str,
    day: date,
    wanted: ChangedDuty | None,
) -> None:
    if key not in {one.key for one in before.plan.shifts}:
        raise NotFound("There is no such shift.")
    if wanted is None:
        if not await stored.drop_change(work, key, day):
            raise NotFound("Nothing is other on that day.")
        return
    if abs(day - work.now().date()) > timedelta(days=400):
        raise Refused("Choose a day within a year.", code="too_far", field="day")
    if await stored.count_changes(work, work.now().date()) >= MOST_CHANGES:
        raise Refused("There are too many changes: change the rota.", code="too_many")
    agents, _ = await stored.names(work)
    for agent in wanted.agent_ids or ():
        if agent not in agents:
            raise Refused(f"There is no active agent {agent}.", code="unknown", field="agent_ids")
    starts = None if wanted.starts is None else minute_of(wanted.starts)
    ends = None if wanted.ends is None else minute_of(wanted.ends)
    kept = before.rota.changes.get((key, day))
    if starts is None and ends is None and kept is not None:
        starts, ends = kept.starts, kept.ends
    row = ChangeRow(
        shift_key=key,
        day=day,
        is_cancelled=wanted.is_cancelled,
        starts=starts,
        ends=ends,
        agent_ids=None if wanted.agent_ids is None else sorted(set(wanted.agent_ids)),
    )
    await stored.keep_change(work, row, viewer.agent_id)


def _stop(findings: Findings, *, accept: bool) -> None:
    if not accept and not findings.is_clean:
        raise _Stopped(findings)


async def _say_stopped(database: Database, actor: str, findings: Findings) -> Conflict:
    told = _told(findings)
    log.warning("rota.stopped", **told)
    async with database.transaction() as work:
        await audit.record(work, actor, "rota.stopped", "rota", told)
    facts = dict(told)
    sentence = "Agents would be in two shifts at once, or have too little rest."
    if findings.holes:
        first = findings.holes[0]
        facts |= {"starts": _written(first.starts), "ends": _written(first.ends)}
        facts |= {"on_duty": first.on_duty, "wanted": first.wanted, "cover": first.cover}
        sentence = (
            f"{first.on_duty} of {first.wanted} would be on duty"
            f" from {first.starts:%Y-%m-%d %H:%M} to {first.ends:%Y-%m-%d %H:%M} UTC."
        )
    return Conflict(sentence, code="rota_has_faults", **facts)


def _written(at: datetime) -> str:
    """As instants are written in JSON."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _told(findings: Findings) -> dict[str, int | str]:
    """What the log keeps of what was found."""
    return {"holes": len(findings.holes), "clashes": len(findings.clashes)}


async def _shown(work: UnitOfWork, now: InForce) -> RotaInForce:
    return RotaInForce(
        rota=now.plan,
        revision=now.revision,
        made_at=now.made_at,
        findings=await find_faults(work, now.plan, now.rota, work.now()),
    )


def _clock_time(minute: int | None) -> str | None:
    return None if minute is None else f"{minute // 60:02}:{minute % 60:02}"
