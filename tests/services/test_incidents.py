"""Incidents: which cases are in them, whatever is merged, split, undone; found, told, handed on."""

from asyncio import gather, sleep
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from router.services import case_moves, cases, privacy, views
from router.services.bulk import jobs, running
from router.services.bulk.jobs import BulkChange
from router.services.callers import Caller
from router.services.cases import CaseChange
from router.services.errors import Conflict, NotFound, Refused
from router.services.incidents import keeping, linking
from router.services.incidents.shapes import Incident, IncidentChange, NewIncident
from router.services.shifts import handed, handing
from router.services.shown.case_moves import NewMove
from router.services.viewer import Viewer, viewer_of
from router.services.views import Scope
from router.storage import incidents as stored
from tests.services.joined_people import People
from tests.services.rule_desk import RuleDesk
from tests.stage import NORMAL, Stage


@pytest.fixture
async def desk(stage: Stage) -> RuleDesk:
    return await RuleDesk.open(stage)


async def open_one(desk: RuleDesk, title: str = "Deposits are stuck") -> int:
    made = await keeping.add(desk.stage.database, desk.admin, NewIncident(title=title))
    return made.incident.id


async def put(desk: RuleDesk, case: int, incident: int | None) -> None:
    change = CaseChange(incident_id=incident)
    await cases.change_case(desk.stage.database, viewer_of(desk.admin), case, change)


async def shown(desk: RuleDesk, incident: int, caller: Caller | None = None) -> Incident:
    found = await keeping.load(desk.stage.database, caller or desk.admin, incident)
    return found.incident


async def cases_in(desk: RuleDesk, incident: int, caller: Caller | None = None) -> list[int]:
    found = await keeping.list_cases(
        desk.stage.database, caller or desk.admin, incident, before=None, limit=100
    )
    return [one.id for one in found.cases]


async def incident_of(desk: RuleDesk, case: int) -> object:
    return await desk.stage.value("select incident_id from cases where id = $1", case)


async def lines(desk: RuleDesk, case: int) -> object:
    return await desk.stage.value(
        "select array_agg(text order by id) from messages where case_id = $1"
        " and text like 'incident%'",
        case,
    )


async def case_from(desk: RuleDesk, who: str, text: str = "Hello") -> int:
    return await desk.stage.case_of(await desk.stage.says(who, text))


async def bulk(desk: RuleDesk, change: BulkChange, query: str) -> int:
    """Done by the worker; the job."""
    scope = Scope(view="all", query=query)
    made = await jobs.start_job(desk.stage.database, viewer_of(desk.admin), change, scope=scope)
    while await running.step(desk.stage.database):
        pass
    return made.id


async def test_all_cases_of_a_query_are_put_into_one_and_back_where_they_were_by_one_undo(
    desk: RuleDesk,
) -> None:
    former, incident = await open_one(desk, "Login is down"), await open_one(desk)
    one, two, three = [await case_from(desk, who) for who in ("ana", "bo", "cy")]
    await put(desk, one, former)
    await cases.change_case(
        desk.stage.database, viewer_of(desk.admin), three, CaseChange(state="solved")
    )

    job = await bulk(desk, BulkChange(incident_id=incident), "is:open")

    assert await cases_in(desk, incident) == [two, one]
    assert await lines(desk, one) == ["incident_joined", "incident_left", "incident_joined"]
    await jobs.undo_job(desk.stage.database, viewer_of(desk.admin), job)
    while await running.step(desk.stage.database):
        pass
    assert [await incident_of(desk, each) for each in (one, two, three)] == [former, None, None]
    assert await lines(desk, two) == ["incident_joined", "incident_left"]


async def test_cases_that_somebody_does_not_see_are_in_no_number_and_on_no_page(
    desk: RuleDesk,
) -> None:
    incident = await open_one(desk)
    one, secret = [await case_from(desk, who) for who in ("ana", "bo")]
    await put(desk, one, incident)
    await put(desk, secret, incident)
    await desk.stage.restrict(secret)
    narrow = replace(desk.admin, access_classes=NORMAL.classes)

    assert (await shown(desk, incident)).cases == 2
    assert (await shown(desk, incident, narrow)).cases == 1
    assert (await shown(desk, incident, narrow)).unsolved == 1
    assert await cases_in(desk, incident, narrow) == [one]
    listed = await keeping.list_incidents(
        desk.stage.database, narrow, is_resolved=False, is_counted=True, before=None, limit=30
    )
    assert [found.cases for found in listed.incidents] == [1]
    with pytest.raises(NotFound):
        await cases.change_case(
            desk.stage.database, viewer_of(narrow), secret, CaseChange(incident_id=None)
        )


