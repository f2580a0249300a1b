"""What becomes of values when their field, or the case that has them, is another than before."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from core.query_terms import QueryRefused
from router.blobs.disk import DiskBlobs
from router.services import case_fields, case_moves, cases, privacy, saved_views
from router.services.automation import keeping
from router.services.case_fields import FieldChange
from router.services.cases import CaseChange
from router.services.errors import Conflict, Refused
from router.services.saved_views import SavedViewBody
from router.services.shown.case_moves import NewMove
from router.services.viewer import Viewer
from router.storage.condition_sql import Writer
from router.storage.conditions import HasField
from router.storage.sight import FULL_SIGHT
from tests.services.rule_desk import RuleDesk, asks, definition
from tests.services.test_case_fields import admin, define, fill, has
from tests.services.test_labels import listed
from tests.stage import Stage

CHANGED = {"kind": "happened", "on": "case_changed"}


async def restrict(stage: Stage, member: Viewer, *fields: int) -> None:
    """As when rules were saved before fields became a team's."""
    team = await stage.value(
        "insert into teams (name, created_at) values ('Fraud', now()) returning id"
    )
    await stage.run("insert into memberships values ($1, $2)", team, member.agent_id)
    await stage.run(
        "update case_fields set team_ids = array[$2::bigint] where id = any($1::bigint[])",
        list(fields),
        team,
    )


async def test_log_of_rules_tells_nobody_what_stood_in_a_field_that_they_do_not_see(
    stage: Stage,
) -> None:
    desk = await RuleDesk.open(stage)
    ada, cy = Viewer(desk.admin.agent_id), await stage.agent("Cy")
    tier, note = await define(stage, ada, "Tier"), await define(stage, ada, "Note")
    gold = {"kind": "not", "part": asks("case.field", "is", ["gold"], name=str(tier))}
    put = {"do": "set_field", "field_id": note, "value": "vetted"}
    await desk.rule(definition(put, when=CHANGED, condition=[gold]))
    case = await stage.case_of(await stage.says("ana"))
    await fill(stage, ada, case, tier, "silver")
    await desk.work()

    async def told(agent_id: int) -> list[str]:
        caller = replace(desk.admin, agent_id=agent_id)
        *_, listed = await keeping.list_runs(stage.database, caller, case_id=case)
        assert listed == await keeping.load_run(stage.database, caller, listed.id)
        text = msgspec.json.encode(listed.explained).decode()
        return [word for word in ("silver", "gold", "vetted") if word in text]

    assert await told(ada.agent_id) == ["silver", "gold", "vetted"]
    await restrict(stage, cy, tier, note)
    assert await told(ada.agent_id) == []
    assert await told(cy.agent_id) == ["silver", "gold", "vetted"]


async def test_rule_fills_in_no_field_that_became_its_authors_teams(stage: Stage) -> None:
    desk = await RuleDesk.open(stage)
    ada = Viewer(desk.admin.agent_id)
    tier, note = await define(stage, ada, "Tier"), await define(stage, ada, "Note")
    await desk.rule(
        definition({"do": "set_field", "field_id": note, "value": "vetted"}, when=CHANGED)
    )
    case = await stage.case_of(await stage.says("ana"))
    await restrict(stage, ada, note)

    await fill(stage, ada, case, tier, "silver")
    await desk.work()

    assert set(await desk.outcomes()) == {"failed"}
    assert await has(stage, ada, case) == {"Tier": "silver", "Note": ""}


async def test_undone_split_brings_back_what_was_filled_in_there(stage: Stage) -> None:
    bo = await stage.agent()
    said = await stage.says("ana", "One")
    await stage.says("ana", "Two")
    case = await stage.case_of(said)
    chain, note = await define(stage, bo, "Chain"), await define(stage, bo, "Note")
    await fill(stage, bo, case, note, "early")
    split = await case_moves.move(
        stage.database, bo, case, NewMove(message_ids=(said,), subject="Split")
    )
    made = split.move.to_case_id
    await fill(stage, bo, made, chain, "Tron")
    await fill(stage, bo, made, note, "late")

    await case_moves.undo(stage.database, bo, split.move.id)

    assert await has(stage, bo, case) == {"Chain": "Tron", "Note": "early"}


async def test_undone_split_keeps_what_was_filled_in_from_whom_could_not_see_it(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    said = await stage.says("ana", "One")
    await stage.says("ana", "Two")
    case = await stage.case_of(said)
    chain = await define(stage, bo, "Chain")
    split = await case_moves.move(
        stage.database, bo, case, NewMove(message_ids=(said,), subject="Split")
    )
    made = split.move.to_case_id
    await fill(stage, bo, made, chain, "Tron")
    # Nothing is in it any more that could go and be asked about.
    await case_moves.move(stage.database, bo, made, NewMove(message_ids=(said,), to_case_id=case))
    await cases.change_case(stage.database, bo, made, CaseChange(is_private=True))

    with pytest.raises(Conflict) as refused:
        await case_moves.undo(stage.database, bo, split.move.id)

    assert refused.value.code == "would_show"
    assert await has(stage, bo, case) == {"Chain": ""}


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (2, 0, 1)])
async def test_merges_undone_in_any_order_leave_each_case_what_it_had(
    stage: Stage, order: Sequence[int]
) -> None:
    bo = await stage.agent()
    said = await stage.says("ana", "One")
    first, person = await stage.case_of(said), await stage.person_of(said)
    chain = await define(stage, bo, "Chain")
    other, middle, last = [
        (await cases.open_case(stage.database, bo, person, name)).id for name in "abc"
    ]
    await fill(stage, bo, first, chain, "Tron")
    await fill(stage, bo, other, chain, "Bitcoin")
    ways = ((first, middle), (other, middle), (middle, last))
    moves = [(await case_moves.merge(stage.database, bo, *way)).move.id for way in ways]

    for number, which in enumerate(order):
        await case_moves.undo(stage.database, bo, moves[which])
        stands = {*range(3)} - set(order[: number + 1])
        brought = "Tron" if 0 in stands else "Bitcoin" if 1 in stands else ""
        assert await has(stage, bo, last) == {"Chain": brought if 2 in stands else ""}
        assert await has(stage, bo, middle) == {"Chain": brought}
    assert await has(stage, bo, first) == {"Chain": "Tron"}


