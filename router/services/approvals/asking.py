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
from router.services.approvals.checking import load_policy, said_of, why
from router.services.approvals.ending import state_of, tell
from router.services.approvals.going import going_of
from router.services.approvals.shapes import (
    OWN_APPROVAL,
    VOID,
    Approval,
    ApprovalPolicy,
    Because,
)
from router.services.callers import Caller
from router.services.errors import Conflict, Forbidden, NotFound, Refused, ServiceError
from router.services.outbound.writing import KeyTaken, Written
from router.services.refused import note_refusal
from router.services.roles import Permission
from router.services.viewer import Viewer, find_conversation, viewer_of
from router.storage import approvals as stored
from router.storage import cases, persons, replies
from router.storage import snippets as stored_snippets
from router.storage.approvals import ApprovalRow
from router.storage.engine import Database
from router.storage.sight import Sight, find_hidden
from router.storage.unit_of_work import UnitOfWork

Post = Callable[[UnitOfWork], Awaitable[Written]]
"""Writes the answer as part of a transaction, past the check of whether it needs a second agent."""
Prepare = Callable[[int, str, Mapping[str, Any], Sight], Post]
"""For the author (id, name), what they want, and how far they saw as they asked."""
_KEPT = ("going_out", "classes", "seen_id")
"""What stands beside the answer: what was rehearsed, what its author saw, and up to where."""


async def change_policy(
    database: Database, caller: Caller, wanted: ApprovalPolicy
) -> ApprovalPolicy:
    """What is asked for from now on needs it; what was approved stays so. Raises Refused, and
    Conflict `moved_on`: it stands on a version that holds no more.
    """
    async with database.transaction() as work:
        newest = await stored.lock_policies(work)
        if (wanted.revision or 0) != newest:
            raise Conflict("Somebody else has changed it.", code="moved_on", revision=newest)
        for one in wanted.snippet_ids:
            if await stored_snippets.find_snippet(work, one) is None:
                raise Refused("There is no such canned reply.", code="unknown", field="snippet_ids")
        kept = msgspec.structs.replace(wanted, revision=None)
        made = await stored.insert_policy(work, msgspec.json.encode(kept), caller.agent_id)
        facts = {"snippets": len(wanted.snippet_ids), "amounts": len(wanted.amounts)}
        await audit.record(work, caller.actor, "approvals.changed", "approvals", facts)
    return msgspec.structs.replace(wanted, revision=made)


async def ask(
    database: Database,
    caller: Caller,
    person_id: int,
    client_key: str,
    wanted: Mapping[str, Any],
    file_ids: list[int],
    post: Post,
) -> Approval:
    """It waits from now on. The same client key again gives the first one back while it waits or
    was approved. Raises NotFound, Conflict `not_needed`, `already_decided` (under this key, and
    against it), and whatever sending it would.
    """
    viewer = viewer_of(caller)
    async with database.transaction() as work:
        root = await persons.lock_root(work, person_id)
        if root is None:
            raise NotFound("There is no such conversation.")
        await find_conversation(work, viewer, person_id)
        before = await stored.find_by_key(work, caller.agent_id, client_key)
        if before is not None:
            shown = await _shown(work, caller, before)
            if shown.state not in ("waiting", "approved"):
                raise Conflict("It was decided already: write it anew.", code="already_decided")
            return shown
        going_out, case_id = await _rehearse(work, post)
        # Bound to the case that its author answers, whichever is the newest by then.
        answer = {**wanted, "case_id": _named(wanted, "case_id") or case_id}
        said = said_of(answer["text"], answer["public_line"], answer["subject"], answer["offers"])
        because = await why(work, said, answer["case_id"], _named(wanted, "topic_id"))
        if not because:
            raise Conflict("One agent may send it alone.", code="not_needed")
        policy = await load_policy(work)
        case = answer["case_id"] or await stored.newest_case(work, root, viewer.sight)
        kept = {
            **answer,
            "going_out": going_out,
            "classes": viewer.sight.listed,
            "seen_id": _named(wanted, "expect_last_id") or await stored.last_message(work, root),
        }
        made = await stored.insert(
            work,
            person_id=root,
            case_id=case,
            agent_id=caller.agent_id,
            client_key=client_key,
            wanted=msgspec.json.encode(kept),
            digest=_digest(going_out, answer),
            because=msgspec.json.encode(because),
            expires_at=work.now() + timedelta(hours=policy.hours),
        )
        if made is None:
            raise Conflict("This key was used before.", code="key_taken")
        await stored.keep_files(work, file_ids, is_kept=True)
        return await _shown(work, caller, await _tell(work, made, caller, "asked"))


