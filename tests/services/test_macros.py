"""Macros: previewed, run on several cases, each for itself, undone where nobody came between."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
import pytest

from core.case_fields import FieldKind
from router.services import case_fields, cases, teams, topics
from router.services.automation import macros
from router.services.automation.actions import Tools
from router.services.automation.shapes import Macro, MacroChange, MacroRun, NewMacro
from router.services.callers import Caller
from router.services.case_fields import NewField
from router.services.cases import CaseChange
from router.services.errors import Conflict, Forbidden, NotFound
from router.services.roles import PERMISSIONS, Role
from router.services.snippets import NewSnippet, SnippetText, save_snippet
from router.services.topics import NewTopic
from router.services.viewer import Viewer
from router.storage.engine import DatabaseUnavailable
from tests.services.rule_desk import VOICE, RuleDesk
from tests.stage import Stage

TOOLS = Tools(voice=VOICE)
SOLVE = {"do": "set_state", "state": "solved"}
URGENT = {"do": "prioritise", "priority": 1}


@pytest.fixture
async def desk(stage: Stage) -> RuleDesk:
    return await RuleDesk.open(stage)


async def keep(desk: RuleDesk, caller: Caller, *actions: Any, reach: str = "personal") -> Macro:
    wanted = {"name": "Wrap up", "reach": reach, "actions": actions}
    new = msgspec.convert(wanted, NewMacro)
    return await macros.save_macro(desk.stage.database, caller, None, new, can_step_up=True)


async def two_cases(desk: RuleDesk) -> list[int]:
    said = [await desk.stage.says(who) for who in ("ana", "bo")]
    return [(await desk.case(one))["id"] for one in said]


async def test_case_that_a_run_comes_to_after_it_was_undone_stays_as_it_is(
    desk: RuleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As somebody does from a second tab while the first still runs it."""
    first, second = await two_cases(desk)
    macro = await keep(desk, desk.admin, URGENT, await canned(desk))
    do = macros._do

    async def late(
        work: Any, tools: Any, by: Any, one: Any, run: int, case: int, *more: Any
    ) -> None:
        if case == second:
            await macros.undo_run(desk.stage.database, desk.admin, run)
        await do(work, tools, by, one, run, case, *more)

    monkeypatch.setattr(macros, "_do", late)
    run = await ran(desk, macro, first, second)

    assert [(step.came, step.code) for step in run.steps] == [
        ("done", ""),
        ("failed", "already_undone"),
    ]
    assert await states(desk) == ["waiting/3", "open/3"]  # said is said
    assert await said(desk) == 1


async def states(desk: RuleDesk) -> Any:
    return await desk.stage.value(
        "select array_agg(state || '/' || priority order by id) from cases"
    )


async def ran(desk: RuleDesk, macro: Macro, *case_ids: int, key: str = "one") -> MacroRun:
    return await macros.run_macro(
        desk.stage.database, TOOLS, desk.admin, macro.id, case_ids, client_key=key
    )


async def canned(desk: RuleDesk) -> dict[str, Any]:
    made = await save_snippet(
        desk.stage.database,
        Viewer(desk.admin.agent_id),
        None,
        NewSnippet(reach="shared", title="Canned", texts={"en": SnippetText(text="Be patient.")}),
        actor="test",
        may_change_all=True,
    )
    return {"do": "reply", "snippet_id": made.id}


async def said(desk: RuleDesk) -> Any:
    return await desk.stage.value("select count(*) from messages where direction = 'out'")


async def test_macro_is_previewed_run_and_undone_but_for_what_somebody_changed(
    desk: RuleDesk,
) -> None:
    database = desk.stage.database
    macro = await keep(desk, desk.admin, URGENT, SOLVE, {"do": "note", "text": "Wrapped up"})
    first, second = await two_cases(desk)

    shown = await macros.preview(database, TOOLS, desk.admin, macro.id, [first, second])
    untouched = await states(desk)
    run = await ran(desk, macro, first, second)
    done = await states(desk)
    change = CaseChange(priority=2)
    await cases.change_case(database, Viewer(desk.admin.agent_id), second, change)
    undone = await macros.undo_run(database, desk.admin, run.id)

    assert [[one.is_so_already for one in case.would] for case in shown] == [[False] * 3] * 2
    assert (untouched, done) == (["open/3", "open/3"], ["solved/1", "solved/1"])
    assert [one.came for one in run.steps] == ["done", "done"]
    assert [one.came for one in undone.steps] == ["undone", "kept"]
    assert await states(desk) == ["open/3", "solved/2"]
    notes = "select array_agg(distinct agent_id) from messages where direction = 'note'"
    assert await desk.stage.value(notes) == [desk.admin.agent_id]
    with pytest.raises(Conflict):
        await macros.undo_run(database, desk.admin, run.id)


