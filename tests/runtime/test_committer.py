"""Group commit: who waits together shares a transaction, and nobody shares another's trouble."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from core.messages import InboundAttachment
from router.blobs.disk import DiskBlobs
from router.bus.local import LocalBus
from router.runtime import committer as module
from router.runtime.committer import Committer
from router.services.inbound import Accepted, Incoming
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


class Gate:
    """Stands for `accept`: each batch is under way until it is let through."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self._ways: list[asyncio.Event] = []

    async def __call__(
        self, _: Any, __: Any, batch: Sequence[Incoming], ___: Any
    ) -> list[Accepted]:
        self.batches.append(len(batch))
        way = asyncio.Event()
        self._ways.append(way)
        await way.wait()
        return [[None] for _ in batch]

    def let_through(self) -> None:
        self._ways.pop(0).set()


@pytest.fixture
async def gate(committer: Committer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gate]:
    gate = Gate()
    monkeypatch.setattr(module, "accept", gate)
    running = asyncio.create_task(committer.run())
    yield gate
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def _said(committer: Committer, *, fence: int | None = None) -> asyncio.Task[Accepted]:
    return asyncio.create_task(committer.sink(1, fence=fence).store([received("ana")]))


async def _settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_comes_while_a_batch_is_committed_shares_the_next(
    committer: Committer, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 60)
    first = _said(committer)
    await _settled()
    rest = [_said(committer) for _ in range(3)]
    await _settled()
    assert gate.batches == [1]

    gate.let_through()
    await first
    await _settled()

    assert gate.batches == [1, 3]
    gate.let_through()
    await asyncio.gather(*rest)


async def test_batch_that_is_held_up_is_not_waited_for(
    committer: Committer, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0)
    held_up = _said(committer)
    await _settled()
    other = _said(committer)
    await _settled()

    assert gate.batches == [1, 1]
    gate.let_through()
    gate.let_through()
    await asyncio.gather(held_up, other)


async def test_batch_that_was_fetched_is_not_waited_for(
    committer: Committer, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 60)
    fetched = _said(committer, fence=7)
    await _settled()
    other = _said(committer)
    await _settled()

    assert gate.batches == [1, 1]
    gate.let_through()
    gate.let_through()
    await asyncio.gather(fetched, other)