@pytest.mark.parametrize("seed", range(4))
async def test_case_is_in_an_incident_of_those_for_which_it_stands_until_that_is_undone(
    desk: RuleDesk, seed: int
) -> None:
    """Merged and undone in any order: each that stands is in its own, else in one of theirs."""
    random = Random(seed)
    viewer, database = viewer_of(desk.admin), desk.stage.database
    first = await desk.stage.says("ana")
    person = await desk.stage.person_of(first)
    known = [await desk.stage.case_of(first)]
    known += [(await cases.open_case(database, viewer, person, "More")).id for _ in range(4)]
    incidents = [await open_one(desk, f"Outage {number}") for number in range(3)]
    own: dict[int, object] = {one: random.choice([None, *incidents]) for one in known}
    for one, incident in own.items():
        await put(desk, one, incident)  # type: ignore[arg-type]  # an id or None
    moves: list[int] = []

    async def check() -> None:
        rows = {one: await desk.stage.value(
            "select coalesce(merged_into_id, id) from cases where id = $1", one
        ) for one in known}  # fmt: skip
        for one in known:
            if rows[one] == one:
                theirs = {own[other] for other in known if rows[other] == one} - {None}
                expected = {own[one]} if own[one] else theirs or {None}
                assert await incident_of(desk, one) in expected
        counted = sum([len(await cases_in(desk, each)) for each in incidents])
        standing = {one for one in known if rows[one] == one}
        assert counted == sum([await incident_of(desk, one) is not None for one in standing])

    for _ in range(12):
        if moves and random.random() < 0.45:
            await case_moves.undo(database, viewer, moves.pop(random.randrange(len(moves))))
        else:
            source, target = random.sample(known, 2)
            try:
                made = await case_moves.merge(database, viewer, source, target)
            except Conflict:
                continue
            moves.append(made.move.id)
        await check()
    while moves:
        await case_moves.undo(database, viewer, moves.pop(random.randrange(len(moves))))
        await check()
    assert {one: await incident_of(desk, one) for one in known} == own


async def test_case_that_stood_for_one_of_an_incident_and_was_merged_itself_leaves_it_again(
    desk: RuleDesk,
) -> None:
    database, viewer = desk.stage.database, viewer_of(desk.admin)
    incident, said = await open_one(desk), await desk.stage.says("ana")
    person, one = await desk.stage.person_of(said), await desk.stage.case_of(said)
    two, three = [(await cases.open_case(database, viewer, person, "")).id for _ in range(2)]
    await put(desk, one, incident)
    first = await case_moves.merge(database, viewer, one, two)
    second = await case_moves.merge(database, viewer, two, three)
    together = await cases_in(desk, incident)

    await case_moves.undo(database, viewer, first.move.id)
    apart = await cases_in(desk, incident)
    await case_moves.undo(database, viewer, second.move.id)

    assert (together, apart) == ([three], [one])
    assert await cases_in(desk, incident) == [one]


async def test_undo_of_many_puts_a_case_where_a_merge_had_it_until_that_is_undone(
    desk: RuleDesk,
) -> None:
    database, viewer = desk.stage.database, viewer_of(desk.admin)
    incident, other = await open_one(desk), await open_one(desk, "Login is down")
    said = await desk.stage.says("ana")
    person, one = await desk.stage.person_of(said), await desk.stage.case_of(said)
    two = (await cases.open_case(database, viewer, person, "")).id
    await put(desk, one, incident)
    merged = await case_moves.merge(database, viewer, one, two)
    job = await bulk(desk, BulkChange(incident_id=other), "is:open")
    elsewhere = await cases_in(desk, other)
    await jobs.undo_job(database, viewer, job)
    while await running.step(database):
        pass
    back = await cases_in(desk, incident)

    await case_moves.undo(database, viewer, merged.move.id)

    assert (elsewhere, back) == ([two], [two])
    assert await cases_in(desk, incident) == [one]


