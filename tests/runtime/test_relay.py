"""The relay: every committed fact gets one position, in order, without a gap."""

import asyncio
from contextlib import suppress
from functools import partial

import pytest

from router.bus.local import LocalBus
from router.bus.postgres import PostgresBus
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.relay import Relay
from router.storage.engine import Database, StatementRefused
from router.storage.notifications import listening
from router.storage.outbox_numbering import NUMBERING, Fenced, claim, number
from router.storage.unit_of_work import Fact
from tests.waiting import PATIENCE, until_blocked


async def _announce(database: Database, *refs: int) -> None:
    async with database.transaction() as work:
        for ref in refs:
            work.announce(Fact.MESSAGE_CREATED, person=1, ref=ref)


async def test_positions_follow_each_other_without_a_gap(database: Database) -> None:
    await _announce(database, 1, 2)
    async with database.transaction() as work:
        await claim(work, 1)
        assert await number(work, 1, limit=10) == (2, 2)
    await _announce(database, 3)
    async with database.transaction() as work:
        assert await number(work, 1, limit=10) == (3, 1)
        rows = await work.driver.fetch("select ref, position from outbox order by position")

    assert [tuple(row) for row in rows] == [(1, 1), (2, 2), (3, 3)]


async def test_an_overtaken_relay_numbers_nothing(database: Database) -> None:
    await _announce(database, 1)
    async with database.transaction() as work:
        await claim(work, 2)
        await number(work, 2, limit=1)
    await _announce(database, 2)

    with pytest.raises(Fenced):
        async with database.transaction() as work:
            await number(work, 1, limit=1)
    with pytest.raises(Fenced):
        async with database.transaction() as work:
            await claim(work, 1)


async def test_successor_waits_for_the_numbering_under_way_and_goes_on_behind_it(
    database: Database,
) -> None:
    await _announce(database, 1, 2)
    async with database.transaction() as first:
        await claim(first, 1)
        await number(first, 1, limit=10)
        taking_over = asyncio.create_task(_take_over(database, 2))
        await until_blocked(database)
        await _announce(database, 3)

    assert await taking_over == (3, 1)
    async with database.reading() as work:
        rows = await work.driver.fetch("select position from outbox order by position")
    assert [row["position"] for row in rows] == [1, 2, 3]


async def _take_over(database: Database, fence: int) -> tuple[int, int]:
    async with database.writing_once() as work:
        await claim(work, fence)
    async with database.writing_once() as work:
        return await number(work, fence, limit=10)


async def test_numbering_that_goes_on_after_its_connection_was_lost_is_not_done_twice(
    database: Database,
) -> None:
    """PostgreSQL may still run what the relay has given up, and sends anew under its fence."""
    await _announce(database, 1, 2)
    async with database.writing_once() as work:
        await claim(work, 1)
    async with database.transaction() as holding:
        await holding.driver.execute("select from relay_state for update")
        first = asyncio.create_task(_number(database))
        await until_blocked(database)
        await _announce(database, 3)
        again = asyncio.create_task(_number(database))
        await until_blocked(database, 2)
    numbered = await asyncio.gather(first, again, return_exceptions=True)

    assert [type(one) for one in numbered] == [tuple, StatementRefused]
    assert await _number(database) == (3, 1)
    assert await _positions(database) == [(1, 1), (2, 2), (3, 3)]


async def test_numbering_finds_each_fact_by_its_key_however_many_wait(database: Database) -> None:
    """A plan that was made while the table was small is kept."""
    async with database.reading_once() as work:
        plan = await work.driver.fetch(f"explain (costs off) {NUMBERING}", "outbox", 1, 500)
    lines = [row[0].strip() for row in plan]
    assert "->  Index Scan using pk_outbox on outbox o" in lines


async def _number(database: Database) -> tuple[int, int]:
    async with database.writing_once() as work:
        return await number(work, 1, limit=10)


async def _numbering_here(database: Database) -> list[int]:
    """This process is the relay; what its commits tell as the newest position."""
    told: list[int] = []
    database.on_announced(lambda: told.append(0), told.append)
    async with database.writing_once() as work:
        await claim(work, 1)
    database.number_under(1)
    return told


