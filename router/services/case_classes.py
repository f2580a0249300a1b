"""Who sees a case: its access class, who may give it one, and who would lose sight of it."""

from collections.abc import Collection, Mapping
from typing import Any, Literal

from router.services import audit
from router.services.assignment import owning
from router.services.errors import Conflict, Forbidden, Refused
from router.services.roles import OPEN_CLASS, classes_of
from router.services.viewer import Viewer
from router.storage import (
    agent_desks,
    agents,
    attached_cases,
    case_history,
    cases,
    danger_pages,
    incidents,
    personal,
    persons,
    waiting_cases,
)
from router.storage.case_history import Cause
from router.storage.records import Record
from router.storage.sight import Sight
from router.storage.unit_of_work import Fact, UnitOfWork

AccessClass = Literal["normal", "fraud", "kyc", "legal"]
NAME = "access_class"


async def plan(
    work: UnitOfWork,
    viewer: Viewer,
    before: Record,
    values: Mapping[str, Any],
    *,
    may_classify: bool,
    knows: bool,
) -> dict[str, Any]:
    """What goes along with a case's changed values: an owner who would see it no more has it no
    more, nor has a team of which nobody would.

    Raises Forbidden `may_not_classify`; Conflict `would_lose_sight` with the names of the `agents`,
    the caller and its owner, unless whoever asks `knows` it; Refused `owner_sees_not`.
    """
    later = values.get(NAME, before[NAME])
    if NAME in values:
        _check_right(viewer, before[NAME], later, may_classify=may_classify)
    given = values.get("owner_id")
    if later == OPEN_CLASS or (NAME not in values and given is None):
        return {}
    desks = {row["agent_id"]: row for row in await agent_desks.load(work)}
    seers = _seers(desks, later)
    if given is not None and given not in seers:
        raise Refused(
            f"{(await agents.names_of(work, {given}))[given]} does not see such cases.",
            code="owner_sees_not",
            field="owner_id",
        )
    if NAME not in values:
        return {}
    taken = {name: None for name in _blind(before, desks, seers) if name not in values}
    owners = {before["owner_id"]} if "owner_id" in taken else set()
    for row in await _hanging(work, before["id"], before[NAME], later):
        owners |= {row["owner_id"]} if "owner_id" in _blind(row, desks, seers) else set()
    lost = owners | (set() if later in viewer.sight.classes else {viewer.agent_id})
    if lost and not knows:
        names = ", ".join(sorted((await agents.names_of(work, lost)).values()))
        said = f"{names} would not see it any more."
        revision = before["revision"]
        raise Conflict(said, code="would_lose_sight", agents=names, revision=revision)
    return taken


async def follow(
    work: UnitOfWork, before: Record, after: Record, actor: str, by_id: int
) -> tuple[str, dict[str, Any]]:
    """The line for the timeline of a case of another class. Pages are told to look again, nothing
    of it goes out where others read along, nobody is offered it who does not see it; it is logged.
    What hangs on it is seen by the same, as `spread` says.
    """
    case_id, later = after["id"], after[NAME]
    facts = {"was": before[NAME], "is": later}
    await audit.record(work, actor, "case.class_changed", f"cases/{case_id}", facts)
    _tell(work, before, later)
    incidents.tell(work, (after["incident_id"],))
    await spread(work, case_id, before[NAME], later, actor=actor, by_id=by_id)
    if later == OPEN_CLASS:
        return "case_unrestricted", {"was": before[NAME]}
    await _silence(work, after)
    return "case_restricted", {NAME: later}


async def lock(work: UnitOfWork, case_ids: Collection[int]) -> None:
    """Hold the conversations of these cases and of what hangs on them until the commit, taken in
    one order: else two who restrict cases wait for each other.

    What comes to hang on one of them while we wait is taken in a second round, out of order.
    """
    held: set[int] = set()
    while True:
        ids = {*case_ids, *await attached_cases.ids_of(work, case_ids)}
        people = set((await cases.roots_of(work, ids)).values())
        if people <= held:
            return
        held |= set((await persons.lock_roots(work, held | people)).values())