async def test_what_is_split_off_a_case_is_in_no_incident_and_comes_home_with_its_own(
    desk: RuleDesk,
) -> None:
    incident = await open_one(desk)
    said = [await desk.stage.says("ana", text) for text in ("One", "Two")]
    case = await desk.stage.case_of(said[0])
    viewer = viewer_of(desk.admin)
    wanted = NewMove(message_ids=(said[1],), subject="Two")
    split = await case_moves.move(desk.stage.database, viewer, case, wanted)
    other = await desk.stage.case_of(said[1])
    before = await incident_of(desk, other)
    await put(desk, other, incident)

    await case_moves.undo(desk.stage.database, viewer, split.move.id)

    assert before is None
    assert await cases_in(desk, incident) == [case]


async def test_both_of_two_people_who_part_are_in_the_incident_and_one_case_again_later(
    desk: RuleDesk,
) -> None:
    stage, people = desk.stage, People(desk.stage)
    incident = await open_one(desk)
    for who in ("ana", "bo"):
        await stage.says(who, f"{who} one")
    await people.merge("bo", "ana")
    both = [await stage.says(who, "in the case of both") for who in ("ana", "bo")]
    for each in {await stage.case_of(one) for one in both}:
        await put(desk, each, incident)
    before = await cases_in(desk, incident)

    split = await people.split("bo")
    parted = {await stage.case_of(one) for one in both}
    apart = await cases_in(desk, incident)
    await people.undo(split)

    assert parted <= set(apart)
    assert len(parted) == 2
    assert await cases_in(desk, incident) == before


async def test_somebody_erased_stays_in_the_count_of_an_incident(desk: RuleDesk) -> None:
    """That so many were hit is the desk's own record; nothing in it is of them."""
    incident = await open_one(desk)
    said = await desk.stage.says("ana", "My deposit")
    case = await desk.stage.case_of(said)
    await put(desk, case, incident)

    person = await desk.stage.person_of(said)
    await privacy.erase_person(desk.stage.database, desk.stage.blobs, desk.admin.actor, person)

    assert await cases_in(desk, incident) == [case]
    assert await desk.stage.value(
        "select context from messages where case_id = $1 and context::text like '%Deposits%'", case
    ) is None  # fmt: skip


async def test_title_is_of_one_incident_until_that_is_resolved(desk: RuleDesk) -> None:
    database, admin = desk.stage.database, desk.admin
    first = await open_one(desk)
    with pytest.raises(Conflict) as taken:
        await open_one(desk, "  deposits are  STUCK ")
    await keeping.change(database, admin, first, IncidentChange(state="resolved"))
    second = await open_one(desk)
    with pytest.raises(Conflict):
        await keeping.change(database, admin, first, IncidentChange(state="open"))
    with pytest.raises(Conflict) as moved:
        await keeping.change(database, admin, second, IncidentChange(title="X", expect_revision=9))
    with pytest.raises(Refused):
        await keeping.change(database, admin, second, IncidentChange(title="  "))
    with pytest.raises(Refused):
        await put(desk, await case_from(desk, "ana"), 10_000)

    assert (taken.value.code, moved.value.code) == ("name_taken", "moved_on")
    entries = await desk.stage.value(
        "select array_agg(action order by id) from audit_log where action like 'incident%'"
    )
    assert entries == ["incident.opened", "incident.changed", "incident.opened"]


async def test_what_many_do_at_once_to_an_incident_and_its_case_happens_once(
    desk: RuleDesk,
) -> None:
    database, admin = desk.stage.database, desk.admin
    case = await case_from(desk, "ana")
    made = await gather(*(open_one(desk) for _ in range(5)), return_exceptions=True)
    [incident] = [one for one in made if isinstance(one, int)]
    assert {one.code for one in made if isinstance(one, Conflict)} == {"name_taken"}

    await gather(*(put(desk, case, incident) for _ in range(5)))
    over = IncidentChange(state="resolved")
    await gather(*(keeping.change(database, admin, incident, over) for _ in range(5)))

    assert await lines(desk, case) == ["incident_joined"]
    found = await keeping.load(database, admin, incident)
    assert [one.kind for one in found.log] == ["state", "opened"]
    assert found.incident.revision == 2


