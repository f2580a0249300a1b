"""Picked people made one: shown before with what speaks for it, done whole, undone as one."""

import asyncio
from dataclasses import dataclass

import pytest

from core.people import Evidence, EvidenceKind
from router.services import audit, decisions
from router.services.bulk import jobs, joining, running
from router.services.bulk.jobs import BulkJob
from router.services.bulk.joining import JoinPreview
from router.services.errors import Conflict, Forbidden, NotFound, Refused
from router.services.identity import proposals, suggestions
from router.services.viewer import Viewer
from router.storage import proposals as stored_proposals
from tests.services.builders import sender, signed_sender
from tests.services.joined_people import REASON, People
from tests.stage import NORMAL, Stage
from tests.waiting import until_blocked

MAIL = (Evidence(kind=EvidenceKind.AUTHENTICATED_MAIL),)


@dataclass(frozen=True, slots=True)
class Desk:
    """Ana is linked to account 41, Eve to account 42, Bo and Cy to none."""

    stage: Stage
    one: Viewer
    two: Viewer
    people: People
    ids: dict[str, int]

    async def preview(self, *names: str, winner: str | None = None) -> JoinPreview:
        return await joining.preview(
            self.stage.database,
            self.one,
            [self.ids[name] for name in names],
            winner_id=None if winner is None else self.ids[winner],
            four_eyes=True,
        )

    async def join(self, shown: JoinPreview) -> BulkJob:
        ids = [one.id for one in shown.people]
        return await joining.join(
            self.stage.database,
            self.one,
            ids,
            winner_id=ids[0],
            reason=REASON,
            stamp=shown.stamp,
            four_eyes=True,
        )

    async def undo(self, job: BulkJob) -> BulkJob:
        await jobs.undo_job(self.stage.database, self.one, job.id, may_merge=True)
        while await running.step(self.stage.database):
            pass
        return (await jobs.list_jobs(self.stage.database, self.one))[0]

    async def approve(self) -> None:
        """What was proposed last, by the second agent."""
        shown, _ = await proposals.list_proposals(
            self.stage.database, self.two, only_open=True, before=None, limit=1
        )
        await proposals.approve(self.stage.database, self.two, shown[0].id, "")

    async def proposed(self) -> list[tuple[str, int, int]]:
        shown, _ = await proposals.list_proposals(
            self.stage.database, self.two, only_open=False, before=None, limit=9
        )
        return [(one.state, one.loser.id, one.winner.id) for one in shown]


@pytest.fixture
async def desk(stage: Stage) -> Desk:
    writing = {
        "bo": sender("bo"),
        "cy": sender("cy"),
        "eve": signed_sender("eve", host="42"),
        "ana": signed_sender("ana", host="41"),
    }
    ids = {name: await stage.meets(who) for name, who in writing.items()}
    one, two = await stage.agent("One"), await stage.agent("Two")
    return Desk(stage, one, two, People(stage), ids)


async def test_preview_names_who_stands_for_all_on_which_grounds_and_whom_it_takes_two_for(
    desk: Desk,
) -> None:
    named = await desk.stage.meets(sender("di@example.com", realm="email", evidence=MAIL))
    await desk.stage.says("bo", "I am also di@example.com")
    await desk.stage.relay()
    while await suggestions.follow(desk.stage.database):
        pass
    desk.ids["di"] = named

    shown = await desk.preview("bo", "di", "eve", "ana", "ana")
    chosen = await desk.preview("bo", "eve", "ana", winner="bo")

    ana, eve, bo = desk.ids["ana"], desk.ids["eve"], desk.ids["bo"]
    assert [one.id for one in shown.people] == [eve, bo, named, ana]
    assert shown.second == (ana,)
    assert [{one.left.id, one.right.id} for one in shown.suggestions] == [{bo, named}]
    assert [one.id for one in chosen.people] == [bo, eve, ana]
    assert chosen.second == (ana,)


async def test_all_are_one_but_who_has_another_account_is_proposed_and_one_undo_is_for_all(
    desk: Desk,
) -> None:
    job = await desk.join(await desk.preview("ana", "bo", "cy", "eve", winner="ana"))

    assert (job.state, job.done, job.proposed, job.change.joined_into) == (
        *("done", 2, 1),
        desk.ids["ana"],
    )
    assert await desk.people.together("ana", "bo", "cy")
    assert not await desk.people.together("ana", "eve")
    assert await desk.proposed() == [("open", desk.ids["eve"], desk.ids["ana"])]

    undone = await desk.undo(job)
    assert (undone.state, undone.undone, undone.kept) == ("undone", 3, 0)
    roots = {await desk.people.root(name) for name in ("ana", "bo", "cy", "eve")}
    assert len(roots) == 4
    assert [state for state, _, _ in await desk.proposed()] == ["withdrawn"]


