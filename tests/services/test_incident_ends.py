"""The end of an incident: everybody in it is told, what is open in it is solved."""

from dataclasses import replace

import pytest

from router.services import cases
from router.services.automation import macros
from router.services.automation.actions import Tools
from router.services.automation.shapes import NewMacro
from router.services.bulk import jobs, running
from router.services.bulk.jobs import BulkChange, BulkJob
from router.services.callers import Caller
from router.services.errors import Forbidden, Refused
from router.services.incidents import keeping
from router.services.incidents.shapes import IncidentChange, NewIncident
from router.services.roles import PERMISSIONS, Role
from router.services.snippets import NewSnippet, SnippetText, save_snippet
from router.services.viewer import viewer_of
from tests.services.rule_desk import VOICE, RuleDesk, definition, read
from tests.services.test_incidents import case_from, open_one, put, shown
from tests.stage import NORMAL, Stage


@pytest.fixture
async def desk(stage: Stage) -> RuleDesk:
    return await RuleDesk.open(stage)


async def state_of(desk: RuleDesk, case: int) -> object:
    return await desk.stage.value("select state from cases where id = $1", case)


async def solve(desk: RuleDesk, incident: int, classes: frozenset[str] | None = None) -> BulkJob:
    caller = desk.admin if classes is None else replace(desk.admin, access_classes=classes)
    job = await jobs.start_job(
        desk.stage.database, viewer_of(caller), BulkChange(state="solved"), of_incident=incident
    )
    return job


async def work(desk: RuleDesk) -> None:
    while await running.step(desk.stage.database):
        pass


async def test_what_is_open_in_one_is_solved_and_nothing_else_of_these_people(
    desk: RuleDesk,
) -> None:
    stage, viewer = desk.stage, viewer_of(desk.admin)
    incident = await open_one(desk)
    said = await stage.says("ana")
    own = await stage.case_of(said)
    newer = (await cases.open_case(stage.database, viewer, await stage.person_of(said), "")).id
    other, late = [await case_from(desk, who) for who in ("bo", "cy")]
    for case in (own, other):
        await put(desk, case, incident)

    over = IncidentChange(state="resolved", expect_revision=1)
    resolved = await keeping.change(stage.database, desk.admin, incident, over)
    job = await solve(desk, incident)
    await put(desk, other, None)  # before the worker comes to it
    await put(desk, late, incident)
    await work(desk)

    assert (resolved.incident.state, resolved.incident.unsolved) == ("resolved", 2)
    assert resolved.incident.resolved_at is not None
    assert [one.kind for one in resolved.log] == ["state", "opened"]
    assert (await shown(desk, incident)).unsolved == 1
    assert [await state_of(desk, one) for one in (own, newer, other, late)] == [
        *("solved", "open", "open", "open"),
    ]
    await jobs.undo_job(stage.database, viewer, job.id)
    await work(desk)
    assert await state_of(desk, own) == "open"


async def test_case_that_an_agent_does_not_see_is_not_solved_with_its_incident(
    desk: RuleDesk,
) -> None:
    incident = await open_one(desk)
    one, secret = [await case_from(desk, who) for who in ("ana", "bo")]
    for case in (one, secret):
        await put(desk, case, incident)
    await desk.stage.restrict(secret)

    job = await solve(desk, incident, frozenset(NORMAL.classes))
    await work(desk)

    assert job.wanted == 1
    assert [await state_of(desk, case) for case in (one, secret)] == ["solved", "open"]
    with pytest.raises(Refused):
        await solve(desk, incident, frozenset(NORMAL.classes))
    with pytest.raises(Refused):
        await jobs.start_job(
            desk.stage.database, viewer_of(desk.admin), BulkChange(incident_id=99), ids=[one]
        )


async def test_what_people_may_be_told_is_said_by_who_keeps_canned_replies(desk: RuleDesk) -> None:
    database, texts = desk.stage.database, {"en": "On it."}
    agent = replace(desk.admin, permissions=PERMISSIONS[Role.AGENT])
    own = (await keeping.add(database, agent, NewIncident(title="Down"))).incident.id
    with pytest.raises(Forbidden):
        await keeping.add(database, agent, NewIncident(title="Up", public_texts=texts))
    with pytest.raises(Forbidden):
        await keeping.change(database, agent, own, IncidentChange(public_texts=texts))

    await keeping.change(database, desk.admin, own, IncidentChange(public_texts=texts))
    as_it_is = IncidentChange(title="Is down", public_texts=texts)
    after = await keeping.change(database, agent, own, as_it_is)

    assert (after.incident.title, after.incident.public_texts) == ("Is down", texts)


