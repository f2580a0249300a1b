"""The audit log's chain: whole as written, and any change to it shows (A39)."""

import asyncio

import pytest

from router.services import audit
from router.services.identity.merging import merge, undo_merge
from router.storage.audit import list_after
from router.storage.engine import Database

ENTRIES = 6


@pytest.fixture
async def chain(database: Database) -> Database:
    for number in range(1, ENTRIES + 1):
        async with database.transaction() as work:
            facts = {"number": number, "names": ["ä", "b"], "flag": True, "none": None}
            await audit.record(work, "agents/1", "thing.done", f"things/{number}", facts)
    return database


async def test_the_chain_is_whole_as_it_was_written(chain: Database) -> None:
    found = await audit.verify(chain)
    assert found.is_whole
    assert found.entries == ENTRIES


async def test_an_empty_log_is_whole(database: Database) -> None:
    found = await audit.verify(database)
    assert (found.is_whole, found.entries, found.head) == (True, 0, audit.GENESIS.hex())


@pytest.mark.parametrize(
    "change",
    [
        "update audit_log set actor = 'agents/2' where id = 3",
        "update audit_log set action = 'thing.undone' where id = 3",
        "update audit_log set subject = 'things/9' where id = 3",
        "update audit_log set at = at + interval '1 microsecond' where id = 3",
        "update audit_log set facts = facts || '{\"number\": 9}' where id = 3",
        "update audit_log set version = 2 where id = 3",
        "update audit_log set hash = decode(repeat('00', 32), 'hex') where id = 3",
    ],
)
async def test_a_changed_entry_shows(chain: Database, change: str) -> None:
    async with chain.transaction() as work:
        await work.driver.execute(change)
    found = await audit.verify(chain)
    assert (found.is_whole, found.broken_at) == (False, 3)


async def test_a_removed_entry_shows(chain: Database) -> None:
    async with chain.transaction() as work:
        await work.driver.execute("delete from audit_log where id = 3")
    assert (await audit.verify(chain)).broken_at == 4


async def test_exchanged_entries_show(chain: Database) -> None:
    async with chain.transaction() as work:
        await work.driver.execute("update audit_log set id = 99 where id = 2")
        await work.driver.execute("update audit_log set id = 2 where id = 3")
        await work.driver.execute("update audit_log set id = 3 where id = 99")
    assert (await audit.verify(chain)).broken_at == 2


async def test_a_cut_tail_shows_against_a_head_kept_elsewhere(chain: Database) -> None:
    before = await audit.verify(chain)
    async with chain.transaction() as work:
        await work.driver.execute("delete from audit_log where id > 4")
    assert (await audit.verify(chain)).is_whole
    assert not (await audit.verify(chain, expected_head=before.head)).is_whole
    assert not (await audit.verify(chain, expected_entries=before.entries)).is_whole


async def test_a_head_kept_earlier_is_found_in_a_longer_chain(chain: Database) -> None:
    before = await audit.verify(chain)
    async with chain.transaction() as work:
        await audit.record(work, "cli", "thing.done", "things/7")
    assert (await audit.verify(chain, expected_head=before.head, expected_entries=6)).is_whole


async def test_entries_of_transactions_at_once_form_one_chain(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.transaction() as work:
            await audit.record(work, "cli", "thing.done", f"things/{number}")

    await asyncio.gather(*(write(number) for number in range(20)))
    found = await audit.verify(database)
    assert (found.is_whole, found.entries) == (True, 20)


async def test_what_is_rolled_back_leaves_no_entry(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as work:
            await audit.record(work, "cli", "thing.done", "things/1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert (await audit.verify(database)).entries == 0


async def test_a_merge_by_an_agent_and_its_undo_are_noted(database: Database) -> None:
    async with database.transaction() as work:
        await work.driver.execute(
            "insert into persons (id, root_id, created_at) values (1, 1, $1), (2, 2, $1)",
            work.now(),
        )
    made = await merge(database, loser_id=1, winner_id=2, agent_id=None, reason="the same")
    await undo_merge(database, merge_id=made.id, agent_id=None, reason="not the same")
    async with database.reading() as work:
        rows = await list_after(work, 0, 10)
    assert [(row.actor, row.action, row.subject) for row in rows] == [
        ("cli", "person.merged", f"merges/{made.id}"),
        ("cli", "person.split", f"merges/{made.id}"),
    ]
    assert rows[0].facts == {"loser": 1, "winner": 2}
    assert "the same" not in str(rows)
