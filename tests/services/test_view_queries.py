"""Lists by query: what they hold, in which order, for whom; and the views that agents keep."""

import asyncio
from datetime import timedelta

import pytest

from core.query_terms import QueryRefused
from router.services import cases, saved_views, views, watching
from router.services.callers import Caller
from router.services.cases import CaseChange
from router.services.errors import Forbidden, NotFound, Refused
from router.services.roles import PERMISSIONS, Role
from router.services.saved_views import SavedViewBody
from router.services.viewer import Viewer
from router.services.views import VIEWS, Scope
from tests.services.test_deadlines import ALWAYS, agree, catch_up, plan
from tests.services.test_views import _varied_cases
from tests.stage import NORMAL, Stage

AS_QUERY = {
    "open": "is:open",
    "mine": "is:open assignee:me",
    "unassigned": "is:unassigned",
    "mentions": "is:mention",
    "snoozed": "is:snoozed",
    "solved": "is:solved",
    "all": "",
}


async def test_queries_say_the_same_as_the_built_in_views(stage: Stage) -> None:
    """For somebody of every sight and for one of a narrow one, whom restricted cases mislead."""
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy", sight=NORMAL)
    await _varied_cases(stage, bo, cy)

    for viewer in (bo, cy):
        for view in VIEWS:
            expected = (await views.list_index(stage.database, viewer, view)).ids
            by_query = await _ids(stage, viewer, query=AS_QUERY[view] or "-is:failed")
            narrowed = await views.list_index(
                stage.database, viewer, view, query="-is:failed is:open OR -is:open"
            )
            assert by_query == expected, view
            assert narrowed.ids == expected, view
            scope = Scope(view=view)
            asked = sorted(await _ids(stage, viewer, query="-is:failed"))
            assert sorted(await views.belonging(stage.database, viewer, scope, asked)) == sorted(
                expected
            )


async def test_watched_ones_are_those_of_whoever_asks_whoever_stands_for_them_now(
    stage: Stage,
) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy")
    ana, ben, eve = [await stage.meets(who) for who in ("ana", "ben", "eve")]
    for viewer, person in ((bo, eve), (bo, ben), (cy, ana)):
        await watching.watch(stage.database, viewer, person)

    assert await _ids(stage, bo, query="is:watched") == (eve, ben)
    await stage.merge(eve, ana, bo)
    assert await _ids(stage, bo, query="is:watched") == (ana, ben)
    assert await _ids(stage, cy, query="is:watched is:open") == (ana,)
    assert await _ids(stage, cy, query="-is:watched") == (ben,)


async def test_a_list_is_sorted_the_other_way_and_by_who_waits(stage: Stage) -> None:
    bo = await stage.agent()
    said = [await stage.says(who) for who in ("ana", "ben", "eve")]
    ana, ben, eve = [await stage.person_of(one) for one in said]
    await stage.says("ana", "Hello?")
    case = await stage.case_of(said[1])
    await cases.change_case(stage.database, bo, case, CaseChange(state="waiting"))

    newest = await views.list_index(stage.database, bo, "open")
    oldest = await views.list_index(stage.database, bo, "open", sort="oldest")
    waiting = await views.list_index(stage.database, bo, "open", sort="waiting")

    assert newest.ids == (ana, eve, ben)
    assert oldest.ids == (ben, eve, ana)
    assert waiting.ids == (eve, ana)


