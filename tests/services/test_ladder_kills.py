"""Killed on either side of its commit, a step is taken once: nothing is lost or doubled."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from core.errors import RecipientGone
from router.failpoints import EXIT_STATUS
from router.services.ladder.climbing import Stepped
from router.storage.engine import Database
from tests.services.climbing_desk import open_climbing_desk


@pytest.mark.parametrize(
    ("point", "state", "later"),
    [
        ("before_step_commit", "due", [Stepped.MOVED]),
        ("after_step_commit", "moved", []),
    ],
)
async def test_killed_step_is_taken_once(
    database: Database,
    database_url: str,
    tmp_path: Path,
    point: str,
    state: str,
    later: list[Stepped],
) -> None:
    desk = await open_climbing_desk(database, tmp_path)
    ann = await desk.hear("ann")
    await desk.known_as(ann, "ann@people.example")
    await desk.hear("ann", "Again")
    written = await desk.answer(ann)
    await desk.send(failing={"*": RecipientGone("They blocked the bot.")})

    killed = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.services.climber",
        database_url,
        str(written.message_id),
        str(ann),
        env={
            **os.environ,
            "ONETHREAD_TEST_BUILD": "1",
            "ONETHREAD_FAILPOINTS": f"{point}:1:exit",
        },
    )
    status = await killed.wait()
    found = (await desk.step(written.message_id))["state"]
    results = [one.what for one in await desk.climb()]
    await desk.send()
    await desk.send(desk.letters)

    assert (status, found, results) == (EXIT_STATUS, state, later)
    assert [one.channel for one in desk.taken] == ["letters"]
    assert [code for _, _, code in await desk.way(written.message_id)] == ["moved_on", ""]
