"""An answer waits for a second agent, who lets exactly it go out, or declines.

Nothing of it is a message before it is approved. What would go out (each part, to whom, by which
account, with which files) has a digest, made by writing it and undoing that; it is made again when
it is approved, of what really goes out, and if it is another one nothing does.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec

from core.ids import digest as digest_of
from router.services import audit
from router.services.approvals.checking import load_policy, why
from router.services.approvals.shapes import (
    OWN_APPROVAL,
    Approval,
    ApprovalPolicy,
    ApprovalState,
    Because,
)
from router.services.callers import Caller
from router.services.errors import Conflict, Forbidden, NotFound, Refused, ServiceError
from router.services.outbound.writing import KeyTaken, Written
from router.services.refused import note_refusal
from router.services.roles import Permission
from router.services.viewer import Viewer, find_conversation, viewer_of
from router.storage import approvals as stored
from router.storage import cases, persons
from router.storage import snippets as stored_snippets
from router.storage.approvals import ApprovalRow
from router.storage.engine import Database
from router.storage.sight import find_hidden
from router.storage.unit_of_work import Fact, UnitOfWork

Post = Callable[[UnitOfWork], Awaitable[Written]]
"""Writes the answer as part of a transaction, past the check of whether it needs a second agent."""
Prepare = Callable[[int, str, Mapping[str, Any]], Post]
"""For the author (id, name) and what they want."""


async def change_policy(database: Database, caller: Caller, wanted: ApprovalPolicy) -> None:
    """What is asked for from now on needs it; what was approved stays so. Raises Refused."""
    async with database.transaction() as work:
        for one in wanted.snippet_ids:
            if await stored_snippets.find_snippet(work, one) is None:
                raise Refused("There is no such canned reply.", code="unknown", field="snippet_ids")
        await stored.insert_policy(work, msgspec.json.encode(wanted), caller.agent_id)
        facts = {"snippets": len(wanted.snippet_ids), "amounts": len(wanted.amounts)}
        await audit.record(work, caller.actor, "approvals.changed", "approvals", facts)


async def ask(
    database: Database,
    caller: Caller,
    person_id: int,
    client_key: str,
    text: str,
    wanted: Mapping[str, Any],
    file_ids: list[int],
    post: Post,
) -> Approval:
    """It waits from now on. The same client key again gives the first one back. Raises NotFound,
    Conflict `not_needed`, and whatever sending it would.
    """
    viewer = viewer_of(caller)
    async with database.transaction() as work:
        root = await persons.lock_root(work, person_id)
        if root is None:
            raise NotFound("There is no such conversation.")
        await find_conversation(work, viewer, person_id)
        before = await stored.find_by_key(work, caller.agent_id, client_key)
        if before is not None:
            return _shown(before, caller, work)
        case_id, topic_id = _named(wanted, "case_id"), _named(wanted, "topic_id")
        digest, written_case = await _rehearse(work, post)
        because = await why(work, text, case_id or written_case, topic_id)
        if not because:
            raise Conflict("One agent may send it alone.", code="not_needed")
        policy = await load_policy(work)
        case = await stored.case_for_line(work, root, case_id or written_case)
        made = await stored.insert(
            work,
            person_id=root,
            case_id=case,
            agent_id=caller.agent_id,
            client_key=client_key,
            wanted=msgspec.json.encode(dict(wanted)),
            digest=digest,
            because=msgspec.json.encode(because),
            expires_at=work.now() + timedelta(hours=policy.hours),
        )
        if made is None:
            raise Conflict("This key was used before.", code="key_taken")
        await stored.keep_files(work, file_ids, is_kept=True)
        row = await _tell(work, made, caller, "asked")
        return _shown(row, caller, work)


async def approve(
    database: Database,
    caller: Caller,
    approval_id: int,
    digest: str,
    reason: str,
    prepare: Prepare,
) -> Approval:
    """It goes out now, once, as its author wrote it. Raises NotFound, Forbidden `own_approval`,
    Conflict (`already_decided`, `expired`; `moved_on`: it would not be what was asked for, and is
    void).
    """
    try:
        return await _approve(database, caller, approval_id, digest, reason, prepare)
    except (Forbidden, Conflict) as error:
        if error.code == OWN_APPROVAL:
            await note_refusal(
                database,
                what="approval",
                reason=error.code,
                subject=f"approvals/{approval_id}",
                actor=caller.actor,
            )
        if error.code == "moved_on":
            await _make_void(database, caller, approval_id)
        raise


async def _approve(
    database: Database,
    caller: Caller,
    approval_id: int,
    digest: str,
    reason: str,
    prepare: Prepare,
) -> Approval:
    async with database.transaction() as work:
        row = await _open(work, caller, approval_id)
        if row.agent_id == caller.agent_id:
            raise Forbidden("Somebody else has to approve it.", code=OWN_APPROVAL)
        if row.digest != digest:
            raise Conflict("That is not the answer that waits here.", code="other_digest")
        if not row.agent_is_active:
            raise _moved_on("Its author is no agent any more.")
        try:
            written = await prepare(row.agent_id, row.agent_name, row.wanted)(work)
        except ServiceError as error:
            raise _moved_on(str(error)) from error
        except KeyTaken as error:
            raise _moved_on("Its author wrote something else under its key.") from error
        if not written.is_new:
            raise _moved_on("Its author sent something else under its key.")
        if await _digest(work, written.message_id) != row.digest:
            raise _moved_on("What would go out now is not what was asked for.")
        await stored.decide(
            work,
            row.id,
            "approved",
            agent_id=caller.agent_id,
            reason=reason.strip(),
            message_id=written.message_id,
        )
        return _shown(await _tell(work, row.id, caller, "approved"), caller, work)


async def decline(database: Database, caller: Caller, approval_id: int, reason: str) -> Approval:
    """It never goes out; of one's own: it is withdrawn. Raises NotFound, Refused (no reason),
    Conflict.
    """
    async with database.transaction() as work:
        row = await _open(work, caller, approval_id)
        is_own = row.agent_id == caller.agent_id
        if not is_own and Permission.APPROVE_REPLIES not in caller.permissions:
            raise Forbidden("This needs replies.approve.")
        if not is_own and not reason.strip():
            raise Refused("Say why: its author reads it.", code="empty", field="reason")
        state = "withdrawn" if is_own else "declined"
        await stored.decide(work, row.id, state, agent_id=caller.agent_id, reason=reason.strip())
        await stored.keep_files(work, list(row.wanted.get("attachment_ids", ())), is_kept=False)
        return _shown(await _tell(work, row.id, caller, state), caller, work)


async def list_approvals(
    database: Database, caller: Caller, *, only_waiting: bool, before: int | None, limit: int
) -> tuple[list[Approval], int | None]:
    """Newest first, of conversations and cases that the caller sees; and before which id to go
    on."""
    async with database.reading() as work:
        rows = await stored.list_before(work, before, only_waiting=only_waiting, limit=limit)
        sight = viewer_of(caller).sight
        hidden = await find_hidden(work, {row.root_id for row in rows}, sight)
        seen = [
            row
            for row in rows
            if row.root_id not in hidden.roots and row.case_id not in hidden.cases_of(row.root_id)
        ]
        shown = [_shown(row, caller, work) for row in seen]
    return shown, rows[-1].id if len(rows) == limit else None


async def load(database: Database, caller: Caller, approval_id: int) -> Approval:
    """Raises NotFound."""
    async with database.reading() as work:
        row = await stored.find(work, approval_id)
        await _check_seen(work, viewer_of(caller), row, approval_id)
        assert row is not None, "it was seen"
        return _shown(row, caller, work)


async def _rehearse(work: UnitOfWork, post: Post) -> tuple[str, int | None]:
    """The digest of what would go out, and its case if that is there already; nothing stays."""
    found: tuple[str, int | None] = ("", None)
    try:
        async with work.savepoint():
            written = await post(work)
            if not written.is_new:
                raise Conflict("This key was used before.", code="key_taken")
            case = await stored.case_of(work, written.message_id)
            found = await _digest(work, written.message_id), case
            raise _Undo
    except _Undo:
        pass
    digest, case = found
    is_there = case is not None and await cases.person_of_case(work, case) is not None
    return digest, case if is_there else None


class _Undo(Exception):
    """Ends a rehearsal."""


async def _digest(work: UnitOfWork, message_id: int) -> str:
    return digest_of(msgspec.json.encode(await stored.going_out(work, message_id)))


async def _open(work: UnitOfWork, caller: Caller, approval_id: int) -> ApprovalRow:
    """Under the conversation's lock, and then its own."""
    known = await stored.find(work, approval_id)
    if known is not None:
        await persons.lock_root(work, known.person_id)
    row = await stored.lock(work, approval_id)
    await _check_seen(work, viewer_of(caller), row, approval_id)
    assert row is not None, "it was seen"
    if row.state != "waiting":
        raise Conflict("Somebody decided this already.", code="already_decided")
    if row.expires_at <= work.now():
        raise Conflict("It was not approved in time.", code="expired")
    return row


