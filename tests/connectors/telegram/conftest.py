"""A server and a connector for each test."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from connectors.telegram.sandbox_server import BotApiServer
from core.testing.trial import PacedClock
from tests.connectors.telegram.running import Running


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    clock = PacedClock()
    server = BotApiServer(clock)
    await server.start()
    try:
        async with aiohttp.ClientSession() as http:
            yield Running(server, http, clock)
    finally:
        await server.stop()