async def test_undo_that_somebody_elses_change_does_not_hinder_says_what_does(
    desk: RuleDesk,
) -> None:
    database, viewer = desk.stage.database, Viewer(desk.admin.agent_id)
    macro = await keep(desk, desk.admin, {"do": "set_state", "state": "open"})
    first, _ = await two_cases(desk)
    await cases.change_case(database, viewer, first, CaseChange(state="solved"))
    run = await ran(desk, macro, first)
    wanted = NewField(name="Amount", kind=FieldKind.NUMBER, is_required=True)
    await case_fields.add_field(database, desk.admin, wanted)

    [step] = (await macros.undo_run(database, desk.admin, run.id)).steps

    assert (step.came, step.because) == ("kept", "Before it is solved it needs: Amount.")


async def test_undo_brings_back_a_topic_of_another_name_by_now_that_needs_less(
    desk: RuleDesk,
) -> None:
    database, stage = desk.stage.database, desk.stage
    old, strict = [
        (await topics.add_topic(database, desk.admin, one)).id
        for one in (NewTopic(name="Card"), NewTopic(name="Stolen", minimum_level=3))
    ]
    case, _ = await two_cases(desk)
    await stage.run("update cases set topic_id = $1 where id = $2", old, case)
    macro = await keep(desk, desk.admin, {"do": "set_topic", "topic": "Stolen"})
    run = await ran(desk, macro, case)
    after = await stage.value("select topic_id from cases where id = $1", case)
    await stage.run("update topics set name = 'Cards' where id = $1", old)

    undone = await macros.undo_run(database, desk.admin, run.id)

    assert after == strict
    assert [(one.came, one.because) for one in undone.steps] == [("undone", "")]
    assert await stage.value("select topic_id from cases where id = $1", case) == old


async def test_case_on_which_it_fails_is_left_and_the_others_are_done(desk: RuleDesk) -> None:
    macro = await keep(desk, desk.admin, URGENT)
    first, _ = await two_cases(desk)

    run = await ran(desk, macro, 10**9, first)

    assert [(one.case_id, one.came) for one in run.steps] == [(10**9, "failed"), (first, "done")]


async def test_run_that_was_broken_off_goes_on_under_its_key_and_says_nothing_twice(
    desk: RuleDesk,
) -> None:
    note = {"do": "note", "text": "Wrapped up"}
    macro = await keep(desk, desk.admin, await canned(desk), note)
    first, second = await two_cases(desk)

    begun = await ran(desk, macro, first)
    again = await ran(desk, macro, first, second)

    assert (again.id, [one.came for one in again.steps]) == (begun.id, ["done", "done"])
    notes = "select count(*) from messages where direction = 'note'"
    assert (await said(desk), await desk.stage.value(notes)) == (2, 2)
    await ran(desk, macro, first, key="two")
    assert await said(desk) == 3


async def test_nothing_is_said_where_the_rest_of_the_macro_cannot_be_done(desk: RuleDesk) -> None:
    bo = await desk.stage.agent("Bo")
    macro = await keep(
        desk, desk.admin, await canned(desk), {"do": "assign", "agent_id": bo.agent_id}
    )
    first, _ = await two_cases(desk)
    await desk.stage.run("update agents set is_active = false where id = $1", bo.agent_id)

    run = await ran(desk, macro, first)

    assert ([one.came for one in run.steps], await said(desk)) == (["failed"], 0)


