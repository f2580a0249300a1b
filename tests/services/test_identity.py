"""Merge and split: edges that any order of undoing takes back exactly."""

from pathlib import Path

import pytest

from router.blobs.disk import DiskBlobs
from router.services.errors import Conflict, NotFound, Refused
from router.services.identity import merging
from router.services.inbound import Incoming, accept
from router.storage.engine import Database
from tests.services.builders import make_account, received

Snapshot = list[tuple[object, ...]]


async def _people(database: Database, tmp_path: Path, count: int) -> tuple[list[int], int]:
    account = await make_account(database)
    await _write(database, tmp_path, account, [f"p{n}" for n in range(count)])
    async with database.reading() as work:
        rows = await work.driver.fetch("select id from persons order by id")
    return [row["id"] for row in rows], account


async def _write(database: Database, tmp_path: Path, account: int, names: list[str]) -> None:
    events = tuple(received(name) for name in names)
    await accept(
        database,
        DiskBlobs(tmp_path / "blobs"),
        [Incoming(account_id=account, fence=None, events=events)],
    )


async def _snapshot(database: Database) -> Snapshot:
    async with database.reading() as work:
        rows = await work.driver.fetch(
            """
            select id, root_id, case when root_id = id then last_message_id end,
                case when root_id = id then open_cases end
            from persons order by id
            """
        )
    return [tuple(row) for row in rows]


async def _merge(database: Database, loser: int, winner: int) -> int:
    edge = await merging.merge(
        database, loser_id=loser, winner_id=winner, agent_id=None, reason="same person"
    )
    return edge.id


async def _undo(database: Database, merge_id: int) -> None:
    await merging.undo_merge(database, merge_id=merge_id, agent_id=None, reason="mistake")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0), (0, 2, 1)])
async def test_undoing_merges_in_any_order_restores_the_former_people(
    database: Database, tmp_path: Path, order: tuple[int, ...]
) -> None:
    [a, b, c, d], _ = await _people(database, tmp_path, 4)
    before = await _snapshot(database)
    edges = [
        await _merge(database, b, a),
        await _merge(database, a, c),
        await _merge(database, d, b),
    ]
    assert len({row[1] for row in await _snapshot(database)}) == 1

    for index in order:
        await _undo(database, edges[index])

    assert await _snapshot(database) == before


async def test_messages_since_a_merge_go_with_the_identity_that_said_them(
    database: Database, tmp_path: Path
) -> None:
    [ana, bo], account = await _people(database, tmp_path, 2)
    edge = await _merge(database, bo, ana)
    await _write(database, tmp_path, account, ["p1"])
    await _undo(database, edge)

    async with database.reading() as work:
        rows = await work.driver.fetch(
            "select p.root_id, count(*) from messages m join persons p on p.id = m.person_id"
            " group by 1 order by 1"
        )
    assert [tuple(row) for row in rows] == [(ana, 1), (bo, 2)]


async def test_the_winner_speaks_for_both_while_merged(database: Database, tmp_path: Path) -> None:
    [ana, bo], _ = await _people(database, tmp_path, 2)
    await _merge(database, bo, ana)

    async with database.reading() as work:
        row = await work.driver.fetchrow(
            "select open_cases, last_message_id = (select max(id) from messages) as newest"
            " from persons where id = $1",
            ana,
        )
    assert tuple(row) == (2, True)


async def test_merging_what_is_one_already_is_refused(database: Database, tmp_path: Path) -> None:
    [ana, bo], _ = await _people(database, tmp_path, 2)
    await _merge(database, bo, ana)

    with pytest.raises(Conflict, match="one person already"):
        await _merge(database, ana, bo)


async def test_undoing_twice_is_refused(database: Database, tmp_path: Path) -> None:
    [ana, bo], _ = await _people(database, tmp_path, 2)
    edge = await _merge(database, bo, ana)
    await _undo(database, edge)

    with pytest.raises(Conflict, match="undone before"):
        await _undo(database, edge)


async def test_merge_needs_two_known_people_and_a_reason(
    database: Database, tmp_path: Path
) -> None:
    [ana], _ = await _people(database, tmp_path, 1)

    with pytest.raises(NotFound):
        await _merge(database, 999, ana)
    with pytest.raises(Refused) as refused:
        await merging.merge(database, loser_id=ana, winner_id=ana, agent_id=None, reason="  ")
    assert refused.value.field == "reason"
