"""What an answer to an incident says is what was shown when it was begun."""

import asyncio

import pytest

from router.services.automation import macros
from router.services.automation.actions import Tools
from router.services.errors import Conflict
from router.services.incidents import answering, answers, keeping
from router.services.incidents.shapes import AnswerAsked, IncidentChange
from router.storage.unit_of_work import UnitOfWork
from tests.services.rule_desk import VOICE
from tests.services.test_incident_answers import SAID, Desk, desk, work_off
from tests.services.test_macro_words import canned, keep
from tests.waiting import until_blocked

__all__ = ["desk"]


async def test_macro_says_and_does_what_it_did_when_it_was_begun(desk: Desk) -> None:
    first, second = await desk.hit("ana", "bo")
    reply = await canned(desk, "Be patient.")
    macro = await keep(desk, reply, {"do": "prioritise", "priority": 1})
    asked = AnswerAsked(macro_id=macro.id)
    tools = Tools(voice=VOICE)
    shown = await answers.preview(desk.stage.database, tools, desk.admin, desk.incident, asked)
    await desk.begin("", macro_id=macro.id, stamp=shown.stamp)
    await canned(desk, "Be quick.", reply["snippet_id"])
    await work_off(desk.worker_of("one"))

    assert (shown.cases, shown.texts) == (2, ("Be patient.",))
    assert await desk.stage.value(SAID) == "Be patient. Be patient."
    priorities = "select array_agg(priority) from cases where id = any($1::bigint[])"
    assert await desk.stage.value(priorities, [first, second]) == [1, 1]
    with pytest.raises(Conflict) as moved:
        await desk.begin("", key="other", macro_id=macro.id, stamp=shown.stamp)
    assert moved.value.code == "moved_on"
    runs = await macros.list_runs(desk.stage.database, desk.admin, macro.id, before=None, limit=10)
    for run in runs:
        await macros.undo_run(desk.stage.database, desk.admin, run.id)
    assert await desk.stage.value(priorities, [first, second]) == [3, 3]


async def test_so_many_cases_are_one_run_of_the_macro_and_one_that_was_undone_takes_no_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "BATCH", 1)
    monkeypatch.setattr(answering, "CASES_OF_A_RUN", 2)
    found = []
    for number in range(5):
        await desk.stage.run("select setval('cases_id_seq', $1::int)", 1000 * (number + 1))
        found += await desk.hit(f"p{number}")
    macro = await keep(desk, await canned(desk, "So."), {"do": "prioritise", "priority": 1})
    database, worker = desk.stage.database, desk.worker_of("one")

    async def runs() -> list[list[int]]:
        rows = await macros.list_runs(database, desk.admin, macro.id, before=None, limit=10)
        return [[one.case_id for one in row.steps] for row in reversed(rows)]

    await desk.begin("", macro_id=macro.id)
    for _ in range(3):
        await worker.round()
    half = await runs()
    [last, _] = await macros.list_runs(database, desk.admin, macro.id, before=None, limit=10)
    await macros.undo_run(database, desk.admin, last.id)
    await work_off(worker)

    assert half == [found[:2], found[2:3]]
    assert await runs() == [found[:2], found[2:3], found[3:]]
    for one in await macros.list_runs(database, desk.admin, macro.id, before=None, limit=10):
        if one.undone_at is None:
            await macros.undo_run(database, desk.admin, one.id)
    assert await desk.stage.value("select bool_and(priority = 3) from cases")


async def test_undo_takes_back_what_is_added_to_the_run_meanwhile(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.hit("ana", "bo")
    macro = await keep(desk, await canned(desk, "So."), {"do": "prioritise", "priority": 1})
    database, worker = desk.stage.database, desk.worker_of("one")
    monkeypatch.setattr(answering, "BATCH", 1)
    await desk.begin("", macro_id=macro.id)
    await worker.round()
    [run] = await macros.list_runs(database, desk.admin, macro.id, before=None, limit=10)
    undo = macros._undo

    async def slowly(work: UnitOfWork, *more: object) -> None:
        await undo(work, *more)  # type: ignore[arg-type]  # as they are
        monkeypatch.setattr(macros, "_undo", undo)
        added.append(asyncio.create_task(work_off(worker)))
        await until_blocked(database)

    added: list[asyncio.Task[None]] = []
    monkeypatch.setattr(macros, "_undo", slowly)
    await macros.undo_run(database, desk.admin, run.id)
    await asyncio.gather(*added)

    for one in await macros.list_runs(database, desk.admin, macro.id, before=None, limit=10):
        if one.undone_at is None:
            await macros.undo_run(database, desk.admin, one.id)
    assert await desk.stage.value("select array_agg(priority) from cases") == [3, 3]


async def test_what_people_may_be_told_is_what_it_was_when_the_answer_was_begun(desk: Desk) -> None:
    first, second = await desk.hit("ana", "wei")
    await desk.stage.run(
        "update persons set language = 'zh-CN' where id ="
        " (select person_id from cases where id = $1)",
        second,
    )

    async def tell(**texts: str) -> None:
        change = IncidentChange(public_texts=texts)
        await keeping.change(desk.stage.database, desk.admin, desk.incident, change)

    await tell(en="We are on it.", zh="我们正在处理。")
    text = "{{person.name}}: {{ incident.text }}"
    asked = AnswerAsked(text=text)
    shown = await answers.preview(
        desk.stage.database, Tools(voice=VOICE), desk.admin, desk.incident, asked
    )
    await tell(en="It works again.", zh="已恢复。")
    with pytest.raises(Conflict) as moved:
        await desk.begin(text, stamp=shown.stamp)
    await tell(en="We are on it.", zh="我们正在处理。")
    await desk.begin(text, stamp=shown.stamp)
    await tell(en="It works again.")
    await work_off(desk.worker_of("one"))

    said = ["Ana: We are on it.", "Wei: 我们正在处理。"]
    assert moved.value.code == "moved_on"
    assert sorted(shown.texts) == said
    listed = "select array_agg(text order by case_id) from messages where direction = 'out'"
    assert await desk.stage.value(listed) == said
    assert (await desk.shown()).texts == ("{{person.name}}: We are on it.",)
    assert first < second


async def test_same_key_with_something_else_is_no_answer_begun_before(desk: Desk) -> None:
    await desk.hit("ana")
    macro = await keep(desk, await canned(desk, "Be quick."))
    first = await desk.begin("Be patient.", key="k")
    refused = []
    for text, more in (
        ("Be patient!", {}),
        ("Be patient.", {"solves": True}),
        ("Be patient.", {"only_unsolved": False}),
        ("", {"macro_id": macro.id}),
    ):
        with pytest.raises(Conflict) as other:
            await desk.begin(text, key="k", **more)
        refused.append(other.value.code)

    assert refused == ["key_used"] * 4
    assert await desk.begin("Be patient. ", key="k") == first
    await work_off(desk.worker_of("one"))
    by_macro = await desk.begin("", key="m", macro_id=macro.id)
    await canned(desk, "Be slow.", macro.actions[0].snippet_id)  # type: ignore[union-attr]  # it says
    assert await desk.begin("", key="m", macro_id=macro.id) == by_macro
