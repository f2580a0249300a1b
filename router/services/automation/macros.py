"""Macros: actions of rules under a name, run by an agent on cases, with one undo."""

from collections.abc import Collection, Sequence
from typing import Any, Literal

import msgspec

from router.services import audit
from router.services.automation.actions import (
    ActionFailed,
    Tools,
    record,
)
from router.services.automation.checking import check_actions as faults_of
from router.services.automation.doing import do_rest, list_subjects, load_subject
from router.services.automation.keeping import known
from router.services.automation.rehearsing import plan
from router.services.automation.shapes import (
    Macro,
    MacroChange,
    MacroRun,
    MacroStep,
    NewMacro,
    PastMacroRun,
    PreviewedCase,
)
from router.services.automation.speaking import preview_words, say
from router.services.automation.terms import Action, Actions, SayCanned, Stop
from router.services.callers import Caller
from router.services.cases import CaseChange, change_within
from router.services.errors import Conflict, Forbidden, NotFound, Refused, ServiceError, why_kept
from router.services.roles import Permission
from router.services.viewer import viewer_of
from router.storage import case_fields, persons, rules
from router.storage import cases as stored_cases
from router.storage import macros as stored
from router.storage.engine import Collision, Database, StatementRefused
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork


async def list_macros(database: Database, caller: Caller) -> list[Macro]:
    async with database.reading() as work:
        rows = await stored.list_for(work, caller.agent_id, caller.team_ids)
    return [to_macro(row, caller) for row in rows]


async def save_macro(
    database: Database, caller: Caller, macro_id: int | None, wanted: NewMacro, *, can_step_up: bool
) -> Macro:
    """Raises NotFound, Forbidden (for others' use: who makes rules, or a team's member), Refused
    with the field of the first fault, Conflict `moved_on`: it is not as a MacroChange expects. Who
    makes one personal keeps it: nobody else runs it any more."""
    name = wanted.name.strip()
    if not name:
        raise Refused("It needs a name.", code="empty", field="name")
    if (wanted.reach == "team") != (wanted.team_id is not None):
        raise Refused("A team's names its team.", field="team_id")
    async with database.transaction() as work:
        was: dict[str, str | int | None] = {"was": None, "was_team": None}
        if macro_id is not None:
            row = await _lock(work, caller, macro_id)
            check_reach(caller, row["reach"], row["team_id"])
            was = {"was": row["reach"], "was_team": row["team_id"]}
            expected = wanted.expect_changed_at if isinstance(wanted, MacroChange) else None
            if expected not in (None, row["changed_at"]):
                raise Conflict("Somebody else has changed it.", code="moved_on")
        check_reach(caller, wanted.reach, wanted.team_id)
        if wanted.team_id is not None and not await stored_cases.team_exists(work, wanted.team_id):
            raise Refused("There is no such team.", code="unknown", field="team_id")
        await check_actions(work, wanted.actions, can_step_up=can_step_up)
        made = await stored.put_macro(
            work,
            macro_id,
            name=name,
            reach=wanted.reach,
            team_id=wanted.team_id,
            agent_id=caller.agent_id,
            actions=msgspec.to_builtins(wanted.actions),
        )
        rules.announce(work)
        shown = to_macro(await _lock(work, caller, made), caller)
        if {was["was"] or "personal", wanted.reach} != {"personal"}:
            facts = {**was, "is": wanted.reach, "team": wanted.team_id}
            await audit.record(work, caller.actor, "macro.saved", f"macros/{made}", facts)
        return shown


async def list_runs(
    database: Database, caller: Caller, macro_id: int, *, before: int | None, limit: int
) -> list[PastMacroRun]:
    """Newest first, of whoever ran it. Raises NotFound: also of a macro that is not for them."""
    async with database.reading() as work:
        await find_for(work, caller, macro_id)
        rows = await stored.runs_of(
            work, macro_id, caller.access_classes, before=before, limit=limit
        )
    return msgspec.convert(rows, list[PastMacroRun])