async def _positions(database: Database) -> list[tuple[int, int | None]]:
    async with database.reading_once() as work:
        rows = await work.driver.fetch("select ref, position from outbox order by id")
    return [(row["ref"], row["position"]) for row in rows]


async def test_commit_in_the_relays_process_numbers_its_own_facts(database: Database) -> None:
    told = await _numbering_here(database)
    await _announce(database, 1, 2)
    await _announce(database, 3)

    assert await _positions(database) == [(1, 1), (2, 2), (3, 3)]
    assert told == [2, 3]


async def test_commit_leaves_the_numbering_to_the_relay_while_another_is_under_way(
    database: Database,
) -> None:
    told = await _numbering_here(database)
    async with database.transaction() as first:
        first.announce(Fact.MESSAGE_CREATED, person=1, ref=1)
        await first.flush()
        await _announce(database, 2)

    assert await _positions(database) == [(1, 1), (2, None)]
    assert told == [0, 1]
    async with database.writing_once() as work:
        assert await number(work, 1, limit=10) == (2, 1)


async def test_commit_never_overtakes_facts_that_wait_for_their_numbers(
    database: Database,
) -> None:
    await _announce(database, 1)
    told = await _numbering_here(database)
    await _announce(database, 2)

    assert await _positions(database) == [(1, None), (2, None)]
    assert told == [0]


async def test_overtaken_process_gives_out_no_positions_with_its_commits(
    database: Database,
) -> None:
    await _numbering_here(database)
    async with database.writing_once() as work:
        await claim(work, 2)
    await _announce(database, 1)

    assert await _positions(database) == [(1, None)]


async def test_numbers_of_a_commit_that_failed_are_given_out_again(database: Database) -> None:
    await _numbering_here(database)
    with suppress(ZeroDivisionError):
        async with database.transaction() as work:
            work.announce(Fact.MESSAGE_CREATED, person=1, ref=1)
            await work.flush()
            raise ZeroDivisionError
    await _announce(database, 2)

    assert await _positions(database) == [(2, 1)]


async def test_facts_of_concurrent_writers_are_all_numbered_and_announced(
    database: Database,
) -> None:
    bus = LocalBus()
    keeper = LeaseKeeper(database, "me")
    relay = Relay(database, bus, keeper)
    tasks = [asyncio.create_task(keeper.run()), asyncio.create_task(relay.run())]
    positions = bus.positions()
    try:
        await asyncio.gather(*(_announce(database, n) for n in range(60)))
        newest = 0
        async with asyncio.timeout(PATIENCE):
            while newest < 60:
                newest = await positions.wait(1)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async with database.reading() as work:
        found = await work.driver.fetch("select position from outbox order by position")
    assert [row["position"] for row in found] == list(range(1, 61))


async def test_another_node_hears_positions_and_live_signals(database: Database) -> None:
    here, there = (PostgresBus(partial(listening, database)) for _ in range(2))
    await asyncio.gather(here.start(), there.start())
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    there.on_live(heard.put_nowait)
    positions = there.positions()
    try:
        here.announce(7)
        assert await positions.wait(PATIENCE) == 7
        await here.say_live(b"typing")
        async with asyncio.timeout(PATIENCE):
            assert await heard.get() == b"typing"
    finally:
        await asyncio.gather(here.close(), there.close())


async def test_a_lost_bus_connection_comes_back(database: Database) -> None:
    bus = PostgresBus(partial(listening, database))
    await bus.start()
    positions = bus.positions()
    try:
        async with database.transaction() as work:
            await work.driver.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where query like 'LISTEN%' and datname = current_database()"
            )
        async with asyncio.timeout(PATIENCE):
            while True:
                async with database.transaction() as work:
                    await work.driver.execute("select pg_notify('onethread_position', '5')")
                if await positions.wait(0.2) == 5:
                    break
    finally:
        with suppress(asyncio.CancelledError):
            await bus.close()
