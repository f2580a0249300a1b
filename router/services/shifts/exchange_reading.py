"""Exchanges as an agent sees them: their own, what they may take, and, with the permission, all."""

from datetime import datetime, timedelta

from core.rota import Duty, find_duty
from router.services.shifts import reading
from router.services.shifts.exchange_checks import (
    Crew,
    can_take,
    is_let,
    is_party,
    load_crew,
    other_duty,
)
from router.services.shifts.exchange_shapes import Act, Exchanges, ShownExchange
from router.services.shifts.reading import InForce
from router.services.shifts.shapes import OpenDuty, ShownDuty
from router.services.viewer import Viewer
from router.storage import shift_exchanges as stored
from router.storage import shifts
from router.storage.engine import Database
from router.storage.shift_exchanges import ExchangeRow
from router.storage.unit_of_work import UnitOfWork

SHOWN = timedelta(days=14)
"""For how long what ended is listed."""
MOST_ENDED = 50


async def list_exchanges(
    database: Database, viewer: Viewer, *, may_decide: bool, may_work: bool
) -> Exchanges:
    """What goes on and concerns the viewer, or is open to them; then what ended lately."""
    async with database.reading() as work:
        crew = await load_crew(work)
        found: list[ShownExchange] = []
        for row in await stored.live(work):
            may = _acts(viewer, crew, row, may_decide=may_decide)
            is_ours = viewer.agent_id in (row.agent_id, row.to_id, row.taken_by)
            if _is_past(crew, row) or not (is_ours or may or may_decide):
                continue
            found.append(_shown(viewer, crew, row, may if may_work else ()))
        since = work.now() - SHOWN
        whose = None if may_decide else viewer.agent_id
        found += [
            _shown(viewer, crew, row, ())
            for row in await stored.ended(work, since, whose, limit=MOST_ENDED)
        ]
    return Exchanges(policy=crew.now.plan.swaps, exchanges=tuple(found))


async def list_open(
    work: UnitOfWork, now: InForce, since: datetime, until: datetime
) -> list[OpenDuty]:
    """Duties that absent agents left and nobody has taken, in order of time."""
    found = []
    for row in await stored.live(work) if now.plan.shifts else ():
        duty = find_duty(now.rota, row.shift_key, row.day)
        if row.kind != "open" or duty is None or duty.ends <= since or duty.starts >= until:
            continue
        named = {one.key: one.name for one in now.plan.shifts}
        found.append(
            OpenDuty(
                exchange_id=row.id,
                shift=row.shift_key,
                name=named[row.shift_key],
                day=row.day,
                team_id=duty.team_id,
                agent_id=row.agent_id,
                starts=duty.starts,
                ends=duty.ends,
            )
        )
    return sorted(found, key=lambda one: (one.starts, one.exchange_id))


async def note_seen(database: Database, viewer: Viewer) -> None:
    """The agent has seen what there is: nothing of it is news to them."""
    async with database.transaction() as work:
        if not await stored.has_news(work, viewer.agent_id):
            return
        # As whoever moves several of them: two who go through them in other orders would each
        # wait for the other.
        await shifts.lock(work)
        await stored.note_seen(work, viewer.agent_id)


def _acts(viewer: Viewer, crew: Crew, row: ExchangeRow, *, may_decide: bool) -> tuple[Act, ...]:
    found: list[Act] = []
    me = viewer.agent_id
    if row.state == "open" and me != row.agent_id and row.to_id in (None, me):
        if is_let(crew, row) and can_take(crew, row, me):
            found.append("accept")
        if row.to_id == me:
            found.append("decline")
    if row.state == "accepted" and may_decide and not is_party(me, row):
        found.append("decide")
    if me == row.agent_id if row.kind != "open" else may_decide:
        found.append("withdraw")
    return tuple(found)


def _is_past(crew: Crew, row: ExchangeRow) -> bool:
    duty = crew.duty(row.shift_key, row.day)
    return duty is None or duty.starts <= crew.at


def _shown(viewer: Viewer, crew: Crew, row: ExchangeRow, may: tuple[Act, ...]) -> ShownExchange:
    return ShownExchange(
        id=row.id,
        kind=row.kind,  # type: ignore[arg-type]  # the table holds no other
        state=row.state,  # type: ignore[arg-type]  # nor here
        duty=_shown_duty(crew, crew.duty(row.shift_key, row.day)),
        other=_shown_duty(crew, other_duty(crew, row)),
        agent_id=row.agent_id,
        to_id=row.to_id,
        taken_by=row.taken_by,
        note=row.note,
        made_at=row.made_at,
        may=may,
        is_new=viewer.agent_id in row.unseen_ids,
    )


def _shown_duty(crew: Crew, duty: Duty | None) -> ShownDuty | None:
    if duty is None:
        return None
    return reading.to_shown(duty, {one.key: one for one in crew.now.plan.shifts})