async def test_a_list_by_priority_has_the_most_urgent_first_and_of_those_the_newest(
    stage: Stage,
) -> None:
    """Restricted cases make nothing urgent for whom they are hidden from."""
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy", sight=NORMAL)
    people: dict[str, int] = {}
    for who, priority in (("ana", 2), ("ben", 3), ("eve", 1), ("dan", 2), ("fay", 4)):
        message = await stage.says(who)
        people[who] = await stage.person_of(message)
        case = await stage.case_of(message)
        await cases.change_case(stage.database, bo, case, CaseChange(priority=priority))
    urgent = await cases.open_case(stage.database, bo, people["ben"], "Fraud")
    await cases.change_case(stage.database, bo, urgent.id, CaseChange(priority=1))
    await stage.restrict(urgent.id)
    names = {person: who for who, person in people.items()}

    async def listed(viewer: Viewer) -> list[str]:
        found: list[int] = []
        before = None
        while True:
            index = await views.list_index(
                stage.database, viewer, "open", sort="priority", before=before, limit=2
            )
            found += index.ids
            if (before := index.next) is None:
                return [names[one] for one in found]

    assert await listed(bo) == ["eve", "ben", "dan", "ana", "fay"]
    assert await listed(cy) == ["eve", "dan", "ana", "ben", "fay"]


async def test_a_list_by_query_goes_on_where_it_ended(stage: Stage) -> None:
    bo = await stage.agent()
    for number in range(5):
        await stage.says(f"p{number}")

    for sort in ("newest", "oldest", "waiting", "priority"):
        found = await _paged(stage, bo, "open", query="is:unread", sort=sort)
        assert len(found) == len(set(found)) == 5


@pytest.mark.parametrize("sort", ["newest", "oldest", "priority", "due"])
async def test_pages_of_a_narrower_sight_lose_none_of_which_cases_are_hidden(
    stage: Stage, sort: views.Sort
) -> None:
    boss, cy = await stage.agent("Ida", role="supervisor"), await stage.agent("Cy", sight=NORMAL)
    await agree(stage, boss, plan({"name": "All", "first_reply": ALWAYS}))
    people = [await stage.person_of(await stage.says(f"p{number}")) for number in range(5)]
    await catch_up(stage)
    await stage.run("update deadlines set due_at = due_at + case_id * interval '1 second'")
    for person in people:
        hidden = await cases.open_case(stage.database, boss, person, "Fraud")
        await stage.restrict(hidden.id)

    found = await _paged(stage, cy, "all", query="is:open", sort=sort)

    assert found == (people if sort in ("oldest", "due") else people[::-1])


async def _paged(
    stage: Stage, viewer: Viewer, view: str, *, query: str, sort: views.Sort
) -> list[int]:
    """All of the list, two at a time."""
    found: list[int] = []
    before = None
    while True:
        index = await views.list_index(
            stage.database, viewer, view, query=query, sort=sort, before=before, limit=2
        )
        found += index.ids
        if (before := index.next) is None:
            return found


async def _ids(stage: Stage, viewer: Viewer, *, query: str) -> tuple[int, ...]:
    return (await views.list_index(stage.database, viewer, "all", query=query)).ids


def caller(viewer: Viewer, role: Role = Role.AGENT, *teams: int) -> Caller:
    return Caller(
        agent_id=viewer.agent_id,
        name="",
        role=role,
        permissions=PERMISSIONS[role],
        team_ids=frozenset(teams),
        access_classes=viewer.sight.classes,
    )


async def test_a_saved_view_is_seen_by_those_it_is_for(stage: Stage) -> None:
    bo, cy, di = [caller(await stage.agent(name)) for name in ("Bo", "Cy", "Di")]
    team = int(
        str(
            await stage.value(
                "insert into teams (name, created_at) values ('A', now()) returning id"
            )
        )
    )
    bo, cy = (
        caller(Viewer(bo.agent_id), Role.AGENT, team),
        caller(Viewer(cy.agent_id), Role.AGENT, team),
    )
    body = SavedViewBody(name=" Late  ones ", query="is:unread")
    own = await saved_views.add_view(stage.database, bo, body)
    teams = await saved_views.add_view(
        stage.database, bo, SavedViewBody(name="Team", query="is:open", scope="team", team_id=team)
    )
    alls = await saved_views.add_view(
        stage.database, bo, SavedViewBody(name="All", query="", scope="shared")
    )
    await stage.says("ana")

    async def seen(by: Caller) -> dict[int, int | None]:
        return {one.id: one.count for one in await saved_views.list_saved(stage.database, by)}

    assert own.name == "Late ones"
    assert await seen(bo) == {own.id: 1, teams.id: 1, alls.id: 1}
    assert await seen(cy) == {teams.id: 1, alls.id: 1}
    assert await seen(di) == {alls.id: 1}
    assert [one[0] for one in await stage.kinds()].count("views.changed") == 3