async def teller(desk: RuleDesk) -> int:
    """A macro that says that somebody is on it; its id."""
    new = NewSnippet(reach="shared", title="On it", texts={"en": SnippetText(text="On it.")})
    snippet = await save_snippet(
        desk.stage.database, viewer_of(desk.admin), None, new, actor="test", may_change_all=True
    )
    actions = read(definition({"do": "reply", "snippet_id": snippet.id})).then
    wanted = NewMacro(name="Tell", reach="shared", actions=actions)
    made = await macros.save_macro(desk.stage.database, desk.admin, None, wanted, can_step_up=True)
    return made.id


async def test_nobody_hears_twice_of_an_incident_or_of_one_that_their_case_is_not_in(
    desk: RuleDesk,
) -> None:
    stage, tools = desk.stage, Tools(voice=VOICE)
    macro, incident = await teller(desk), await open_one(desk)
    told, failed, solved, left, late = [
        await case_from(desk, who) for who in ("ana", "bo", "cy", "di", "ed")
    ]
    for case in (told, failed, solved, left):
        await put(desk, case, incident)

    async def tell(key: str, *asked: int, caller: Caller = desk.admin) -> list[tuple[str, str]]:
        shown = await macros.preview(
            stage.database, tools, caller, macro, asked, incident_id=incident
        )
        run = await macros.run_macro(
            stage.database, tools, caller, macro, asked, client_key=key, incident_id=incident
        )
        problems = {one.case_id: one.says[0].problem for one in shown}
        assert [one.because for one in run.steps] == [problems[one] for one in asked]
        return [(one.came, one.code) for one in run.steps]

    assert await tell("first", told, failed) == [("done", "")] * 2
    await stage.run(
        "update deliveries set state = 'failed' where message_id in"
        " (select id from messages where case_id = $1)",
        failed,
    )
    await put(desk, left, None)
    change = cases.CaseChange(state="solved")
    await cases.change_case(stage.database, viewer_of(desk.admin), solved, change)
    await put(desk, late, incident)
    other = replace(desk.admin, agent_id=(await stage.agent("Bea", role="admin")).agent_id)

    assert await tell("again", told, failed, solved, left, late, caller=other) == [
        ("failed", "told_already"),
        ("done", ""),
        ("failed", "moved_on"),
        ("failed", "moved_on"),
        ("done", ""),
    ]
    again = await macros.run_macro(
        stage.database, tools, desk.admin, macro, [told], client_key="by hand"
    )
    assert [one.came for one in again.steps] == ["done"]


async def test_answer_to_all_goes_where_each_case_lets_it_and_only_from_who_sees_it(
    desk: RuleDesk,
) -> None:
    database, stage = desk.stage.database, desk.stage
    incident = await open_one(desk)
    one, secret, high = [await case_from(desk, who) for who in ("ana", "bo", "cy")]
    for case in (one, secret, high):
        await put(desk, case, incident)
    await stage.restrict(secret)
    await stage.run("update cases set minimum_level = 3 where id = $1", high)
    macro = await teller(desk)
    narrow = replace(desk.admin, access_classes=frozenset(NORMAL.classes))

    found = await keeping.list_cases(database, narrow, incident, before=None, limit=100)
    asked = [one, secret, high]
    previews = await macros.preview(database, Tools(voice=VOICE), narrow, macro, asked)
    run = await macros.run_macro(
        database, Tools(voice=VOICE), narrow, macro, asked, client_key="one"
    )

    assert {case.id for case in found.cases} == {one, high}
    assert {each.case_id: bool(each.says[0].problem) for each in previews} == {
        one: False,
        high: True,
    }
    assert [step.came for step in run.steps] == ["done", "failed", "failed"]
    assert await stage.value(
        "select array_agg(case_id order by id) from messages where direction = 'out'"
    ) == [one]
