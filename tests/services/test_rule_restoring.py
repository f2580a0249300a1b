"""A rule or macro that was removed by mistake stands again; a rule says again what it said."""

from dataclasses import replace

import pytest

from router.services import topics
from router.services.automation import keeping, macros, restoring
from router.services.automation.shapes import Macro, NewMacro, NewRule
from router.services.errors import Forbidden, NotFound, Refused
from router.services.roles import PERMISSIONS, Role
from router.services.topics import NewTopic, TopicChange
from router.storage import topics as stored_topics
from router.storage.topics import TopicRow
from router.storage.unit_of_work import UnitOfWork
from tests.services.rule_desk import RuleDesk, asks, definition, read
from tests.stage import Stage

NOTE = {"do": "note", "text": "Seen"}
LATER = {"do": "note", "text": "Looked at"}


async def test_removed_rule_stands_where_it_stood_and_off_and_tells_what_it_sees_no_more(
    stage: Stage,
) -> None:
    desk = await RuleDesk.open(stage)
    first = await desk.rule(definition(NOTE), "First")
    await desk.rule(definition(NOTE), "Second")
    await keeping.drop_rule(stage.database, desk.admin, first)
    cy = await stage.agent("Cy", role="admin")
    caller = replace(
        desk.admin, agent_id=cy.agent_id, name="Cy", access_classes=frozenset({"normal"})
    )

    back = await keeping.restore_rule(stage.database, caller, first)

    found = await keeping.list_rules(stage.database)
    assert [(one.name, one.is_on, one.version, one.saved_by) for one in found] == [
        ("First", False, 2, "Cy"),
        ("Second", True, 1, "Ada"),
    ]
    sees = "select classes from rule_versions where rule_id = $1 and version = 2"
    assert await stage.value(sees, first) == ["normal"]
    assert [(one.field, one.is_warning) for one in back.warnings] == [("classes", False)]
    assert "fraud" in back.warnings[0].sentence
    audited = "select facts from audit_log where action = 'rule.restored'"
    assert await stage.value(audited) == {"version": 2, "of": 1, "was_dropped": 1}
    with pytest.raises(NotFound):
        await keeping.restore_rule(stage.database, caller, first)


async def test_who_sees_more_puts_a_removed_rule_back_with_the_sight_that_it_had(
    stage: Stage,
) -> None:
    """Else it would answer in cases of fraud, where it never ran."""
    desk = await RuleDesk.open(stage)
    owner = desk.admin
    desk.admin = replace(owner, access_classes=frozenset({"normal"}))
    rule = await desk.rule(definition(NOTE))
    await keeping.drop_rule(stage.database, owner, rule)

    back = await keeping.restore_rule(stage.database, owner, rule)

    assert back.warnings == []
    sees = "select classes from rule_versions where rule_id = $1 and version = 2"
    assert await stage.value(sees, rule) == ["normal"]


async def test_rule_that_names_what_is_gone_is_put_back_with_what_is_wrong_and_else_refused(
    stage: Stage,
) -> None:
    desk = await RuleDesk.open(stage)
    bo = await stage.agent("Bo")
    rule = await desk.rule(definition({"do": "assign", "agent_id": bo.agent_id}))
    await keeping.drop_rule(stage.database, desk.admin, rule)
    await stage.run("update agents set is_active = false where id = $1", bo.agent_id)

    with pytest.raises(Refused) as refused:
        await keeping.restore_rule(stage.database, desk.admin, rule, version=1)
    back = await keeping.restore_rule(stage.database, desk.admin, rule)

    assert refused.value.code == "bad_rule"
    assert [(one.field, one.is_warning) for one in back.warnings] == [("then[0].agent_id", False)]
    [listed] = await keeping.list_rules(stage.database)
    assert (listed.id, listed.is_on) == (rule, False)


