"""Group commit: who waits together shares a transaction, and nobody shares another's trouble."""

import asyncio
from pathlib import Path

import pytest

from core.messages import InboundAttachment
from router.blobs.disk import DiskBlobs
from router.bus.local import LocalBus
from router.runtime.committer import Committer
from router.storage.engine import Database
from tests.services.builders import make_account, received


class OneBadFile(DiskBlobs):
    """A disk that fails under one file."""

    async def put(self, content: bytes) -> str:
        if content == b"bad":
            raise OSError("input/output error")
        return await super().put(content)


@pytest.fixture
def committer(database: Database, tmp_path: Path) -> Committer:
    return Committer(database, OneBadFile(tmp_path / "blobs"), LocalBus())


async def test_a_file_that_cannot_be_kept_fails_its_own_request_only(
    database: Database, committer: Committer
) -> None:
    mine, other = await make_account(database), await make_account(database)
    bad = received("eve", attachments=(InboundAttachment(name="a", content=b"bad"),))
    waiting = [
        asyncio.create_task(committer.sink(mine).store([bad])),
        asyncio.create_task(committer.sink(other).store([received("ana")])),
    ]
    await asyncio.sleep(0)  # both wait before the committer begins
    running = asyncio.create_task(committer.run())

    failed, stored = await asyncio.gather(*waiting, return_exceptions=True)

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert isinstance(failed, OSError)
    assert isinstance(stored, list)
    assert stored[0] is not None


async def test_whoever_gives_up_waiting_leaves_the_rest_of_the_batch_alone(
    database: Database, committer: Committer
) -> None:
    account = await make_account(database)
    sink = committer.sink(account)
    gone = asyncio.create_task(sink.store([received("ana", key="once")]))
    stays = asyncio.create_task(sink.store([received("bob")]))
    await asyncio.sleep(0)
    running = asyncio.create_task(committer.run())
    await asyncio.sleep(0)
    gone.cancel()

    [stored] = await stays
    [again] = await sink.store([received("ana", key="once")])

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert stored is not None
    assert again is not None
    async with database.reading() as work:
        assert await work.driver.fetchval("select count(*) from messages") == 2
