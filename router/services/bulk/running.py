"""Jobs as the worker does them: each conversation in a transaction of its own, with its step."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from router.services.bulk.jobs import BulkChange, DoneChange
from router.services.bulk.joining import take_back
from router.services.cases import CaseChange, change_within
from router.services.errors import Conflict, ServiceError, why_kept
from router.services.paging import NEWEST
from router.services.shown.rows import leading_case
from router.services.viewer import Viewer, find_conversation
from router.storage import bulk as stored
from router.storage import case_fields, labels, mentions, persons
from router.storage import cases as stored_cases
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.sight import Sight
from router.storage.unit_of_work import Fact, UnitOfWork

BATCH = 25
"""Conversations between two looks at what else there is to do."""
_BEFORE = (
    *("state", "snoozed_until", "owner_id", "team_id", "priority", "topic_id", "incident_id"),
    *("incident_by_merge", "label_ids"),
)


async def step(database: Database) -> bool:
    """Do the next few conversations of the oldest job. False: there is no job under way.

    What became of a conversation is committed with it, so that a worker that dies in between
    does nothing twice.
    """
    async with database.reading() as work:
        job = await stored.next_under_way(work)
        if job is None:
            return False
        is_undo = job["state"] == "undoing"
        wanted = ("done", "proposed") if is_undo else ("waiting",)
        steps = await stored.open_steps(work, job["id"], wanted, limit=BATCH)
    viewer = Viewer(job["agent_id"], Sight(frozenset(job["classes"])))
    change = msgspec.convert(job["change"], DoneChange)
    for one in steps:
        await (_undo if is_undo else _do)(database, viewer, job["id"], one, change)
    if len(steps) < BATCH:
        async with database.transaction() as work:
            await stored.set_state(work, job["id"], job["state"], "undone" if is_undo else "done")
            work.announce(Fact.JOB_CHANGED, ref=job["id"])
    return True


async def tell_progress(database: Database) -> None:
    """Let the agent's pages know how far the job under way has come."""
    async with database.transaction() as work:
        if (job := await stored.next_under_way(work)) is not None:
            work.announce(Fact.JOB_CHANGED, ref=job["id"])


async def _do(
    database: Database, viewer: Viewer, job_id: int, one: Record, change: DoneChange
) -> None:
    person = one["person_id"]
    try:
        async with database.transaction() as work:
            await persons.lock_root(work, person)
            found = await find_conversation(work, viewer, person)
            noted: dict[str, Any] = {"before": {}}
            is_news = False
            if change.changes_case:
                is_news = await _change_cases(work, viewer, found.root_id, one, change, noted)
            if isinstance(change.is_read, bool):
                hidden = sorted(found.hidden_cases)
                is_news |= await _mark(work, viewer, found.root_id, hidden, change.is_read, noted)
            state = "done" if is_news else "skipped"
            await stored.put_step(work, job_id, person, state, **noted)
    except ServiceError as error:
        async with database.transaction() as work:
            await stored.put_step(work, job_id, person, "failed", reason=str(error))


async def _change_cases(
    work: UnitOfWork,
    viewer: Viewer,
    root_id: int,
    one: Record,
    change: DoneChange,
    noted: dict[str, Any],
) -> bool:
    """Whether the cases that are meant, or the one that the row shows, are others now."""
    cases = await stored_cases.cases_of(work, root_id, viewer.sight.listed, 1)
    if one["case_ids"]:
        chosen = [
            case
            for case in cases
            if case["id"] in one["case_ids"]
            and case["state"] != "solved"
            and change.of_incident in (UNSET, case["incident_id"])
        ]
        if not chosen:
            return False
    elif isinstance(change.of_incident, int):
        theirs = [case for case in cases if case["incident_id"] == change.of_incident]
        chosen = [case for case in theirs if case["state"] != "solved"][:1]
        if not chosen:
            return False
    else:
        leading = leading_case(cases)
        if leading is None:
            raise Conflict("There is no case in it.")
        chosen = [leading]
    first, *more = [await _change_case(work, viewer, case, change) for case in chosen]
    noted |= {"case_id": first["case_id"], "revision": first["revision"]}
    noted["before"] |= {name: first[name] for name in ("case", "fields") if name in first}
    if more:
        noted["before"]["more"] = more
    changed = [each for each in (first, *more) if each.pop("is_news")]
    noted["cases"] = len(changed)
    return bool(changed)


async def _change_case(
    work: UnitOfWork, viewer: Viewer, case: Record, change: DoneChange
) -> dict[str, Any]:
    """What it was, and its revision then."""
    noted: dict[str, Any] = {"case_id": case["id"], "case": {name: case[name] for name in _BEFORE}}
    if change.topic_id is UNSET:
        del noted["case"]["topic_id"]
    filled = [one.field_id for one in change.of_case.set_fields]
    had = await case_fields.values_of(work, case["id"]) if filled else {}
    after = await change_within(work, viewer, case["id"], change.of_case)
    if filled:
        # What it was is in the case's history alone, from which it goes with its person.
        steps = await case_fields.last_steps(work, case["id"], filled)
        changed = [one for one in steps.values() if one.value != had.get(one.field_id)]
        noted["fields"] = {str(one.field_id): one.id for one in changed}
    return {
        **noted,
        "revision": after.revision,
        "is_news": after.revision != case["revision"],
    }


