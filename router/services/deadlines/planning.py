"""Changing the plan of deadlines: checked, versioned, audited."""

import json

import msgspec
import structlog

from router.services import audit
from router.services.deadlines.closing import load_closed
from router.services.deadlines.deriving import load_plans
from router.services.deadlines.plan import Fault, check
from router.services.deadlines.shapes import (
    DESK,
    Hours,
    KeptPlan,
    NamedCalendar,
    NextDue,
    NextDues,
    Plan,
    PlanInForce,
    PlanVersion,
)
from router.services.errors import Conflict, Refused
from router.services.viewer import Viewer
from router.storage import deadlines as stored
from router.storage import workspace
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork

SHOWN_VERSIONS = 50
log = structlog.get_logger(__name__)


async def load(database: Database) -> PlanInForce:
    async with database.reading() as work:
        return await _shown(work)


async def list_versions(database: Database) -> list[PlanVersion]:
    """Newest first. A former one is in force again once somebody saves it, with all its checks."""
    async with database.reading() as work:
        rows = await stored.saved_plans(work, SHOWN_VERSIONS)
    return [
        PlanVersion(
            plan=msgspec.json.decode(row["kept"], type=KeptPlan).plan,
            revision=row["id"],
            saved_by=row["name"],
            made_at=row["made_at"],
        )
        for row in rows
    ]


async def change(
    database: Database, viewer: Viewer, wanted: Plan, *, expect_revision: int
) -> PlanInForce:
    """The whole plan is as wanted, from now on and for all that runs; what ended stays judged by
    the plan that was in force then.

    Raises Refused (the field, and why in words), Conflict `moved_on`. That a plan was stopped is in
    the audit log.
    """
    try:
        check(wanted, database.clock.now())
        return await _change(database, viewer, wanted, expect_revision)
    except Fault as fault:
        await _note_stopped(database, viewer, fault)
        raise Refused(
            str(fault), code="bad_plan", field=fault.field, why=fault.why, about=fault.about
        ) from fault


async def _change(
    database: Database, viewer: Viewer, wanted: Plan, expect_revision: int
) -> PlanInForce:
    """Raises Fault, Conflict."""
    async with database.transaction() as work:
        await stored.lock_plans(work)
        newest = (await load_plans(work)).newest
        await _check_agents(work, wanted, None if newest is None else newest.kept.plan)
        revision = 0 if newest is None else newest.id
        if revision != expect_revision:
            raise Conflict("Somebody changed the plan.", code="moved_on", revision=revision)
        await keep(work, wanted, viewer.agent_id)
        shown = await _shown(work)
        facts = {"revision": shown.revision, "policies": len(wanted.policies)}
        actor = f"agents/{viewer.agent_id}"
        await audit.record(work, actor, "deadlines.planned", "deadline-plan", facts)
        return shown


async def _note_stopped(database: Database, viewer: Viewer, fault: Fault) -> None:
    """Which field and why; not what somebody called it."""
    told = {"field": fault.field, "why": fault.why}
    log.warning("deadlines.stopped", **told)
    async with database.transaction() as work:
        actor = f"agents/{viewer.agent_id}"
        await audit.record(work, actor, "deadlines.stopped", "deadline-plan", told)


async def _check_agents(work: UnitOfWork, plan: Plan, before: Plan | None) -> None:
    """Nobody is told in place of whoever left; whom the plan named before may stand in it still.
    Raises Fault."""
    named = _named(plan)
    known = {agent for _, _, agent in _named(before)} if before else set()
    known.update(await stored.active_of(work, {agent for _, _, agent in named}))
    for field, about, agent in named:
        if agent not in known:
            raise Fault(field, f"There is no active agent {agent}.", "unknown_agent", about)


def _named(plan: Plan) -> list[tuple[str, str, int]]:
    """The field, the policy, and the agent whom it names."""
    return [
        (f"policies.{at}.escalations.{level}.agent_ids", policy.name, agent)
        for at, policy in enumerate(plan.policies)
        for level, one in enumerate(policy.escalations)
        for agent in one.agent_ids
    ]


async def next_dues(database: Database, viewer: Viewer, person_ids: list[int]) -> NextDues:
    """What is due first in each of these conversations, as far as the follower has come."""
    async with database.reading() as work:
        rows = await stored.next_due(work, person_ids, viewer.sight.listed)
    return NextDues(dues=tuple(msgspec.convert(dict(row), NextDue) for row in rows))


async def note_hours(work: UnitOfWork) -> None:
    """The desk's own hours changed: the plan goes on with the new ones. Part of that change."""
    await stored.lock_plans(work)
    newest = (await load_plans(work)).newest
    if newest is not None:
        await keep(work, newest.kept.plan, None)


async def keep(work: UnitOfWork, plan: Plan, agent_id: int | None) -> None:
    """A further version, with the desk's own hours and the rota's holidays as they are now."""
    desk = await workspace.find(work)
    hours = tuple(msgspec.convert(one, Hours) for one in json.loads(desk.hours))
    kept = KeptPlan(
        plan=plan,
        desk=NamedCalendar(key=DESK, name="desk", time_zone=desk.time_zone, hours=hours),
        closed=await load_closed(work),
    )
    await stored.insert_plan(work, msgspec.json.encode(kept), agent_id)


async def _shown(work: UnitOfWork) -> PlanInForce:
    newest = (await load_plans(work)).newest
    if newest is None:
        return PlanInForce(plan=Plan(), revision=0, made_at=None, doubts=())
    plan = newest.kept.plan
    return PlanInForce(
        plan=plan,
        revision=newest.id,
        made_at=newest.made_at,
        doubts=check(plan, work.now()),
    )