async def approve(
    database: Database,
    caller: Caller,
    approval_id: int,
    digest: str,
    reason: str,
    prepare: Prepare,
) -> Approval:
    """It goes out now, once, as its author wrote it. Raises NotFound, Forbidden `own_approval`,
    Conflict (`already_decided`, `expired`; `moved_on` with `last_message_id`: somebody wrote
    since; `void`: it would not be what was asked for, and never goes out; and why it cannot go out
    right now: it still waits).
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
        if error.code == VOID:
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
            raise _void("Its author is no agent any more.")
        answer = _answer(row)
        post = prepare(row.agent_id, row.agent_name, answer, _seen_by_author(row))
        try:
            written = await post(work)
        except Conflict:
            raise
        except ServiceError as error:
            sentence = f"It cannot go out now: {error}"
            raise Conflict(sentence, code=error.code) from error
        except KeyTaken as error:
            raise _void("Its author wrote something else under its key.") from error
        if not written.is_new:
            raise _void("Its author sent something else under its key.")
        if _digest(await stored.going_out(work, written.message_id), answer) != row.digest:
            raise _void("What would go out now is not what was asked for.")
        await stored.decide(
            work,
            row.id,
            "approved",
            agent_id=caller.agent_id,
            reason=reason.strip(),
            message_id=written.message_id,
        )
        return await _shown(work, caller, await _tell(work, row.id, caller, "approved"))


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
        return await _shown(work, caller, await _tell(work, row.id, caller, state))


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
        shown = [await _shown(work, caller, row) for row in seen]
    return shown, rows[-1].id if len(rows) == limit else None


async def load(database: Database, caller: Caller, approval_id: int) -> Approval:
    """Raises NotFound."""
    async with database.reading() as work:
        row = await stored.find(work, approval_id)
        await _check_seen(work, viewer_of(caller), row, approval_id)
        assert row is not None, "it was seen"
        return await _shown(work, caller, row)


async def may_read_file(work: UnitOfWork, viewer: Viewer, attachment_id: int) -> bool:
    """Whether it goes with an answer that waits, in a case that the viewer sees."""
    for row in await stored.waiting_with_file(work, attachment_id):
        hidden = await find_hidden(work, [row.root_id], viewer.sight)
        if row.root_id not in hidden.roots and row.case_id not in hidden.cases_of(row.root_id):
            return True
    return False


async def _rehearse(work: UnitOfWork, post: Post) -> tuple[dict[str, Any], int | None]:
    """What would go out, and its case if that is there already; nothing stays."""
    found: tuple[dict[str, Any], int | None] = ({}, None)
    try:
        async with work.savepoint():
            written = await post(work)
            if not written.is_new:
                raise Conflict("This key was used before.", code="key_taken")
            case = await stored.case_of(work, written.message_id)
            found = await stored.going_out(work, written.message_id), case
            raise _Undo
    except _Undo:
        pass
    going_out, case = found
    is_there = case is not None and await cases.person_of_case(work, case) is not None
    return going_out, case if is_there else None


class _Undo(Exception):
    """Ends a rehearsal."""


def _digest(going_out: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """Also of what goes out with it and what it does: its case, its time, its line in public."""
    return digest_of(msgspec.json.encode([going_out, answer], order="sorted"))


def _answer(row: ApprovalRow) -> dict[str, Any]:
    return {name: value for name, value in row.wanted.items() if name not in _KEPT}


def _seen_by_author(row: ApprovalRow) -> Sight:
    return Sight(frozenset(row.wanted.get("classes", ("normal",))))


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
    return await tell(work, approval_id, caller.agent_id, caller.actor, done)


def _void(sentence: str) -> Conflict:
    return Conflict(f"It cannot go out any more: {sentence}", code=VOID)


def _named(wanted: Mapping[str, Any], name: str) -> int | None:
    value = wanted.get(name)
    return value if isinstance(value, int) else None


async def _shown(work: UnitOfWork, caller: Caller, row: ApprovalRow) -> Approval:
    answer, seen = _answer(row), _named(row.wanted, "seen_id") or 0
    newer = None
    if row.state == "waiting":
        sight = viewer_of(caller).sight
        newer = await replies.newest_of_others(work, row.root_id, row.agent_id, seen, sight)
    state = state_of(row, work.now())
    may = Permission.APPROVE_REPLIES in caller.permissions and row.agent_id != caller.agent_id
    return Approval(
        id=row.id,
        conversation_id=row.root_id,
        person_name=row.person_name,
        case_id=row.case_id,
        author_id=row.agent_id,
        author=row.agent_name,
        text=str(answer.get("text", "")),
        wanted=answer,
        going_out=going_of(row.wanted.get("going_out", {}), answer),
        digest=row.digest,
        because=msgspec.convert(row.because, list[Because]),
        state=state,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        decision_reason=row.decision_reason,
        message_id=row.message_id,
        last_message_id=newer or seen or None,
        is_overtaken=newer is not None,
        may_approve=may and state == "waiting",
    )
