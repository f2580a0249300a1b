"""What the log of a webhook reads does not grow with what waits for its receiver."""

from collections.abc import Awaitable, Callable

import pytest

from router.storage import webhook_calls, webhooks_out
from router.storage.unit_of_work import UnitOfWork
from tests.stage import Stage

WAITING = 4_000
FEW = 200

Read = Callable[[UnitOfWork, int], Awaitable[object]]


async def _last(work: UnitOfWork, webhook: int) -> object:
    return [one.event_id for one in (await webhook_calls.last_calls(work, [webhook])).values()]


async def _failed(work: UnitOfWork, webhook: int) -> object:
    found = await webhook_calls.list_calls(work, webhook, state="failed", before=None, limit=50)
    return [one.event_id for one in found]


@pytest.mark.parametrize("read", [_last, _failed])
async def test_what_waits_for_a_receiver_that_is_gone_is_not_read_with_its_log(
    stage: Stage, read: Read
) -> None:
    agent = await stage.agent("Ida", role="owner")
    async with stage.database.transaction() as work:
        webhook = await webhooks_out.insert_webhook(work, agent_id=agent.agent_id)
    await stage.run(
        "insert into webhook_calls (event_id, webhook_id, kind, happened_at, made_at, due_at,"
        " state, tries) select 'e' || n, $1, 'test', now(), now(), now(),"
        " case when n = 1 then 'failed' else 'waiting' end, case when n = 1 then 7 else 0 end"
        " from generate_series(1, $2::int) n",
        webhook,
        WAITING,
    )
    await stage.run("analyze webhook_calls")

    before = await _rows_read(stage)
    async with stage.database.transaction() as work:
        found = await read(work, webhook)
        await work.driver.fetch("select pg_stat_force_next_flush()")

    assert found == ["e1"]
    assert await _rows_read(stage) - before < FEW


async def _rows_read(stage: Stage) -> int:
    found = await stage.value(
        "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)"
        " from pg_stat_user_tables where relname = $1",
        "webhook_calls",
    )
    return int(str(found))