async def _mark(
    work: UnitOfWork,
    viewer: Viewer,
    root_id: int,
    hidden: list[int],
    is_read: bool,
    noted: dict[str, Any],
) -> bool:
    members = await persons.members_of(work, root_id)
    newest = await stored.newest_inbound(work, members, hidden)
    before = await stored.marks_of(work, viewer.agent_id, members)
    known = max(before.values(), default=0)
    is_news = newest is not None and (known >= newest) != is_read
    if newest is not None and is_news:
        marked = newest if is_read else newest - 1
        await stored.put_marks(work, viewer.agent_id, {str(one): marked for one in members})
        noted["before"] |= {"marks": before, "marked": marked}
    if is_read and (seen := await mentions.mark_seen(work, viewer.agent_id, members, NEWEST)):
        noted["before"] |= {"mentions": seen}
        is_news = True
    if is_news:
        work.announce(Fact.READ_CHANGED, person=root_id, ref=viewer.agent_id)
    return is_news


async def _undo(
    database: Database, viewer: Viewer, job_id: int, one: Record, change: BulkChange
) -> None:
    """Exactly as it was, or not at all. A case is asked first: it says most of what happened."""
    person = one["person_id"]
    before: Mapping[str, Any] = one["before"] or {}
    try:
        if "merge" in before or "proposal" in before:
            await take_back(database, viewer, job_id, one)
            return
        async with database.transaction() as work:
            await persons.lock_root(work, person)
            found = await find_conversation(work, viewer, person)
            if "case" in before:
                first = {**before, "case_id": one["case_id"], "revision": one["revision"]}
                for each in (first, *before.get("more", ())):
                    await _put_back(work, viewer, each, change)
            if "marks" in before:
                await _unmark(work, viewer, found.root_id, before)
            if "mentions" in before:
                await mentions.mark_unseen(work, viewer.agent_id, before["mentions"])
                work.announce(Fact.READ_CHANGED, person=found.root_id, ref=viewer.agent_id)
            await stored.put_step(work, job_id, person, "undone")
    except ServiceError as error:
        async with database.transaction() as work:
            await stored.put_step(work, job_id, person, "kept", reason=why_kept(error))


async def _put_back(
    work: UnitOfWork, viewer: Viewer, noted: Mapping[str, Any], change: BulkChange
) -> None:
    """One case, as it was noted. Raises Conflict."""
    by_merge = bool(noted["case"].get("incident_by_merge"))
    await change_within(
        work,
        viewer,
        noted["case_id"],
        await _back(work, noted, change),
        is_undo=True,
        incident_by_merge=by_merge,
    )


async def _back(work: UnitOfWork, before: Mapping[str, Any], change: BulkChange) -> CaseChange:
    """Only what the job changed; a time of snoozing goes with its state, and what a case got of
    its topic with that. Raises Conflict.

    Labels that were dropped for good since then don't come back.
    """
    asked = msgspec.to_builtins(change)
    if "topic_id" in asked:
        asked |= dict.fromkeys(("priority", "team_id"))
    was = {name: value for name, value in before["case"].items() if name in asked}
    if was.get("state") == "snoozed":
        was["snoozed_until"] = before["case"]["snoozed_until"]
    else:
        was.pop("snoozed_until", None)
    had = set(before["case"].get("label_ids", ()))
    taken = had & set(asked.get("drop_labels", ()))
    was["add_labels"] = sorted(await labels.names_of(work, taken)) if taken else []
    was["drop_labels"] = sorted(set(asked.get("add_labels", ())) - had)
    if noted := {int(field): step for field, step in before.get("fields", {}).items()}:
        was["set_fields"] = await _fields_back(work, before["case_id"], noted)
    return msgspec.convert({**was, "expect_revision": before["revision"]}, CaseChange)


async def _fields_back(
    work: UnitOfWork, case_id: int, noted: Mapping[int, int]
) -> list[dict[str, Any]]:
    """What stood in each before the step of its history that is noted, while that is the last."""
    steps = await case_fields.last_steps(work, case_id, list(noted))
    if {field: one.id for field, one in steps.items()} != noted:
        raise Conflict("Somebody changed it meanwhile.", code="moved_on")
    return [
        {"field_id": field, "value": one.former or "", "expected": one.value or ""}
        for field, one in steps.items()
    ]


async def _unmark(
    work: UnitOfWork, viewer: Viewer, root_id: int, before: Mapping[str, Any]
) -> None:
    members = await persons.members_of(work, root_id)
    now = await stored.marks_of(work, viewer.agent_id, members)
    if set(now.values()) != {before["marked"]}:
        raise Conflict("It was read since.")
    were = {str(member): before["marks"].get(str(member), 0) for member in members}
    await stored.put_marks(work, viewer.agent_id, were)
    work.announce(Fact.READ_CHANGED, person=root_id, ref=viewer.agent_id)
