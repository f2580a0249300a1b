"""Merge edges, and the root that each person has through them."""

from datetime import datetime

import msgspec

from router.storage.unit_of_work import UnitOfWork


class MergeRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    loser_id: int
    winner_id: int
    agent_id: int | None
    reason: str
    ground: str
    merged_at: datetime
    undone_at: datetime | None


_COLUMNS = "id, loser_id, winner_id, agent_id, reason, ground, merged_at, undone_at"


async def insert_merge(
    work: UnitOfWork,
    *,
    loser_id: int,
    winner_id: int,
    agent_id: int | None,
    reason: str,
    ground: str,
    proof: dict[str, str],
) -> MergeRow:
    """Both must be roots, and locked."""
    row = await work.driver.fetchrow(
        f"""
        insert into person_merges (loser_id, winner_id, agent_id, reason, ground, proof, merged_at)
        values ($1, $2, $3, $4, $5, $6::jsonb, $7) returning {_COLUMNS}
        """,
        loser_id,
        winner_id,
        agent_id,
        reason,
        ground,
        msgspec.json.encode(proof).decode(),
        work.now(),
    )
    await work.driver.execute(
        "update persons set merged_into_id = $2 where id = $1", loser_id, winner_id
    )
    return MergeRow(**row)


async def find_merge(work: UnitOfWork, merge_id: int) -> MergeRow | None:
    row = await work.driver.fetchrow(
        f"select {_COLUMNS} from person_merges where id = $1",
        merge_id,
    )
    return None if row is None else MergeRow(**row)


async def merges_of(work: UnitOfWork, root_id: int) -> list[MergeRow]:
    """The edges in force inside one conversation, oldest first."""
    rows = await work.driver.fetch(
        f"""
        select {_COLUMNS} from person_merges
        where undone_at is null and loser_id in (select id from persons where root_id = $1)
        order by id
        """,
        root_id,
    )
    return [MergeRow(**row) for row in rows]


async def undo(work: UnitOfWork, merge_id: int, agent_id: int | None, reason: str) -> bool:
    """False if it was undone before."""
    loser = await work.driver.fetchval(
        """
        update person_merges set undone_at = $2, undone_by_id = $3, undo_reason = $4
        where id = $1 and undone_at is null returning loser_id
        """,
        merge_id,
        work.now(),
        agent_id,
        reason,
    )
    if loser is None:
        return False
    await work.driver.execute("update persons set merged_into_id = null where id = $1", loser)
    return True


async def derive_roots(work: UnitOfWork, old_root_id: int) -> None:
    """Set the cached root of everybody who had `old_root_id`, from the edges in force."""
    await work.driver.execute(
        """
        with recursive up (id, at) as (
            select id, id from persons where root_id = $1
            union all
            select up.id, p.merged_into_id from up join persons p on p.id = up.at
            where p.merged_into_id is not null
        )
        update persons p set root_id = up.at
        from up join persons top on top.id = up.at and top.merged_into_id is null
        where p.id = up.id and p.root_id <> up.at
        """,
        old_root_id,
    )
