"""What an instance of a connector gets from outside."""

from pathlib import Path

import aiohttp

from core.clock import SystemClock
from core.connector import Intake
from router.blobs.disk import DiskBlobs
from router.runtime.connectors import ConnectorFactory
from router.services.keyring import Keyring
from router.storage.account_rows import active_accounts
from router.storage.engine import Database
from tests.runtime.scripted import registry
from tests.services.builders import make_account


async def test_connector_is_told_where_its_network_can_call_it(
    database: Database, tmp_path: Path
) -> None:
    await make_account(database, channel="scripted")
    async with database.reading() as work:
        [account] = await active_accounts(work)
    async with aiohttp.ClientSession() as http:
        factory = ConnectorFactory(
            registry=registry(Intake.WEBHOOK),
            keyring=Keyring("k" * 40),
            clock=SystemClock(),
            blobs=DiskBlobs(tmp_path),
            http=http,
            public_url="https://desk.example",
        )
        made = factory.make(account)
        unsaved = factory.context(0, "not saved yet")

    assert made.context.hook_url == f"https://desk.example/hooks/{account.hook_token}"
    assert unsaved.hook_url == ""
