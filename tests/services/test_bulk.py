"""Bulk work: one change for many conversations, what became of each, and its one undo."""

from datetime import timedelta

import pytest

from router.services import cases
from router.services.bulk import jobs, running
from router.services.bulk.jobs import BulkChange, BulkJob
from router.services.cases import CaseChange
from router.services.conversations import load_rows_of
from router.services.errors import Conflict, NotFound, Refused
from router.services.outbound.notes import Note, note
from router.services.outbound.writing import Author
from router.services.shown.rows import ConversationRow
from router.services.viewer import Viewer
from router.services.views import Scope
from tests.stage import NORMAL, Stage


async def work(stage: Stage, by: Viewer) -> BulkJob:
    """Let the worker do all there is; the newest job then."""
    while await running.step(stage.database):
        pass
    return (await jobs.list_jobs(stage.database, by))[0]


async def row(stage: Stage, by: Viewer, person: int) -> ConversationRow:
    [found] = await load_rows_of(stage.database, by, [person])
    return found


async def people(stage: Stage, count: int) -> list[int]:
    return [await stage.meets(f"p{number}") for number in range(count)]


async def test_a_whole_list_is_changed_by_its_query_and_put_back_by_one_undo(stage: Stage) -> None:
    bo = await stage.agent()
    everybody = await people(stage, 60)
    solved = await stage.value("select max(id) from cases")
    await cases.change_case(stage.database, bo, int(str(solved)), CaseChange(state="solved"))

    change = BulkChange(state="solved", owner_id=bo.agent_id, priority=1)
    made = await jobs.start_job(stage.database, bo, change, scope=Scope(view="open"))
    done = await work(stage, bo)
    states = {(await row(stage, bo, one)).state for one in everybody}
    await jobs.undo_job(stage.database, bo, done.id)
    undone = await work(stage, bo)

    assert (made.state, made.wanted, made.waiting) == ("running", 59, 59)
    assert (done.state, done.done, done.waiting) == ("done", 59, 0)
    assert states == {"solved"}
    assert (undone.state, undone.undone, undone.kept) == ("undone", 59, 0)
    for one in everybody[:-1]:
        found = await row(stage, bo, one)
        assert (found.state, found.owner, found.priority) == ("open", None, 3)


async def test_an_undo_leaves_what_somebody_changed_since(stage: Stage) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy")
    ana, ben = await people(stage, 2)
    await jobs.start_job(stage.database, bo, BulkChange(owner_id=bo.agent_id), ids=[ana, ben])
    done = await work(stage, bo)
    case = await stage.value("select id from cases where person_id = $1", ana)
    await cases.change_case(stage.database, cy, int(str(case)), CaseChange(owner_id=cy.agent_id))

    await jobs.undo_job(stage.database, bo, done.id)
    undone = await work(stage, bo)

    assert (undone.undone, undone.kept) == (1, 1)
    reasons = [(one.sentence, one.count) for one in undone.reasons]
    assert reasons == [("Somebody changed it since.", 1)]
    owner = (await row(stage, bo, ana)).owner
    assert owner is not None
    assert owner.id == cy.agent_id
    assert (await row(stage, bo, ben)).owner is None
    with pytest.raises(Conflict):
        await jobs.undo_job(stage.database, bo, done.id)


async def test_what_cannot_be_changed_is_said_and_the_rest_is_done(stage: Stage) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy", sight=NORMAL)
    ana, ben, eve = await people(stage, 3)
    case = await stage.value("select id from cases where person_id = $1", ben)
    await jobs.start_job(stage.database, cy, BulkChange(owner_id=cy.agent_id), ids=[ana, ben, eve])
    await stage.restrict(int(str(case)))
    await stage.run("update cases set owner_id = $1 where person_id = $2", cy.agent_id, eve)

    done = await work(stage, cy)

    assert (done.done, done.skipped, done.failed) == (1, 1, 1)
    assert [one.sentence for one in done.reasons] == [f"There is no person {ben}."]
    assert (await row(stage, bo, ben)).owner is None