async def spread(
    work: UnitOfWork, case_id: int, was: str, later: str, *, actor: str, by_id: int | None
) -> None:
    """Whoever sees this case sees what was merged into it and participants' sides of it, as far as
    these were seen by the same as it `was`, or by everybody: owners and teams go as with the case.
    """
    hanging = await _hanging(work, case_id, was, later)
    desks = {row["agent_id"]: row for row in await agent_desks.load(work)} if hanging else {}
    seers = _seers(desks, later)
    for before in hanging:
        values: dict[str, Any] = {NAME: later}
        if later != OPEN_CLASS:
            values |= dict.fromkeys(_blind(before, desks, seers))
        if "owner_id" in values:
            values |= await owning.give_by_hand(work, before, None, by_id=by_id)
        await cases.change_case(work, before["id"], values)
        await case_history.note(work, [before["id"]], Cause.AGENT, agent_id=by_id)
        facts = {"was": before[NAME], "is": later, "with": case_id}
        await audit.record(work, actor, "case.class_changed", f"cases/{before['id']}", facts)
        incidents.tell(work, (before["incident_id"],))
        [after] = await cases.load_cases(work, [before["id"]])
        if later != OPEN_CLASS:
            await _silence(work, after)
        await owning.follow_change(work, before, after)
        _tell(work, before, later)
        work.announce(Fact.CASE_CHANGED, person=after["root_id"], ref=after["id"])


async def spread_to_sides(work: UnitOfWork, message_ids: Collection[int]) -> None:
    """Of cases that were restricted while these were said in participants' sides of them. Under
    the locks of both."""
    hiding = await attached_cases.hiding(work, message_ids)
    for case in await cases.load_cases(work, hiding) if hiding else []:
        await spread(work, case["id"], OPEN_CLASS, case[NAME], actor="system", by_id=None)


async def _hanging(work: UnitOfWork, case_id: int, was: str, later: str) -> list[Record]:
    """Under the locks of `lock`; what else hangs on it since is locked here, out of order."""
    ids = await attached_cases.ids_of(work, [case_id])
    if not ids:
        return []
    rows = await cases.load_cases(work, ids)
    await persons.lock_roots(work, [row["person_id"] for row in rows])
    rows = await cases.load_cases(work, ids)
    return [row for row in rows if row[NAME] in (was, OPEN_CLASS) and row[NAME] != later]


def _tell(work: UnitOfWork, before: Record, later: str) -> None:
    """To whoever saw it or sees it now: to all others it is not there."""
    concerned = Sight(frozenset({before[NAME], later})).bits
    work.announce(Fact.ACCESS_CHANGED, person=before["root_id"], ref=concerned)


async def _silence(work: UnitOfWork, case: Record) -> None:
    await personal.cancel_public(work, case["id"], "Its case became restricted.")
    if case["owner_id"] is None:
        await _end_offer(work, case["id"], case[NAME])
    await _call_again(work, case["id"], case[NAME])
    for line, root in await attached_cases.unname(work, case["id"]):
        work.announce(Fact.MESSAGE_CHANGED, person=root, ref=line)


async def _call_again(work: UnitOfWork, case_id: int, later: str) -> None:
    """A danger that runs is told to who sees it, where nobody does who was told."""
    page = await danger_pages.find_of_case(work, case_id)
    if page is None or page["is_answered"] or not page["told"]:
        return
    desks = {row["agent_id"]: row for row in await agent_desks.load(work, page["told"])}
    if not any(later in classes_of(desks[one]) for one in page["told"] if one in desks):
        await danger_pages.call_again(work, page["id"])


async def _end_offer(work: UnitOfWork, case_id: int, later: str) -> None:
    """It enters the queue anew right after, by `owning.follow_change`."""
    offer = await waiting_cases.find_offer(work, case_id)
    offered_to = None if offer is None else offer["offered_to_id"]
    if offered_to is None:
        return
    await agent_desks.lock(work, [offered_to])
    if not any(later in classes_of(row) for row in await agent_desks.load(work, [offered_to])):
        await waiting_cases.take_out(work, [case_id])
        work.announce(Fact.DESK_CHANGED, ref=offered_to)
        work.announce(Fact.QUEUE_CHANGED)


def _check_right(viewer: Viewer, former: str, later: str, *, may_classify: bool) -> None:
    """Whoever changes cases restricts one among those who see what they see. Raises Forbidden."""
    if may_classify or (former == OPEN_CLASS and later in viewer.sight.classes):
        return
    said = "Only supervisors open a restricted case, or restrict one to a class that you don't see."
    raise Forbidden(said, code="may_not_classify")


def _seers(desks: Mapping[int, Record], wanted: str) -> set[int]:
    return {one for one, row in desks.items() if wanted in classes_of(row)}


def _blind(case: Record, desks: Mapping[int, Record], seers: Collection[int]) -> set[str]:
    """What of `owner_id` and `team_id` sees nothing of it."""
    owner, team = case["owner_id"], case["team_id"]
    found = {"owner_id"} if owner is not None and owner not in seers else set()
    has_seer = any(team in desks[one]["team_ids"] for one in seers)
    return found | ({"team_id"} if team is not None and not has_seer else set())
