"""Fields that a desk keeps of its cases: defined, filled in, needed, seen by some, and erased."""

from pathlib import Path

import pytest

from core.case_fields import BadValue, FieldKind, written
from core.query_terms import QueryRefused
from router.blobs.disk import DiskBlobs
from router.services import (
    case_fields,
    case_moves,
    case_times,
    case_values,
    cases,
    privacy,
    saved_views,
)
from router.services.automation import macros
from router.services.automation.actions import Tools
from router.services.automation.shapes import NewMacro
from router.services.callers import Caller
from router.services.case_fields import FieldChange, NewField
from router.services.case_values import FieldValue
from router.services.cases import CaseChange
from router.services.errors import Conflict, Refused
from router.services.roles import PERMISSIONS, Role
from router.services.saved_views import SavedViewBody
from router.services.shown.case_moves import NewMove
from router.services.viewer import Viewer
from tests.services.rule_desk import VOICE, RuleDesk, asks, definition, read, says
from tests.services.test_labels import listed
from tests.services.test_search import enter, found
from tests.stage import Stage


def admin(viewer: Viewer) -> Caller:
    return Caller(
        agent_id=viewer.agent_id,
        name="Ada",
        role=Role.ADMIN,
        permissions=PERMISSIONS[Role.ADMIN],
        team_ids=frozenset(),
        access_classes=viewer.sight.classes,
    )


async def define(stage: Stage, by: Viewer, name: str, kind: str = "text", **more: object) -> int:
    wanted = NewField(name=name, kind=FieldKind(kind), **more)  # type: ignore[arg-type]  # a test
    return (await case_fields.add_field(stage.database, admin(by), wanted)).id


async def fill(stage: Stage, by: Viewer, case: int, field: int, value: str) -> None:
    put = CaseChange(set_fields=(FieldValue(field_id=field, value=value),))
    await cases.change_case(stage.database, by, case, put)


async def has(stage: Stage, by: Viewer, case: int) -> dict[str, str]:
    filled = await case_values.fields_of(stage.database, by, case)
    return {one.definition.name: one.value for one in filled.fields}


def test_value_of_each_kind_is_written_in_one_way() -> None:
    choices = ("TRC-20", "Bitcoin")
    for kind, said, kept in (
        ("text", "  two   words ", "two words"),
        ("number", "012.50", "12.5"),
        ("number", "-0", "0"),
        ("number", "1e3", "1000"),
        ("choice", "bitcoin", "Bitcoin"),
        ("date", "2026-02-28", "2026-02-28"),
        ("yes_no", "TRUE", "yes"),
        ("number", " ", ""),
    ):
        assert written(FieldKind(kind), choices, said) == kept
    for kind, said in (
        ("text", "x" * 501),
        ("number", "12,5"),
        ("number", "NaN"),
        ("number", "1e300"),
        ("choice", "Ether"),
        ("date", "2026-02-30"),
        ("yes_no", "maybe"),
    ):
        with pytest.raises(BadValue):
            written(FieldKind(kind), choices, said)


async def test_field_is_filled_in_told_found_and_kept_in_the_history(stage: Stage) -> None:
    bo = await stage.agent()
    said = await stage.says("ana", "The refund")
    ana, ben = await stage.person_of(said), await stage.meets("ben", "Another refund")
    case = await stage.case_of(said)
    chain = await define(stage, bo, "Payout chain", "choice", choices=("TRC-20", "Bitcoin"))
    amount = await define(stage, bo, "Amount", "number")

    await fill(stage, bo, case, chain, "trc-20")
    await fill(stage, bo, case, amount, "12.50")
    await fill(stage, bo, case, amount, "12.5")
    await fill(stage, bo, case, amount, "")

    assert await has(stage, bo, case) == {"Payout chain": "TRC-20", "Amount": ""}
    times = await case_times.history_of(stage.database, bo, case)
    assert [(one.name, one.kind, one.value, one.agent_id) for one in times.fields] == [
        ("Payout chain", "choice", "TRC-20", bo.agent_id),
        ("Amount", "number", "12.5", bo.agent_id),
        ("Amount", "number", None, bo.agent_id),
    ]
    told = "select count(*) from messages where text = 'case_fields_changed' and case_id = $1"
    assert await stage.value(told, case) == 3
    assert await listed(stage, bo, 'field:"payout chain=TRC-20"') == [ana]
    assert await listed(stage, bo, "-field:amount=none") == []
    assert await listed(stage, bo, 'field:"payout chain=none"') == [ben]
    assert await listed(stage, bo, 'field:"payout chain"') == [ana]
    await enter(stage)
    hits = await found(stage, bo, 'field:"payout chain=trc-20" refund')
    assert [one.person_id for one in hits.conversations] == [ana]
    for query, fault in (("field:chain=x", "no_such"), ("field:amount=much", "unknown_value")):
        with pytest.raises(QueryRefused) as refused:
            await listed(stage, bo, query)
        assert refused.value.fault == fault
    with pytest.raises(Refused) as wrong:
        await fill(stage, bo, case, amount, "twelve")
    assert (wrong.value.code, wrong.value.field) == ("bad_value", "set_fields[0].value")


