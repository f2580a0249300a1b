"""Which incident a case is in: checked, told in its timeline, and joined by rules."""

from typing import Any

from router.services.errors import Refused
from router.storage import incidents
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork

Line = tuple[str, dict[str, Any]]
SEVERITY = "major"
"""Of one that nobody has judged yet."""


async def plan(work: UnitOfWork, values: dict[str, Any], *, by_merge: bool = False) -> None:
    """What goes along with a case's changed values; `by_merge`: a merge had brought it there, and
    it is put back. Raises Refused: there is no such incident."""
    if "incident_id" not in values:
        return
    wanted = values["incident_id"]
    if wanted is not None and not await incidents.facts_of(work, [wanted]):
        raise Refused(f"There is no incident {wanted}.", code="unknown", field="incident_id")
    values["incident_by_merge"] = by_merge and wanted is not None


async def follow(work: UnitOfWork, before: Record, after: Record) -> list[Line]:
    """Lines for the timeline of a case that left one or came into one; both incidents are told."""
    left, joined = before["incident_id"], after["incident_id"]
    if left == joined:
        return []
    incidents.tell(work, (left, joined))
    found = await incidents.facts_of(work, [one for one in (left, joined) if one is not None])
    return [
        (event, {"incident_id": one, "incident": found[one]["title"]})
        for event, one in (("incident_left", left), ("incident_joined", joined))
        if one is not None
    ]


async def open_or_find(
    work: UnitOfWork, title: str, *, agent_id: int | None, rule_name: str
) -> tuple[int, bool]:
    """The unresolved incident of this title, and whether it was opened for this: by the rule of
    this name, else by the agent."""
    found = await incidents.find_unresolved(work, title)
    while found is None:
        made = await incidents.insert(work, title=title, severity=SEVERITY, started_at=work.now())
        if made is not None:
            await incidents.note(
                work, made, "opened", agent_id=agent_id, rule_name=rule_name, state="open"
            )
            return made, True
        # Somebody else's, which we waited for; it may be resolved by now.
        found = await incidents.find_unresolved(work, title)
    return found, False