async def _check_seen(
    work: UnitOfWork, viewer: Viewer, row: ApprovalRow | None, approval_id: int
) -> None:
    unknown = NotFound(f"There is no approval {approval_id}.")
    if row is None:
        raise unknown
    hidden = await find_hidden(work, [row.root_id], viewer.sight)
    if row.root_id in hidden.roots or row.case_id in hidden.cases_of(row.root_id):
        raise unknown


async def _make_void(database: Database, caller: Caller, approval_id: int) -> None:
    async with database.transaction() as work:
        row = await _open(work, caller, approval_id)
        await stored.decide(work, row.id, "void", agent_id=caller.agent_id, reason="")
        await stored.keep_files(work, list(row.wanted.get("attachment_ids", ())), is_kept=False)
        await _tell(work, row.id, caller, "void")


async def _tell(work: UnitOfWork, approval_id: int, caller: Caller, done: str) -> ApprovalRow:
    """A line in the case, an event for open pages, an entry in the audit log."""
    row = await stored.find(work, approval_id)
    assert row is not None, "it was made or locked in this transaction"
    if row.case_id is not None:
        line = await cases.insert_event(
            work,
            person_id=row.root_id,
            case_id=row.case_id,
            agent_id=caller.agent_id,
            event=f"approval_{done}",
            facts={
                "case_id": row.case_id,
                "approval_id": row.id,
                "agent_id": caller.agent_id,
                "author_id": row.agent_id,
                "reason": row.decision_reason,
            },
        )
        work.announce(Fact.MESSAGE_CREATED, person=row.root_id, ref=line)
    work.announce(Fact.APPROVAL_CHANGED)
    facts: dict[str, int | str] = {"author": row.agent_id, "digest": row.digest}
    await audit.record(work, caller.actor, f"approval.{done}", f"approvals/{row.id}", facts)
    return row


def _moved_on(sentence: str) -> Conflict:
    return Conflict(f"It cannot go out any more: {sentence}", code="moved_on")


def _named(wanted: Mapping[str, Any], name: str) -> int | None:
    value = wanted.get(name)
    return value if isinstance(value, int) else None


def _shown(row: ApprovalRow, caller: Caller, work: UnitOfWork) -> Approval:
    is_over = row.state == "waiting" and row.expires_at <= work.now()
    state: ApprovalState = "expired" if is_over else msgspec.convert(row.state, ApprovalState)
    may = Permission.APPROVE_REPLIES in caller.permissions and row.agent_id != caller.agent_id
    return Approval(
        id=row.id,
        conversation_id=row.root_id,
        person_name=row.person_name,
        case_id=row.case_id,
        author_id=row.agent_id,
        author=row.agent_name,
        text=str(row.wanted.get("text", "")),
        wanted=row.wanted,
        digest=row.digest,
        because=msgspec.convert(row.because, list[Because]),
        state=state,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        decision_reason=row.decision_reason,
        message_id=row.message_id,
        may_approve=may and state == "waiting",
    )
