"""What a macro does to one case beside what it says: noted with what was before, for its undo."""

from collections.abc import Sequence
from typing import Any

from router.services.automation.actions import Acting, Did, Tools, perform
from router.services.automation.following import desk_is_open
from router.services.automation.occasions import Seeing
from router.services.automation.subjects import Subject
from router.services.automation.terms import Action
from router.services.callers import Caller
from router.services.errors import NotFound
from router.services.viewer import viewer_of
from router.storage import case_fields, labels, rule_subjects
from router.storage import cases as stored_cases
from router.storage import macros as stored
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork

_BEFORE = (
    *("state", "snoozed_until", "owner_id", "team_id", "priority", "topic_id", "incident_id"),
    "label_ids",
)


async def do_rest(
    work: UnitOfWork,
    tools: Tools,
    caller: Caller,
    actions: Sequence[Action],
    run_id: int,
    case_id: int,
    key: str,
) -> list[Did]:
    """These actions, and the step of the run that undoes them; last of all the caller records what
    was done. Under the conversation's lock. Raises NotFound, ActionFailed."""
    subject = await load_subject(work, tools, caller, case_id)
    [before] = await stored_cases.load_cases(work, [case_id])
    had = await case_fields.values_of(work, case_id)
    acting = Acting(
        viewer=viewer_of(caller),
        name=caller.name,
        actor=caller.actor,
        key=key,
        agent_id=caller.agent_id,
    )
    did = await perform(work, tools, acting, subject, actions)
    [after] = await stored_cases.load_cases(work, [case_id])
    has = await case_fields.values_of(work, case_id)
    fields = sorted(one for one in had.keys() | has.keys() if had.get(one) != has.get(one))
    back = await _changed(work, before, after)
    if fields:
        back["set_fields"] = [{"field_id": one, "value": had.get(one, "")} for one in fields]
    step = {
        "case_id": case_id,
        "before": back,
        "revision": after["revision"],
        "incident_by_merge": before["incident_by_merge"],
    }
    await stored.add_step(work, run_id, step)
    return did


async def _changed(work: UnitOfWork, before: Record, after: Record) -> dict[str, Any]:
    """What brings back what was, as a change of the case."""
    back: dict[str, Any] = {
        name: before[name]
        for name in _BEFORE
        if name in before and name != "label_ids" and before[name] != after[name]
    }
    if back.get("state", before["state"]) != "snoozed":
        back.pop("snoozed_until", None)
    elif "state" in back:
        back["snoozed_until"] = before["snoozed_until"]
    had, has = set(before["label_ids"]), set(after["label_ids"])
    if taken := had - has:
        back["add_labels"] = sorted(await labels.names_of(work, taken))
    if has - had:
        back["drop_labels"] = sorted(has - had)
    return back


async def load_subject(work: UnitOfWork, tools: Tools, caller: Caller, case_id: int) -> Subject:
    """A case as rules see it. Raises NotFound: the caller does not see it."""
    found = await list_subjects(work, tools, [case_id])
    case = found[0].case if found else None
    if case is None or case.access_class not in caller.access_classes:
        raise NotFound(f"There is no case {case_id}.")
    return found[0]


async def list_subjects(work: UnitOfWork, tools: Tools, case_ids: Sequence[int]) -> list[Subject]:
    is_open = await desk_is_open(work)
    seeing = Seeing(tools.voice.capabilities_of)
    rows = await rule_subjects.cases(work, case_ids)
    found = [seeing.subject(row, now=work.now(), desk_is_open=is_open) for row in rows]
    return [one for one in found if one is not None]
