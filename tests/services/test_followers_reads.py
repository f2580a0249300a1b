"""What a round of those who follow the outbox reads does not grow with what was ever said."""

from collections.abc import Awaitable, Callable

import pytest

from router.services.assignment import rounds
from router.services.automation import passing
from router.services.deadlines import following as deadlines
from router.services.identity import suggestions
from router.services.search import following
from router.services.triage.reading import Reader
from router.services.webhooks_out import following as webhooks
from router.storage import webhooks_out
from router.storage.engine import Database
from router.storage.triage import TriageRow
from tests.stage import Stage

HISTORY = 4_000
FEW = 200
"""Rows of one round that finds one new message: far more than it needs, far fewer than HISTORY."""


async def _rows_read(stage: Stage) -> int:
    await stage.run("select pg_stat_force_next_flush()")
    return int(
        await stage.value(
            "select seq_tup_read + idx_tup_fetch from pg_stat_user_tables where relname = $1",
            "messages",
        )
    )


async def _read(stage: Stage, follow: Callable[[Database], Awaitable[object]]) -> int:
    await stage.relay()
    before = await _rows_read(stage)
    await follow(stage.database)
    async with stage.database.transaction() as work:
        await work.driver.fetch("select pg_stat_force_next_flush()")
    return await _rows_read(stage) - before


async def _note_calls(database: Database) -> bool:
    """With somebody who is told of everything."""
    async with database.transaction() as work:
        if not await webhooks_out.is_any(work):
            agent = await work.driver.fetchval(
                "insert into agents (email, name, role, created_at)"
                " values ('ida@desk.invalid', 'Ida', 'owner', now()) returning id"
            )
            await webhooks_out.insert_webhook(work, agent_id=agent)
            every = '["person_wrote", "case_opened"]'
            await work.driver.execute(
                "update webhooks set kinds = $1::jsonb, classes = '[\"normal\"]'", every
            )
    return await webhooks.follow(database)


async def _read_by_triage(database: Database) -> bool:
    return await Reader(database).follow(TriageRow())


@pytest.mark.parametrize(
    "follow",
    [
        suggestions.follow,
        following.follow,
        deadlines.follow,
        passing.pass_over,
        rounds.follow,
        _read_by_triage,
        _note_calls,
    ],
)
async def test_round_of_a_follower_reads_no_history(
    stage: Stage, follow: Callable[[Database], Awaitable[object]]
) -> None:
    said = await stage.says("ana", "Where is my withdrawal?")
    await stage.relay()
    while await _is_behind(stage, follow):
        pass
    await stage.run(
        """
        insert into messages (person_id, case_id, place_id, account_id, direction, identity_id,
            level, text, received_at)
        select person_id, case_id, place_id, account_id, direction, identity_id, level, text,
            received_at
        from messages, generate_series(1, $2::int) where id = $1
        """,
        said,
        HISTORY,
    )
    await stage.says("ana", "Hello?")

    assert await _read(stage, follow) < FEW


async def _is_behind(stage: Stage, follow: Callable[[Database], Awaitable[object]]) -> bool:
    found = await follow(stage.database)
    return bool(getattr(found, "count", found))
