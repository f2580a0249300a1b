"""Who sees a case: its access class, who may give it one, and who would lose sight of it."""

from collections.abc import Mapping
from typing import Any, Literal

from router.services import audit
from router.services.errors import Conflict, Forbidden, Refused
from router.services.roles import OPEN_CLASS, PERMISSIONS, Role, access_classes_of
from router.services.viewer import Viewer
from router.storage import agent_desks, danger_pages, incidents, personal, waiting_cases
from router.storage.records import Record
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
    seers = {agent for agent, row in desks.items() if later in _classes(row)}
    if given is not None and given not in seers:
        raise Refused(
            f"{_name(desks, given)} does not see such cases.",
            code="owner_sees_not",
            field="owner_id",
        )
    if NAME not in values:
        return {}
    owner = None if "owner_id" in values else before["owner_id"]
    lost = {one for one in (owner,) if one is not None and one not in seers}
    if later not in viewer.sight.classes:
        lost.add(viewer.agent_id)
    if lost and not knows:
        names = ", ".join(sorted(_name(desks, one) for one in lost))
        said = f"{names} would not see it any more."
        raise Conflict(said, code="would_lose_sight", agents=names)
    more: dict[str, Any] = {"owner_id": None} if owner is not None and owner in lost else {}
    team = before["team_id"]
    if "team_id" not in values and team is not None:
        members = {agent for agent, row in desks.items() if team in row["team_ids"]}
        more |= {} if members & seers else {"team_id": None}
    return more


async def follow(
    work: UnitOfWork, before: Record, after: Record, actor: str
) -> tuple[str, dict[str, Any]]:
    """The line for the timeline of a case of another class. Pages are told to look again, nothing
    of it goes out where others read along, nobody is offered it who does not see it; it is logged.
    """
    case_id, later = after["id"], after[NAME]
    facts = {"was": before[NAME], "is": later}
    await audit.record(work, actor, "case.class_changed", f"cases/{case_id}", facts)
    work.announce(Fact.ACCESS_CHANGED, person=after["root_id"], ref=case_id)
    incidents.tell(work, (after["incident_id"],))
    if later == OPEN_CLASS:
        return "case_unrestricted", {"was": before[NAME]}
    await personal.cancel_public(work, case_id, "Its case became restricted.")
    if after["owner_id"] is None:
        await _end_offer(work, case_id, later)
    await _call_again(work, case_id, later)
    return "case_restricted", {NAME: later}


async def _call_again(work: UnitOfWork, case_id: int, later: str) -> None:
    """A danger that runs is told to who sees it, where nobody does who was told."""
    page = await danger_pages.find_of_case(work, case_id)
    if page is None or page["is_answered"] or not page["told"]:
        return
    desks = {row["agent_id"]: row for row in await agent_desks.load(work, page["told"])}
    if not any(later in _classes(desks[one]) for one in page["told"] if one in desks):
        await danger_pages.call_again(work, page["id"])


async def _end_offer(work: UnitOfWork, case_id: int, later: str) -> None:
    """It enters the queue anew right after, by `owning.follow_change`."""
    offer = await waiting_cases.find_offer(work, case_id)
    offered_to = None if offer is None else offer["offered_to_id"]
    if offered_to is None:
        return
    await agent_desks.lock(work, [offered_to])
    if not any(later in _classes(row) for row in await agent_desks.load(work, [offered_to])):
        await waiting_cases.take_out(work, [case_id])
        work.announce(Fact.DESK_CHANGED, ref=offered_to)
        work.announce(Fact.QUEUE_CHANGED)


def _check_right(viewer: Viewer, former: str, later: str, *, may_classify: bool) -> None:
    """Whoever changes cases restricts one among those who see what they see. Raises Forbidden."""
    if may_classify or (former == OPEN_CLASS and later in viewer.sight.classes):
        return
    said = "Only supervisors open a restricted case, or restrict one to a class that you don't see."
    raise Forbidden(said, code="may_not_classify")


def _classes(row: Record) -> frozenset[str]:
    return access_classes_of(PERMISSIONS[Role(row["role"])], frozenset(row["access_classes"]))


def _name(desks: Mapping[int, Record], agent_id: int) -> str:
    return str(desks[agent_id]["name"]) if agent_id in desks else f"agents/{agent_id}"