async def test_case_is_not_solved_without_what_it_needs(stage: Stage) -> None:
    bo = await stage.agent()
    case = await stage.case_of(await stage.says("ana"))
    hash_id = await define(stage, bo, "Transaction", is_required=True)
    solve = CaseChange(state="solved")

    with pytest.raises(Conflict) as refused:
        await cases.change_case(stage.database, bo, case, solve)
    assert (refused.value.code, refused.value.facts) == (
        "fields_missing",
        {"fields": "Transaction"},
    )

    at_once = CaseChange(state="solved", set_fields=(FieldValue(field_id=hash_id, value="0xabc"),))
    assert (await cases.change_case(stage.database, bo, case, at_once)).state == "solved"
    await cases.change_case(stage.database, bo, case, CaseChange(state="open"))
    await fill(stage, bo, case, hash_id, "")
    change = FieldChange(is_retired=True)
    await case_fields.change_field(stage.database, admin(bo), hash_id, change)
    assert (await cases.change_case(stage.database, bo, case, solve)).state == "solved"


async def test_field_of_a_team_is_nobody_elses(stage: Stage) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy")
    team = await stage.value(
        "insert into teams (name, created_at) values ('Fraud', now()) returning id"
    )
    await stage.value(
        "insert into memberships (team_id, agent_id) values ($1, $2) returning 1", team, cy.agent_id
    )
    said = await stage.says("ana")
    case = await stage.case_of(said)
    score = await define(stage, bo, "Score", "number", team_ids=(int(str(team)),), is_required=True)
    await fill(stage, cy, case, score, "7")

    assert await has(stage, bo, case) == {}
    assert await has(stage, cy, case) == {"Score": "7"}
    for one, is_seen in ((bo, False), (cy, True)):
        [field] = await case_fields.list_fields(stage.database, admin(one))
        assert field.is_seen is is_seen
    assert (await case_times.history_of(stage.database, bo, case)).fields == ()
    assert (
        await stage.value("select count(*) from messages where text = 'case_fields_changed'") == 0
    )
    with pytest.raises(Refused):
        await fill(stage, bo, case, score, "9")
    with pytest.raises(QueryRefused):
        await listed(stage, bo, "field:score=7")
    assert await listed(stage, cy, "field:score=7") == [await stage.person_of(said)]
    solved = await cases.change_case(stage.database, bo, case, CaseChange(state="solved"))
    assert solved.state == "solved"