async def drop_macro(database: Database, caller: Caller, macro_id: int) -> None:
    """Raises NotFound, Forbidden."""
    async with database.transaction() as work:
        row = await _lock(work, caller, macro_id)
        check_reach(caller, row["reach"], row["team_id"])
        await stored.drop_macro(work, macro_id)
        rules.announce(work)
        if row["reach"] != "personal":
            await audit.record(work, caller.actor, "macro.dropped", f"macros/{macro_id}")


async def preview(
    database: Database,
    tools: Tools,
    caller: Caller,
    macro_id: int,
    case_ids: Sequence[int],
    *,
    incident_id: int | None = None,
) -> list[PreviewedCase]:
    """What it would do to these cases, as such of an incident; those that the agent does not see
    are left out."""
    async with database.reading() as work:
        macro = await find_for(work, caller, macro_id)
        subjects = [
            one
            for one in await list_subjects(work, tools, case_ids)
            if one.case is not None and one.case.access_class in caller.access_classes
        ]
        shown = []
        for one in subjects:
            assert one.case is not None
            says, mark = await preview_words(
                work, tools, caller, macro, one, one.case.id, incident_id
            )
            would = plan(macro.actions, one)
            shown.append(PreviewedCase(case_id=one.case.id, would=would, says=says, mark=mark))
        return shown


async def run_macro(
    database: Database,
    tools: Tools,
    caller: Caller,
    macro_id: int,
    case_ids: Sequence[int],
    *,
    client_key: str,
    marks: Collection[str] | None = None,
    incident_id: int | None = None,
) -> MacroRun:
    """Each case by itself: all of the macro is done and said to it, or nothing. The same client key
    again goes on with the same run: what was done is not done twice. With `marks` a case whose
    preview has none of these by now fails with the code `moved_on`; with an incident, also one that
    is no unsolved case of it, and with `told_already` one whose person heard some of it in that.
    Those to which it comes after the run was undone fail with `already_undone`.

    Raises NotFound, Conflict `key_used` (by a run of another macro), `already_undone`.
    """
    async with database.transaction() as work:
        macro = to_macro(await _lock(work, caller, macro_id), caller)
        run = await stored.open_run(work, macro_id, caller.agent_id, client_key)
    if run["macro_id"] != macro_id:
        raise Conflict("Another macro was run with this key.", code="key_used")
    if run["undone_at"] is not None:
        raise Conflict("It was undone already.", code="already_undone")
    run_id = run["id"]
    steps = []
    for case_id in dict.fromkeys(case_ids):
        try:
            async with database.transaction() as work:
                await _do(work, tools, caller, macro, run_id, case_id, marks, incident_id)
            steps.append(MacroStep(case_id=case_id, came="done"))
        except (ServiceError, ActionFailed, StatementRefused) as error:
            because = "" if isinstance(error, StatementRefused) else str(error)
            code = error.code if isinstance(error, ServiceError) else ""
            failed = MacroStep(case_id=case_id, came="failed", because=because, code=code)
            steps.append(failed)
    return MacroRun(id=run_id, steps=steps)


async def undo_run(database: Database, caller: Caller, run_id: int) -> MacroRun:
    """Cases are as they were, but for those that somebody changed since. What was said stays. One
    that was broken off goes on where it was.

    Raises NotFound, Conflict (undone before).
    """
    async with database.transaction() as work:
        row = await stored.lock_run(work, run_id)
        if row is None or row["agent_id"] != caller.agent_id:
            raise NotFound(f"There is no run {run_id}.")
        if row["undone_at"] is not None:
            raise Conflict("It was undone already.", code="already_undone")
    steps: list[MacroStep] = []
    is_over = True
    while row is not None:
        for number, step in enumerate(row["steps"][len(steps) :], start=len(steps)):
            because = ""
            try:
                async with database.transaction() as work:
                    await _undo(work, caller, run_id, number, step)
            except ServiceError as error:
                because = why_kept(error)
            except StatementRefused as error:
                is_over = is_over and not isinstance(error, Collision)
                because = "The database refuses it."
            came: Literal["undone", "kept"] = "kept" if because else "undone"
            steps.append(MacroStep(case_id=step["case_id"], came=came, because=because))
        async with database.transaction() as work:
            row = await stored.lock_run(work, run_id)
            if row is not None and len(row["steps"]) <= len(steps):  # None was added meanwhile.
                if is_over:
                    await stored.note_undone(work, run_id)
                break
    return MacroRun(id=run_id, steps=steps)


