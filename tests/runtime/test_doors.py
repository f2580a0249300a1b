"""The doors of accounts that the world calls: open from the first call on, until a pause."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import patch

import aiohttp
import pytest

from core.clock import SystemClock
from core.connector import Intake
from router.blobs.disk import DiskBlobs
from router.bus.local import LocalBus
from router.runtime import doors as doors_module
from router.runtime.committer import Committer
from router.runtime.connectors import ConnectorFactory
from router.runtime.doors import Doors
from router.services.keyring import Keyring
from router.storage.account_rows import AccountRow, pause
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork
from tests.runtime.scripted import Script, ScriptedConnector, registry
from tests.services.builders import make_account


@pytest.fixture
async def doors(database: Database, tmp_path: Path) -> AsyncIterator[Doors]:
    ScriptedConnector.script = Script()
    blobs, bus = DiskBlobs(tmp_path), LocalBus()
    async with aiohttp.ClientSession() as http:
        factory = ConnectorFactory(
            registry=registry(Intake.WEBHOOK),
            keyring=Keyring("k" * 40),
            clock=SystemClock(),
            blobs=blobs,
            http=http,
            public_url="http://127.0.0.1",
        )
        yield Doors(database, factory, Committer(database, blobs, bus), bus)


async def _token(database: Database) -> str:
    async with database.reading() as work:
        return str(await work.driver.fetchval("select hook_token from accounts"))


async def test_webhook_account_has_a_door_until_it_is_paused(
    database: Database, doors: Doors
) -> None:
    account = await make_account(database, channel="scripted")
    await doors.refresh()
    token = await _token(database)
    assert doors.find(token) is not None
    assert doors.find_local(token) is None

    async with database.transaction() as work:
        await pause(work, account, reason="enough", code="ops")
    await doors.refresh()
    assert doors.find(token) is None


async def test_account_made_a_moment_ago_takes_its_first_call(
    database: Database, doors: Doors
) -> None:
    await doors.refresh()
    account = await make_account(database, channel="scripted")
    token = await _token(database)

    found = await asyncio.gather(*(doors.seek(token) for _ in range(20)))

    assert [None if door is None else door.account.id for door in found] == [account] * 20


async def test_many_who_ask_for_an_unknown_address_cost_one_look(doors: Doors) -> None:
    with patch.object(doors_module, "active_accounts", wraps=doors_module.active_accounts) as looks:
        found = await asyncio.gather(*(doors.seek(f"nobody-{n}") for n in range(200)))
        assert set(found) == {None}
        assert looks.call_count == 1

        first = doors._looked_at
        assert await doors.seek("nobody") is None
        assert looks.call_count == 2
        assert doors._looked_at - first > doors_module.LOOK_SECONDS * 0.9


async def test_calls_during_a_slow_look_cost_one_more_and_wait_for_a_time(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, looks = asyncio.Event(), asyncio.Event(), 0

    async def slow(work: UnitOfWork) -> list[AccountRow]:
        nonlocal looks
        looks += 1
        begun.set()
        await go_on.wait()
        return []

    monkeypatch.setattr(doors_module, "active_accounts", slow)
    monkeypatch.setattr(doors_module, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(doors_module, "SEEK_SECONDS", 0.2)
    refreshing = asyncio.create_task(doors.refresh())
    await begun.wait()
    for _ in range(3):
        found = await asyncio.gather(*(doors.seek(f"nobody-{n}") for n in range(50)))
        assert set(found) == {None}
    go_on.set()
    await refreshing
    assert await doors.seek("nobody") is None

    assert looks <= 3
