"""Incidents by themselves: opened and joined by rules, told of by macros."""

from typing import Any

import pytest

from router.services import audit, case_moves, cases
from router.services.automation import macros
from router.services.automation.actions import Tools
from router.services.automation.rehearsing import rehearse
from router.services.automation.shapes import NewMacro, Past
from router.services.incidents import keeping
from router.services.incidents.shapes import IncidentChange, NewIncident
from router.services.snippets import NewSnippet, SnippetText, facts_within, load_facts, save_snippet
from router.services.viewer import Viewer, viewer_of
from router.storage.unit_of_work import UnitOfWork
from tests.services.rule_desk import VOICE, RuleDesk, asks, definition, read
from tests.services.test_incidents import case_from, cases_in, incident_of, open_one, put
from tests.stage import NORMAL, Stage

JOIN = {"do": "join_incident", "title": "Deposits are stuck"}


@pytest.fixture
async def desk(stage: Stage) -> RuleDesk:
    return await RuleDesk.open(stage)


async def test_rule_opens_an_incident_once_and_later_cases_join_it_until_it_is_resolved(
    desk: RuleDesk,
) -> None:
    rule = await desk.rule(definition(JOIN))
    cases_of = [await case_from(desk, who) for who in ("ana", "bo")]
    await desk.work()
    incident = int(str(await incident_of(desk, cases_of[0])))
    other = await open_one(desk, "Login is down")
    elsewhere = await case_from(desk, "cy")
    await put(desk, elsewhere, other)
    await desk.work()

    assert await cases_in(desk, incident) == cases_of[::-1]
    assert await incident_of(desk, elsewhere) == other
    found = await keeping.load(desk.stage.database, desk.admin, incident)
    assert [(one.kind, one.rule_name, one.agent) for one in found.log] == [
        ("opened", "A rule", None)
    ]
    assert await desk.stage.value(
        "select array_agg(subject order by id) from audit_log where action = 'incident.opened'"
    ) == [f"incidents/{one}" for one in (incident, other)]
    did = [run.explained["did"][0] for run in await desk.runs(rule)]
    assert [one["came"] for one in did][:2] == ["changed", "changed"]
    assert did[0]["what"] == {**_told(incident), "was_opened": 1}
    assert did[1]["what"] == {**_told(incident), "was_opened": 0}

    change = IncidentChange(state="resolved")
    await keeping.change(desk.stage.database, desk.admin, incident, change)
    late = await case_from(desk, "dan")
    await desk.work()
    assert await incident_of(desk, late) not in (None, incident, other)


