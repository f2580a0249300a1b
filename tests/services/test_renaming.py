"""Rules, macros and saved views follow labels and topics that are merged or called otherwise."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from core.clock import FakeClock
from core.queries import parse, renamed, terms_of, to_text
from core.query_terms import Asked, Operator
from router.services import cases, labels, saved_views, topics
from router.services.automation import keeping, macros
from router.services.automation.shapes import NewMacro
from router.services.cases import CaseChange
from router.services.errors import Conflict, Refused
from router.services.saved_views import SavedViewBody
from router.services.topics import NewTopic, TopicChange, TopicNames
from router.services.viewer import Viewer
from tests.services.rule_desk import RuleDesk, asks, definition, read
from tests.services.test_labels import label, listed
from tests.stage import Stage


def test_name_in_a_query_is_changed_where_it_is_asked_for_and_nowhere_else() -> None:
    text = '(label:"Big client" OR -label:big) "label:big" topic:big  big'

    changed = renamed(text, Operator.LABEL, {"big", "big client"}, "Very big")

    assert changed == '(label:"Very big" OR -label:"Very big") "label:big" topic:big  big'


def test_name_that_begins_with_another_quotation_mark_stands_in_ours() -> None:
    for name in ("「VIP」", "「VIP", "«Big» ones", "“", "„VIP"):
        written = renamed("label:big", Operator.LABEL, {"big"}, name)
        [term] = terms_of(parse(written))
        assert isinstance(term, Asked)
        assert (term.value, to_text(term)) == (name, written)


def test_field_in_a_query_is_called_otherwise_and_asked_for_the_same() -> None:
    text = 'field:"chain=TRC-20" OR -field:Chain field:"Chain of stores=2" field:chain=none'

    changed = renamed(text, Operator.FIELD, {"Chain"}, "Payout chain")

    assert changed == (
        'field:"Payout chain=TRC-20" OR -field:"Payout chain"'
        ' field:"Chain of stores=2" field:"Payout chain=none"'
    )


async def query_of(desk: RuleDesk, view_id: int) -> str:
    found = await saved_views.list_saved(desk.stage.database, desk.admin)
    return next(one.query for one in found if one.id == view_id)


async def view(desk: RuleDesk, query: str) -> int:
    body = SavedViewBody(name="A view", query=query)
    return (await saved_views.add_view(desk.stage.database, desk.admin, body)).id


async def newest(desk: RuleDesk) -> tuple[int, object, object]:
    [rule] = await keeping.list_rules(desk.stage.database)
    return rule.version, rule.definition.condition.parts, rule.definition.then


async def test_what_named_a_merged_label_names_the_other_one(stage: Stage) -> None:
    desk = await RuleDesk.open(stage)
    bo = Viewer(desk.admin.agent_id)
    vip, big, late = [await label(stage, bo, name) for name in ("VIP", "Big", "Late")]
    has_vip = asks("case.label", "has", vip)
    put = {"do": "label", "add": [vip, big], "drop": [late]}
    await desk.rule(definition(put, condition=[has_vip]))
    new = NewMacro(name="Mark", reach="personal", team_id=None, actions=read(definition(put)).then)
    await macros.save_macro(stage.database, desk.admin, None, new, can_step_up=False)
    query = await view(desk, "label:vip -label:late")

    await labels.merge_label(stage.database, desk.admin, vip, big)

    wanted = read(
        definition(
            {"do": "label", "add": [big], "drop": [late]},
            condition=[asks("case.label", "has", big)],
        )
    )
    assert await newest(desk) == (2, wanted.condition.parts, wanted.then)
    [macro] = await macros.list_macros(stage.database, desk.admin)
    assert tuple(macro.actions) == wanted.then
    assert await query_of(desk, query) == "label:Big -label:late"
    await labels.change_label(stage.database, desk.admin, big, "Big client")
    assert await query_of(desk, query) == 'label:"Big client" -label:late'
    assert (await newest(desk))[0] == 2


async def test_what_named_a_topic_names_it_as_it_is_called_now(stage: Stage) -> None:
    desk = await RuleDesk.open(stage)
    bo = Viewer(desk.admin.agent_id)
    money = await topics.add_topic(stage.database, desk.admin, NewTopic(name="Money"))
    below = NewTopic(name="Payout", parent_id=money.id, names={"zh": "提现"})
    payout = await topics.add_topic(stage.database, desk.admin, below)
    said = await stage.says("ana")
    await stage.meets("ben")
    is_money = asks("case.topic", "is", ["money", "Other"])
    await desk.rule(definition({"do": "set_topic", "topic": "Money"}, condition=[is_money]))
    query = await view(desk, "topic:money")
    change = CaseChange(topic_id=payout.id)
    await cases.change_case(stage.database, bo, await stage.case_of(said), change)
    ana = await stage.person_of(said)

    rename = TopicChange(name="Money in and out")
    await topics.change_topic(stage.database, desk.admin, money.id, rename)

    is_so = asks("case.topic", "is", ["Money in and out", "Other"])
    wanted = read(definition({"do": "set_topic", "topic": "Money in and out"}, condition=[is_so]))
    assert await newest(desk) == (2, wanted.condition.parts, wanted.then)
    assert await query_of(desk, query) == 'topic:"Money in and out"'
    assert await listed(stage, bo, 'topic:"money in and out"') == [ana]
    assert await listed(stage, bo, "topic:提现") == [ana]
    assert await listed(stage, bo, "topic:none") != [ana]
    await topics.archive_topic(stage.database, desk.admin, money.id)
    assert await listed(stage, bo, "topic:payout") == [ana]


async def facts_of(stage: Stage, action: str) -> object:
    written = await stage.value(
        "select facts::text from audit_log where action = $1 order by id desc limit 1", action
    )
    return msgspec.json.decode(str(written))


async def test_renaming_says_who_renamed_and_what_followed(stage: Stage) -> None:
    desk = await RuleDesk.open(stage)
    cy = replace(desk.admin, agent_id=(await stage.agent("Cy")).agent_id, name="Cy")
    money = await topics.add_topic(stage.database, cy, NewTopic(name="Money"))
    is_money = asks("case.topic", "is", ["Money"])
    rule = await desk.rule(definition({"do": "set_topic", "topic": "Money"}, condition=[is_money]))
    own = read(definition({"do": "set_topic", "topic": "money"})).then
    new = NewMacro(name="Mark", reach="personal", team_id=None, actions=own)
    macro = await macros.save_macro(stage.database, desk.admin, None, new, can_step_up=False)
    await view(desk, "topic:money")

    await topics.change_topic(stage.database, cy, money.id, TopicChange(name="Cash"))

    newest, first = await keeping.list_versions(stage.database, rule)
    assert (newest.saved_by, newest.renamed_by, first.renamed_by) == ("Ada", "Cy", None)
    [kept] = await keeping.list_rules(stage.database)
    [followed] = await macros.list_macros(stage.database, desk.admin)
    assert (kept.saved_by, kept.renamed_by, followed.renamed_by) == ("Ada", "Cy", "Cy")
    told = await facts_of(stage, "topic.changed")
    assert isinstance(told, dict)
    assert (told["rules"], told["macros"], told["views"]) == ([rule], [macro.id], 1)
    tag = await label(stage, Viewer(cy.agent_id), "Big")
    await view(desk, "label:big")
    await labels.change_label(stage.database, cy, tag, "Very big")
    assert await facts_of(stage, "label.changed") == {"views": 1}


async def test_rule_by_time_goes_on_where_it_was_when_its_topic_is_renamed(
    stage: Stage, clock: FakeClock
) -> None:
    desk = await RuleDesk.open(stage)
    money = await topics.add_topic(stage.database, desk.admin, NewTopic(name="Money"))
    other = asks("case.topic", "is_not", ["Money"])
    stays = {"kind": "stays_in", "state": "open", "hours": 4}
    put = {"do": "prioritise", "priority": 1}
    await desk.rule(definition(put, when=stays, condition=[other]))
    said = await stage.says("ana", "Hi")
    clock.advance(timedelta(hours=5))

    await topics.change_topic(stage.database, desk.admin, money.id, TopicChange(name="Cash"))
    await desk.work()

    assert (await desk.case(said))["priority"] == 1


async def test_topic_is_asked_for_by_its_own_name_first_and_by_what_it_was_called(
    stage: Stage,
) -> None:
    desk = await RuleDesk.open(stage)
    bo = Viewer(desk.admin.agent_id)
    names: TopicNames = {"zh": "提现"}
    out = await topics.add_topic(stage.database, desk.admin, NewTopic(name="Out", names=names))
    money = await topics.add_topic(stage.database, desk.admin, NewTopic(name="Money"))
    said = await stage.says("ana")
    change = CaseChange(topic_id=money.id)
    await cases.change_case(stage.database, bo, await stage.case_of(said), change)
    query = await view(desk, "topic:提现")

    for wrong in (TopicChange(name="提现"), TopicChange(names={"ru": "out"})):
        with pytest.raises(Conflict) as taken:
            await topics.change_topic(stage.database, desk.admin, money.id, wrong)
        assert taken.value.code == "name_taken"
    for name in ("None", "#12"):
        with pytest.raises(Refused):
            await topics.change_topic(
                stage.database, desk.admin, money.id, TopicChange(names={"ru": name})
            )
        with pytest.raises(Refused):
            await label(stage, bo, name)

    await topics.change_topic(stage.database, desk.admin, out.id, TopicChange(names={"zh": "出金"}))
    assert await query_of(desk, query) == "topic:出金"
    await topics.change_topic(stage.database, desk.admin, out.id, TopicChange(names={}))
    assert await query_of(desk, query) == "topic:Out"
    # Older names may be another topic's in another language: its own name comes first.
    await stage.run('update topics set names = \'{"ru": "Money"}\' where id = $1', out.id)
    await stage.run("update topics set name = 'A' where id = $1", out.id)
    assert await listed(stage, bo, "topic:money") == [await stage.person_of(said)]
