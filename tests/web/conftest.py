"""Fixtures of the web's tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from router.storage.engine import Database
from tests.web.desk import Desk, open_desk
from tests.web.visiting import Chat, open_chat


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    opened = await open_desk(database)
    yield opened
    await opened.close()


@pytest.fixture
async def chat(database: Database, tmp_path: Path) -> AsyncIterator[Chat]:
    async with open_chat(database, tmp_path) as opened:
        yield opened