async def test_what_was_opened_is_recorded_last_behind_all_that_was_done(
    desk: RuleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log's lock is the last one: whoever holds another and wants it waits for nobody else."""
    then = (JOIN, {"do": "prioritise", "priority": 1})
    real, found = audit.record, []

    async def record(work: UnitOfWork, actor: str, action: str, *rest: Any) -> None:
        if action == "incident.opened":
            found.append(await work.driver.fetchval("select min(priority) from cases"))
        await real(work, actor, action, *rest)

    monkeypatch.setattr(audit, "record", record)
    await desk.rule(definition(*then))
    await desk.stage.says("ana")
    await desk.work()

    assert found == [1]


def _told(incident: int) -> dict[str, object]:
    return {"title": "Deposits are stuck", "incident_id": incident}


async def test_rule_asks_whether_a_case_is_in_an_open_incident_and_a_dry_run_shows_it(
    desk: RuleDesk,
) -> None:
    incident = await open_one(desk)
    one, two = [await case_from(desk, who) for who in ("ana", "bo")]
    await put(desk, one, incident)
    wanted = definition(JOIN, condition=[asks("case.has_incident", "is_set")])
    past = Past(definition=read(wanted))

    found = await rehearse(desk.stage.database, desk.admin, Tools(voice=VOICE), past)

    assert {run.case_id for run in found.examples} == {one}
    assert [each.is_so_already for each in found.examples[0].would] == [True]
    change = IncidentChange(state="resolved")
    await keeping.change(desk.stage.database, desk.admin, incident, change)
    again = await rehearse(desk.stage.database, desk.admin, Tools(voice=VOICE), past)
    assert again.runs == 0
    assert await incident_of(desk, two) is None


async def test_macro_puts_a_case_into_an_incident_and_its_undo_takes_it_out(desk: RuleDesk) -> None:
    case = await case_from(desk, "ana")
    new = NewMacro(name="Stuck", actions=read(definition(JOIN)).then)
    macro = await macros.save_macro(desk.stage.database, desk.admin, None, new, can_step_up=True)

    run = await macros.run_macro(
        desk.stage.database, Tools(voice=VOICE), desk.admin, macro.id, [case], client_key="one"
    )
    joined = await incident_of(desk, case)
    undone = await macros.undo_run(desk.stage.database, desk.admin, run.id)

    assert joined is not None
    assert [step.came for step in undone.steps] == ["undone"]
    assert await incident_of(desk, case) is None


async def test_undo_of_a_macro_puts_a_case_where_a_merge_had_it_until_that_is_undone(
    desk: RuleDesk,
) -> None:
    database, viewer = desk.stage.database, viewer_of(desk.admin)
    over, said = await open_one(desk, "Login is down"), await desk.stage.says("ana")
    person, one = await desk.stage.person_of(said), await desk.stage.case_of(said)
    two = (await cases.open_case(database, viewer, person, "")).id
    await put(desk, one, over)
    merged = await case_moves.merge(database, viewer, one, two)
    await keeping.change(database, desk.admin, over, IncidentChange(state="resolved"))
    new = NewMacro(name="Stuck", actions=read(definition(JOIN)).then)
    macro = await macros.save_macro(database, desk.admin, None, new, can_step_up=True)

    run = await macros.run_macro(
        database, Tools(voice=VOICE), desk.admin, macro.id, [two], client_key="one"
    )
    elsewhere = await incident_of(desk, two)
    await macros.undo_run(database, desk.admin, run.id)
    back = await cases_in(desk, over)
    await case_moves.undo(database, viewer, merged.move.id)

    assert elsewhere not in (None, over)
    assert (back, await cases_in(desk, over)) == ([two], [one])


async def test_macro_tells_each_person_what_they_may_be_told_in_their_language(
    desk: RuleDesk,
) -> None:
    database, viewer = desk.stage.database, viewer_of(desk.admin)
    texts = {"en": "We are on it.", "zh": "我们正在处理。"}
    new = NewIncident(title="Deposits are stuck", public_texts=texts)
    incident = (await keeping.add(database, desk.admin, new)).incident.id
    known = [await case_from(desk, who) for who in ("ana", "wei", "cy")]
    await desk.stage.run(
        "update persons set language = 'zh-CN' from cases c"
        " where c.id = $1 and persons.id = c.person_id",
        known[1],
    )
    for case in known[:2]:
        await put(desk, case, incident)
    said = SnippetText(text="Dear all: {{incident.text}}")
    snippet = await save_snippet(
        database,
        viewer,
        None,
        NewSnippet(reach="shared", title="On it", texts={"en": said}),
        actor="test",
        may_change_all=True,
    )
    tell = {"do": "reply", "snippet_id": snippet.id}
    actions = read(definition(tell)).then
    macro = await macros.save_macro(
        database, desk.admin, None, NewMacro(name="Tell", actions=actions), can_step_up=True
    )

    run = await macros.run_macro(
        database, Tools(voice=VOICE), desk.admin, macro.id, known, client_key="one"
    )

    assert [step.came for step in run.steps] == ["done", "done", "failed"]
    assert await desk.stage.value(
        "select array_agg(text order by id) from messages where direction = 'out'"
    ) == ["Dear all: We are on it.", "Dear all: 我们正在处理。"]


async def test_answer_tells_of_the_incident_of_its_own_case_and_only_to_who_may_hear_of_that(
    desk: RuleDesk,
) -> None:
    stage, viewer = desk.stage, viewer_of(desk.admin)
    said = await stage.says("ana")
    person, own = await stage.person_of(said), await stage.case_of(said)
    newer = (await cases.open_case(stage.database, viewer, person, "Login")).id
    for case, title in ((own, "Deposits are stuck"), (newer, "Login is down")):
        new = NewIncident(title=title, public_texts={"en": title})
        made = await keeping.add(stage.database, desk.admin, new)
        await put(desk, case, made.incident.id)
    place = int(str(await stage.value("select place_id from messages where id = $1", said)))

    async def told(case_id: int | None, viewer: Viewer = viewer) -> str:
        async with stage.database.reading() as work:
            facts = await facts_within(work, viewer, "Bo", person, place, case_id)
        return facts.get("incident.text", "")

    assert [await told(one) for one in (own, newer, None)] == [
        *("Deposits are stuck", "Login is down", "Login is down"),
    ]
    apart = (await cases.open_case(stage.database, viewer, person, "Another")).id
    assert await told(apart) == ""
    facts = await load_facts(stage.database, viewer, "Bo", person, place, own)
    assert (facts["incident.text"], facts["case.number"]) == ("Deposits are stuck", str(own))
    elsewhere = await case_from(desk, "bo")
    await put(desk, elsewhere, int(str(await incident_of(desk, own))))
    assert await told(elsewhere) == ""
    await stage.restrict(newer)
    assert await told(None, Viewer(viewer.agent_id, NORMAL)) == "Deposits are stuck"
    assert await told(newer, Viewer(viewer.agent_id, NORMAL)) == ""
    await stage.run("update cases set minimum_level = 3 where id = $1", own)
    assert await told(own) == ""
