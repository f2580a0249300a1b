"""An account that is paused, changed or broken lets its sends under way end first."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from core.clock import SystemClock
from core.connector import Intake
from core.errors import AuthRefused
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
from tests.runtime.scripted import Script, ScriptedConnector, registry
from tests.services.builders import make_account
from tests.waiting import PATIENCE


class BusySender:
    """One send is under way until it is drained."""

    def __init__(self) -> None:
        self.story: list[str] = []
        self.running = asyncio.Event()
        self.ended = asyncio.Event()

    async def run(self) -> None:
        self.running.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.story.append("cancelled")
            self.ended.set()

    async def drain(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.story.append("drained")


@pytest.fixture
def script() -> Script:
    ScriptedConnector.script = Script()
    return ScriptedConnector.script


@pytest.fixture
async def sender(database: Database, tmp_path: Path, script: Script) -> AsyncIterator[BusySender]:
    """Of whichever account runs."""
    made = BusySender()
    bus, blobs = LocalBus(), DiskBlobs(tmp_path)
    committer = Committer(database, blobs, bus)
    leases = LeaseKeeper(database, "node")
    async with aiohttp.ClientSession() as http:
        parts = AccountParts(
            database=database,
            factory=ConnectorFactory(
                registry=registry(Intake.STREAM),
                keyring=Keyring("k" * 40),
                clock=SystemClock(),
                blobs=blobs,
                http=http,
                public_url="http://127.0.0.1",
            ),
            make_sink=lambda account, fence: committer.sink(account, fence=fence),
            make_sender=lambda account, connector, fence: made,
        )
        supervisor = Supervisor(parts, leases, bus)
        loops = [asyncio.create_task(loop()) for loop in (leases.run, supervisor.run)]
        yield made
        for task in loops:
            task.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


async def _until(event: asyncio.Event) -> None:
    async with asyncio.timeout(PATIENCE):
        await event.wait()


async def test_paused_account_is_drained_before_it_is_stopped(
    database: Database, sender: BusySender
) -> None:
    account = await make_account(database, channel="scripted")
    await _until(sender.running)

    async with database.transaction() as work:
        await pause(work, account, reason="enough", code="ops")

    await _until(sender.ended)
    assert sender.story == ["drained", "cancelled"]


async def test_account_whose_intake_is_refused_is_drained_before_it_is_stopped(
    database: Database, sender: BusySender, script: Script
) -> None:
    script.receive_faults = [AuthRefused("The server refuses this password.")]
    await make_account(database, channel="scripted")

    await _until(sender.ended)

    assert sender.story[0] == "drained"
