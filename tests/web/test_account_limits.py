"""What an account may send, and what a test of it may change."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.clock import FakeClock
from core.connector import Manifest
from router.blobs.disk import DiskBlobs
from router.runtime.registry import ChannelEntry, Registry
from router.services.roles import Role
from router.storage.engine import Database
from tests.services.answering_desk import open_desk as open_answering
from tests.web.desk import Desk, open_desk_of
from tests.web.test_account_pages import NEW, Signing, account_of


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> Any:
    """With one channel, whose accounts sign in at a port of this machine."""
    manifest = Manifest(
        channel="sample",
        name="Sample",
        contract=1,
        realm="sample",
        intake=(),
        entry=f"{Signing.__module__}:Signing",
    )
    known = Registry([ChannelEntry(channel="sample", manifest=manifest)])
    opened = await open_desk_of(database, known, DiskBlobs(tmp_path / "blobs"))
    yield opened
    await opened.close()


@asynccontextmanager
async def listening() -> AsyncIterator[int]:
    """A server that answers a knock; its port."""

    def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_limits_are_those_of_the_account_and_of_what_its_network_asked_for(
    desk: Desk, tmp_path: Path, clock: FakeClock
) -> None:
    owner = await desk.signed_in(Role.OWNER)
    account = await account_of(owner)
    limits = (await owner.get(f"/accounts/{account}/limits")).body
    assert limits["rates"]["in_flight"] == 8
    assert (limits["can_edit"], limits["resting"], limits["resting_until"]) == (False, 0, None)

    answering = await open_answering(desk.database, tmp_path / "answering")
    person = await answering.hear("ana")
    await answering.answer(person)
    until = clock.now() + timedelta(minutes=5)
    async with desk.database.transaction() as work:
        await work.driver.execute(
            "update deliveries set account_id = $1, code = 'rate_limited', due_at = $2",
            account,
            until,
        )
    asked = (await owner.get(f"/accounts/{account}/limits")).body
    assert (asked["resting"], asked["resting_until"]) == (
        1,
        until.isoformat().replace("+00:00", "Z"),
    )
    assert (await owner.get("/accounts/999/limits")).status == 404


async def test_refused_login_pauses_the_account_that_is_tested_and_a_passing_fault_does_not(
    desk: Desk,
) -> None:
    owner = await desk.signed_in(Role.OWNER)
    async with listening() as port:
        refused = await account_of(owner, port)
        found = await owner.post(f"/accounts/{refused}/check")
    assert found.body["steps"][-1]["code"] == "auth_refused"
    after = (await owner.get(f"/accounts/{refused}")).body
    assert (after["state"], after["paused_code"]) == ("paused", "auth_refused")
    assert after["paused_reason"] == "The server refuses the password."

    resumed = await owner.post(f"/accounts/{refused}/resume")
    assert resumed.body["state"] == "active"
    away = await owner.post(f"/accounts/{refused}/check")
    assert (away.body["ok"], away.body["steps"][-1]["name"]) == (False, "TCP")
    assert (await owner.get(f"/accounts/{refused}")).body["state"] == "active"


async def test_test_of_settings_that_were_corrected_meanwhile_changes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await desk.signed_in(Role.OWNER)
    checked = Signing.check

    async def check(self: Signing) -> Any:
        """Ops correct the password while the network thinks about the old one."""
        monkeypatch.setattr(Signing, "check", checked)
        given = {"secrets": {"password": NEW}}
        assert (await owner.post(f"/accounts/{account}/secrets", given)).status == 200
        return await checked(self)

    monkeypatch.setattr(Signing, "check", check)
    async with listening() as port:
        account = await account_of(owner, port)
        found = await owner.post(f"/accounts/{account}/check")

    assert found.body["steps"][-1]["code"] == "auth_refused"
    [after] = (await owner.get("/accounts")).body["accounts"]
    assert (after["state"], after["test"]) == ("active", None)
