"""Rules, macros and saved views follow labels and topics that are merged or called otherwise."""

from core.queries import renamed
from core.query_terms import Operator
from router.services import cases, labels, saved_views, topics
from router.services.automation import keeping, macros
from router.services.automation.shapes import NewMacro
from router.services.cases import CaseChange
from router.services.saved_views import SavedViewBody
from router.services.topics import NewTopic, TopicChange
from router.services.viewer import Viewer
from tests.services.rule_desk import RuleDesk, asks, definition, read
from tests.services.test_labels import label, listed
from tests.stage import Stage


def test_name_in_a_query_is_changed_where_it_is_asked_for_and_nowhere_else() -> None:
    text = '(label:"Big client" OR -label:big) "label:big" topic:big  big'

    changed = renamed(text, Operator.LABEL, {"big", "big client"}, "Very big")

    assert changed == '(label:"Very big" OR -label:"Very big") "label:big" topic:big  big'


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