async def test_whom_one_does_not_see_is_as_if_not_there(stage: Stage) -> None:
    cy = await stage.agent("Cy", sight=NORMAL)
    ana, ben = await people(stage, 2)
    case = await stage.value("select id from cases where person_id = $1", ben)
    await stage.restrict(int(str(case)))

    made = await jobs.start_job(stage.database, cy, BulkChange(priority=1), ids=[ana, ben])
    assert made.wanted == 1
    with pytest.raises(Refused) as refused:
        await jobs.start_job(stage.database, cy, BulkChange(priority=1), ids=[ben])

    assert refused.value.code == "empty"


async def test_read_marks_are_set_taken_and_put_back(stage: Stage) -> None:
    bo = await stage.agent()
    ana, ben = await people(stage, 2)
    both = [ana, ben]

    async def unread() -> list[bool]:
        return [(await row(stage, bo, one)).unread for one in both]

    await jobs.start_job(stage.database, bo, BulkChange(is_read=True), ids=both)
    read = await work(stage, bo)
    assert await unread() == [False, False]
    await jobs.start_job(stage.database, bo, BulkChange(is_read=False), ids=[ana])
    await work(stage, bo)
    assert await unread() == [True, False]
    await jobs.undo_job(stage.database, bo, read.id)
    while await running.step(stage.database):
        pass

    assert await unread() == [True, True]
    [undone] = [one for one in await jobs.list_jobs(stage.database, bo) if one.id == read.id]
    assert (undone.undone, undone.kept) == (1, 1)


async def test_marking_as_read_sees_mentions_and_its_undo_leaves_them_unseen(stage: Stage) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy")
    [ana] = await people(stage, 1)
    await jobs.start_job(stage.database, bo, BulkChange(is_read=True), ids=[ana])
    await work(stage, bo)
    wanted = Note(person_id=ana, client_key="n1", text="Look", mentioned_agents=(bo.agent_id,))
    await note(stage.database, Author(agent_id=cy.agent_id, name="Cy", sight=cy.sight), wanted)

    async def unseen() -> object:
        return await stage.value("select count(*) from mentions where seen_at is null")

    await jobs.start_job(stage.database, bo, BulkChange(is_read=True), ids=[ana])
    read = await work(stage, bo)
    assert (await unseen(), read.done) == (0, 1)
    await jobs.undo_job(stage.database, bo, read.id)
    await work(stage, bo)

    assert await unseen() == 1


async def test_snoozing_many_is_undone_with_its_time(stage: Stage) -> None:
    bo = await stage.agent()
    [ana] = await people(stage, 1)
    until = stage.database.clock.now() + timedelta(days=1)
    await jobs.start_job(
        stage.database, bo, BulkChange(state="snoozed", snoozed_until=until), ids=[ana]
    )
    done = await work(stage, bo)
    assert (await row(stage, bo, ana)).state == "snoozed"

    await jobs.undo_job(stage.database, bo, done.id)
    await work(stage, bo)

    assert (await row(stage, bo, ana)).state == "open"
    assert await stage.value("select snoozed_until from cases") is None


async def test_a_job_is_its_agents_own(stage: Stage) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy")
    [ana] = await people(stage, 1)
    await jobs.start_job(stage.database, bo, BulkChange(priority=1), ids=[ana])
    done = await work(stage, bo)

    assert await jobs.list_jobs(stage.database, cy) == []
    with pytest.raises(NotFound):
        await jobs.undo_job(stage.database, cy, done.id)


@pytest.mark.parametrize(
    ("change", "ids"),
    [
        (BulkChange(), [1]),
        (BulkChange(priority=1), []),
        (BulkChange(priority=1), [999]),
        (BulkChange(owner_id=999), [1]),
        (BulkChange(team_id=999), [1]),
        (BulkChange(state="solved", snoozed_until=None), [1]),
    ],
)
async def test_a_job_that_makes_no_sense_is_refused(
    stage: Stage, change: BulkChange, ids: list[int]
) -> None:
    bo = await stage.agent()
    await people(stage, 1)

    with pytest.raises(Refused):
        await jobs.start_job(stage.database, bo, change, ids=ids)
