"""Agents whom deadlines are told to: those who may see the case, and whoever has left."""

from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.services.errors import Refused
from router.services.shown.messages import load_message
from tests.services.test_deadlines import ALWAYS, agree, catch_up, fire_due, plan
from tests.services.test_owing import told
from tests.services.test_shift_ends import Watch
from tests.stage import Stage


async def test_only_who_may_see_the_case_is_told_and_others_count_as_not_there(
    stage: Stage, clock: FakeClock
) -> None:
    watch = await Watch(stage).set_up(clock)
    lee = await stage.agent("Lee", role="supervisor")
    owner = await stage.agent("Owen", role="owner")
    level = {"after_minutes": 30, "told": ["supervisors"], "agent_ids": [watch.ana.agent_id]}
    policy = {"name": "All", "first_reply": ALWAYS, "breached": ["on_duty"]}
    await agree(stage, watch.boss, plan(policy | {"escalations": [level]}))
    await stage.restrict(await stage.case_of(await stage.says("eve")))
    await catch_up(stage)

    clock.advance(timedelta(minutes=61))
    await fire_due(stage)
    await stage.run(
        "with made as (insert into teams (name, access_classes, created_at)"
        " values ('Fraud', '[\"fraud\"]', now()) returning id)"
        " insert into memberships (team_id, agent_id) select id, $1 from made",
        lee.agent_id,
    )
    clock.advance(timedelta(minutes=30))
    await fire_due(stage)

    assert await told(stage, "deadline_passed") == [owner.agent_id]
    assert await told(stage, "deadline_escalated") == [lee.agent_id]
    passed = await stage.value("select id from messages where text = 'deadline_passed'")
    async with stage.database.reading() as work:
        line = await load_message(work, int(str(passed)))
    assert line is not None
    assert line.event is not None
    assert line.event["told_names"] == ["Owen"]


async def test_passed_deadline_of_nobodys_case_is_told_to_leads_of_its_team_or_else_supervisors(
    stage: Stage, clock: FakeClock
) -> None:
    boss, di = await stage.agent("Ida", role="supervisor"), await stage.agent("Di")
    await agree(stage, boss, plan({"name": "All", "first_reply": ALWAYS}))
    teams = "insert into teams (name, created_at) values ($1, now()) returning id"
    led, unled = await stage.value(teams, "Led"), await stage.value(teams, "Unled")
    await stage.run("insert into memberships values ($1, $2, true)", led, di.agent_id)
    of_team = {None: "ana", led: "ben", unled: "eve"}
    cases = {team: await stage.case_of(await stage.says(who)) for team, who in of_team.items()}
    for team, case in cases.items():
        await stage.run("update cases set team_id = $2 where id = $1", case, team)
    await catch_up(stage)

    clock.advance(timedelta(minutes=61))
    await fire_due(stage)

    passed = (
        "select context -> 'told' from messages where text = 'deadline_passed' and case_id = $1"
    )
    told_of = {team: await stage.value(passed, case) for team, case in cases.items()}
    boss_alone = [boss.agent_id]
    assert told_of == {None: boss_alone, led: [di.agent_id], unled: boss_alone}


async def test_plan_can_be_changed_while_it_names_an_agent_who_has_left(stage: Stage) -> None:
    boss = await stage.agent("Ida", role="supervisor")
    cy, di = await stage.agent("Cy"), await stage.agent("Di")
    level = {"after_minutes": 30, "agent_ids": [cy.agent_id]}
    named = {"name": "All", "first_reply": ALWAYS, "escalations": [level]}
    await agree(stage, boss, plan(named))
    await stage.run("update agents set is_active = false")

    await agree(stage, boss, plan({"name": "New", "first_reply": ALWAYS}, named))
    level["agent_ids"] = [cy.agent_id, di.agent_id]
    with pytest.raises(Refused) as refused:
        await agree(stage, boss, plan(named))

    assert (refused.value.facts["why"], refused.value.facts["about"]) == ("unknown_agent", "All")
    logged = "select facts ->> 'why' from audit_log where action = 'deadlines.stopped'"
    assert await stage.value(logged) == "unknown_agent"
