"""Rules at work: what happened, what they did about it once, and why, as the log tells."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from core.clock import FakeClock
from router.services import cases, labels
from router.services.automation import keeping
from router.services.automation.shapes import NewRule, RuleChange
from router.services.cases import CaseChange
from router.services.errors import Conflict, Refused
from router.services.snippets import NewSnippet, SnippetText, save_snippet
from router.services.viewer import Viewer
from tests.services.rule_desk import RuleDesk, asks, definition, read, says
from tests.stage import Stage
from tests.waiting import until_blocked

URGENT = {"do": "prioritise", "priority": 1}


@pytest.fixture
async def desk(stage: Stage) -> RuleDesk:
    return await RuleDesk.open(stage)


async def test_rule_acts_on_what_its_conditions_hold_for_and_on_nothing_else(
    desk: RuleDesk,
) -> None:
    await desk.rule(definition(URGENT, condition=[says("stolen", "被盗")]))
    stolen = await desk.stage.says("ana", "My account was STOLEN!")
    chinese = await desk.stage.says("bo", "我的账户被盗了")
    other = await desk.stage.says("cy", "Which stolenness?")

    await desk.work()

    found = [(await desk.case(one))["priority"] for one in (stolen, chinese, other)]
    assert found == [1, 1, 3]


async def test_run_names_its_version_its_conditions_with_what_they_saw_and_what_was_done(
    desk: RuleDesk,
) -> None:
    made = await desk.rule(
        definition(URGENT, condition=[says("help*"), asks("case.priority", "at_least", 2)])
    )
    message = await desk.stage.says("ana", "Helping hands?")

    await desk.work()

    [run] = await desk.runs(made)
    assert (run.rule_id, run.version, run.outcome, run.message_id) == (made, 1, "done", message)
    parts = run.explained["judged"]["parts"]
    assert [(one["field"], one["saw"], one["held"]) for one in parts] == [
        ("message.text", ["help*"], True),
        ("case.priority", 3, True),
    ]
    assert run.explained["did"] == [
        {"do": "prioritise", "came": "changed", "what": {"priority": 1}}
    ]
    lines = await _lines(desk, message)
    assert lines[-1] == ("rule_ran", "A rule", None, run.id)


async def test_lines_of_what_a_rule_did_name_the_rule_and_no_agent(desk: RuleDesk) -> None:
    await desk.rule(definition({"do": "set_state", "state": "waiting"}), name="Park")
    message = await desk.stage.says("ana")

    await desk.work()

    assert [line[:3] for line in await _lines(desk, message)] == [
        ("case_waiting", "Park", None),
        ("rule_ran", "Park", None),
    ]


async def test_rules_run_in_their_order_each_on_what_those_before_it_left(desk: RuleDesk) -> None:
    label = (await labels.add_label(desk.stage.database, desk.admin, "vip")).id
    await desk.rule(definition({"do": "label", "add": [label]}))
    second = await desk.rule(
        definition(URGENT, {"do": "stop"}, condition=[asks("case.label", "has", label)])
    )
    third = await desk.rule(definition({"do": "set_state", "state": "waiting"}))
    message = await desk.stage.says("ana")

    await desk.work()

    case = await desk.case(message)
    assert (case["priority"], case["state"], case["label_ids"]) == (1, "open", [label])
    assert (await desk.outcomes(second), await desk.outcomes(third)) == (["done"], [])


async def test_new_version_runs_from_then_on_and_the_old_one_stays_readable(desk: RuleDesk) -> None:
    made = await desk.rule(definition(URGENT))
    low = {"do": "prioritise", "priority": 4}
    wanted = NewRule(name="Later", definition=read(definition(low)))
    await keeping.save_rule(desk.stage.database, desk.admin, made, wanted)
    message = await desk.stage.says("ana")

    await desk.work()

    assert (await desk.case(message))["priority"] == 4
    [run] = await desk.runs()
    assert (run.version, run.name) == (2, "Later")
    versions = await keeping.list_versions(desk.stage.database, made)
    assert [(one.version, one.definition.then[0]) for one in versions] == [
        (2, read(definition(low)).then[0]),
        (1, read(definition(URGENT)).then[0]),
    ]


async def test_rule_that_is_switched_off_does_nothing_about_what_happened_before(
    desk: RuleDesk,
) -> None:
    made = await desk.rule(definition(URGENT))
    message = await desk.stage.says("ana")
    await keeping.switch_rule(desk.stage.database, desk.admin, made, is_on=False)

    await desk.work()

    assert (await desk.case(message))["priority"] == 3
    assert await desk.runs() == []


async def test_failed_action_undoes_its_rule_and_holds_up_no_other(desk: RuleDesk) -> None:
    gone = await _canned(desk, "Hello {{order.number}}")
    failing = await desk.rule(definition(URGENT, {"do": "reply", "snippet_id": gone}))
    other = await desk.rule(definition({"do": "set_state", "state": "waiting"}))
    message = await desk.stage.says("ana")

    await desk.work()

    case = await desk.case(message)
    assert (case["priority"], case["state"]) == (3, "waiting")
    [run] = await desk.runs(failing)
    assert (run.outcome, run.explained["failed_action"]) == ("failed", 1)
    assert run.explained["because"] == "Nothing is known for {{order.number}}."
    assert await desk.outcomes(other) == ["done"]


async def test_canned_reply_goes_out_once_in_their_language_as_an_automatic_answer(
    desk: RuleDesk,
) -> None:
    canned = await _canned(desk, "Dear {{person.name}}, wait.", ru="Ждите, {{person.name}}.")
    await desk.rule(definition({"do": "reply", "snippet_id": canned}))
    person = await desk.stage.meets("ana")
    await desk.stage.run("update persons set language = 'ru-RU' where id = $1", person)

    await desk.work()

    said = await desk.stage.value(
        "select array_agg(text || '|' || nature) from messages where direction = 'out'"
    )
    assert said == ["Это автоматический ответ.\n\nЖдите, Ana.|auto_reply"]
    assert await desk.stage.value("select count(*) from deliveries") == 1


async def test_notice_names_agents_and_a_step_up_is_asked_of_who_is_linked(desk: RuleDesk) -> None:
    bo = await desk.stage.agent("Bo")
    notify = {"do": "notify", "text": "Look at this", "agent_ids": [bo.agent_id]}
    asks = await desk.rule(definition({"do": "ask_step_up"}))
    await desk.rule(definition(notify))
    await desk.stage.says("ana")

    await desk.work()

    named = await desk.stage.value("select array_agg(agent_id) from mentions")
    assert named == [bo.agent_id]
    [run] = await desk.runs(asks)
    assert run.outcome == "failed"
    assert run.explained["because"] == "It is not linked to an account at the host."


async def test_case_that_stays_in_a_state_is_met_once_for_each_time_that_it_came_into_it(
    desk: RuleDesk, clock: FakeClock
) -> None:
    stays = {"kind": "stays_in", "state": "waiting", "hours": 2}
    await desk.rule(definition({"do": "note", "text": "Still waiting"}, when=stays))
    early = await desk.stage.says("ana")
    case = (await desk.case(early))["id"]
    await _change(desk, case, state="waiting")
    await desk.work()
    for hours in (1, 1, 1):
        clock.advance(timedelta(hours=hours))
        await desk.work()
    once = len(await desk.runs())
    await _change(desk, case, state="open")
    await desk.work()
    await _change(desk, case, state="waiting")
    await desk.work()
    clock.advance(timedelta(hours=3))
    await desk.work()

    assert (once, await desk.outcomes()) == (1, ["done", "done"])


async def test_daily_rule_meets_each_open_case_once_a_day(desk: RuleDesk, clock: FakeClock) -> None:
    daily = {"kind": "daily", "at": "09:30", "zone": "Europe/Berlin"}
    await desk.rule(definition({"do": "note", "text": "Good morning"}, when=daily))
    solved = (await desk.case(await desk.stage.says("ana")))["id"]
    await _change(desk, solved, state="solved")
    await desk.stage.says("bo")
    for hours in (24, 1, 23):
        clock.advance(timedelta(hours=hours))
        await desk.work()

    assert await desk.outcomes() == ["done", "done"]


async def test_rule_is_changed_as_it_was_seen_and_not_over_a_newer_version(desk: RuleDesk) -> None:
    made = await desk.rule(definition(URGENT))

    async def change(name: str, version: int | None) -> int:
        new = RuleChange(name=name, definition=read(definition(URGENT)), expect_version=version)
        return (await keeping.save_rule(desk.stage.database, desk.admin, made, new)).rule.version

    assert await change("Mine", 1) == 2
    with pytest.raises(Conflict) as refused:
        await change("Theirs", 1)
    assert refused.value.code == "moved_on"
    [kept] = await keeping.list_rules(desk.stage.database)
    assert (kept.name, kept.version) == ("Mine", 2)
    assert await change("Whatever there is", None) == 3


async def test_contradicting_rule_is_refused_with_the_field_and_a_sentence(desk: RuleDesk) -> None:
    both = [asks("case.state", "is", ["open"]), asks("case.state", "is", ["solved"])]
    new = NewRule(name="Never", definition=read(definition(URGENT, condition=both)))

    with pytest.raises(Refused) as refusal:
        await keeping.save_rule(desk.stage.database, desk.admin, None, new)

    assert refusal.value.field == "definition.condition.parts[1]"
    assert "cannot be both" in str(refusal.value)


async def test_rule_acts_only_on_cases_of_classes_that_its_author_saw(desk: RuleDesk) -> None:
    message = await desk.stage.says("ana")
    await desk.stage.restrict((await desk.case(message))["id"])
    made = await desk.rule(definition(URGENT))
    await desk.stage.run("update rule_versions set classes = '[\"normal\"]'")

    await desk.work()

    assert await desk.outcomes(made) == []


async def test_worker_that_dies_before_the_commit_leaves_the_occasion_to_the_next(
    desk: RuleDesk,
) -> None:
    await desk.rule(definition({"do": "note", "text": "Once"}))
    await desk.stage.says("ana")
    await desk.stage.relay()
    async with desk.stage.database.transaction() as work:
        await work.driver.execute("lock table mentions, rule_causes")
        killed = asyncio.create_task(desk.worker.round())
        await until_blocked(desk.stage.database)
        killed.cancel()
        with pytest.raises(asyncio.CancelledError):
            await killed

    assert await desk.runs() == []
    await desk.work()
    assert await desk.outcomes() == ["done"]


async def _change(desk: RuleDesk, case: int, **change: Any) -> None:
    viewer = Viewer(desk.admin.agent_id)
    await cases.change_case(desk.stage.database, viewer, case, CaseChange(**change))


async def _canned(desk: RuleDesk, text: str, **others: str) -> int:
    texts = {"en": SnippetText(text=text)} | {
        language: SnippetText(text=one) for language, one in others.items()
    }
    made = await save_snippet(
        desk.stage.database,
        Viewer(desk.admin.agent_id),
        None,
        NewSnippet(reach="shared", title="Canned", texts=texts),
        actor="test",
        may_change_all=True,
    )
    return made.id


async def _lines(desk: RuleDesk, message: int) -> list[tuple[Any, ...]]:
    async with desk.stage.database.reading() as work:
        rows = await work.driver.fetch(
            "select e.text, e.author_name, e.agent_id, (e.context->>'run_id')::bigint as run"
            " from messages e join messages m on m.case_id = e.case_id"
            " where m.id = $1 and e.direction = 'event' order by e.id",
            message,
        )
    return [tuple(row) for row in rows]
