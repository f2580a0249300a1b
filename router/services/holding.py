"""Answers that wait before they go out: taken back into the composer, or given another time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from core.capabilities import Capabilities
from router.services import audit, drafts
from router.services.drafts import Draft
from router.services.errors import Conflict, Forbidden, NotFound
from router.services.outbound.addressed import HIDDEN_COPY
from router.services.outbound.replies import check_send_at
from router.services.shown.reach import CapabilitiesOf
from router.services.viewer import Viewer, find_conversation
from router.storage import case_history, cases, deliveries, holding, ladder, persons, revisions
from router.storage.case_history import Cause
from router.storage.engine import Database
from router.storage.holding import Held, OwnHolds, Waiting
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork

_WAITS = frozenset({"held", "queued"})


class Recalled(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that never went out: its words and files are in the agent's draft."""

    message_id: int
    person_id: int
    draft: Draft


async def recall(
    database: Database, viewer: Viewer, message_id: int, *, may_decide: bool
) -> Recalled:
    """Nothing of the message ever goes out, and it stands in the agent's draft, ahead of what is
    written there; its case is open again unless somebody else answered. All of it or nothing: a
    sender that was faster wins. Doing it twice does it once.

    Raises NotFound, Forbidden `not_yours` (`may_decide`: whoever decides on deliveries may recall
    others' too), Conflict `too_late`, and those of `drafts.put_ahead`.
    """
    async with database.transaction() as work:
        answer = await recall_within(work, viewer, message_id, may_decide=may_decide)
        draft = await drafts.find_draft(work, viewer, answer.root_id, "reply")
        return Recalled(message_id=message_id, person_id=answer.root_id, draft=draft)


async def recall_within(
    work: UnitOfWork,
    viewer: Viewer,
    message_id: int,
    *,
    may_decide: bool,
    keeps_words: bool = True,
) -> Waiting:
    """The same as part of a transaction. Without `keeps_words` it goes into nobody's draft."""
    answer = await _lock(work, viewer, message_id, may_decide=may_decide)
    if answer.deleted_at is not None:
        return answer
    both = await _with_line(work, answer)
    _check_waits(await holding.lock_sends(work, [one.id for one in both]), _WAITS)
    for one in both:
        await deliveries.cancel_waiting(work, one.id, reason="An agent recalled it.")
        await ladder.withdraw(work, one.id)
        await revisions.mark_deleted(work, one.id, work.now())
        work.announce(Fact.MESSAGE_CHANGED, person=answer.root_id, ref=one.id)
    for one in reversed(both):
        await holding.step_back(work, answer.root_id, one.case_id, one.id)
    if keeps_words:
        files = await holding.take_back_files(work, viewer.agent_id, message_id)
        await drafts.put_ahead(work, viewer, answer.root_id, "reply", _written(answer), files)
    if answer.case_id is not None:
        await _reopen(work, viewer, answer, answer.case_id)
    return answer


async def reschedule(
    database: Database,
    viewer: Viewer,
    message_id: int,
    send_at: datetime | None,
    *,
    may_decide: bool,
) -> None:
    """What waits for its time goes out then, with its line in public, if any; None: now.

    Raises as `recall` does, and Refused where the time is past or too far.
    """
    if send_at is not None:
        check_send_at(database.clock.now(), send_at)
    async with database.transaction() as work:
        answer = await _lock(work, viewer, message_id, may_decide=may_decide)
        both = await _with_line(work, answer)
        held = await holding.lock_sends(work, [one.id for one in both])
        _check_waits(held, frozenset({"held"}))
        await holding.give_time(
            work,
            answer.root_id,
            held,
            send_at or work.now(),
            state="queued" if send_at is None else "held",
        )


class AccountHold(msgspec.Struct, frozen=True, kw_only=True):
    """How long answers on one account can be recalled before they go out."""

    account_id: int
    channel: str
    account_label: str
    channel_seconds: int
    account_seconds: int | None
    """As those who run the desk have it; null: as the channel has it."""
    own_seconds: int | None
    """As the agent has it on this account; null: as everywhere."""
    seconds: int
    """What counts for this agent."""


class Holds(msgspec.Struct, frozen=True, kw_only=True):
    everywhere: int | None
    """As the agent has it on accounts where they say nothing else; null: as each account has it."""
    accounts: tuple[AccountHold, ...]


async def load_holds(database: Database, viewer: Viewer, capabilities_of: CapabilitiesOf) -> Holds:
    """By label."""
    async with database.reading() as work:
        own = await holding.find_own_holds(work, viewer.agent_id)
        rows = await holding.accounts_with_holds(work)
    return Holds(
        everywhere=own.everywhere,
        accounts=tuple(_to_hold(row, own, capabilities_of(row["channel"])) for row in rows),
    )


