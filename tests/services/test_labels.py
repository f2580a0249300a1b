"""Labels: made as they are put on cases, found by, put on many at once, and dropped."""

import asyncio

import pytest

from core.query_terms import QueryRefused
from router.services import cases, labels, views
from router.services.bulk import jobs
from router.services.bulk.jobs import BulkChange
from router.services.callers import Caller
from router.services.cases import CaseChange
from router.services.conversations import load_page
from router.services.errors import Conflict, NotFound, Refused
from router.services.roles import PERMISSIONS, Role
from router.services.viewer import Viewer
from tests.services.test_bulk import people, row, work
from tests.services.test_search import enter, found
from tests.stage import Stage
from tests.waiting import is_blocked, until


def caller(viewer: Viewer) -> Caller:
    return Caller(
        agent_id=viewer.agent_id,
        name="Bo",
        role=Role.SUPERVISOR,
        permissions=PERMISSIONS[Role.SUPERVISOR],
        team_ids=frozenset(),
        access_classes=viewer.sight.classes,
    )


async def label(stage: Stage, by: Viewer, name: str) -> int:
    return (await labels.add_label(stage.database, caller(by), name)).id


async def listed(stage: Stage, by: Viewer, query: str) -> list[int]:
    return list((await views.list_index(stage.database, by, "all", query=query)).ids)


async def test_a_label_is_made_once_whatever_its_case_and_spaces(stage: Stage) -> None:
    bo = await stage.agent()
    first = await label(stage, bo, " Big  client ")

    assert await label(stage, bo, "big client") == first
    assert [one.name for one in await labels.list_labels(stage.database)] == ["Big client"]
    for name, code in (("  ", "empty"), ('the "big" one', "bad_name"), ("x" * 41, "too_long")):
        with pytest.raises(Refused) as refused:
            await label(stage, bo, name)
        assert (refused.value.code, refused.value.field) == (code, "name")


async def test_labels_of_a_case_are_on_its_row_in_its_story_and_in_queries(stage: Stage) -> None:
    bo = await stage.agent()
    said = await stage.says("ana", "The refund")
    ana, ben = await stage.person_of(said), await stage.meets("ben", "Another refund")
    vip, late = await label(stage, bo, "VIP"), await label(stage, bo, "Late")
    case = await stage.case_of(said)

    await cases.change_case(stage.database, bo, case, CaseChange(add_labels=(late, vip)))
    both = await row(stage, bo, ana)
    shown = await cases.change_case(stage.database, bo, case, CaseChange(drop_labels=(late,)))

    assert both.label_ids == tuple(sorted((vip, late)))
    assert shown.label_ids == (vip,)
    page = await load_page(stage.database, bo, ana, limit=50)
    events = [one.event for one in page.messages if one.event]
    assert [(one["event"], one["labels"]) for one in events] == [
        ("case_labelled", "VIP, Late"),
        ("case_unlabelled", "Late"),
    ]
    assert await listed(stage, bo, "label:vip") == [ana]
    assert await listed(stage, bo, "-label:VIP") == [ben]
    assert await listed(stage, bo, "label:none") == [ben]
    await enter(stage)
    hits = await found(stage, bo, "label:vip refund")
    assert [one.person_id for one in hits.conversations] == [ana]
    with pytest.raises(QueryRefused) as refused:
        await listed(stage, bo, "label:big")
    assert refused.value.fault == "no_such"
    assert "VIP" in str(refused.value)