async def test_rules_that_open_the_same_incident_at_once_open_one(desk: RuleDesk) -> None:
    async def join() -> int:
        async with desk.stage.database.transaction() as work:
            found, _ = await linking.open_or_find(work, "Down", agent_id=None, rule_name="A rule")
            return found

    found = await gather(*(join() for _ in range(5)))

    assert len(set(found)) == 1
    assert await desk.stage.value("select count(*) from incident_log") == 1


async def test_cases_are_found_by_their_incident_by_whoever_sees_them(desk: RuleDesk) -> None:
    incident = await open_one(desk)
    said = {who: await desk.stage.says(who, "Where is it?") for who in ("ana", "bo", "cy")}
    people = {who: await desk.stage.person_of(one) for who, one in said.items()}
    for who in ("ana", "bo"):
        await put(desk, await desk.stage.case_of(said[who]), incident)
    await desk.stage.restrict(await desk.stage.case_of(said["bo"]))
    narrow = Viewer(viewer_of(desk.admin).agent_id, NORMAL)

    async def ids(viewer: Viewer, query: str) -> set[int]:
        found = await views.list_index(desk.stage.database, viewer, "all", query=query)
        return set(found.ids)

    everything = viewer_of(desk.admin)
    assert await ids(everything, "incident:open") == {people["ana"], people["bo"]}
    assert await ids(everything, f"incident:#{incident} is:open") == {people["ana"], people["bo"]}
    assert await ids(everything, "incident:none") == {people["cy"]}
    assert await ids(narrow, f"incident:{incident}") == {people["ana"]}
    assert await ids(everything, "incident:open after:1d") == {people["ana"], people["bo"]}
    change = IncidentChange(state="resolved")
    await keeping.change(desk.stage.database, desk.admin, incident, change)
    assert await ids(everything, "incident:open") == set()
    assert await ids(everything, f"incident:{incident}") == {people["ana"], people["bo"]}


async def test_handover_names_what_was_not_resolved_with_the_cases_that_one_sees(
    desk: RuleDesk,
) -> None:
    incident = await open_one(desk)
    one, secret = [await case_from(desk, who) for who in ("ana", "bo")]
    for each in (one, secret):
        await put(desk, each, incident)
    await desk.stage.restrict(secret)
    team = int(str(await desk.stage.value(
        "insert into teams (name, access_classes, created_at)"
        " values ('Night', '[]', now()) returning id"
    )))  # fmt: skip
    made = await handing.make(desk.stage.database, viewer_of(desk.admin), team, "")
    change = IncidentChange(state="watching")
    await keeping.change(desk.stage.database, desk.admin, incident, change)

    whole = await handed.load(desk.stage.database, viewer_of(desk.admin), made)
    narrow = Viewer(desk.admin.agent_id, NORMAL)
    part = await handed.load(desk.stage.database, narrow, made)

    [told] = whole.incidents
    assert (told.title, told.state_then, told.state, told.cases) == (
        "Deposits are stuck", "open", "watching", 2,
    )  # fmt: skip
    assert [each.cases for each in part.incidents] == [1]


async def test_cases_of_an_incident_are_read_by_its_index(desk: RuleDesk) -> None:
    incident, sight, asked = await open_one(desk), viewer_of(desk.admin).sight, list[Any]()
    async with desk.stage.database.transaction() as work:
        await work.driver.execute(
            "set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off"
        )
        row = await stored.find(work, incident)
        assert row is not None
        with work.driver.query_logger(asked.append):
            await stored.cases_of(work, incident, sight, None, limit=50)
            await stored.count(work, [row], sight)
            await stored.count_by_class(work)
        await sleep(0)  # It is called soon, and not at once.
        queries = [one for one in asked if "from cases k" in one.query]
        assert len(queries) == 3
        for one in queries:
            plan = await work.driver.fetch(f"explain {one.query}", *one.args)
            assert any("ix_cases_incident_id" in line[0] for line in plan), one.query