async def test_rule_that_asks_for_an_archived_topic_is_put_back(stage: Stage) -> None:
    """Its cases keep it, and it ran until it was removed."""
    desk = await RuleDesk.open(stage)
    topic = await topics.add_topic(stage.database, desk.admin, NewTopic(name="Old"))
    asking = await desk.rule(definition(NOTE, condition=[asks("case.topic", "is", ["old"])]))
    setting = await desk.rule(definition({"do": "set_topic", "topic": "Old"}))
    await topics.archive_topic(stage.database, desk.admin, topic.id)
    for one in (asking, setting):
        await keeping.drop_rule(stage.database, desk.admin, one)

    asks_still = await keeping.restore_rule(stage.database, desk.admin, asking)
    sets_no_more = await keeping.restore_rule(stage.database, desk.admin, setting)

    assert asks_still.warnings == []
    assert [one.sentence for one in sets_no_more.warnings] == ["There is no topic “Old” now."]


async def test_what_was_said_of_a_topic_is_restored_as_the_topic_is_called_now(
    stage: Stage,
) -> None:
    desk = await RuleDesk.open(stage)
    topic = await topics.add_topic(stage.database, desk.admin, NewTopic(name="Bonus"))
    sets = {"do": "set_topic", "topic": "Bonus"}
    rule = await desk.rule(definition(sets))
    asking = await desk.rule(definition(NOTE, condition=[asks("case.topic", "is", ["Bonus"])]))
    wanted = NewMacro(name="Bonus", actions=read(definition(sets)).then)
    macro = await macros.save_macro(stage.database, desk.admin, None, wanted, can_step_up=True)
    await macros.drop_macro(stage.database, desk.admin, macro.id)
    renamed = TopicChange(name="Promotion")
    await topics.change_topic(stage.database, desk.admin, topic.id, renamed)

    # By now something else is called so.
    await topics.add_topic(stage.database, desk.admin, NewTopic(name="Bonus"))

    for one in (rule, asking):
        await keeping.restore_rule(stage.database, desk.admin, one, version=1)
    back = await restoring.restore_macro(stage.database, desk.admin, macro.id, can_step_up=True)

    said = definition({"do": "set_topic", "topic": "Promotion"})
    asked = definition(NOTE, condition=[asks("case.topic", "is", ["Promotion"])])
    for one, now in ((rule, said), (asking, asked)):
        listed = await keeping.list_versions(stage.database, one)
        assert [each.definition for each in listed] == [read(now)] * 3
    assert back.actions == read(said).then


