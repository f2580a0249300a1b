"""Leases: one owner at a time, a fence that rises, and nothing lost when one goes away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from router.runtime.lease_keeper import LeaseKeeper
from router.storage import leases
from router.storage.engine import WRITERS, Database
from tests.waiting import PATIENCE


@pytest.fixture
async def keeper(database: Database) -> AsyncIterator[Callable[[str], LeaseKeeper]]:
    tasks: list[asyncio.Task[None]] = []

    def make(owner: str) -> LeaseKeeper:
        made = LeaseKeeper(database, owner)
        tasks.append(asyncio.create_task(made.run()))
        return made

    yield make
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _held(keeper: LeaseKeeper, name: str) -> int:
    async with asyncio.timeout(PATIENCE):
        while (fence := keeper.fence_of(name)) is None:
            await keeper.changed(0.2)
    return fence


async def test_only_one_of_two_processes_holds_a_lease(
    keeper: Callable[[str], LeaseKeeper],
) -> None:
    first, second = keeper("a"), keeper("b")
    first.want("x")
    await _held(first, "x")
    second.want("x")
    await second.changed(0.3)

    assert second.fence_of("x") is None


async def test_lease_given_back_is_taken_at_once_with_a_higher_fence(
    keeper: Callable[[str], LeaseKeeper],
) -> None:
    first, second = keeper("a"), keeper("b")
    first.want("x")
    former = await _held(first, "x")
    await first.release("x")
    second.want("x")

    assert await _held(second, "x") == former + 1


async def test_lease_of_a_process_that_is_gone_is_taken_at_once(database: Database) -> None:
    async with database.transaction() as work:
        former = await leases.take(work, "x", "killed")
    second = LeaseKeeper(database, "b", is_gone=lambda name: name == "killed")
    task = asyncio.create_task(second.run())
    second.want("x")

    assert await _held(second, "x") == (former or 0) + 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_owner_that_was_overtaken_finds_out_at_its_next_renewal(database: Database) -> None:
    async with database.transaction() as work:
        fence = await leases.take(work, "x", "frozen")
        await work.driver.execute("update leases set expires_at = '-infinity'")
        taken = await leases.take(work, "x", "other")
        lost = await leases.renew(work, {"x": fence or 0}, "frozen")

    assert taken == (fence or 0) + 1
    assert lost == {"x"}


async def test_owner_that_came_late_and_was_not_overtaken_goes_on_under_its_fence(
    database: Database,
) -> None:
    """Else a machine that stood still would restart every account, and what was on its way out
    would be of unknown outcome, although nobody else had touched it.
    """
    async with database.transaction() as work:
        fence = await leases.take(work, "x", "late")
        await work.driver.execute("update leases set expires_at = '-infinity'")
        lost = await leases.renew(work, {"x": fence or 0}, "late")
        taken = await leases.take(work, "x", "other")

    assert lost == set()
    assert taken is None


async def test_leases_are_kept_while_every_writer_waits(
    database: Database, keeper: Callable[[str], LeaseKeeper]
) -> None:
    async with contextlib.AsyncExitStack() as busy:
        for _ in range(WRITERS):
            await busy.enter_async_context(database.transaction())
        mine = keeper("a")
        mine.want("x")

        assert await _held(mine, "x") == 1


async def test_renewing_keeps_the_fence(database: Database) -> None:
    async with database.transaction() as work:
        fence = await leases.take(work, "x", "me")
        assert await leases.renew(work, {"x": fence or 0}, "me") == set()
        assert await leases.take(work, "x", "me") == fence
