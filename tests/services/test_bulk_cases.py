"""Solved in bulk: all unsolved cases that the list was asked for, told apart, put back at once."""

from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.services import cases
from router.services.bulk import jobs
from router.services.bulk.jobs import BulkChange, BulkJob
from router.services.cases import CaseChange
from router.services.viewer import Viewer
from router.services.views import Scope
from tests.services.test_bulk import work
from tests.services.test_deadlines import ALWAYS, agree, catch_up, plan
from tests.services.test_labels import label
from tests.stage import NORMAL, Stage

SOLVE = BulkChange(state="solved")


async def more(stage: Stage, by: Viewer, person: int, **change: object) -> int:
    """One more case of somebody, changed so."""
    made = await cases.open_case(stage.database, by, person, "More")
    if change:
        wanted = CaseChange(**change)  # type: ignore[arg-type]  # fields of CaseChange
        await cases.change_case(stage.database, by, made.id, wanted)
    return made.id


async def first_of(stage: Stage, person: int) -> int:
    return int(str(await stage.value("select min(id) from cases where person_id = $1", person)))


async def unsolved(stage: Stage) -> set[int]:
    found = await stage.value("select array_agg(id) from cases where state <> 'solved'")
    return set(found or ())  # type: ignore[call-overload]  # a list or None


async def solve(stage: Stage, by: Viewer, **which: object) -> BulkJob:
    await jobs.start_job(stage.database, by, SOLVE, **which)  # type: ignore[arg-type]  # as named
    return await work(stage, by)


async def test_all_unsolved_cases_of_a_list_are_solved_and_put_back_by_one_undo(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    ana, _ = await stage.meets("ana"), await stage.meets("ben")
    await more(stage, bo, ana)
    await more(stage, bo, ana, priority=1)
    before = await unsolved(stage)

    done = await solve(stage, bo, scope=Scope(view="open"))
    after = await unsolved(stage)
    await jobs.undo_job(stage.database, bo, done.id)
    undone = await work(stage, bo)

    assert len(before) == 4
    assert after == set()
    assert (done.wanted, done.done, done.cases) == (2, 2, 4)
    assert (undone.undone, undone.kept) == (2, 0)
    assert await unsolved(stage) == before


@pytest.mark.parametrize("is_picked", [False, True])
async def test_what_the_list_was_not_asked_for_stays_unsolved(
    stage: Stage, *, is_picked: bool
) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy")
    ana = await stage.meets("ana")
    mine = CaseChange(owner_id=bo.agent_id)
    await cases.change_case(stage.database, bo, await first_of(stage, ana), mine)
    await more(stage, bo, ana, owner_id=bo.agent_id)
    others = await more(stage, bo, ana, owner_id=cy.agent_id)
    rests = await more(stage, bo, ana, owner_id=bo.agent_id, state="snoozed")
    mine_list = Scope(view="mine")
    which = {"ids": [ana], "picked_in": mine_list} if is_picked else {"scope": mine_list}

    done = await solve(stage, bo, **which)

    assert (done.done, done.cases) == (1, 2)
    assert await unsolved(stage) == {others, rests}


async def test_query_of_a_label_means_only_cases_that_have_it(stage: Stage) -> None:
    bo = await stage.agent()
    ana = await stage.meets("ana")
    late = await label(stage, bo, "late")
    change = CaseChange(add_labels=(late,))
    await cases.change_case(stage.database, bo, await first_of(stage, ana), change)
    await more(stage, bo, ana, add_labels=(late,))
    plain = await more(stage, bo, ana, state="waiting")

    done = await solve(stage, bo, scope=Scope(query="label:late"))

    assert (done.done, done.cases) == (1, 2)
    assert await unsolved(stage) == {plain}


async def test_where_a_text_is_searched_for_only_the_case_of_the_row_is_solved(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    ana = await stage.meets("ana", "My withdrawal")
    other = await more(stage, bo, ana, state="waiting")
    done = await solve(stage, bo, ids=[ana], picked_in=Scope(query="withdrawal"))

    assert (done.done, done.cases) == (1, 1)
    assert await unsolved(stage) == {other}


async def test_who_names_no_list_solves_the_case_of_the_row_alone(stage: Stage) -> None:
    """A page of before lists were named, and whoever calls the API so."""
    bo = await stage.agent()
    ana = await stage.meets("ana")
    rests = await more(stage, bo, ana, state="snoozed")

    done = await solve(stage, bo, ids=[ana])

    assert (done.done, done.cases) == (1, 1)
    assert await unsolved(stage) == {rests}


async def test_case_of_the_row_stays_where_only_another_is_what_the_list_was_asked_for(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    ana = await stage.meets("ana")
    row = await first_of(stage, ana)
    await more(stage, bo, ana, state="waiting", priority=1)

    done = await solve(stage, bo, scope=Scope(query="priority:urgent"))

    assert (done.done, done.cases) == (1, 1)
    assert await unsolved(stage) == {row}


@pytest.mark.parametrize("how", ["late", "due"])
async def test_list_of_what_is_late_means_cases_that_are_late(
    stage: Stage, clock: FakeClock, how: str
) -> None:
    boss = await stage.agent("Ida", role="supervisor")
    urgent = {"name": "Urgent", "fits": {"priorities": [1]}, "first_reply": {"minutes": 600}}
    await agree(stage, boss, plan(urgent, {"name": "All", "first_reply": ALWAYS}))
    ana = await stage.meets("ana")
    first = await first_of(stage, ana)
    calm = await more(stage, boss, ana, priority=1)
    await catch_up(stage)
    clock.advance(timedelta(minutes=50 if how == "due" else 65))

    done = await solve(stage, boss, scope=Scope(query=f"sla:{how}"))

    assert (done.done, done.cases) == (1, 1)
    assert first not in await unsolved(stage)
    assert await unsolved(stage) == {calm}


async def test_list_of_what_failed_means_cases_in_which_it_failed(stage: Stage) -> None:
    bo = await stage.agent()
    ana = await stage.meets("ana")
    first = await first_of(stage, ana)
    fine = await more(stage, bo, ana)
    said = int(str(await stage.value("select min(id) from messages where case_id = $1", first)))
    await stage.deliver(said)

    done = await solve(stage, bo, scope=Scope(query="is:failed"))

    assert (done.done, done.cases) == (1, 1)
    assert await unsolved(stage) == {fine}


async def test_unseen_cases_stay_and_what_came_since_it_was_asked_too(stage: Stage) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy", sight=NORMAL)
    ana = await stage.meets("ana")
    secret = await more(stage, bo, ana)
    await stage.restrict(secret)
    await jobs.start_job(stage.database, cy, SOLVE, ids=[ana], picked_in=Scope())
    later = await more(stage, bo, ana)

    done = await work(stage, cy)

    assert (done.done, done.cases) == (1, 1)
    assert await unsolved(stage) == {secret, later}


async def test_undo_of_one_that_somebody_changed_leaves_all_of_that_conversation(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    ana = await stage.meets("ana")
    second = await more(stage, bo, ana)
    done = await solve(stage, bo, ids=[ana], picked_in=Scope())
    await cases.change_case(stage.database, bo, second, CaseChange(priority=1))

    await jobs.undo_job(stage.database, bo, done.id)
    undone = await work(stage, bo)

    assert (undone.undone, undone.kept) == (0, 1)
    assert await unsolved(stage) == set()