async def test_definitions_that_make_no_sense_are_refused(stage: Stage) -> None:
    bo = await stage.agent()
    first = await define(stage, bo, " Chain ")
    second = await define(stage, bo, "Day", "date")
    for wanted, code in (
        (NewField(name="chain", kind=FieldKind.TEXT), "name_taken"),
        (NewField(name="a=b", kind=FieldKind.TEXT), "bad_name"),
        (NewField(name="One", kind=FieldKind.CHOICE), "bad_choices"),
        (NewField(name="One", kind=FieldKind.TEXT, choices=("a",)), "bad_choices"),
        (NewField(name="One", kind=FieldKind.CHOICE, choices=("a", "A")), "bad_choices"),
        (NewField(name="One", kind=FieldKind.TEXT, team_ids=(999,)), "unknown"),
    ):
        with pytest.raises((Refused, Conflict)) as refused:
            await case_fields.add_field(stage.database, admin(bo), wanted)
        assert refused.value.code == code

    ordered = await case_fields.order_fields(stage.database, admin(bo), [second, first])
    assert [one.id for one in ordered] == [second, first]
    retire = FieldChange(is_retired=True)
    await case_fields.change_field(stage.database, admin(bo), first, retire)
    again = await define(stage, bo, "Chain")
    with pytest.raises(Conflict):
        await case_fields.change_field(
            stage.database, admin(bo), first, FieldChange(is_retired=False)
        )
    assert again != first


async def test_merged_and_split_cases_keep_fields_and_give_them_back(stage: Stage) -> None:
    bo = await stage.agent()
    said = await stage.says("ana", "One")
    await stage.says("ana", "Two")
    person, case = await stage.person_of(said), await stage.case_of(said)
    chain, note = await define(stage, bo, "Chain"), await define(stage, bo, "Note")
    other = (await cases.open_case(stage.database, bo, person, "Another")).id
    await fill(stage, bo, case, chain, "Tron")
    await fill(stage, bo, case, note, "early")
    await fill(stage, bo, other, note, "late")

    split = await case_moves.move(
        stage.database, bo, case, NewMove(message_ids=(said,), subject="Split")
    )
    assert await has(stage, bo, split.move.to_case_id) == {"Chain": "Tron", "Note": "early"}
    await case_moves.undo(stage.database, bo, split.move.id)

    merged = await case_moves.merge(stage.database, bo, case, other)
    assert await has(stage, bo, other) == {"Chain": "Tron", "Note": "late"}
    await case_moves.undo(stage.database, bo, merged.move.id)
    assert await has(stage, bo, other) == {"Chain": "", "Note": "late"}
    assert await has(stage, bo, case) == {"Chain": "Tron", "Note": "early"}

    again = await case_moves.merge(stage.database, bo, case, other)
    await fill(stage, bo, other, chain, "Bitcoin")
    await case_moves.undo(stage.database, bo, again.move.id)
    assert await has(stage, bo, other) == {"Chain": "Bitcoin", "Note": "late"}


async def test_rules_ask_of_fields_and_fill_them_and_macros_put_them_back(stage: Stage) -> None:
    desk = await RuleDesk.open(stage)
    bo = Viewer(desk.admin.agent_id)
    chain = await define(stage, bo, "Chain", "choice", choices=("TRC-20", "Bitcoin"))
    amount = await define(stage, bo, "Amount", "number")
    fill_in = {"do": "set_field", "field_id": chain, "value": "TRC-20"}
    await desk.rule(definition(fill_in, condition=[says("tron")]))
    big = asks("case.field", "at_least", 100, name=str(amount))
    tron = asks("case.field", "is", ["trc-20"], name=str(chain))
    changed = {"kind": "happened", "on": "case_changed"}
    urgent = {"do": "prioritise", "priority": 1}
    await desk.rule(definition(urgent, when=changed, condition=[big, tron]), "Big")
    said = await stage.says("ana", "By tron please")
    case = await stage.case_of(said)
    await desk.work()
    assert await has(stage, bo, case) == {"Chain": "TRC-20", "Amount": ""}
    assert (await desk.case(said))["priority"] == 3
    await fill(stage, bo, case, amount, "100.5")
    await desk.work()
    assert (await desk.case(said))["priority"] == 1

    for wrong in (
        definition({"do": "set_field", "field_id": chain, "value": "Ether"}),
        definition({"do": "set_field", "field_id": 999, "value": "x"}),
        definition(urgent, condition=[asks("case.field", "at_least", 1, name=str(chain))]),
        definition(urgent, condition=[asks("case.field", "is", ["x"], name="nothing")]),
    ):
        with pytest.raises(Refused):
            await desk.rule(wrong)

    actions = read(definition({**fill_in, "value": "Bitcoin"})).then
    made = await macros.save_macro(
        stage.database,
        desk.admin,
        None,
        NewMacro(name="Coin", reach="personal", team_id=None, actions=actions),
        can_step_up=False,
    )
    tools = Tools(voice=VOICE)
    run = await macros.run_macro(stage.database, tools, desk.admin, made.id, [case], client_key="k")
    assert (await has(stage, bo, case))["Chain"] == "Bitcoin"
    await macros.undo_run(stage.database, desk.admin, run.id)
    assert (await has(stage, bo, case))["Chain"] == "TRC-20"


