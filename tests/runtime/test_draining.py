"""An account that is drained: nothing comes in, what waits goes out, then it is paused."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from router.runtime.doors import Doors
from router.storage import accounts
from router.storage.engine import Database
from tests.runtime.scripted import Script
from tests.runtime.test_supervisor import Node, _until_paused, http, script
from tests.services.builders import make_account, received
from tests.waiting import until

__all__ = ["http", "script"]


@pytest.fixture
async def node(
    database: Database, tmp_path: Path, script: Script, http: aiohttp.ClientSession
) -> AsyncIterator[Node]:
    made = Node(database, tmp_path, http)
    yield made
    await made.stop()


async def test_a_drained_account_sends_what_waits_hears_nothing_and_then_is_paused(
    database: Database, node: Node, script: Script
) -> None:
    # Paused, so that nobody begins to receive before it is drained.
    account = await make_account(database, channel="scripted", state="paused")
    await node.committer.sink(account).accept([received("ann")])
    async with database.transaction() as work:
        await work.driver.execute("update accounts set state = 'active'")
        await work.driver.execute(
            """
            insert into deliveries (message_id, person_id, account_id, place_id, lane, send_key,
                state, due_at, queued_at, state_at)
            select id, person_id, account_id, place_id, 'l', 'k', 'queued', $1, $1, $1 from messages
            """,
            work.now(),
        )
        assert await accounts.drain(work, account, actor="agents/1")

    async def is_open() -> bool:
        return script.opened > 0

    await until(is_open)
    doors = Doors(database, node.factory, node.committer, node.bus)
    await doors.refresh()
    assert doors._by_token == {}
    async with database.transaction() as work:
        state = await work.driver.fetchval("select state from accounts")
        await work.driver.execute("update deliveries set state = 'sent'")
    assert (state, script.receiving.is_set()) == ("active", False)

    assert await _until_paused(database, account) == ("paused", "drained")