async def test_undo_that_was_broken_off_goes_on_with_what_is_left(
    desk: RuleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = desk.stage.database
    macro = await keep(desk, desk.admin, SOLVE)
    run = await ran(desk, macro, *await two_cases(desk))
    change, calls = cases.change_within, 0

    async def fails_once(*given: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise DatabaseUnavailable("gone")
        return await change(*given, **more)

    monkeypatch.setattr(macros, "change_within", fails_once)
    with pytest.raises(DatabaseUnavailable):
        await macros.undo_run(database, desk.admin, run.id)
    undone = await macros.undo_run(database, desk.admin, run.id)

    assert [one.came for one in undone.steps] == ["undone", "undone"]
    assert await states(desk) == ["open/3", "open/3"]
    with pytest.raises(Conflict):
        await macros.undo_run(database, desk.admin, run.id)


async def test_agents_keep_macros_for_themselves_and_others_see_none_of_them(
    desk: RuleDesk,
) -> None:
    bo = await desk.stage.agent("Bo")
    caller = Caller(
        agent_id=bo.agent_id,
        name="Bo",
        role=Role.AGENT,
        permissions=PERMISSIONS[Role.AGENT],
        team_ids=frozenset(),
        access_classes=frozenset({"normal"}),
    )
    own = await keep(desk, caller, URGENT)
    shared = await keep(desk, desk.admin, SOLVE, reach="shared")

    found = await macros.list_macros(desk.stage.database, caller)

    assert {(one.id, one.may_change) for one in found} == {(own.id, True), (shared.id, False)}
    with pytest.raises(Forbidden):
        await keep(desk, caller, URGENT, reach="shared")
    with pytest.raises(NotFound):
        await macros.drop_macro(desk.stage.database, desk.admin, own.id)


async def test_macro_for_everybody_is_whose_it_is_that_keeps_it_for_themselves(
    desk: RuleDesk,
) -> None:
    database, bo = desk.stage.database, await desk.stage.agent("Bo", role="supervisor")
    caller = replace(desk.admin, agent_id=bo.agent_id)
    shared = await keep(desk, desk.admin, URGENT, reach="shared")
    wanted = msgspec.convert({"name": "Urgent", "actions": [URGENT]}, NewMacro)

    kept = await macros.save_macro(database, caller, shared.id, wanted, can_step_up=True)

    assert (kept.id, kept.reach, kept.may_change) == (shared.id, "personal", True)
    assert [one.id for one in await macros.list_macros(database, caller)] == [shared.id]
    assert await macros.list_macros(database, desk.admin) == []
    ways = "select string_agg(format('%s>%s', facts ->> 'was', facts ->> 'is'), ' ' order by id)"
    logged = await desk.stage.value(f"{ways} from audit_log where action = 'macro.saved'")
    assert logged == ">shared shared>personal"


async def test_preview_says_word_for_word_what_the_person_would_be_told(desk: RuleDesk) -> None:
    macro = await keep(desk, desk.admin, await canned(desk), SOLVE)
    case, _ = await two_cases(desk)

    [shown] = await macros.preview(desk.stage.database, TOOLS, desk.admin, macro.id, [case])

    assert [(one.text, one.problem) for one in shown.says] == [("Be patient.", "")]
    assert shown.says[0].account_id is not None
    assert await said(desk) == 0


async def test_runs_of_a_macro_are_listed_with_who_ran_it_and_what_was_undone(
    desk: RuleDesk,
) -> None:
    database = desk.stage.database
    macro = await keep(desk, desk.admin, URGENT, reach="shared")
    first, second = await two_cases(desk)
    run = await ran(desk, macro, first, second)
    await ran(desk, macro, first, key="two")
    change = CaseChange(priority=2)
    await cases.change_case(database, Viewer(desk.admin.agent_id), first, change)
    await macros.undo_run(database, desk.admin, run.id)
    await desk.stage.restrict(second)
    other = replace(desk.admin, access_classes=frozenset({"normal"}))

    listed = await macros.list_runs(database, desk.admin, macro.id, before=None, limit=10)
    older = await macros.list_runs(database, desk.admin, macro.id, before=listed[0].id, limit=10)

    assert [one.id for one in older] == [run.id]
    assert [one.agent_name for one in listed] == ["Ada", "Ada"]
    assert [one.undone_at is None for one in listed] == [True, False]
    assert [(one.case_id, one.is_undone) for one in listed[1].steps] == [
        (first, False),
        (second, True),
    ]
    seen = await macros.list_runs(database, other, macro.id, before=None, limit=10)
    assert [one.case_id for one in seen[1].steps] == [first]


@pytest.mark.parametrize("is_dropped", [False, True])
async def test_macro_of_a_team_that_is_removed_is_whose_it_was(
    desk: RuleDesk, *, is_dropped: bool
) -> None:
    database = desk.stage.database
    team = await teams.add_team(
        database, desk.admin, name="Night", member_ids=(), access_classes=()
    )
    wanted = {"name": "Wrap up", "reach": "team", "team_id": team.id, "actions": [SOLVE]}
    new = msgspec.convert(wanted, NewMacro)
    macro = await macros.save_macro(database, desk.admin, None, new, can_step_up=True)
    if is_dropped:
        await macros.drop_macro(database, desk.admin, macro.id)

    await teams.remove_team(database, desk.admin, team.id)

    left = await desk.stage.value("select reach || '/' || coalesce(team_id, 0) from macros")
    assert left == "personal/0"


async def test_macro_is_changed_as_it_was_seen_and_not_over_what_somebody_else_made_of_it(
    desk: RuleDesk,
) -> None:
    macro = await keep(desk, desk.admin, URGENT, SOLVE)
    seen = msgspec.json.decode(msgspec.json.encode(macro.changed_at), type=datetime)

    async def change(name: str) -> Macro:
        wanted = {"name": name, "actions": [SOLVE], "expect_changed_at": seen}
        new = msgspec.convert(wanted, MacroChange)
        return await macros.save_macro(
            desk.stage.database, desk.admin, macro.id, new, can_step_up=True
        )

    changed = await change("Close")
    await desk.stage.run("update macros set changed_at = changed_at + interval '1 millisecond'")
    with pytest.raises(Conflict) as refused:
        await change("Later")

    assert refused.value.code == "moved_on"
    assert (changed.id, changed.name, changed.actions) == (macro.id, "Close", macro.actions[1:])
    [kept] = await macros.list_macros(desk.stage.database, desk.admin)
    assert (kept.name, kept.actions) == (changed.name, changed.actions)
