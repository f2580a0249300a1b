"""Moves after which something else came: people turned out to be two, or wrote on. Messages go from
where they are, and an undo leaves as it is what is no more the move's.
"""

from datetime import timedelta

from core.clock import FakeClock
from router.services import case_moves, cases
from router.services.cases import CaseChange
from router.services.shown.case_moves import NewMove
from router.services.viewer import Viewer
from tests.services.joined_people import STRAYS
from tests.stage import Stage


async def apart(stage: Stage, bo: Viewer) -> tuple[int, int, int, int]:
    """What Ana said, in a branch: it was moved from her case into Bea's while they were one.

    The message, its first case, Bea's, and the move.
    """
    said, other = await stage.says("ana", "Where is it?"), await stage.says("bea")
    first, theirs = await stage.case_of(said), await stage.case_of(other)
    await cases.change_case(stage.database, bo, theirs, CaseChange(state="solved"))
    ana, bea = await stage.person_of(said), await stage.person_of(other)
    edge = await stage.merge(ana, bea, bo)
    wanted = NewMove(message_ids=(said,), to_case_id=theirs)
    moved = await case_moves.move(stage.database, bo, first, wanted)
    await stage.split(edge, bo)
    assert await stage.case_of(said) not in (first, theirs)
    return said, first, theirs, moved.move.id


async def opened(stage: Stage, bo: Viewer, message: int) -> int:
    ana = await stage.person_of(message)
    return (await cases.open_case(stage.database, bo, ana, "Another matter")).id


async def wrong_counts(stage: Stage) -> object:
    return await stage.value(
        """
        select count(*) from persons p where p.root_id = p.id and p.open_cases <> (
            select count(*) from cases c join persons m on m.id = c.person_id
            where m.root_id = p.id and c.state <> 'solved')
        """
    )


async def test_message_that_a_split_took_out_of_its_case_is_moved_and_brought_back(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    said, _, _, _ = await apart(stage, bo)
    branch, other = await stage.case_of(said), await opened(stage, bo, said)

    wanted = NewMove(message_ids=(said,), to_case_id=other)
    moved = await case_moves.move(stage.database, bo, branch, wanted)
    assert await stage.case_of(said) == other

    await case_moves.undo(stage.database, bo, moved.move.id)
    assert await stage.case_of(said) == branch


async def test_branch_that_is_merged_takes_along_what_the_split_brought_it(stage: Stage) -> None:
    bo = await stage.agent()
    said, _, _, _ = await apart(stage, bo)
    branch, other = await stage.case_of(said), await opened(stage, bo, said)

    moved = await case_moves.merge(stage.database, bo, branch, other)
    assert await stage.case_of(said) == other

    await case_moves.undo(stage.database, bo, moved.move.id)
    assert await stage.case_of(said) == branch


async def test_undo_after_a_split_brings_back_what_is_still_of_the_person(stage: Stage) -> None:
    bo = await stage.agent()
    said, first, theirs, move = await apart(stage, bo)
    assert await stage.value("select state from cases where id = $1", theirs) == "open"

    await case_moves.undo(stage.database, bo, move)

    assert await stage.case_of(said) == first
    assert await stage.value("select state from cases where id = $1", theirs) == "open"
    assert await stage.value(f"select count(*) from ({STRAYS}) s") == 0
    assert await wrong_counts(stage) == 0


async def test_case_in_which_the_person_wrote_since_stays_open_with_the_undo(
    stage: Stage, clock: FakeClock
) -> None:
    bo = await stage.agent()
    message = await stage.says("ana")
    case = await stage.case_of(message)
    other = await opened(stage, bo, message)
    await cases.change_case(stage.database, bo, other, CaseChange(state="solved"))
    moved = await case_moves.merge(stage.database, bo, case, other)
    clock.advance(timedelta(minutes=1))
    assert await stage.case_of(await stage.says("ana", "Hello?")) == other

    await case_moves.undo(stage.database, bo, moved.move.id)
    assert await stage.value("select state from cases where id = $1", other) == "open"
