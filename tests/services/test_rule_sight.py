"""Rules say and ask nothing where their author does not see what somebody wrote."""

import dataclasses

import pytest

from router.services import cases
from router.services.cases import CaseChange
from router.services.snippets import NewSnippet, SnippetText, save_snippet
from router.services.viewer import Viewer
from router.storage.unit_of_work import Fact
from tests.services.rule_desk import RuleDesk, definition
from tests.stage import Stage

WAITS = {"kind": "happened", "on": "case_waiting"}


@pytest.fixture
async def desk(stage: Stage) -> RuleDesk:
    made = await RuleDesk.open(stage)
    made.admin = dataclasses.replace(made.admin, access_classes=frozenset({"normal"}))
    return made


async def canned(desk: RuleDesk) -> int:
    text = NewSnippet(reach="shared", title="Wait", texts={"en": SnippetText(text="Wait.")})
    by = Viewer(desk.admin.agent_id)
    made = await save_snippet(
        desk.stage.database, by, None, text, actor="test", may_change_all=True
    )
    return made.id


async def test_rule_asks_and_answers_who_wrote_last_where_its_author_sees_it(
    desk: RuleDesk,
) -> None:
    stage, admin = desk.stage, Viewer(desk.admin.agent_id)
    reply = await desk.rule(
        definition({"do": "reply", "snippet_id": await canned(desk)}, when=WAITS)
    )
    asks = await desk.rule(definition({"do": "ask_step_up"}, when=WAITS))
    seen, hidden = await stage.says("ana"), await stage.says("cy")
    await stage.merge(await stage.person_of(hidden), await stage.person_of(seen), admin)
    await stage.restrict(await stage.case_of(hidden))
    await desk.work()
    change = CaseChange(state="waiting")
    await cases.change_case(stage.database, admin, await stage.case_of(seen), change)

    await desk.work()

    to = "select array_agg(place_id) from messages where direction = 'out'"
    of = "select array[place_id] from messages where id = $1"
    assert await desk.outcomes(reply) == ["done"]
    assert await stage.value(to) == await stage.value(of, seen)
    [run] = await desk.runs(asks)
    assert run.explained["because"] == "It is not linked to an account at the host."


async def test_canned_reply_to_what_is_in_no_case_joins_none_that_its_author_does_not_see(
    desk: RuleDesk,
) -> None:
    stage, admin = desk.stage, Viewer(desk.admin.agent_id)
    when = {"kind": "happened", "on": "message_changed"}
    reply = await desk.rule(
        definition({"do": "reply", "snippet_id": await canned(desk)}, when=when)
    )
    seen, hidden = await stage.says("ana"), await stage.says("cy")
    root, open_case = await stage.person_of(seen), await stage.case_of(seen)
    await stage.merge(await stage.person_of(hidden), root, admin)
    await stage.restrict(await stage.case_of(hidden))
    await stage.run("update messages set case_id = null where id = $1", seen)
    await desk.work()
    async with stage.database.transaction() as work:
        work.announce(Fact.MESSAGE_CHANGED, person=root, ref=seen)

    await desk.work()

    assert await desk.outcomes(reply) == ["done"]
    joined = await stage.value("select array_agg(case_id) from messages where direction = 'out'")
    assert joined == [open_case]
