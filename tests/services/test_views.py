"""The inbox views: what each holds, in which order, and how it goes on."""

from router.services import cases, conversations, views
from router.services.cases import CaseChange
from router.services.outbound import notes
from router.services.outbound.notes import Note
from router.services.outbound.writing import Author
from router.services.shown.rows import load_rows
from router.services.viewer import Viewer
from router.services.views import ROW_VIEWS, VIEWS, belongs
from tests.stage import NORMAL, Stage, say_in_turn


async def test_views_and_rows_agree_on_every_conversation(stage: Stage) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy", sight=NORMAL)
    await _varied_cases(stage, bo, cy)

    for viewer in (bo, cy):
        everybody = (await views.list_index(stage.database, viewer, "all")).ids
        async with stage.database.reading() as work:
            rows = (await load_rows(work, everybody, viewer.sight, [])).shared
        for view in ROW_VIEWS:
            expected = [one for one in everybody if belongs(rows[one], view, viewer.agent_id)]
            index = await views.list_index(stage.database, viewer, view)
            assert list(index.ids) == expected, view
            assert expected, f"nothing in {view}"
            newest = [rows[one].last_message_id for one in index.ids]
            assert newest == sorted(newest, reverse=True)


async def _varied_cases(stage: Stage, bo: Viewer, cy: Viewer) -> None:
    """Persons in every state, with several cases, owners, merges, and some restricted."""
    changes = [
        CaseChange(),
        CaseChange(owner_id=bo.agent_id),
        CaseChange(owner_id=cy.agent_id),
        CaseChange(state="waiting"),
        CaseChange(state="snoozed", owner_id=bo.agent_id),
        CaseChange(state="solved"),
        CaseChange(state="solved", owner_id=cy.agent_id),
        CaseChange(state="waiting", owner_id=cy.agent_id),
    ]
    made: list[int] = []
    for turn in range(3):
        for number, change in enumerate(changes):
            message = await stage.says(f"p{turn}-{number}", f"hello {turn}")
            person, case = await stage.person_of(message), await stage.case_of(message)
            await cases.change_case(stage.database, bo, case, change)
            made.append(person)
            if turn >= 1:
                second = await cases.open_case(stage.database, bo, person, "Second")
                other = changes[(number * 3 + turn) % len(changes)]
                await cases.change_case(stage.database, bo, second.id, other)
                if number % 3 == 0:
                    await stage.restrict(second.id if turn == 1 else case)
    await stage.merge(made[1], made[9], bo)
    await stage.merge(made[9], made[17], bo)
    await stage.merge(made[4], made[5], bo)


async def test_index_goes_on_where_it_ended(stage: Stage) -> None:
    bo = await stage.agent()
    said = await say_in_turn(stage, ["ana", "ada", "annie", "abe", "al"], 1)
    everybody = [await stage.person_of(one) for one in reversed(said)]
    found: list[int] = []
    before = None

    while True:
        index = await views.list_index(stage.database, bo, "open", before=before, limit=2)
        found += index.ids
        before = index.next
        if before is None:
            break

    assert found == everybody


async def test_views_are_counted(stage: Stage) -> None:
    bo = await stage.agent()
    await stage.meets("ana")
    case = await stage.case_of(await stage.says("ada"))
    await cases.change_case(stage.database, bo, case, CaseChange(owner_id=bo.agent_id))

    counts = {one.key: one.count for one in await views.count_views(stage.database, bo)}

    rest = {"mentions": 0, "snoozed": 0, "solved": 0}
    assert counts == {"open": 2, "mine": 1, "unassigned": 1, "all": 2, **rest}


async def test_position_covers_what_the_index_shows(stage: Stage) -> None:
    bo = await stage.agent()
    await stage.meets("ana")
    position = await stage.relay()
    await stage.meets("ada")

    index = await views.list_index(stage.database, bo, "all")

    assert index.position == position
    assert len(index.ids) == 2


async def test_mentions_are_listed_for_good_and_counted_until_they_are_read(stage: Stage) -> None:
    """A note in a case beyond one's sight tells nothing."""
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy", sight=NORMAL)
    ana, ben = [await stage.meets(who) for who in ("ana", "ben")]
    await stage.meets("eve")
    for person in (ana, ben):
        wanted = Note(
            person_id=person,
            client_key=f"note-{person}",
            text="Look",
            mentioned_agents=(bo.agent_id, cy.agent_id),
        )
        note = (
            await notes.note(
                stage.database, Author(agent_id=bo.agent_id, name="Bo", sight=bo.sight), wanted
            )
        ).message_id
    await stage.restrict(await stage.case_of(note))

    async def seen_by(viewer: Viewer) -> tuple[tuple[int, ...], int]:
        index = await views.list_index(stage.database, viewer, "mentions")
        counts = {one.key: one.count for one in await views.count_views(stage.database, viewer)}
        return index.ids, counts["mentions"]

    before = await seen_by(bo)
    await conversations.mark_read(stage.database, bo, ben, note)

    assert before == ((ben, ana), 2)
    assert await seen_by(bo) == ((ben, ana), 1)
    assert await seen_by(cy) == ((ana,), 1)


def test_every_view_is_listed() -> None:
    assert set(VIEWS) == {*ROW_VIEWS, "mentions"}
