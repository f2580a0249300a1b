"""A desk that tells receivers, and two of them."""

from collections.abc import AsyncIterator

import pytest

from tests.runtime.webhook_desk import Desk, Receiver, open_desk, open_receiver
from tests.stage import Stage


@pytest.fixture
async def desk(stage: Stage) -> AsyncIterator[Desk]:
    made = await open_desk(stage)
    yield made
    await made.worker.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = await open_receiver()
    yield made
    made.released.set()
    await made.server.close()


@pytest.fixture
async def other() -> AsyncIterator[Receiver]:
    made = await open_receiver()
    yield made
    await made.server.close()
