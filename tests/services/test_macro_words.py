"""What macros say: where the agent sees that they wrote last, as it was shown, or not at all."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from router.services.automation import macros
from router.services.automation.actions import Tools
from router.services.automation.shapes import Macro, NewMacro
from router.services.callers import Caller
from router.services.snippets import NewSnippet, SnippetText, save_snippet
from router.services.viewer import Viewer
from tests.services.builders import make_account
from tests.services.rule_desk import VOICE, RuleDesk
from tests.stage import Stage

TOOLS = Tools(voice=VOICE)


@pytest.fixture
async def desk(stage: Stage) -> RuleDesk:
    return await RuleDesk.open(stage)


async def canned(desk: RuleDesk, text: str, snippet_id: int | None = None) -> dict[str, Any]:
    made = await save_snippet(
        desk.stage.database,
        Viewer(desk.admin.agent_id),
        snippet_id,
        NewSnippet(reach="shared", title="Canned", texts={"en": SnippetText(text=text)}),
        actor="test",
        may_change_all=True,
    )
    return {"do": "reply", "snippet_id": made.id}


async def keep(desk: RuleDesk, *actions: Any, macro_id: int | None = None) -> Macro:
    wanted = {"name": "Wrap up", "reach": "shared", "actions": actions}
    new = msgspec.convert(wanted, NewMacro)
    return await macros.save_macro(desk.stage.database, desk.admin, macro_id, new, can_step_up=True)


async def hidden_place(desk: RuleDesk) -> tuple[Caller, int, int]:
    """Who sees no fraud; a case of theirs; the account of a better proven place of that person.

    In it they wrote before, for all to see, and last of all in a case of fraud.
    """
    stage = desk.stage
    other = await make_account(stage.database)
    first = await stage.says("bo", account=other)
    secret = await stage.says("bo", account=other)
    plain = await stage.says("ana")
    case = await stage.case_of(plain)
    hidden = await stage.says("bo", account=other)
    await stage.restrict(await stage.case_of(secret))
    ana, bo = await stage.person_of(plain), await stage.person_of(hidden)
    await stage.run("update identities set level = 2 where home_person_id = $1", bo)
    await stage.run("""update persons set attributes = '{"tier": "gold"}' where id = $1""", ana)
    await stage.merge(bo, ana, Viewer(desk.admin.agent_id))
    await stage.run("update messages set case_id = $2 where id = $1", first, case)
    return replace(desk.admin, access_classes=frozenset({"normal"})), case, other


async def test_macro_speaks_where_the_agent_sees_that_they_wrote_last(desk: RuleDesk) -> None:
    plain = await keep(desk, await canned(desk, "Be patient."))
    personal = await keep(desk, await canned(desk, "You are {{person.tier}}."))
    agent, case, hidden = await hidden_place(desk)
    database = desk.stage.database

    [shown] = await macros.preview(database, TOOLS, agent, plain.id, [case])
    [told] = await macros.preview(database, TOOLS, agent, personal.id, [case])
    run = await macros.run_macro(database, TOOLS, agent, personal.id, [case], client_key="one")
    await macros.run_macro(database, TOOLS, agent, plain.id, [case], client_key="two")

    assert [(one.account_id, one.problem) for one in shown.says] == [(desk.stage.account, "")]
    assert hidden != desk.stage.account
    assert [(one.text, one.problem) for one in told.says] == [
        ("", "Nothing is known for {{person.tier}}.")
    ]
    assert [one.came for one in run.steps] == ["failed"]
    said = "select string_agg(text || '/' || account_id, ' ') from messages where direction = 'out'"
    assert await desk.stage.value(said) == f"Be patient./{desk.stage.account}"


async def test_preview_tells_what_would_be_refused(desk: RuleDesk) -> None:
    macro = await keep(desk, await canned(desk, "Be patient."))
    case = await desk.stage.case_of(await desk.stage.says("ana"))
    database = desk.stage.database

    async def problem() -> str:
        [shown] = await macros.preview(database, TOOLS, desk.admin, macro.id, [case])
        return shown.says[0].problem

    async def because(key: str) -> str:
        run = await macros.run_macro(database, TOOLS, desk.admin, macro.id, [case], client_key=key)
        return run.steps[0].because

    await desk.stage.run("update cases set minimum_level = 3")
    low = await problem()
    assert low
    assert low == await because("low")
    await desk.stage.run("update cases set minimum_level = 0, is_private = true")
    await desk.stage.run("update places set kind = 'group'")
    public = await problem()
    assert public
    assert public == await because("public")
    await desk.stage.run("update places set kind = 'direct'")
    assert await problem() == ""


async def test_macro_that_would_say_something_else_than_was_shown_says_nothing(
    desk: RuleDesk,
) -> None:
    reply = await canned(desk, "Be patient.")
    macro = await keep(desk, reply, {"do": "set_state", "state": "solved"})
    case = await desk.stage.case_of(await desk.stage.says("ana"))

    async def mark() -> str:
        [shown] = await macros.preview(desk.stage.database, TOOLS, desk.admin, macro.id, [case])
        return shown.mark

    async def came(key: str, *marks: str) -> tuple[str, str]:
        run = await macros.run_macro(
            desk.stage.database, TOOLS, desk.admin, macro.id, [case], client_key=key, marks=marks
        )
        return run.steps[0].came, run.steps[0].code

    first = await mark()
    await canned(desk, "Be quick.", reply["snippet_id"])
    assert await came("other words", first) == ("failed", "moved_on")
    second = await mark()
    elsewhere = await make_account(desk.stage.database)
    await desk.stage.says("ana", account=elsewhere)
    assert await came("elsewhere", second) == ("failed", "moved_on")
    third = await mark()
    await keep(desk, reply, macro_id=macro.id)
    assert await came("not solved", third) == ("failed", "moved_on")
    said = "select string_agg(text, ' ') from messages where direction = 'out'"
    assert await desk.stage.value(said) is None

    now = await mark()
    assert await came("as shown", first, now) == ("done", "")
    assert await came("as shown", first, now) == ("done", "")
    assert await desk.stage.value(said) == "Be quick."