async def hold_of(
    work: UnitOfWork, viewer: Viewer, account_id: int, capabilities_of: CapabilitiesOf
) -> timedelta:
    """How long an answer of this agent on this account can be recalled."""
    own = await holding.find_own_holds(work, viewer.agent_id)
    for row in await holding.accounts_with_holds(work):
        if row["account_id"] == account_id:
            return timedelta(seconds=_to_hold(row, own, capabilities_of(row["channel"])).seconds)
    return timedelta()


def _to_hold(row: Record, own: OwnHolds, capabilities: Capabilities | None) -> AccountHold:
    channel = 0 if capabilities is None else int(capabilities.hold.total_seconds())
    ways = (own.of(row["account_id"]), row["hold_seconds"], channel)
    return AccountHold(
        account_id=row["account_id"],
        channel=row["channel"],
        account_label=row["label"],
        channel_seconds=channel,
        account_seconds=row["hold_seconds"],
        own_seconds=own.by_account.get(row["account_id"]),
        seconds=next(one for one in ways if one is not None),
    )


async def set_own_hold(
    database: Database, viewer: Viewer, seconds: int | None, *, account_id: int | None = None
) -> None:
    """How long this agent's answers wait, on one account or everywhere; None: as is said for more.

    Raises NotFound: no such account.
    """
    async with database.transaction() as work:
        if account_id is None:
            await holding.set_hold(work, "agents", viewer.agent_id, seconds)
        elif not await holding.set_own_hold(work, viewer.agent_id, account_id, seconds):
            raise NotFound(f"There is no account {account_id}.")


async def set_account_hold(
    database: Database, account_id: int, seconds: int | None, *, actor: str
) -> None:
    """How long answers on an account wait; None: as its channel has it. Raises NotFound."""
    async with database.transaction() as work:
        if not await holding.set_hold(work, "accounts", account_id, seconds):
            raise NotFound(f"There is no account {account_id}.")
        facts = {"hold_seconds": seconds}
        await audit.record(work, actor, "account.hold_changed", f"accounts/{account_id}", facts)


async def _lock(work: UnitOfWork, viewer: Viewer, message_id: int, *, may_decide: bool) -> Waiting:
    """The answer, under its conversation's lock."""
    unknown = NotFound(f"There is no answer {message_id}.")
    known = await holding.find_answer(work, message_id)
    if known is None:
        raise unknown
    await persons.lock_root(work, known.person_id)
    found = await find_conversation(work, viewer, known.person_id)
    answer = await holding.find_answer(work, message_id)
    if answer is None or answer.case_id in found.hidden_cases:
        raise unknown
    if answer.agent_id != viewer.agent_id and not may_decide:
        raise Forbidden("Only who wrote it can take it back.", code="not_yours")
    return answer


async def _with_line(work: UnitOfWork, answer: Waiting) -> list[Waiting]:
    """The answer, and what was left in public for it."""
    line = await holding.find_public_line(work, answer)
    return [answer] if line is None else [answer, line]


def _check_waits(held: Sequence[Held], states: frozenset[str]) -> None:
    """Raises Conflict unless certainly no byte of it has left."""
    left = [one for one in held if one.state not in states or one.may_have_arrived]
    if left or not held:
        state = left[0].state if left else "sent"
        raise Conflict("It is already on its way.", code="too_late", state=state)


def _written(answer: Waiting) -> Draft:
    """What the composer needs to be as it was."""
    options: dict[str, Any] = {
        "spans": answer.spans,
        "subject": answer.subject,
        "place_id": answer.place_id,
        "topic_id": answer.topic_id,
        "copies": [
            {
                "address": one["handle"],
                "name": one.get("shown_as", ""),
                "isHidden": one.get("role") == HIDDEN_COPY,
                "state": "known",
                "problem": "",
            }
            for one in answer.participants
        ],
        "offers": answer.offers,
    }
    return Draft(text=answer.text, options=options)


async def _reopen(work: UnitOfWork, viewer: Viewer, answer: Waiting, case_id: int) -> None:
    former = await holding.unanswer(work, case_id)
    if former is None:
        return
    await case_history.note(work, [case_id], Cause.RECALLED, agent_id=viewer.agent_id)
    if former in ("solved", "snoozed"):
        line = await cases.insert_event(
            work,
            person_id=answer.person_id,
            case_id=case_id,
            agent_id=viewer.agent_id,
            event="case_reopened",
            facts={"agent_id": viewer.agent_id, "case_id": case_id, "because": "recalled"},
        )
        work.announce(Fact.MESSAGE_CREATED, person=answer.root_id, ref=line)
        await persons.recount_open_cases(work, [answer.root_id])
    work.announce(Fact.CASE_CHANGED, person=answer.root_id, ref=case_id)
