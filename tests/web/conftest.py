"""Fixtures of the web's tests."""

from collections.abc import AsyncIterator

import pytest

from router.storage.engine import Database
from tests.web.desk import Desk, open_desk


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    opened = await open_desk(database)
    yield opened
    await opened.close()
