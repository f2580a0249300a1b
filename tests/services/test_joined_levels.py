"""A side of a case that joins another one: raising that one meets what is answered in the side."""

import asyncio
from pathlib import Path

import pytest

from router.services import cases
from router.services.cases import CaseChange
from router.storage.engine import Database
from tests.services.level_desk import LevelDesk, open_level_desk, refused


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> LevelDesk:
    return await open_level_desk(database, tmp_path)


async def test_answer_in_the_side_of_a_case_that_is_being_raised_never_goes_out(
    desk: LevelDesk,
) -> None:
    ann = await desk.begin()
    await desk.hear("bob")
    joined, side = [
        await desk.value(
            "select c.id from cases c join identities i on i.home_person_id = c.person_id"
            " where i.handle = $1",
            handle,
        )
        for handle in ("bob", "ann")
    ]
    await desk.value("update cases set joined_case_id = $1 where id = $2", joined, side)
    written = await desk.answer(ann, case_id=side)
    said = (await desk.deliveries(written.message_id))[0]
    async with desk.database.transaction() as work:
        await desk.queue_more(work, said)
        raising = asyncio.create_task(
            cases.change_case(desk.database, desk.viewer, joined, CaseChange(minimum_level=2))
        )
        await desk.until_blocked()
    await raising

    rows = await desk.deliveries(written.message_id)
    assert [(row["state"], row["code"]) for row in rows] == [("cancelled", "level_too_low")] * 2
    assert await refused(desk.answer(ann, case_id=side)) == "level_too_low"