async def test_a_case_takes_no_label_that_is_not_there_and_no_more_than_twenty(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    case = await stage.case_of(await stage.says("ana"))
    made = [await label(stage, bo, f"Label {number}") for number in range(21)]
    await cases.change_case(stage.database, bo, case, CaseChange(add_labels=tuple(made[:20])))

    for wanted, code in (((made[20],), "too_many"), ((999,), "unknown")):
        with pytest.raises(Refused) as refused:
            await cases.change_case(stage.database, bo, case, CaseChange(add_labels=wanted))
        assert (refused.value.code, refused.value.field) == (code, "add_labels")


async def test_labels_of_many_are_put_back_by_one_undo_as_each_had_them(stage: Stage) -> None:
    bo = await stage.agent()
    ana, ben, eve = await people(stage, 3)
    vip, late = await label(stage, bo, "VIP"), await label(stage, bo, "Late")
    before = {ana: (vip,), ben: tuple(sorted((vip, late))), eve: ()}
    for person, had in before.items():
        case = int(str(await stage.value("select id from cases where person_id = $1", person)))
        await cases.change_case(stage.database, bo, case, CaseChange(add_labels=had))

    change = BulkChange(add_labels=(vip,), drop_labels=(late,))
    await jobs.start_job(stage.database, bo, change, ids=list(before))
    done = await work(stage, bo)
    changed = {person: (await row(stage, bo, person)).label_ids for person in before}
    await jobs.undo_job(stage.database, bo, done.id)
    undone = await work(stage, bo)

    assert (done.done, done.skipped) == (2, 1)
    assert changed == {ana: (vip,), ben: (vip,), eve: (vip,)}
    assert undone.undone == 2
    assert {person: (await row(stage, bo, person)).label_ids for person in before} == before


async def test_a_label_that_is_dropped_is_nowhere_and_no_undo_brings_it_back(stage: Stage) -> None:
    bo = await stage.agent()
    [ana] = await people(stage, 1)
    vip, late = await label(stage, bo, "VIP"), await label(stage, bo, "Late")
    wanted = BulkChange(add_labels=(vip, late))
    await jobs.start_job(stage.database, bo, wanted, ids=[ana])
    await work(stage, bo)
    await jobs.start_job(stage.database, bo, BulkChange(drop_labels=(vip, late)), ids=[ana])
    taken_off = await work(stage, bo)

    await labels.drop_label(stage.database, caller(bo), vip)
    await jobs.undo_job(stage.database, bo, taken_off.id)
    undone = await work(stage, bo)

    assert undone.undone == 1
    assert (await row(stage, bo, ana)).label_ids == (late,)
    assert [one.name for one in await labels.list_labels(stage.database)] == ["Late"]
    with pytest.raises(NotFound):
        await labels.drop_label(stage.database, caller(bo), vip)
    assert await label(stage, bo, "VIP") != vip


async def test_a_label_that_is_dropped_makes_room_and_leaves_its_cases_without_one(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    said = await stage.says("ana", "The refund")
    ana, case = await stage.person_of(said), await stage.case_of(said)
    made = [await label(stage, bo, f"Label {number}") for number in range(21)]
    await cases.change_case(stage.database, bo, case, CaseChange(add_labels=tuple(made[:20])))

    await labels.drop_label(stage.database, caller(bo), made[0])
    changed = await cases.change_case(stage.database, bo, case, CaseChange(add_labels=(made[20],)))
    for gone in made[1:]:
        await labels.drop_label(stage.database, caller(bo), gone)

    assert changed.label_ids == tuple(made[1:])
    assert await listed(stage, bo, "label:none") == [ana]
    await enter(stage)
    hits = await found(stage, bo, "label:none refund")
    assert [one.person_id for one in hits.conversations] == [ana]


async def test_a_label_is_renamed_on_every_case_but_not_to_the_name_of_another(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    [ana] = await people(stage, 1)
    vip = await label(stage, bo, "VIP")
    await label(stage, bo, "Late")
    await jobs.start_job(stage.database, bo, BulkChange(add_labels=(vip,)), ids=[ana])
    await work(stage, bo)

    await labels.change_label(stage.database, caller(bo), vip, "Very important")

    assert await listed(stage, bo, 'label:"very important"') == [ana]
    assert [kind for kind, *_ in await stage.kinds()].count("views.changed") == 3
    with pytest.raises(Conflict):
        await labels.change_label(stage.database, caller(bo), vip, "late")


async def test_merged_label_goes_on_in_the_other_on_every_case_and_is_gone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels, "MOST_AT_ONCE", 2)
    bo = await stage.agent()
    ana, ben, eve, ivy = await people(stage, 4)
    vip, big = await label(stage, bo, "VIP"), await label(stage, bo, "Big client")
    had = {ana: (vip,), ben: (vip, big), eve: (vip,), ivy: ()}
    for person, ids in had.items():
        case = int(str(await stage.value("select id from cases where person_id = $1", person)))
        await cases.change_case(stage.database, bo, case, CaseChange(add_labels=ids))
    facts = len(await stage.kinds())

    await labels.merge_label(stage.database, caller(bo), vip, big)

    assert {person: (await row(stage, bo, person)).label_ids for person in had} == {
        ana: (big,),
        ben: (big,),
        eve: (big,),
        ivy: (),
    }
    told = [kind for kind, *_ in (await stage.kinds())[facts:]]
    assert told == ["case.changed"] * 3 + ["views.changed"]
    counted = [(one.name, one.cases) for one in await labels.list_counted(stage.database, bo)]
    assert counted == [("Big client", 3)]
    with pytest.raises(NotFound):
        await labels.merge_label(stage.database, caller(bo), vip, big)
    with pytest.raises(Refused, match="itself"):
        await labels.merge_label(stage.database, caller(bo), big, big)


async def test_label_that_is_put_on_a_case_while_it_is_merged_goes_on_in_the_other_there_too(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    case = await stage.case_of(await stage.says("ana"))
    vip, big = await label(stage, bo, "VIP"), await label(stage, bo, "Big client")

    async with stage.database.transaction() as work:
        await cases.change_within(work, bo, case, CaseChange(add_labels=(vip,)))
        merging = asyncio.create_task(labels.merge_label(stage.database, caller(bo), vip, big))

        async def is_held_up() -> bool:
            return merging.done() or await is_blocked(stage.database)

        await until(is_held_up)
    await merging

    assert await stage.value("select label_ids from cases where id = $1", case) == [big]


async def test_label_keeps_its_tint_until_another_is_chosen(stage: Stage) -> None:
    bo = await stage.agent()
    made = await labels.add_label(stage.database, caller(bo), "VIP")
    assert made.tint == made.id % labels.TINTS
    other = (made.tint + 1) % labels.TINTS

    chosen = await labels.change_label(stage.database, caller(bo), made.id, "VIP", other)
    renamed = await labels.change_label(stage.database, caller(bo), made.id, "Client")

    assert (chosen.tint, renamed.tint) == (other, other)
    assert [one.tint for one in await labels.list_labels(stage.database)] == [other]
