"""What becomes of an answer that waited: told in its case, to open pages, in the audit log."""

from datetime import datetime

from router.services import audit
from router.services.approvals.shapes import ApprovalState
from router.storage import approvals as stored
from router.storage import cases, persons
from router.storage.approvals import ApprovalRow
from router.storage.engine import Database
from router.storage.unit_of_work import Fact, UnitOfWork

BATCH = 100


async def end_late(database: Database) -> int:
    """Those that nobody approved in time are over, and their author can see it; how many."""
    async with database.reading() as work:
        late = await stored.list_late(work, limit=BATCH)
    return sum([await _end(database, approval_id) for approval_id in late])


async def _end(database: Database, approval_id: int) -> bool:
    async with database.transaction() as work:
        known = await stored.find(work, approval_id)
        if known is None:
            return False
        await persons.lock_root(work, known.person_id)
        row = await stored.lock(work, approval_id)
        if row is None or row.state != "waiting" or row.expires_at > work.now():
            return False
        await stored.decide(work, row.id, "void", agent_id=None, reason="")
        await stored.keep_files(work, list(row.wanted.get("attachment_ids", ())), is_kept=False)
        await tell(work, row.id, None, "system", "expired")
    return True


def state_of(row: ApprovalRow, now: datetime) -> ApprovalState:
    """As it is shown. What nobody decided before its end has expired, whoever saw that first."""
    if row.state == "waiting":
        return "expired" if row.expires_at <= now else "waiting"
    if row.state == "void" and row.decided_at is not None and row.decided_by_id is None:
        return "expired"
    return _STATES[row.state]


_STATES: dict[str, ApprovalState] = {
    "approved": "approved",
    "declined": "declined",
    "withdrawn": "withdrawn",
    "void": "void",
}


async def tell(
    work: UnitOfWork, approval_id: int, agent_id: int | None, actor: str, done: str
) -> ApprovalRow:
    """A line in the case, an event for open pages, an entry in the audit log."""
    row = await stored.find(work, approval_id)
    assert row is not None, "it was made or locked in this transaction"
    if row.case_id is not None:
        line = await cases.insert_event(
            work,
            person_id=row.root_id,
            case_id=row.case_id,
            agent_id=agent_id,
            event=f"approval_{done}",
            facts={
                "case_id": row.case_id,
                "approval_id": row.id,
                "agent_id": agent_id,
                "author_id": row.agent_id,
                "reason": row.decision_reason,
            },
        )
        work.announce(Fact.MESSAGE_CREATED, person=row.root_id, ref=line)
    work.announce(Fact.APPROVAL_CHANGED)
    facts: dict[str, int | str] = {"author": row.agent_id, "digest": row.digest}
    await audit.record(work, actor, f"approval.{done}", f"approvals/{row.id}", facts)
    return row
