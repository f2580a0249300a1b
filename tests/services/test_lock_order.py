"""Whoever locks several things locks them in one order: host accounts, people, cases, topics,
messages and deliveries. Each of these would have waited for what it held itself.
"""

import asyncio
from pathlib import Path

import pytest

from router.storage import host_accounts, persons
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork
from tests.services.answering_desk import open_desk
from tests.services.linking_desk import HOST, LinkingDesk


@pytest.fixture
async def linking(database: Database, tmp_path: Path) -> LinkingDesk:
    return LinkingDesk(await open_desk(database, tmp_path))


async def is_free_of(work: UnitOfWork, person: int) -> None:
    """Raises if somebody else holds this conversation."""
    await work.driver.execute("set local lock_timeout = '100ms'")
    await persons.lock_root(work, person)


@pytest.mark.parametrize("is_typed", [True, False])
async def test_code_that_is_said_waits_for_its_host_account_before_it_holds_the_conversation(
    linking: LinkingDesk, is_typed: bool
) -> None:
    await linking.hears("ada", code=(await linking.code()).code)
    person = (await linking.identity("ada"))["root_id"]
    code = (await linking.code()).code

    async with linking.desk.database.transaction() as work:
        await host_accounts.lock(work, HOST)
        saying = asyncio.create_task(
            linking.hears("ada", code) if is_typed else linking.hears("ada", code=code)
        )
        await linking.desk.until_blocked()
        await is_free_of(work, person)

    await saying
    assert await linking.outcome() == "redeemed"
