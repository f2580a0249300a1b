"""Teams: who is in which, who leads it, and which restricted cases its members see."""

from collections.abc import Sequence

from router.services import audit
from router.services.agents import check_name
from router.services.callers import Caller
from router.services.errors import Conflict, NotFound, Refused
from router.services.roles import EVERY_CLASS
from router.storage import teams
from router.storage.engine import Database
from router.storage.teams import TeamRow
from router.storage.unit_of_work import UnitOfWork


async def list_teams(database: Database) -> list[TeamRow]:
    """By name."""
    async with database.reading() as work:
        return await teams.list_all(work)


async def add_team(
    database: Database,
    caller: Caller,
    *,
    name: str,
    member_ids: Sequence[int],
    lead_ids: Sequence[int] = (),
    access_classes: Sequence[str],
) -> TeamRow:
    """Raises Refused (unknown agent or class, a lead who is no member), Conflict (the name)."""
    name = check_name(name)
    async with database.transaction() as work:
        await _check(work, member_ids, access_classes)
        team_id = await teams.insert(work, name=name, access_classes=access_classes)
        if team_id is None:
            raise _taken()
        await teams.set_members(work, team_id, member_ids)
        await _set_leads(work, team_id, lead_ids)
        return await _recorded(work, caller, "team.added", team_id)


async def change_team(
    database: Database,
    caller: Caller,
    team_id: int,
    *,
    name: str | None = None,
    member_ids: Sequence[int] | None = None,
    lead_ids: Sequence[int] | None = None,
    access_classes: Sequence[str] | None = None,
) -> TeamRow:
    """What is None stays; who leaves leads no more. Raises NotFound, Refused, Conflict."""
    async with database.transaction() as work:
        before = await teams.find(work, team_id)
        if before is None:
            raise NotFound("There is no such team.")
        classes = before.access_classes if access_classes is None else access_classes
        await _check(work, member_ids or (), classes)
        changed = await teams.change(
            work,
            team_id,
            name=before.name if name is None else check_name(name),
            access_classes=classes,
        )
        if not changed:
            raise _taken()
        if member_ids is not None:
            await teams.set_members(work, team_id, member_ids)
        if lead_ids is not None:
            await _set_leads(work, team_id, lead_ids)
        return await _recorded(work, caller, "team.changed", team_id)


async def remove_team(database: Database, caller: Caller, team_id: int) -> None:
    """Its cases belong to no team from now on. Raises NotFound."""
    async with database.transaction() as work:
        if not await teams.delete(work, team_id):
            raise NotFound("There is no such team.")
        await audit.record(work, caller.actor, "team.removed", f"teams/{team_id}")


async def _check(
    work: UnitOfWork, member_ids: Sequence[int], access_classes: Sequence[str]
) -> None:
    unknown = sorted(set(access_classes) - EVERY_CLASS)
    if unknown:
        raise Refused(f"There is no access class {unknown[0]}.", field="access_classes")
    missing = await teams.missing_agents(work, member_ids)
    if missing:
        raise Refused(f"There is no agent {missing[0]}.", field="member_ids")


async def _set_leads(work: UnitOfWork, team_id: int, lead_ids: Sequence[int]) -> None:
    team = await teams.find(work, team_id)
    if team is None or not set(lead_ids) <= set(team.member_ids):
        raise Refused("Only members of a team lead it.", field="lead_ids")
    await teams.set_leads(work, team_id, lead_ids)


async def _recorded(work: UnitOfWork, caller: Caller, action: str, team_id: int) -> TeamRow:
    team = await teams.find(work, team_id)
    if team is None:
        raise NotFound("There is no such team.")
    await audit.record(
        work,
        caller.actor,
        action,
        f"teams/{team_id}",
        {
            "members": list(team.member_ids),
            "leads": list(team.lead_ids),
            "access_classes": list(team.access_classes),
        },
    )
    return team


def _taken() -> Conflict:
    return Conflict("A team has that name.", code="name_taken")