async def test_erasing_a_person_takes_what_was_personal(stage: Stage, tmp_path: Path) -> None:
    bo = await stage.agent()
    said = await stage.says("ana")
    person, case = await stage.person_of(said), await stage.case_of(said)
    address = await define(stage, bo, "Home address")
    chain = await define(stage, bo, "Chain", is_personal=False)
    await fill(stage, bo, case, address, "1 Main Street")
    await fill(stage, bo, case, chain, "Tron")
    blobs = DiskBlobs(tmp_path / "blobs")

    made = await privacy.export_person(stage.database, blobs, "cli", person, tmp_path / "copy")
    assert "1 Main Street" in (made.folder / "person.json").read_text()
    await privacy.erase_person(stage.database, blobs, "cli", person)

    assert await has(stage, bo, case) == {"Home address": "", "Chain": "Tron"}
    kept = await stage.value("select count(*) from case_field_history where value like '1 Main%'")
    assert kept == 0


async def test_field_that_rules_need_is_neither_retired_nor_a_teams_nor_without_their_choice(
    stage: Stage,
) -> None:
    desk = await RuleDesk.open(stage)
    bo = Viewer(desk.admin.agent_id)
    choices = ("TRC-20", "Bitcoin", "Ether")
    chain = await define(stage, bo, "Chain", "choice", choices=choices)
    team = await stage.value(
        "insert into teams (name, created_at) values ('A', now()) returning id"
    )
    unset = asks("case.field", "is_not_set", name=str(chain))
    await desk.rule(definition({"do": "prioritise", "priority": 1}, condition=[unset]), "No chain")
    fill_in = read(definition({"do": "set_field", "field_id": chain, "value": "Ether"})).then
    for new in (
        NewMacro(name="Ours", reach="shared", team_id=None, actions=fill_in),
        NewMacro(name="Mine", reach="personal", team_id=None, actions=fill_in),
    ):
        await macros.save_macro(stage.database, desk.admin, None, new, can_step_up=False)

    for change, names in (
        (FieldChange(is_retired=True), "“No chain”, “Ours”"),
        (FieldChange(team_ids=(int(str(team)),)), "“No chain”, “Ours”"),
        (FieldChange(choices=("TRC-20", "Bitcoin")), "“Ours”"),
    ):
        with pytest.raises(Conflict) as refused:
            await case_fields.change_field(stage.database, desk.admin, chain, change)
        assert (refused.value.code, refused.value.facts) == ("named_by_rules", {"names": names})

    change = FieldChange(choices=("ETHER",), name="Network")
    view = SavedViewBody(name="Ether", query="field:chain=ether")
    await saved_views.add_view(stage.database, desk.admin, view)
    await case_fields.change_field(stage.database, desk.admin, chain, change)
    [kept] = await saved_views.list_saved(stage.database, desk.admin)
    assert kept.query == "field:Network=ether"


@pytest.mark.parametrize("gone", ["retired_at = now()", "team_ids = array[1::bigint]"])
async def test_rule_about_a_field_that_is_not_everybodys_does_nothing(
    stage: Stage, gone: str
) -> None:
    desk = await RuleDesk.open(stage)
    chain = await define(stage, Viewer(desk.admin.agent_id), "Chain")
    unset = asks("case.field", "is_not_set", name=str(chain))
    await desk.rule(definition({"do": "prioritise", "priority": 1}, condition=[unset]))
    await stage.run(f"update case_fields set {gone} where id = $1", chain)

    said = await stage.says("ana")
    await desk.work()

    assert (await desk.case(said))["priority"] == 3
