"""Incidents as agents keep them: opened, changed, noted, and read with as much as one sees."""

from typing import Any

import msgspec
from msgspec import UNSET

from core.messages import scrub
from router.services import audit
from router.services.callers import Caller
from router.services.errors import Conflict, Forbidden, NotFound, Refused
from router.services.incidents.shapes import (
    Incident,
    IncidentCase,
    IncidentCases,
    IncidentChange,
    Incidents,
    IncidentWithLog,
    LogEntry,
    NewIncident,
)
from router.services.roles import Permission
from router.services.shown.names import named
from router.services.viewer import viewer_of
from router.storage import cases, incidents
from router.storage.engine import Database, StatementRefused
from router.storage.incidents import IncidentRow
from router.storage.sight import Sight
from router.storage.unit_of_work import UnitOfWork

MOST_LOGGED = 200


async def list_incidents(
    database: Database,
    caller: Caller,
    *,
    is_resolved: bool,
    is_counted: bool,
    before: int | None,
    limit: int,
) -> Incidents:
    """Those that are not resolved, or those that are. Counting reads all of their cases."""
    async with database.reading() as work:
        rows = await incidents.list_page(work, before, is_resolved=is_resolved, limit=limit)
        if is_counted:
            rows = await incidents.count(work, rows, viewer_of(caller).sight)
    more = rows[-1].id if len(rows) == limit else None
    return Incidents(incidents=tuple(map(_shown, rows)), before=more)


async def load(
    database: Database, caller: Caller, incident_id: int, *, is_counted: bool = True
) -> IncidentWithLog:
    """Raises NotFound."""
    async with database.reading() as work:
        return await _load(work, viewer_of(caller).sight if is_counted else None, incident_id)


async def list_cases(
    database: Database, caller: Caller, incident_id: int, *, before: int | None, limit: int
) -> IncidentCases:
    """Those that one sees. Raises NotFound."""
    sight = viewer_of(caller).sight
    async with database.reading() as work:
        if await incidents.find(work, incident_id) is None:
            raise _missing(incident_id)
        rows = await incidents.cases_of(work, incident_id, sight, before, limit=limit)
    shown = tuple(
        IncidentCase(
            id=row["id"],
            conversation_id=row["root_id"],
            person_name=row["display_name"],
            subject=row["subject"],
            state=row["state"],
            priority=row["priority"],
            owner=named(row["owner_id"], row["owner_name"]),
        )
        for row in rows
    )
    return IncidentCases(cases=shown, before=shown[-1].id if len(shown) == limit else None)


async def add(database: Database, caller: Caller, wanted: NewIncident) -> IncidentWithLog:
    """Raises Refused (an unknown owner or team), Forbidden (what people may be told is said by who
    keeps canned replies), Conflict `name_taken`."""
    values = _cleaned(msgspec.structs.asdict(wanted))
    if not values["public_texts"]:
        del values["public_texts"]
    async with database.transaction() as work:
        await _check(work, caller, values)
        values["started_at"] = wanted.started_at or work.now()
        made = await incidents.insert(work, **values)
        if made is None:
            raise _taken()
        await incidents.note(work, made, "opened", agent_id=caller.agent_id, state=values["state"])
        shown = await _load(work, viewer_of(caller).sight, made)
        facts = {"severity": wanted.severity, "state": wanted.state}
        await audit.record(work, caller.actor, "incident.opened", f"incidents/{made}", facts)
        return shown


async def change(
    database: Database, caller: Caller, incident_id: int, wanted: IncidentChange
) -> IncidentWithLog:
    """Raises NotFound, Refused, Forbidden (as of a new one), Conflict `moved_on`, `name_taken`."""
    asked = {
        name: value
        for name, value in msgspec.structs.asdict(wanted).items()
        if value is not UNSET and name != "expect_revision"
    }
    try:
        async with database.transaction() as work:
            return await _change(work, caller, incident_id, _cleaned(asked), wanted.expect_revision)
    except StatementRefused as error:
        if str(error) != "UniqueViolationError":
            raise
        raise _taken() from error  # by one that came in between


async def add_note(
    database: Database, caller: Caller, incident_id: int, text: str
) -> IncidentWithLog:
    """Raises NotFound, Refused: there is nothing in it."""
    said = scrub(text).strip()
    if not said:
        raise Refused("A note says something.", code="empty", field="text")
    async with database.transaction() as work:
        if await incidents.lock(work, incident_id) is None:
            raise _missing(incident_id)
        await incidents.note(work, incident_id, "note", agent_id=caller.agent_id, text=said)
        shown = await _load(work, viewer_of(caller).sight, incident_id)
        await audit.record(work, caller.actor, "incident.noted", f"incidents/{incident_id}")
        return shown


