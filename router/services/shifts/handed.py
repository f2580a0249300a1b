"""Packets as somebody reads them: what was open then, what became of it, who took over."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import msgspec

from core.messages import scrub
from core.targets import Ending
from router.services.approvals.ending import state_of
from router.services.errors import NotFound
from router.services.incidents.shapes import IncidentState, Severity
from router.services.shifts.handover_shapes import (
    MOST_WORDS,
    Awaiting,
    HandedCase,
    HandedIncident,
    Handover,
    HandoverPacket,
    Handovers,
    Kept,
    KeptCase,
    KeptDue,
    KeptIncident,
    OpenOf,
    OwedThen,
    Receipt,
    WaitingApproval,
    WaitingDanger,
    WaitingThen,
    WrittenNote,
)
from router.services.shown.names import Named, named
from router.services.triage import paging
from router.services.viewer import Viewer
from router.storage import agents as stored_agents
from router.storage import approvals, incidents, shift_exchanges
from router.storage import handovers as stored
from router.storage.approvals import ApprovalRow
from router.storage.engine import Database
from router.storage.handovers import HandoverRow
from router.storage.records import Record
from router.storage.sight import find_hidden
from router.storage.unit_of_work import UnitOfWork

ASKED_FOR = timedelta(days=3)
"""After which nobody is asked any more to take over."""
MOST_WAITING = 100
_Key = tuple[int, str, int]


async def list_handovers(
    database: Database, viewer: Viewer, *, team_id: int | None, before: int | None, limit: int
) -> Handovers:
    async with database.reading() as work:
        rows = await stored.list_before(work, before, team_id=team_id, limit=limit)
        shown = await _shown(work, viewer, rows)
    return Handovers(handovers=tuple(shown), before=rows[-1].id if len(rows) == limit else None)


async def load(database: Database, viewer: Viewer, handover_id: int) -> HandoverPacket:
    """Raises NotFound."""
    async with database.reading() as work:
        return await _load(work, viewer, await _find(work, handover_id))


async def write_note(
    database: Database, viewer: Viewer, handover_id: int, text: str
) -> HandoverPacket:
    """The viewer's note is this one; empty: none. Raises NotFound."""
    async with database.transaction() as work:
        row = await _find(work, handover_id)
        await stored.put_note(work, row.id, viewer.agent_id, scrub(text).strip())
        return await _load(work, viewer, row)


async def take_over(database: Database, viewer: Viewer, handover_id: int) -> HandoverPacket:
    """The viewer has read it. Doing it twice does it once. Raises NotFound."""
    async with database.transaction() as work:
        row = await _find(work, handover_id)
        await stored.put_receipt(work, row.id, viewer.agent_id)
        return await _load(work, viewer, row)


async def load_awaiting(
    database: Database, viewer: Viewer, *, may_approve: bool, may_decide: bool = False
) -> Awaiting:
    """What waits for the viewer: answers for a second agent, packets of who left, shifts that are
    offered or, with the permission, to be approved, and dangers that they were told of.
    """
    async with database.reading() as work:
        rows = await approvals.list_waiting(work, viewer.sight, limit=MOST_WAITING)
        seen = await _seen(work, viewer, rows)
        return Awaiting(
            approvals=tuple(
                WaitingApproval(
                    id=row.id,
                    conversation_id=row.root_id,
                    case_id=row.case_id,
                    may_approve=may_approve and row.agent_id != viewer.agent_id,
                    expires_at=row.expires_at,
                )
                for row in seen
            ),
            handovers=tuple(
                await stored.waiting_for(work, viewer.agent_id, work.now() - ASKED_FOR)
            ),
            exchanges=tuple(
                await shift_exchanges.waiting_for(work, viewer.agent_id, may_decide=may_decide)
            ),
            dangers=tuple(
                WaitingDanger(
                    message_id=row["message_id"],
                    conversation_id=row["root_id"],
                    case_id=row["case_id"],
                    name=row["display_name"],
                    danger=row["danger"],
                    at=row["at"],
                    escalated_at=row["escalated_at"],
                )
                for row in await paging.running_for(work, viewer)
            ),
        )


async def _find(work: UnitOfWork, handover_id: int) -> HandoverRow:
    row = await stored.find(work, handover_id)
    if row is None:
        raise NotFound(f"There is no handover {handover_id}.")
    return row


async def _shown(work: UnitOfWork, viewer: Viewer, rows: Collection[HandoverRow]) -> list[Handover]:
    agents = {one for row in rows for one in (*row.leaving_ids, *row.next_ids, row.agent_id or 0)}
    names = await stored_agents.names_of(work, agents)
    taken: dict[int, list[Receipt]] = {}
    for one in await stored.receipts(work, [row.id for row in rows]):
        receipt = Receipt(agent=Named(id=one["agent_id"], name=one["name"]), at=one["at"])
        taken.setdefault(one["handover_id"], []).append(receipt)
    return [_to_handover(work.now(), viewer, row, names, taken.get(row.id, [])) for row in rows]


def _to_handover(
    now: datetime,
    viewer: Viewer,
    row: HandoverRow,
    names: Mapping[int, str],
    taken: Collection[Receipt],
) -> Handover:
    def named_all(ids: Collection[int]) -> tuple[Named, ...]:
        return tuple(Named(id=one, name=names.get(one, "")) for one in ids)

    has_taken = viewer.agent_id in {one.agent.id for one in taken}
    is_asked = viewer.agent_id in row.next_ids and row.made_at >= now - ASKED_FOR
    return Handover(
        id=row.id,
        team=Named(id=row.team_id, name=row.team_name),
        asked_by=named(row.agent_id, names.get(row.agent_id or 0)),
        ends_at=row.ends_at,
        next_until=row.next_until,
        leaving=named_all(row.leaving_ids),
        next=named_all(row.next_ids),
        receipts=tuple(taken),
        is_for_me=is_asked and not has_taken,
    )


