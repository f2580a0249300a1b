"""The supervisor: each active account runs once, under its lease; a broken one is paused."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from core.clock import SystemClock
from core.connector import Intake, LeaseLost
from core.errors import AuthRefused, TransientError
from router.blobs.disk import DiskBlobs
from router.bus.local import LocalBus
from router.runtime.account import AccountParts
from router.runtime.committer import Committer
from router.runtime.connectors import ConnectorFactory
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.supervisor import Supervisor
from router.services.keyring import Keyring
from router.storage.account_rows import pause
from router.storage.engine import Database
from router.storage.leases import account_lease
from tests.runtime.scripted import Script, ScriptedConnector, registry
from tests.services.builders import make_account
from tests.waiting import PATIENCE, until


class Idle:
    """Sends nothing."""

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def drain(self, seconds: float) -> None:
        return None


class Node:
    """One process's worth of loops."""

    def __init__(self, database: Database, folder: Path, http: aiohttp.ClientSession) -> None:
        self.bus = LocalBus()
        self.committer = Committer(database, DiskBlobs(folder), self.bus)
        self.factory = ConnectorFactory(
            registry=registry(Intake.STREAM, Intake.WEBHOOK),
            keyring=Keyring("k" * 40),
            clock=SystemClock(),
            blobs=DiskBlobs(folder),
            http=http,
            public_url="http://127.0.0.1",
        )
        parts = AccountParts(
            database=database,
            factory=self.factory,
            make_sink=lambda account, fence: self.committer.sink(account, fence=fence),
            make_sender=lambda account, connector, fence: Idle(),
        )
        self.leases = LeaseKeeper(database, f"node-{id(self)}")
        self.supervisor = Supervisor(parts, self.leases, self.bus)
        loops = (self.committer.run, self.leases.run, self.supervisor.run)
        self._tasks = [asyncio.create_task(loop()) for loop in loops]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
def script() -> Script:
    ScriptedConnector.script = Script()
    return ScriptedConnector.script


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def node(
    database: Database, tmp_path: Path, script: Script, http: aiohttp.ClientSession
) -> AsyncIterator[Node]:
    made = Node(database, tmp_path, http)
    yield made
    await made.stop()


async def _state(database: Database, account: int) -> tuple[str, str]:
    async with database.reading() as work:
        row = await work.driver.fetchrow(
            "select state, paused_code from accounts where id = $1", account
        )
    return row["state"], row["paused_code"]


async def _until_paused(database: Database, account: int) -> tuple[str, str]:
    async def paused() -> tuple[str, str] | None:
        state = await _state(database, account)
        return None if state[0] == "active" else state

    found = await until(paused)
    assert found is not None
    return found


async def test_active_account_receives_and_a_paused_one_is_closed(
    database: Database, node: Node, script: Script
) -> None:
    account = await make_account(database, channel="scripted")
    async with asyncio.timeout(PATIENCE):
        await script.receiving.wait()
    async with database.transaction() as work:
        await pause(work, account, reason="enough", code="ops")

    async def closed() -> int:
        return script.closed

    await until(closed)
    assert script.opened == 1
    assert node.leases.fence_of(account_lease(account)) is None


async def test_what_the_network_calls_us_is_kept_for_links_that_name_us(
    database: Database, node: Node, script: Script
) -> None:
    account = await make_account(database, channel="scripted")

    async with asyncio.timeout(PATIENCE):
        await script.receiving.wait()

    async with database.reading() as work:
        name = await work.driver.fetchval("select own_name from accounts where id = $1", account)
    assert name == "scripted_bot"


async def test_refused_password_pauses_the_account_with_its_reason(
    database: Database, node: Node, script: Script
) -> None:
    script.faults = [AuthRefused("The server refuses this password.")]
    account = await make_account(database, channel="scripted")

    assert await _until_paused(database, account) == ("paused", "auth_refused")
    assert script.closed == 1


async def test_network_that_is_down_at_start_is_waited_for(
    database: Database, node: Node, script: Script
) -> None:
    script.faults = [TransientError("not yet")]
    await make_account(database, channel="scripted")

    async with asyncio.timeout(PATIENCE):
        await script.receiving.wait()
    assert script.opened == 2


async def test_stream_that_breaks_is_read_again(
    database: Database, node: Node, script: Script
) -> None:
    script.receive_faults = [TransientError("cut"), RuntimeError("a bug")]
    account = await make_account(database, channel="scripted")

    async with asyncio.timeout(PATIENCE):
        await script.receiving.wait()
    assert len(script.cursors) == 3
    assert (await _state(database, account))[0] == "active"


async def test_second_node_takes_over_when_the_first_stops(
    database: Database, node: Node, script: Script, tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    account = await make_account(database, channel="scripted")
    async with asyncio.timeout(PATIENCE):
        await script.receiving.wait()
    first = node.leases.fence_of(account_lease(account))
    second = Node(database, tmp_path, http)
    try:
        script.receiving.clear()
        await node.stop()
        async with asyncio.timeout(PATIENCE):
            await script.receiving.wait()
        fence = second.leases.fence_of(account_lease(account))
    finally:
        await second.stop()

    assert first is not None
    assert fence is not None
    assert fence > first


async def test_lost_lease_stops_the_account_without_pausing_it(
    database: Database, node: Node, script: Script
) -> None:
    script.receive_faults = [LeaseLost("account")]
    account = await make_account(database, channel="scripted")
    async with asyncio.timeout(PATIENCE):
        await script.receiving.wait()

    assert (await _state(database, account))[0] == "active"


async def test_library_that_cancels_its_own_wait_does_not_end_the_receiving(
    database: Database, node: Node, script: Script
) -> None:
    script.receive_faults = [asyncio.CancelledError()]
    await make_account(database, channel="scripted")

    async with asyncio.timeout(PATIENCE):
        await script.receiving.wait()
    assert script.opened == 1