async def test_a_saved_view_is_changed_by_its_owner_or_an_admin(stage: Stage) -> None:
    bo, cy, di = [await stage.agent(name) for name in ("Bo", "Cy", "Di")]
    shared = SavedViewBody(name="All", query="is:open", scope="shared")
    own = await saved_views.add_view(stage.database, caller(bo), SavedViewBody(name="x", query=""))
    alls = await saved_views.add_view(stage.database, caller(bo), shared)

    with pytest.raises(Forbidden):
        await saved_views.change_view(stage.database, caller(cy), alls.id, shared)
    with pytest.raises(NotFound):
        await saved_views.drop_view(stage.database, caller(di, Role.ADMIN), own.id)
    await saved_views.drop_view(stage.database, caller(di, Role.ADMIN), alls.id)

    assert await stage.value("select array_agg(action) from audit_log") == [
        "view.added",
        "view.dropped",
    ]


@pytest.mark.parametrize(
    "body",
    [
        SavedViewBody(name="  ", query=""),
        SavedViewBody(name="a", query="", scope="team"),
        SavedViewBody(name="a", query="", team_id=1),
        SavedViewBody(name="a", query="", scope="team", team_id=99),
        SavedViewBody(name="a", query="label:vip"),
    ],
)
async def test_what_makes_no_view_is_refused(stage: Stage, body: SavedViewBody) -> None:
    bo = caller(await stage.agent())

    with pytest.raises((Refused, QueryRefused)):
        await saved_views.add_view(stage.database, bo, body)

    assert await saved_views.list_saved(stage.database, bo) == []


async def test_counting_ends_for_all_views_together(stage: Stage) -> None:
    bo = caller(await stage.agent())
    for number in range(3):
        body = SavedViewBody(name=str(number), query="is:unread")
        await saved_views.add_view(stage.database, bo, body)
    loop = asyncio.get_running_loop()

    async with stage.database.transaction() as work:
        await work.driver.execute("lock table persons in access exclusive mode")
        began = loop.time()
        listed = await saved_views.list_saved(
            stage.database, bo, patience=timedelta(milliseconds=50)
        )
        took = loop.time() - began

    assert [one.count for one in listed] == [None] * 3
    assert took < 15
    assert [one.count for one in await saved_views.list_saved(stage.database, bo)] == [0] * 3


async def test_views_for_all_are_so_many_and_no_more(stage: Stage) -> None:
    viewer = await stage.agent()
    bo = caller(viewer)
    shared = SavedViewBody(name="All", query="", scope="shared")
    own = await saved_views.add_view(stage.database, bo, SavedViewBody(name="x", query=""))
    alls = await saved_views.add_view(stage.database, bo, shared)
    await stage.run(
        """
        insert into saved_views (name, query, scope, owner_id, created_at)
        select 'x', '', 'shared', a.id, now() from agents a, generate_series(2, $1)
        """,
        saved_views.MOST_SHARED,
    )

    other = caller(await stage.agent("Cy"))
    with pytest.raises(Refused):
        await saved_views.add_view(stage.database, other, shared)
    with pytest.raises(Refused):
        await saved_views.change_view(stage.database, bo, own.id, shared)
    await saved_views.change_view(stage.database, bo, alls.id, shared)
    await saved_views.add_view(stage.database, other, SavedViewBody(name="x", query=""))
