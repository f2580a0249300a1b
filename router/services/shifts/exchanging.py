"""Agents' own exchanges: a duty is offered, taken, declined, taken back, approved; an absent one's
is given to a stand-in or left open. Each under the lock of the rota, checked once more, audited.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

from core.rota import Duty, find_duty
from router.services import audit
from router.services.errors import Conflict, Forbidden, NotFound, Refused
from router.services.shifts import reading
from router.services.shifts.exchange_checks import (
    Crew,
    Wanted,
    changed,
    check,
    find_faults,
    find_takers,
    gone,
    is_let,
    is_party,
    load_crew,
    over,
    try_taking,
    works_already,
)
from router.services.shifts.exchange_shapes import (
    Absence,
    ExchangeAnswer,
    ExchangeDecision,
    NewExchange,
)
from router.services.shifts.overtaking import note_overtaken
from router.services.shifts.reading import to_change
from router.services.viewer import Viewer
from router.storage import shift_exchanges as stored
from router.storage import shifts
from router.storage.engine import Database
from router.storage.shift_exchanges import ExchangeRow
from router.storage.unit_of_work import UnitOfWork

MOST_LIVE = 200
"""Exchanges that go on at once; what absent ones left is as many as are absent."""
MOST_OF_ONE = 40
"""Which one agent offers at once."""
MOST_CHANGES = 5_000
"""Of single days."""
FARTHEST = timedelta(days=400)


class _Stopped(Exception):
    """Nobody said that it may have these faults. Nothing of it is kept."""

    def __init__(self, faults: list[Conflict]) -> None:
        super().__init__("faults")
        self.faults = faults


async def propose(database: Database, viewer: Viewer, wanted: NewExchange) -> int:
    """One's own duty is offered, to somebody or to all who may take it, and they are told.

    Raises Refused (the field), Conflict: `swaps_off`, `offered_already`, and why a named colleague
    cannot (`works_then`, `works_already`, `short_rest`, `not_in_team`).
    """
    async with database.reading() as work:
        before = await load_crew(work)
    # Asked of each member: nobody waits for that, and it holds while all is as it was.
    addressed = _addressed(before, _offered(before, viewer, wanted))
    async with database.transaction() as work:
        crew = await _begin(work)
        await _check_room(work)
        live = [one for one in await stored.live(work) if one.kind != "open"]
        ours = [one for one in live if one.agent_id == viewer.agent_id]
        if len(live) >= MOST_LIVE or len(ours) >= MOST_OF_ONE:
            raise Refused("There are too many: take one back.", code="too_many")
        row = _offered(crew, viewer, wanted)
        if replace(crew, at=before.at) != before:
            addressed = _addressed(crew, row)
        made = await _insert(work, viewer, row, addressed)
        await _audit(work, viewer, "exchange.proposed", made, to_id=wanted.to_id)
        return made.id


def _offered(crew: Crew, viewer: Viewer, wanted: NewExchange) -> ExchangeRow:
    """As it is about to be kept. Raises Refused, Conflict `swaps_off`."""
    if crew.now.plan.swaps == "off":
        raise _swaps_off()
    duty = _coming(crew, wanted.shift, wanted.day, "day")
    if viewer.agent_id not in duty.agent_ids:
        raise Refused("This is not your shift.", code="not_theirs", field="shift")
    other = _other(crew, viewer, wanted)
    return ExchangeRow(
        id=0,
        kind="give" if other is None else "swap",
        state="open",
        shift_key=duty.key,
        day=duty.day,
        agent_id=viewer.agent_id,
        to_id=wanted.to_id,
        other_shift=other.key if other else None,
        other_day=other.day if other else None,
        taken_by=None,
        note=wanted.note.strip(),
        made_at=crew.at,
        unseen_ids=[],
    )


async def answer(
    database: Database,
    viewer: Viewer,
    exchange_id: int,
    wanted: ExchangeAnswer,
    *,
    may_decide: bool = False,
) -> None:
    """What is taken back of an absence is the absence: the agent works it after all.

    Raises NotFound, Forbidden: it is not for one; Conflict `exchange_taken` (somebody was
    quicker), `exchange_gone` with the reason, and why one cannot take it.
    """
    async with database.transaction() as work:
        crew = await _begin(work)
        row = await _live(work, crew, exchange_id)
        match wanted.answer:
            case "accept":
                await _accept(work, viewer, crew, row)
            case "decline":
                await _decline(work, viewer, row)
            case "withdraw":
                if not (may_decide or (viewer.agent_id == row.agent_id and row.kind != "open")):
                    raise Forbidden("Whoever offered it takes it back.")
                if row.kind == "open":
                    await _put_back(work, viewer, crew, row)
                told = {row.agent_id, row.to_id, row.taken_by} - {viewer.agent_id}
                await _move(work, row, "withdrawn", row.taken_by, told)
                await _audit(work, viewer, "exchange.withdrawn", row)


async def _put_back(work: UnitOfWork, viewer: Viewer, crew: Crew, row: ExchangeRow) -> None:
    """Whoever was absent works it after all. Raises Conflict: they cannot."""
    duty = crew.duty(row.shift_key, row.day)
    if duty is None or duty.starts <= crew.at:
        return
    if row.agent_id not in crew.names:
        raise gone("They work here no more.")
    place = (duty.key, duty.day)
    change = changed(crew, duty, out=row.agent_id, into=row.agent_id)
    check(crew, Wanted(rows=(change,), new=((row.agent_id, place),)))
    # By the rota alone it may not take place: on a holiday, or where it does not recur.
    others = {one: what for one, what in crew.now.rota.changes.items() if one != place}
    usual = find_duty(replace(crew.now.rota, changes=others), *place)
    is_usual = usual is not None and change.agent_ids == sorted(usual.agent_ids)
    if is_usual and to_change(change).keeps_times:
        await shifts.drop_change(work, *place)
    else:
        await shifts.keep_change(work, change, viewer.agent_id)


async def _accept(work: UnitOfWork, viewer: Viewer, crew: Crew, row: ExchangeRow) -> None:
    if row.state != "open":
        raise over(crew, row)
    if viewer.agent_id == row.agent_id:
        raise Forbidden("Somebody else takes it.")
    if row.to_id not in (None, viewer.agent_id):
        raise Forbidden("It is offered to somebody else.")
    if not is_let(crew, row):
        raise _swaps_off()
    taken = try_taking(crew, row, viewer.agent_id)
    if row.kind != "open" and crew.now.plan.swaps == "approved":
        await _move(work, row, "accepted", viewer.agent_id, {row.agent_id})
        await _audit(work, viewer, "exchange.accepted", row, taken_by=viewer.agent_id)
        return
    await _apply(work, viewer, crew, row, taken, viewer.agent_id)


async def _decline(work: UnitOfWork, viewer: Viewer, row: ExchangeRow) -> None:
    """Whoever is one of many is asked no more; whom alone it was offered to ends it."""
    if row.to_id is None:
        await stored.pass_by(work, row.id, viewer.agent_id)
        return
    if row.to_id != viewer.agent_id:
        raise Forbidden("It is offered to somebody else.")
    await _move(work, row, "declined", None, {row.agent_id})
    await _audit(work, viewer, "exchange.declined", row)


async def decide(
    database: Database, viewer: Viewer, exchange_id: int, wanted: ExchangeDecision
) -> None:
    """A supervisor's word on what two others agreed. Raises as `answer` does, and Forbidden
    `own_exchange`: the supervisor is one of the two.
    """
    async with database.transaction() as work:
        crew = await _begin(work)
        row = await _live(work, crew, exchange_id)
        if row.state != "accepted" or row.taken_by is None:
            raise Conflict("Nobody has taken it yet.", code="not_accepted")
        if is_party(viewer.agent_id, row):
            sentence = "Another supervisor decides on an exchange of yours."
            raise Forbidden(sentence, code="own_exchange")
        if wanted.approve:
            taken = try_taking(crew, row, row.taken_by)
            await _apply(work, viewer, crew, row, taken, row.taken_by)
            return
        told = {row.agent_id, row.taken_by} - {viewer.agent_id}
        await _move(work, row, "refused", row.taken_by, told)
        await _audit(work, viewer, "exchange.refused", row)


async def note_absence(database: Database, viewer: Viewer, wanted: Absence) -> None:
    """An agent does not work that day: a stand-in does, or it is open and all who may take it are
    told. Raises Refused, Conflict as `propose`, and `rota_has_faults` for a hole nobody accepts.
    That it was stopped, or with how many faults it was accepted, is in the audit log.
    """
    try:
        async with database.transaction() as work:
            await _note_absence(work, viewer, wanted)
    except _Stopped as stopped:
        async with database.transaction() as work:
            counts, actor = _counted(stopped.faults), f"agents/{viewer.agent_id}"
            await audit.record(work, actor, "rota.stopped", "rota", counts)
        raise stopped.faults[0] from stopped


async def _note_absence(work: UnitOfWork, viewer: Viewer, wanted: Absence) -> None:
    into = wanted.stand_in_id
    crew = await _begin(work)
    await _check_room(work)
    duty = _coming(crew, wanted.shift, wanted.day, "day")
    if wanted.agent_id not in duty.agent_ids:
        raise Refused("They don't work then.", code="not_theirs", field="agent_id")
    if into is not None:
        _check_active(crew, into, "stand_in_id")
        if into in duty.agent_ids:
            raise works_already(crew, into, duty)
    change = changed(crew, duty, out=wanted.agent_id, into=into)
    new = () if into is None else ((into, (duty.key, duty.day)),)
    faults = list(find_faults(crew, Wanted(rows=(change,), new=new)))
    if faults and not wanted.accept:
        raise _Stopped(faults)
    await shifts.keep_change(work, change, viewer.agent_id)
    after = await load_crew(work)
    # Whoever is absent gives nothing away any more.
    await note_overtaken(work, crew.now, after.now)
    row = ExchangeRow(
        id=0,
        kind="open",
        state="open" if into is None else "done",
        shift_key=duty.key,
        day=duty.day,
        agent_id=wanted.agent_id,
        to_id=into,
        other_shift=None,
        other_day=None,
        taken_by=into,
        note=wanted.note.strip(),
        made_at=work.now(),
        unseen_ids=[],
    )
    told = {into} if into is not None else find_takers(after, row)
    made = await _insert(work, viewer, row, (told | {wanted.agent_id}) - {viewer.agent_id})
    await _audit(work, viewer, "duty.absent", made, stand_in=into, **_counted(faults))


def _counted(faults: Collection[Conflict]) -> dict[str, int | str]:
    holes = sum(one.code == "rota_has_faults" for one in faults)
    return {"holes": holes, "clashes": len(faults) - holes}


async def _begin(work: UnitOfWork) -> Crew:
    """The rota, which nobody else changes until the commit."""
    await shifts.lock(work)
    return await load_crew(work)


async def _check_room(work: UnitOfWork) -> None:
    if await shifts.count_changes(work, work.now().date()) >= MOST_CHANGES:
        raise Refused("There are too many changes: change the rota.", code="too_many")


def _coming(crew: Crew, key: str, day: date, field: str) -> Duty:
    if abs(day - crew.at.date()) > FARTHEST:
        raise Refused("Choose a day within a year.", code="too_far", field=field)
    duty = crew.duty(key, day)
    if duty is None:
        raise Refused("There is no such duty.", code="unknown", field=field)
    if duty.starts <= crew.at:
        raise Refused("This shift has begun.", code="begun", field=field)
    return duty


def _other(crew: Crew, viewer: Viewer, wanted: NewExchange) -> Duty | None:
    """What one would work in its place."""
    if wanted.other_shift is None and wanted.other_day is None:
        return None
    if wanted.other_shift is None or wanted.other_day is None:
        raise Refused("Name the shift and its day.", code="missing", field="other_day")
    other = _coming(crew, wanted.other_shift, wanted.other_day, "other_day")
    if viewer.agent_id in other.agent_ids:
        raise Refused("You work it already.", code="theirs", field="other_shift")
    if wanted.to_id is not None and wanted.to_id not in other.agent_ids:
        raise Refused("They don't work then.", code="not_theirs", field="to_id")
    if not other.agent_ids:
        raise Refused("Nobody works it.", code="unknown", field="other_shift")
    return other


def _addressed(crew: Crew, row: ExchangeRow) -> frozenset[int]:
    """Who is told: whom it is offered to, or all who may take it. Raises Conflict: they cannot."""
    if row.to_id is None:
        return find_takers(crew, row)
    _check_active(crew, row.to_id, "to_id")
    if row.to_id == row.agent_id:
        raise Refused("Choose a colleague.", code="same", field="to_id")
    try_taking(crew, row, row.to_id)
    return frozenset({row.to_id})


def _check_active(crew: Crew, agent_id: int, field: str) -> None:
    if agent_id not in crew.names:
        raise Refused(f"There is no active agent {agent_id}.", code="unknown", field=field)


async def _live(work: UnitOfWork, crew: Crew, exchange_id: int) -> ExchangeRow:
    row = await stored.find(work, exchange_id)
    if row is None:
        raise NotFound("There is no such exchange.")
    if row.state not in ("open", "accepted"):
        raise over(crew, row)
    return row


def _swaps_off() -> Conflict:
    return Conflict("Agents do not exchange shifts among themselves.", code="swaps_off")


async def _insert(
    work: UnitOfWork, viewer: Viewer, row: ExchangeRow, told: Collection[int]
) -> ExchangeRow:
    other = None
    if row.other_shift is not None and row.other_day is not None:
        other = (row.other_shift, row.other_day)
    made = await stored.insert_once(
        work,
        kind=row.kind,
        state=row.state,
        shift_key=row.shift_key,
        day=row.day,
        agent_id=row.agent_id,
        to_id=row.to_id,
        other=other,
        taken_by=row.taken_by,
        note=row.note,
        by_id=viewer.agent_id,
        unseen_ids=told,
    )
    if made is None:
        raise Conflict("This shift is offered already.", code="offered_already")
    return made


async def _apply(
    work: UnitOfWork, viewer: Viewer, crew: Crew, row: ExchangeRow, wanted: Wanted, taker: int
) -> None:
    for one in wanted.rows:
        await shifts.keep_change(work, one, viewer.agent_id)
    told = {row.agent_id, taker} - {viewer.agent_id}
    await _move(work, row, "done", taker, told)
    await note_overtaken(work, crew.now, await reading.load(work))
    await _audit(work, viewer, "exchange.done", row, taken_by=taker)


async def _move(
    work: UnitOfWork,
    row: ExchangeRow,
    state: str,
    taken_by: int | None,
    told: Collection[int | None],
) -> None:
    unseen = {one for one in told if one is not None}
    await stored.move(work, row.id, state, taken_by=taken_by, unseen_ids=unseen)


async def _audit(
    work: UnitOfWork, viewer: Viewer, action: str, row: ExchangeRow, **more: int | str | None
) -> None:
    facts: dict[str, int | str | None] = {
        "kind": row.kind,
        "shift": row.shift_key,
        "day": row.day.isoformat(),
        "agent_id": row.agent_id,
        **more,
    }
    actor = f"agents/{viewer.agent_id}"
    await audit.record(work, actor, action, f"exchanges/{row.id}", facts)