async def _change(
    work: UnitOfWork,
    caller: Caller,
    incident_id: int,
    asked: dict[str, Any],
    expect_revision: int | None,
) -> IncidentWithLog:
    before = await incidents.lock(work, incident_id)
    if before is None:
        raise _missing(incident_id)
    if expect_revision is not None and expect_revision != before["revision"]:
        raise Conflict(
            "Somebody changed this incident meanwhile.",
            code="moved_on",
            revision=before["revision"],
        )
    values = {name: value for name, value in asked.items() if value != before[name]}
    await _check(work, caller, values)
    title, state = (str(asked.get(name, before[name])) for name in ("title", "state"))
    if values and state != "resolved":
        other = await incidents.find_unresolved(work, title)
        if other not in (None, incident_id):
            raise _taken()
    if "state" in values:
        values["resolved_at"] = work.now() if state == "resolved" else None
    if values:
        await incidents.change(work, incident_id, values)
        await _note_change(work, caller, incident_id, values)
    shown = await _load(work, viewer_of(caller).sight, incident_id)
    if values:
        facts = {"changed": sorted(values.keys() - {"resolved_at"}), "state": str(state)}
        await audit.record(
            work, caller.actor, "incident.changed", f"incidents/{incident_id}", facts
        )
    return shown


async def _note_change(
    work: UnitOfWork, caller: Caller, incident_id: int, values: dict[str, Any]
) -> None:
    agent = caller.agent_id
    if "state" in values:
        await incidents.note(work, incident_id, "state", agent_id=agent, state=values["state"])
    rest = sorted(values.keys() - {"state", "resolved_at"})
    if rest:
        await incidents.note(work, incident_id, "changed", agent_id=agent, text=" ".join(rest))


async def _check(work: UnitOfWork, caller: Caller, values: dict[str, Any]) -> None:
    if "public_texts" in values and Permission.CHANGE_SNIPPETS not in caller.permissions:
        raise Forbidden("Only who keeps canned replies for others says what people may be told.")
    owner, team = values.get("owner_id"), values.get("team_id")
    if owner is not None and not await cases.agent_is_active(work, owner):
        raise Refused("There is no such active agent.", code="unknown", field="owner_id")
    if team is not None and not await cases.team_exists(work, team):
        raise Refused("There is no such team.", code="unknown", field="team_id")


def _cleaned(values: dict[str, Any]) -> dict[str, Any]:
    """Raises Refused: the title says nothing."""
    found = dict(values)
    if "title" in found:
        found["title"] = " ".join(scrub(found["title"]).split())
        if not found["title"]:
            raise Refused("It needs a title.", code="empty", field="title")
    if "description" in found:
        found["description"] = scrub(found["description"]).strip()
    if "public_texts" in found:
        said = {tag: scrub(text).strip() for tag, text in found["public_texts"].items()}
        found["public_texts"] = {tag: text for tag, text in said.items() if text}
    return found


async def _load(work: UnitOfWork, sight: Sight | None, incident_id: int) -> IncidentWithLog:
    """Counted within this sight; None: not at all."""
    row = await incidents.find(work, incident_id)
    if row is None:
        raise _missing(incident_id)
    if sight is not None:
        [row] = await incidents.count(work, [row], sight)
    log = await incidents.log_of(work, incident_id, limit=MOST_LOGGED)
    return IncidentWithLog(
        incident=_shown(row),
        log=tuple(
            LogEntry(
                id=one["id"],
                at=one["at"],
                kind=one["kind"],
                agent=named(one["agent_id"], one["agent_name"]),
                rule_name=one["rule_name"],
                state=one["state"],
                text=one["text"],
            )
            for one in log
        ),
    )


def _shown(row: IncidentRow) -> Incident:
    return msgspec.convert(
        {
            **{name: getattr(row, name) for name in Incident.__struct_fields__ if name != "owner"},
            "owner": named(row.owner_id, row.owner_name),
        },
        Incident,
    )


def _missing(incident_id: int) -> NotFound:
    return NotFound(f"There is no incident {incident_id}.")


def _taken() -> Conflict:
    return Conflict("An incident that is not resolved has this title.", code="name_taken")
