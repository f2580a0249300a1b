"""What is told beside a life is over when that is, and is found by keys."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from core.clock import FakeClock
from router.assist.findings import GRAVE
from router.services import cases
from router.services.cases import CaseChange
from router.services.triage import recorded, shown
from router.services.viewer import Viewer
from router.storage import danger_pages, triage_record
from tests.services.triage_desk import DYING, STOLEN, TriageDesk, come
from tests.stage import Stage


@pytest.fixture
async def desk(stage: Stage) -> TriageDesk:
    return await TriageDesk.open(stage)


@pytest.fixture
async def bo(stage: Stage) -> Viewer:
    return await come(stage, "Bo")


@pytest.fixture
async def boss(stage: Stage) -> Viewer:
    return await stage.agent("Ida", role="supervisor")


async def test_theft_told_beside_a_life_is_over_with_it_and_not_before(
    desk: TriageDesk, bo: Viewer, boss: Viewer, clock: FakeClock
) -> None:
    await desk.says("ana", DYING)
    clock.advance(timedelta(minutes=1))
    _, case = await desk.says("ana", STOLEN)

    async def over() -> tuple[list[bool], list[bool]]:
        settings = (await recorded.load(desk.stage.database, boss)).pages
        found = (await shown.list_of_case(desk.stage.database, boss, case)).findings
        return (
            [one.ended_at is not None for one in settings],
            [one.page is None or one.page.ended_at is not None for one in found],
        )

    before = await over()
    clock.advance(timedelta(minutes=1))
    await cases.change_case(desk.stage.database, boss, case, CaseChange(owner_id=boss.agent_id))
    clock.advance(timedelta(minutes=4))
    await desk.read()

    assert before == ([False, False], [False, False])
    assert await over() == ([True, True], [True, True])
    ended = {one.ended_at for one in (await recorded.load(desk.stage.database, boss)).pages}
    assert len(ended) == 1
    # What is told once the life is over is not beside it.
    await desk.says("ana", "They changed my password, somebody stole my account")
    assert (await over())[0] == [False, True, True]


async def test_what_runs_and_what_is_told_beside_it_are_found_by_keys(
    desk: TriageDesk, bo: Viewer, boss: Viewer, clock: FakeClock
) -> None:
    await desk.says("ana", DYING)
    await desk.says("ana", STOLEN)
    asked, since = list[Any](), clock.now() - timedelta(days=1)
    async with desk.stage.database.transaction() as work:
        await work.driver.execute(
            "set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off;"
            "set local session_replication_role = replica"
        )
        # Old ones of cases that are gone: half of them nobody ever ended.
        await work.driver.execute(
            "insert into danger_pages (case_id, message_id, danger, at, told, ended_at)"
            " select -n, -n, 'self_harm', $1::timestamptz, array[1],"
            " case when n % 2 = 0 then $1::timestamptz end from generate_series(1, 4000) n",
            since - timedelta(days=30),
        )
        await work.driver.execute("analyze danger_pages")
        with work.driver.query_logger(asked.append):
            told = await danger_pages.told_to(work, boss.agent_id, since, first=GRAVE)
            beside = await danger_pages.told_beside(work, boss.agent_id, since, dangers=GRAVE)
            pages = await triage_record.pages(work, ["normal"], limit=50)
        await asyncio.sleep(0)  # It is called soon, and not at once.
        plans = []
        for number, one in enumerate(asked):
            await work.driver.execute(f"prepare asked_{number} as {one.query}")
            nulls = ", ".join(["null"] * len(one.args))
            rows = await work.driver.fetch(f"explain execute asked_{number}({nulls})")
            plans.append("\n".join(row[0] for row in rows))

    assert (len(told), len(beside), len(pages)) == (1, 1, 2)
    runs, of_case = "ix_danger_pages_running_at", "ix_danger_pages_case_id"
    used = [{name for name in (runs, of_case) if name in plan} for plan in plans]
    assert used == [{runs}, set(), {runs}, set(), {of_case}], plans
    assert not any("Seq Scan" in plan for plan in plans), plans