async def test_removed_rule_is_put_back_with_a_topic_that_is_renamed_at_that_moment(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await RuleDesk.open(stage)
    topic = await topics.add_topic(stage.database, desk.admin, NewTopic(name="Bonus"))
    rule = await desk.rule(definition({"do": "set_topic", "topic": "Bonus"}))
    await keeping.drop_rule(stage.database, desk.admin, rule)
    lock_tree = stored_topics.lock_tree

    async def after_a_rename(work: UnitOfWork) -> list[TopicRow]:
        monkeypatch.setattr(stored_topics, "lock_tree", lock_tree)
        renamed = TopicChange(name="Promotion")
        await topics.change_topic(stage.database, desk.admin, topic.id, renamed)
        return await lock_tree(work)

    monkeypatch.setattr(stored_topics, "lock_tree", after_a_rename)
    back = await keeping.restore_rule(stage.database, desk.admin, rule)

    assert back.warnings == []
    assert back.rule.definition == read(definition({"do": "set_topic", "topic": "Promotion"}))


async def test_former_version_sets_no_topic_that_took_the_name_of_an_archived_one(
    stage: Stage,
) -> None:
    desk = await RuleDesk.open(stage)
    topic = await topics.add_topic(stage.database, desk.admin, NewTopic(name="Bonus"))
    rule = await desk.rule(definition({"do": "set_topic", "topic": "bonus"}))
    await topics.archive_topic(stage.database, desk.admin, topic.id)
    await topics.add_topic(stage.database, desk.admin, NewTopic(name="Bonus"))

    with pytest.raises(Refused, match="no topic “Bonus” now"):
        await keeping.restore_rule(stage.database, desk.admin, rule, version=1)


async def test_macro_says_what_it_names_that_is_gone_and_is_put_back_without_it(
    stage: Stage,
) -> None:
    desk = await RuleDesk.open(stage)
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy")
    topic = await topics.add_topic(stage.database, desk.admin, NewTopic(name="Bonus"))
    told = {"do": "notify", "text": "Look", "agent_ids": [bo.agent_id, cy.agent_id]}
    said = definition(
        {"do": "assign", "agent_id": bo.agent_id}, told, {"do": "set_topic", "topic": "Bonus"}
    )
    wanted = NewMacro(name="All", actions=read(said).then)
    macro = await macros.save_macro(stage.database, desk.admin, None, wanted, can_step_up=True)
    await macros.drop_macro(stage.database, desk.admin, macro.id)
    await topics.archive_topic(stage.database, desk.admin, topic.id)
    leave = "update agents set is_active = false where id = $1"
    await stage.run(leave, bo.agent_id)

    async def restore(*, without_gone: bool) -> Macro:
        return await restoring.restore_macro(
            stage.database, desk.admin, macro.id, can_step_up=True, without_gone=without_gone
        )

    with pytest.raises(Refused) as refused:
        await restore(without_gone=False)
    back = await restore(without_gone=True)
    await macros.drop_macro(stage.database, desk.admin, macro.id)
    await stage.run(leave, cy.agent_id)
    with pytest.raises(Refused) as empty:
        await restore(without_gone=True)

    assert str(refused.value) == "What it names is gone: “Bo”, “Bonus”."
    assert (refused.value.code, refused.value.facts["left"]) == ("macro_names_gone", 1)
    assert back.actions == read(definition(told | {"agent_ids": [cy.agent_id]})).then
    assert empty.value.code == "macro_all_gone"


async def test_former_version_is_the_next_one_and_a_rule_that_is_on_goes_on_with_it(
    stage: Stage,
) -> None:
    desk = await RuleDesk.open(stage)
    rule = await desk.rule(definition(NOTE))
    changed = NewRule(name="A rule", definition=read(definition(LATER)))
    await keeping.save_rule(stage.database, desk.admin, rule, changed)

    with pytest.raises(NotFound):
        await keeping.restore_rule(stage.database, desk.admin, rule, version=7)
    await keeping.restore_rule(stage.database, desk.admin, rule, version=1)
    await stage.says("ana")
    await desk.work()

    newest, second, first = await keeping.list_versions(stage.database, rule)
    assert newest.definition == first.definition != second.definition
    notes = await stage.value("select array_agg(text) from messages where direction = 'note'")
    assert notes == ["Seen"]
    [run] = await desk.runs(rule)
    assert run.version == 3


async def test_removed_macro_is_there_again_by_who_may_keep_it_and_while_what_it_names_is(
    stage: Stage,
) -> None:
    desk = await RuleDesk.open(stage)
    bo = await stage.agent("Bo")
    wanted = NewMacro(
        name="To Bo",
        reach="shared",
        actions=read(definition({"do": "assign", "agent_id": bo.agent_id})).then,
    )
    made = await macros.save_macro(stage.database, desk.admin, None, wanted, can_step_up=True)
    await macros.drop_macro(stage.database, desk.admin, made.id)
    agent = replace(
        desk.admin, agent_id=bo.agent_id, role=Role.AGENT, permissions=PERMISSIONS[Role.AGENT]
    )

    with pytest.raises(Forbidden):
        await restoring.restore_macro(stage.database, agent, made.id, can_step_up=True)
    back = await restoring.restore_macro(stage.database, desk.admin, made.id, can_step_up=True)
    with pytest.raises(NotFound):
        await restoring.restore_macro(stage.database, desk.admin, made.id, can_step_up=True)
    await macros.drop_macro(stage.database, desk.admin, made.id)
    await stage.run("update agents set is_active = false where id = $1", bo.agent_id)
    with pytest.raises(Refused):
        await restoring.restore_macro(stage.database, desk.admin, made.id, can_step_up=True)

    assert back == made
    assert await macros.list_macros(stage.database, desk.admin) == []
