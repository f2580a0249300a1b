"""What is said of a deadline: that it is about to be passed, that it was, and to whom. Once."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from core.targets import Target
from router.failpoints import failpoint
from router.services.deadlines.deriving import derive_cases, load_plans
from router.services.deadlines.shapes import Recipient
from router.services.roles import PERMISSIONS, Permission, Role, classes_of
from router.storage import cases, persons
from router.storage import deadlines as stored
from router.storage import shifts as stored_shifts
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork

BATCH = 100
_LEADS = Permission.CHANGE_QUEUE
WARNED, PASSED, ESCALATED = "deadline_near", "deadline_passed", "deadline_escalated"


async def due(database: Database, *, but: Collection[int] = ()) -> list[tuple[int, int]]:
    """(alarm, person) of what is to be said now, without these alarms; one batch."""
    async with database.reading() as work:
        return await stored.due_alarms(work, work.now(), BATCH, but=but)


async def fire(database: Database, alarm_id: int, person_id: int) -> bool:
    """Say it, if it is still so; whether that made a line. Any number of callers at once say it
    once.

    Under the conversation's lock it is derived once more, so that nobody is told of what was
    answered a moment ago.
    """
    from router.services.deadlines.counting import CaseTerms, facts_of
    from router.services.deadlines.plan import told_at

    async with database.transaction() as work:
        root = await persons.lock_root(work, person_id)
        before = await stored.lock_alarm(work, alarm_id)
        if root is None or before is None or before["fired_at"] is not None:
            return False
        plans = await load_plans(work)
        await derive_cases(work, plans, [before["case_id"]])
        alarm = await stored.lock_alarm(work, alarm_id)
        if alarm is None or alarm["at"] > work.now():
            return False
        [case] = await stored.cases_to_derive(work, [alarm["case_id"]])
        [deadline] = [
            one
            for one in await stored.deadlines_of(work, [alarm["case_id"]])
            if (one.target, one.ref) == (alarm["target"], alarm["ref"])
        ]
        _, policy = CaseTerms(plans, facts_of(case)).policy(deadline.ended_at)
        mark = int(alarm["mark"])
        told = await _agents(work, case, *told_at(policy, mark))
        await stored.mark_fired(work, alarm_id)
        line = await cases.insert_event(
            work,
            person_id=case["person_id"],
            case_id=case["id"],
            agent_id=None,
            event=(WARNED, PASSED)[mark] if mark < 2 else ESCALATED,
            facts={
                "case_id": case["id"],
                "target": Target(deadline.target).value,
                "policy": deadline.policy,
                "due_at": None if deadline.due_at is None else deadline.due_at.isoformat(),
                "escalation": max(mark - 1, 0),
                "told": told,
            },
        )
        work.announce(Fact.MESSAGE_CREATED, person=root, ref=line)
        await failpoint("before_alarm_commit")
    await failpoint("after_alarm_commit")
    return True


async def _agents(
    work: UnitOfWork, case: Record, told: tuple[Recipient, ...], agent_ids: tuple[int, ...]
) -> list[int]:
    """Whoever of these works here and may see the case, each once."""
    if not told and not agent_ids:
        return []
    seeing = {
        row["id"]: Role(row["role"])
        for row in await stored.agents(work)
        if case["access_class"] in classes_of(row)
    }
    found = set(agent_ids)
    for one in told:
        match one:
            case "owner":
                found |= {case["owner_id"]} - {None}
            case "team_leads":
                found |= await _team_leads(work, case["team_id"], seeing)
            case "on_duty":
                found |= await _on_duty(work, case["team_id"], seeing)
            case "supervisors":
                found |= _supervisors(seeing)
    return sorted(found & seeing.keys())


async def _team_leads(
    work: UnitOfWork, team_id: int | None, seeing: Mapping[int, Role]
) -> set[int]:
    """Who leads the team and may see it; where nobody does, supervisors."""
    leads = [] if team_id is None else await stored.team_leads(work, team_id)
    return (set(leads) & seeing.keys()) or _supervisors(seeing)


async def _on_duty(work: UnitOfWork, team_id: int | None, seeing: Mapping[int, Role]) -> set[int]:
    """By the rota, of the team first; where nobody is who may see it, supervisors."""
    if await stored_shifts.is_kept(work):
        from core.rota import duties_between
        from router.services.shifts import reading

        rota = (await reading.load(work)).rota
        now = work.now()
        duties = duties_between(rota, now, now + timedelta(microseconds=1))
        for chosen in ([one for one in duties if one.team_id == team_id], duties):
            if there := {agent for one in chosen for agent in one.agent_ids} & seeing.keys():
                return there
    return _supervisors(seeing)


def _supervisors(seeing: Mapping[int, Role]) -> set[int]:
    """Where none of them may see it, whoever is above them."""
    leads = {agent: role for agent, role in seeing.items() if _LEADS in PERMISSIONS[role]}
    return {agent for agent, role in leads.items() if role is Role.SUPERVISOR} or set(leads)