async def test_of_several_with_other_accounts_one_is_proposed_at_a_time_and_then_the_next(
    desk: Desk,
) -> None:
    desk.ids["fay"] = await desk.stage.meets(signed_sender("fay", host="43"))
    names = ["ana", "bo", "eve", "fay"]

    shown = await desk.preview(*names, winner="ana")
    first = await desk.join(shown)
    await desk.approve()
    second = await desk.join(await desk.preview("ana", "fay"))
    await desk.approve()

    assert shown.second == (desk.ids["eve"], desk.ids["fay"])
    assert (first.done, first.proposed, first.failed) == (1, 1, 1)
    assert [one.sentence for one in first.reasons] == [joining.ASK_LATER]
    assert (second.proposed, second.failed) == (1, 0)
    assert [state for state, *_ in await desk.proposed()] == ["approved", "approved"]
    assert await desk.people.together(*names)


async def test_undo_says_that_another_agent_approved_what_stays(desk: Desk) -> None:
    job = await desk.join(await desk.preview("ana", "bo", "eve", winner="ana"))
    await desk.approve()

    undone = await desk.undo(job)

    assert (undone.undone, undone.kept) == (1, 1)
    assert [one.sentence for one in undone.reasons] == [joining.APPROVED]
    assert await desk.people.together("ana", "eve")


async def test_join_and_a_refusal_of_what_it_proposes_do_not_wait_for_each_other(
    desk: Desk,
) -> None:
    database = desk.stage.database
    shown = await desk.preview("ana", "bo", "eve", winner="ana")
    made = await proposals.propose(
        database, desk.one, loser_id=desk.ids["eve"], winner_id=desk.ids["ana"], reason=REASON
    )

    async with database.transaction() as work:
        # As `proposals.refuse_in` does it.
        await stored_proposals.lock(work, made.id)
        await stored_proposals.decide(
            work, made.id, "refused", agent_id=desk.two.agent_id, reason=""
        )
        joined = asyncio.create_task(desk.join(shown))
        await until_blocked(database)
        await audit.record(work, "agents/2", "person.merge_refused", f"proposals/{made.id}")

    assert (await joined).proposed == 1


async def test_undo_leaves_what_was_decided_since(desk: Desk) -> None:
    job = await desk.join(await desk.preview("ana", "bo", "cy", "eve", winner="ana"))
    first = await desk.stage.value("select min(id) from person_merges where ground = 'agent'")
    await decisions.undo_merge(
        desk.stage.database, desk.one, int(str(first)), REASON, four_eyes=True
    )
    shown, _ = await proposals.list_proposals(
        desk.stage.database, desk.two, only_open=True, before=None, limit=9
    )
    await proposals.refuse(desk.stage.database, desk.two, shown[0].id, "They are two.")

    undone = await desk.undo(job)

    assert (undone.undone, undone.kept) == (1, 2)


async def test_who_changed_since_the_preview_is_not_joined(desk: Desk) -> None:
    shown = await desk.preview("bo", "cy", "ana")
    await desk.people.merge("eve", "cy")

    with pytest.raises(Conflict) as refused:
        await desk.join(shown)

    assert refused.value.code == "moved_on"
    assert not await desk.people.together("bo", "cy")
    assert await desk.stage.value("select count(*) from bulk_jobs") == 0


async def test_who_is_not_seen_is_not_there_and_one_alone_is_nobody_to_join(desk: Desk) -> None:
    said = await desk.stage.says("fay", "Fraud")
    await desk.stage.restrict(await desk.stage.case_of(said))
    narrow = Viewer(desk.one.agent_id, NORMAL)

    with pytest.raises(NotFound):
        await joining.preview(
            desk.stage.database,
            narrow,
            [desk.ids["bo"], await desk.people.home("fay")],
            winner_id=None,
            four_eyes=True,
        )
    with pytest.raises(Refused):
        await desk.preview("bo", "bo")


async def test_undo_of_a_join_is_for_those_who_may_merge(desk: Desk) -> None:
    job = await desk.join(await desk.preview("bo", "cy"))

    with pytest.raises(Forbidden):
        await jobs.undo_job(desk.stage.database, desk.one, job.id)

    assert await desk.people.together("bo", "cy")