async def _undo(
    work: UnitOfWork, caller: Caller, run_id: int, number: int, step: dict[str, Any]
) -> None:
    person = await stored_cases.person_of_case(work, step["case_id"])
    if person is not None:
        await persons.lock_root(work, person)
    if await stored.take_undo(work, run_id, number):
        viewer = viewer_of(caller)
        by_merge = bool(step.get("incident_by_merge"))
        await change_within(
            work, viewer, step["case_id"], _back(step), is_undo=True, incident_by_merge=by_merge
        )


async def _do(
    work: UnitOfWork,
    tools: Tools,
    caller: Caller,
    macro: Macro,
    run_id: int,
    case_id: int,
    marks: Collection[str] | None,
    incident_id: int | None,
) -> None:
    person = await stored_cases.person_of_case(work, case_id)
    if person is None:
        raise NotFound(f"There is no case {case_id}.")
    await persons.lock_root(work, person)
    run = await stored.lock_run(work, run_id)
    if run is None or run["undone_at"] is not None:
        raise Conflict("It was undone already.", code="already_undone")
    if await stored.has_step(work, run_id, case_id):
        return
    subject = await load_subject(work, tools, caller, case_id)
    key = f"macro/{run_id}/{case_id}"
    await say(
        work,
        tools,
        caller,
        macro,
        subject,
        case_id=case_id,
        key=key,
        marks=marks,
        incident_id=incident_id,
    )
    rest = [one for one in macro.actions if not isinstance(one, SayCanned | Stop)]
    did = await do_rest(work, tools, caller, rest, run_id, case_id, key)
    await record(work, caller.actor, did)


def _back(step: dict[str, Any]) -> CaseChange:
    return msgspec.convert({**step["before"], "expect_revision": step["revision"]}, CaseChange)


async def find_for(work: UnitOfWork, caller: Caller, macro_id: int) -> Macro:
    """One that this caller may run. Raises NotFound."""
    row = await stored.find_macro(work, macro_id)
    if row is None or not is_for(row, caller):
        raise NotFound(f"There is no macro {macro_id}.")
    return to_macro(row, caller)


async def _lock(work: UnitOfWork, caller: Caller, macro_id: int) -> Record:
    row = await stored.lock_macro(work, macro_id)
    if row is None or not is_for(row, caller):
        raise NotFound(f"There is no macro {macro_id}.")
    return row


async def check_actions(work: UnitOfWork, actions: Sequence[Action], *, can_step_up: bool) -> None:
    """Raises Refused with the first fault. Fields of cases stay as they are until the commit."""
    await case_fields.hold_fields(work)
    there = await known(work, can_step_up=can_step_up)
    for fault in faults_of(actions, there, "actions"):
        if not fault.is_warning:
            raise Refused(fault.sentence, code="bad_rule", field=fault.field)


def is_for(row: Record, caller: Caller) -> bool:
    """Whether they may run it."""
    match row["reach"]:
        case "personal":
            return bool(row["agent_id"] == caller.agent_id)
        case "team":
            return row["team_id"] in caller.team_ids or _keeps_all(caller)
        case _:
            return True


def _keeps_all(caller: Caller) -> bool:
    return Permission.CHANGE_RULES in caller.permissions


def check_reach(caller: Caller, where: str, team_id: int | None) -> None:
    """Raises Forbidden: they may not change one that is for these."""
    if where == "personal" or _keeps_all(caller):
        return
    if where == "shared" or team_id not in caller.team_ids:
        raise Forbidden("Only who makes rules keeps macros for others.")


def to_macro(row: Record, caller: Caller) -> Macro:
    may = row["reach"] == "personal" or _keeps_all(caller) or row["team_id"] in caller.team_ids
    return Macro(
        id=row["id"],
        name=row["name"],
        reach=row["reach"],
        team_id=row["team_id"],
        actions=msgspec.convert(row["actions"], Actions),
        changed_at=row["changed_at"],
        renamed_by=row["renamed_by"],
        may_change=may,
    )
