"""What is owed, as lists and searches show it, and whom an escalation tells."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from core.clock import FakeClock
from router.services import cases, views
from router.services.cases import CaseChange
from router.services.deadlines import planning, promising
from router.services.deadlines.shapes import NewPromise
from router.services.errors import Refused
from router.services.viewer import Viewer
from router.storage import finding
from router.storage.conditions import Every
from router.storage.sight import Sight
from tests.services.test_deadlines import ALWAYS, TOLD, agree, catch_up, fire_due, plan
from tests.services.test_shift_ends import Watch
from tests.stage import Stage

NORMAL = Viewer(0, Sight(frozenset({"normal"})))


async def found(stage: Stage, viewer: Viewer, query: str = "", **more: Any) -> list[int]:
    index = await views.list_index(stage.database, viewer, "all", query=query, **more)
    return list(index.ids)


async def told(stage: Stage, event: str) -> list[int]:
    context = await stage.value("select context ->> 'told' from messages where text = $1", event)
    return list(json.loads(str(context)))


@pytest.fixture
async def boss(stage: Stage) -> Viewer:
    return await stage.agent("Ida", role="supervisor")


async def test_search_and_list_know_what_is_near_what_is_late_and_what_is_due_first(
    stage: Stage, boss: Viewer, clock: FakeClock
) -> None:
    urgent = {"name": "Urgent", "fits": {"priorities": [1]}, "first_reply": {"minutes": 600}}
    await agree(stage, boss, plan(urgent, {"name": "All", "first_reply": ALWAYS}))
    late, near, calm = [
        await stage.person_of(await stage.says(who)) for who in ("ana", "ben", "eve")
    ]
    await stage.run("update cases set priority = 1 where person_id = $1", calm)
    await catch_up(stage)
    clock.advance(timedelta(minutes=50))
    other = await stage.person_of(await stage.says("fay"))
    await catch_up(stage)

    assert await found(stage, boss, "sla:late") == []
    assert sorted(await found(stage, boss, "sla:due")) == [late, near]
    assert await found(stage, boss, sort="due") == [late, near, other, calm]
    clock.advance(timedelta(minutes=15))
    assert sorted(await found(stage, boss, "sla:late")) == [late, near]
    assert await found(stage, boss, "sla:due") == []
    await stage.restrict(int(str(await stage.value("select min(id) from cases"))))
    assert await found(stage, NORMAL, "sla:late") == [near]
    assert await found(stage, NORMAL, sort="due") == [near, other, calm]
    seen = (await planning.next_dues(stage.database, NORMAL, [late, near, calm, 999])).dues
    assert [one.conversation_id for one in seen] == [near, calm]
    assert seen[0].warn_at == seen[0].due_at - timedelta(minutes=15)


async def test_what_is_solved_owes_nothing_and_stands_in_no_list_of_what_is_due(
    stage: Stage, boss: Viewer
) -> None:
    await agree(stage, boss, plan({"name": "All", "first_reply": ALWAYS}))
    person = await stage.person_of(await stage.says("ana"))
    await catch_up(stage)
    before = await found(stage, boss, sort="due")

    case = int(str(await stage.value("select max(id) from cases")))
    await cases.change_case(stage.database, boss, case, CaseChange(state="solved"))
    await catch_up(stage)

    assert (before, await found(stage, boss, sort="due")) == ([person], [])
    assert (await planning.next_dues(stage.database, boss, [person])).dues == ()


async def test_escalation_tells_who_is_on_duty_then_and_the_agents_that_it_names(
    stage: Stage, clock: FakeClock
) -> None:
    watch = await Watch(stage).set_up(clock)
    cy = await stage.agent("Cy")
    level = {"after_minutes": 30, "told": ["on_duty"], "agent_ids": [cy.agent_id]}
    policy = {"name": "All", "first_reply": {"minutes": 10, "clock": "always"}}
    await agree(stage, watch.boss, plan(policy | {"escalations": [level], "warned": ["on_duty"]}))
    await stage.says("eve")
    await catch_up(stage)

    clock.advance(timedelta(minutes=8))
    await fire_due(stage)
    clock.advance(timedelta(minutes=40))
    await fire_due(stage)

    assert await told(stage, "deadline_near") == [watch.bo.agent_id]
    assert await told(stage, "deadline_escalated") == [watch.bo.agent_id, cy.agent_id]


async def test_where_nobody_is_on_duty_supervisors_are_told(
    stage: Stage, boss: Viewer, clock: FakeClock
) -> None:
    policy = {"name": "All", "first_reply": ALWAYS, "breached": ["on_duty"]}
    await agree(stage, boss, plan(policy))
    await stage.says("eve")
    await catch_up(stage)

    clock.advance(timedelta(minutes=61))
    await fire_due(stage)

    assert await told(stage, "deadline_passed") == [boss.agent_id]


@pytest.mark.parametrize(
    ("level", "field"),
    [
        ({"after_minutes": 5}, "policies.0.escalations.0.told"),
        ({"after_minutes": 5, "agent_ids": [999]}, "policies.0.escalations.0.agent_ids"),
    ],
)
async def test_escalation_that_tells_nobody_is_refused(
    stage: Stage, boss: Viewer, level: dict[str, Any], field: str
) -> None:
    wanted = plan({"name": "All", "first_reply": ALWAYS, "escalations": [level]})

    with pytest.raises(Refused) as refused:
        await agree(stage, boss, wanted)

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("limit", "walked"), [(200, "ix_deadlines_running"), (finding.MOST_WALKED + 1, "Aggregate")]
)
async def test_page_of_what_is_due_first_walks_along_what_runs_and_a_whole_list_reads_it_once(
    stage: Stage, boss: Viewer, limit: int, walked: str
) -> None:
    await agree(stage, boss, plan({"name": "All", "first_reply": ALWAYS}))
    await stage.says("ana")
    await catch_up(stage)
    await stage.run(_MANY)
    asked: list[Any] = []
    async with stage.database.transaction() as work:
        await work.driver.execute("analyze persons, cases, deadlines")
        with work.driver.query_logger(asked.append):
            found = await finding.find_roots(
                work, NORMAL.sight, 0, Every(()), sort="due", past=None, limit=limit
            )
        rest = await finding.find_roots(
            work, NORMAL.sight, 0, Every(()), sort="due", past=found[49][1], limit=limit - 50
        )
        await asyncio.sleep(0)  # It is called soon, and not at once.
        [query] = [one for one in asked if "deadlines o" in one.query]
        rows = await work.driver.fetch(f"explain {query.query}", *query.args)
    lines = [row[0] for row in rows]

    assert len(found) == limit
    assert rest == found[50:]
    assert [key for _, key in found] == sorted(key for _, key in found)
    assert any(walked in line for line in lines), lines
    if limit <= finding.MOST_WALKED:
        assert not any("Seq Scan" in line for line in lines), lines


@pytest.mark.parametrize("walked", [finding.MOST_WALKED, 2, 0])
async def test_none_of_what_is_due_at_the_same_instant_is_lost_between_two_pages(
    stage: Stage, boss: Viewer, monkeypatch: pytest.MonkeyPatch, walked: int
) -> None:
    """As what was asked in a night, of a desk that is there by day."""
    monkeypatch.setattr(finding, "MOST_WALKED", walked)
    await agree(stage, boss, plan({"name": "All", "first_reply": ALWAYS}))
    who = [await stage.person_of(await stage.says(f"p{n}")) for n in range(7)]
    await catch_up(stage)
    await stage.run(
        "update deadlines d set due_at = timestamptz '2026-01-06 10:00Z' + case"
        " when k.person_id = $1 then interval '0'"
        " when k.person_id = $2 then interval '2 s' + interval '1 microsecond'"
        " when k.person_id = $3 then interval '2 s' else interval '1 s' end"
        " from cases k where k.id = d.case_id",
        *who[:3],
    )
    await stage.run("update cases set access_class = 'kyc' where person_id = $1", who[4])
    pages = []
    for viewer in (boss, NORMAL):
        before, seen = None, []
        while True:
            page = await views.list_index(
                stage.database, viewer, "all", sort="due", before=before, limit=2
            )
            seen.append(list(page.ids))
            if page.next is None:
                break
            before = page.next
        pages.append(seen)

    assert pages[0] == [[who[0], *who[3:]], [who[2], who[1]], []]
    assert pages[1] == [[who[0], who[3], *who[5:]], [who[2], who[1]], []]


async def test_more_that_is_due_at_the_same_instant_than_is_walked_is_read_as_a_whole_list_is(
    stage: Stage, boss: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST_WALKED", 2)
    monkeypatch.setattr(views, "COUNTED", 2)
    await agree(stage, boss, plan({"name": "All", "first_reply": ALWAYS}))
    who = [await stage.person_of(await stage.says(f"p{n}")) for n in range(5)]
    await catch_up(stage)
    await stage.run("update deadlines set due_at = timestamptz '2026-01-06 10:00Z'")
    asked: list[Any] = []
    async with stage.database.transaction() as work:
        with work.driver.query_logger(asked.append):
            count = await views.count_scope(work, boss, views.Scope(sort="due"))
            await asyncio.sleep(0)  # It is called soon, and not at once.
            counting = len([one for one in asked if "deadlines o" in one.query])
            found = await finding.find_roots(
                work, boss.sight, 0, Every(()), sort="due", past=None, limit=1
            )
            await asyncio.sleep(0)
    _, walk, whole = [one for one in asked if "deadlines o" in one.query]
    async with stage.database.transaction() as work:
        walked = await work.driver.fetch(walk.query, *walk.args)

    assert (count, counting) == (2, 1)
    assert [root for root, _ in found] == who
    assert (len(walked), "group by" in whole.query) == (3, True)


_MANY = """
    with people as (
        insert into persons (id, root_id, display_name, created_at, last_message_id,
            last_inbound_id, open_cases)
        select 10000 + n, 10000 + n, '', now(), 10000 + n, 10000 + n, 1
        from generate_series(1, 4000) n returning id
    ), made as (
        insert into cases (person_id, state, opened_at) select id, 'open', now() from people
        returning id
    )
    insert into deadlines (case_id, target, ref, policy, started_at, due_at)
    select id, 'first_reply', 0, 'All', now(), now() + make_interval(secs => id * 7919 % 6007)
    from made
"""


async def test_promise_of_a_solved_case_is_told_again_once_the_case_is_reopened(
    stage: Stage, clock: FakeClock
) -> None:
    bo = await stage.agent("Bo")
    said = await stage.says("ana")
    case, person = await stage.case_of(said), await stage.person_of(said)
    friday = NewPromise(due_at=clock.now() + timedelta(days=2))
    await cases.change_case(stage.database, bo, case, CaseChange(state="solved"))
    clock.advance(timedelta(minutes=1))
    await promising.promise(stage.database, bo, case, friday)
    await catch_up(stage)
    assert (await planning.next_dues(stage.database, bo, [person])).dues == ()
    told = len(await stage.value(TOLD))

    await cases.change_case(stage.database, bo, case, CaseChange(state="open"))
    await catch_up(stage)

    assert (await stage.value(TOLD))[told:] == [case]
    dues = (await planning.next_dues(stage.database, bo, [person])).dues
    assert [(one.target, one.due_at) for one in dues] == [("promise", friday.due_at)]
    await cases.change_case(stage.database, bo, case, CaseChange(priority=1))
    await catch_up(stage)
    assert len(await stage.value(TOLD)) == told + 1
