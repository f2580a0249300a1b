"""What an instance of a connector gets from outside."""

from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from core.clock import SystemClock
from core.connector import Intake
from core.errors import BadConfig
from router.blobs.disk import DiskBlobs
from router.runtime.connectors import ConnectorFactory
from router.runtime.egress import EgressGuard
from router.runtime.registry import Registry
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


async def test_library_with_a_session_of_its_own_calls_nothing_inside_either(
    tmp_path: Path,
) -> None:
    """discord.py insists on one; it never reaches a server of this network."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({"message": "401: Unauthorized", "code": 0}, status=401)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server, EgressGuard().session() as http:
        factory = ConnectorFactory(
            registry=Registry(),
            keyring=Keyring("k" * 40),
            clock=SystemClock(),
            blobs=DiskBlobs(tmp_path),
            http=http,
            public_url="https://desk.example",
        )
        kind = factory.registry.load("discord")
        settings = {"token": "a" * 60, "api_base_url": str(server.make_url("/api/v10"))}
        connector = kind(kind.Config.model_validate(settings), factory.context(0, "new"))
        with pytest.raises(BadConfig, match="egress_allow"):
            await connector.check()
        await connector.close()

    assert asked == []