async def _load(work: UnitOfWork, viewer: Viewer, row: HandoverRow) -> HandoverPacket:
    kept = msgspec.json.decode(await stored.load_kept(work, row.id), type=Kept)
    [handover] = await _shown(work, viewer, [row])
    now = await stored.cases_now(work, [one.id for one in kept.cases], viewer.sight)
    seen = [one for one in kept.cases if one.id in now]
    owners = {one["owner_id"] for one in now.values()} | {one.owner_id for one in kept.cases}
    owners |= {one.owner_id for one in kept.counts}
    became = {
        (one["case_id"], one["target"], one["ref"]): one for one in await stored.owed_now(work, now)
    }
    people = owners | {one["agent_id"] for one in became.values()}
    names = await stored_agents.names_of(work, [one for one in people if one is not None])
    said = await stored.words_of(
        work,
        {one for case in seen for one in (case.last_in_id, case.last_out_id) if one},
        MOST_WORDS,
    )
    open_of: dict[int | None, int] = {}
    for count in kept.counts:
        if count.access_class in viewer.sight.classes:
            open_of[count.owner_id] = open_of.get(count.owner_id, 0) + count.cases
    owed = _owed(kept.owed, became, names)
    return HandoverPacket(
        handover=handover,
        open=tuple(
            OpenOf(owner=named(owner, names.get(owner or 0)), cases=cases)
            for owner, cases in open_of.items()
        ),
        cases=tuple(_to_case(one, now[one.id], said, owed.get(one.id, []), names) for one in seen),
        more=max(sum(open_of.values()) - len(seen), 0),
        approvals=tuple(await _approvals(work, viewer, kept.approval_ids)),
        incidents=tuple(await _incidents(work, viewer, kept.incidents)),
        notes=tuple(
            WrittenNote(
                agent=Named(id=one["agent_id"], name=one["name"]), text=one["text"], at=one["at"]
            )
            for one in await stored.notes(work, row.id, viewer.agent_id, viewer.sight)
        ),
    )


def _owed(
    kept: Collection[KeptDue], became: Mapping[_Key, Record], names: Mapping[int, str]
) -> dict[int, list[OwedThen]]:
    """By case, the first one first. What is owed no more, and never ended, is left out."""
    found: dict[int, list[OwedThen]] = {}
    for one in kept:
        now = became.get((one.case_id, one.target.value, one.ref))
        if now is None:
            continue
        owed = OwedThen(
            target=one.target,
            due_at=one.due_at,
            words=now["words"] or "",
            promised_by=named(now["agent_id"], names.get(now["agent_id"])),
            ended_at=now["ended_at"],
            ending=None if now["ending"] is None else Ending(now["ending"]),
        )
        found.setdefault(one.case_id, []).append(owed)
    return found


def _to_case(
    kept: KeptCase,
    now: Record,
    said: Mapping[int, tuple[int, str]],
    owed: Collection[OwedThen],
    names: Mapping[int, str],
) -> HandedCase:
    def words(message_id: int | None) -> str:
        case_id, text = said.get(message_id or 0, (0, ""))
        return " ".join(text.split()) if case_id == kept.id else ""

    return HandedCase(
        id=kept.id,
        conversation_id=now["root_id"],
        person_name=now["display_name"],
        subject=now["subject"],
        topic=now["topic"],
        priority=now["priority"],
        owner_then=named(kept.owner_id, names.get(kept.owner_id or 0)),
        owner=named(now["owner_id"], names.get(now["owner_id"] or 0)),
        state_then=kept.state,
        state=now["state"],
        is_handed_over=kept.is_handed_over,
        danger=now["danger"],
        they_said=words(kept.last_in_id),
        we_said=words(kept.last_out_id),
        owed=tuple(owed),
    )


async def _approvals(work: UnitOfWork, viewer: Viewer, ids: Collection[int]) -> list[WaitingThen]:
    rows = [row for one in ids if (row := await approvals.find(work, one)) is not None]
    return [
        WaitingThen(
            id=row.id,
            conversation_id=row.root_id,
            person_name=row.person_name,
            author=row.agent_name,
            expires_at=row.expires_at,
            state=state_of(row, work.now()),
        )
        for row in await _seen(work, viewer, rows)
    ]


async def _incidents(
    work: UnitOfWork, viewer: Viewer, kept: Collection[KeptIncident]
) -> list[HandedIncident]:
    found = await incidents.facts_of(work, [one.id for one in kept])
    return [
        HandedIncident(
            id=one.id,
            title=found[one.id]["title"],
            severity=msgspec.convert(found[one.id]["severity"], Severity),
            state_then=one.state,
            state=msgspec.convert(found[one.id]["state"], IncidentState),
            cases=sum(n for name, n in one.cases.items() if name in viewer.sight.classes),
        )
        for one in kept
    ]


async def _seen(
    work: UnitOfWork, viewer: Viewer, rows: Collection[ApprovalRow]
) -> list[ApprovalRow]:
    hidden = await find_hidden(work, {row.root_id for row in rows}, viewer.sight)
    return [
        row
        for row in rows
        if row.root_id not in hidden.roots and row.case_id not in hidden.cases_of(row.root_id)
    ]