async def test_field_made_personal_loses_what_erased_people_had_in_it(
    stage: Stage, tmp_path: Path
) -> None:
    bo = await stage.agent()
    chain = await define(stage, bo, "Chain", is_personal=False)
    ana, ben = [await stage.says(name) for name in ("ana", "ben")]
    for said in (ana, ben):
        await fill(stage, bo, await stage.case_of(said), chain, "Tron")
    blobs = DiskBlobs(tmp_path)
    await privacy.erase_person(stage.database, blobs, "cli", await stage.person_of(ana))

    change = FieldChange(is_personal=True)
    await case_fields.change_field(stage.database, admin(bo), chain, change)

    assert await has(stage, bo, await stage.case_of(ana)) == {"Chain": ""}
    assert await has(stage, bo, await stage.case_of(ben)) == {"Chain": "Tron"}
    assert await stage.value("select count(*) from case_field_history where value = 'Tron'") == 1


async def test_field_comes_back_only_where_there_is_room(stage: Stage) -> None:
    bo = await stage.agent()
    first = await define(stage, bo, "First")
    retired, back = FieldChange(is_retired=True), FieldChange(is_retired=False)
    await case_fields.change_field(stage.database, admin(bo), first, retired)
    await stage.run(
        "insert into case_fields (name, kind, place, made_at)"
        " select 'Field ' || n, 'text', n, now() from generate_series(2, $1) n",
        case_fields.MOST_FIELDS,
    )
    last = await define(stage, bo, "Last")

    with pytest.raises(Refused) as refused:
        await case_fields.change_field(stage.database, admin(bo), first, back)
    assert refused.value.code == "too_many"

    await case_fields.change_field(stage.database, admin(bo), last, retired)
    shown = await case_fields.change_field(stage.database, admin(bo), first, back)
    assert not shown.is_retired


async def test_cases_are_found_by_a_value_without_walking_all_that_have_the_field(
    stage: Stage,
) -> None:
    writer = Writer(sight=FULL_SIGHT, agent_id=0, of_messages=False)
    has_it = writer.write(HasField(7, "Gold"))
    async with stage.database.reading() as work:
        await work.driver.execute("set local enable_seqscan = off")
        rows = await work.driver.fetch(
            f"explain select r.id from persons r where {has_it}", *writer.values
        )
    keys = [row[0] for row in rows if "Index Cond" in row[0] and "lower(value)" in row[0]]
    assert len(keys) == 2, rows


async def test_view_of_a_choice_that_is_none_any_more_goes_on_and_says_so(stage: Stage) -> None:
    ada = await stage.agent(role="admin")
    ana, _ = await stage.meets("ana"), await stage.meets("ben")
    case = int(str(await stage.value("select id from cases where person_id = $1", ana)))
    chain = await define(stage, ada, "Chain", "choice", choices=("Tron", "Ether", "Bitcoin"))
    await fill(stage, ada, case, chain, "Ether")
    body = SavedViewBody(name="Ether", query="-is:snoozed field:chain=ETHER")
    made = await saved_views.add_view(stage.database, admin(ada), body)

    async def change(*choices: str) -> None:
        to = FieldChange(choices=choices)
        await case_fields.change_field(stage.database, admin(ada), chain, to)

    async def view() -> tuple[tuple[str, ...], int | None]:
        [one] = await saved_views.list_saved(stage.database, admin(ada))
        return one.retired, one.count

    assert (made.retired, await view()) == ((), ((), 1))
    await change("Tron", "Solana")
    await change("Tron")
    assert await view() == (("Ether",), 1)
    # Saved as it stands, it stays.
    await fill(stage, ada, case, chain, "ether")
    assert await has(stage, ada, case) == {"Chain": "Ether"}
    assert await listed(stage, ada, "field:chain=ether") == [ana]
    # Also where no case has it; what was never one is refused as before, and cases get it no more.
    await fill(stage, ada, case, chain, "Tron")
    assert await view() == (("Ether",), 0)
    with pytest.raises(QueryRefused):
        await listed(stage, ada, "field:chain=ripple")
    with pytest.raises(Refused):
        await fill(stage, ada, case, chain, "Ether")
    await change("Tron", "ether")
    assert await view() == ((), 0)
    [field] = await case_fields.list_fields(stage.database, admin(ada))
    assert set(field.retired_choices) == {"Bitcoin", "Solana"}
