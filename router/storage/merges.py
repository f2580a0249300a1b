"""Merges and splits as rows, and the root that each person has through those in force."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

import msgspec

from core.merges import Merge, Roots, Seat, Split
from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork

Kind = Literal["merge", "split"]
UndoGround = Literal["agent", "evidence"]


class MergeRow(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` split: the loser was taken out alone, from among those for whom the winner stands."""

    id: int
    kind: Kind
    loser_id: int
    winner_id: int
    loser_seat: int
    winner_seat: int
    agent_id: int | None
    reason: str
    ground: str
    proof: dict[str, Any]
    merged_at: datetime
    undone_at: datetime | None

    @property
    def loser(self) -> Seat:
        return Seat(self.loser_id, self.loser_seat)

    @property
    def winner(self) -> Seat:
        return Seat(self.winner_id, self.winner_seat)


class Graph(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody who hangs together with somebody by merges in force, whatever splits there were."""

    persons: dict[int, int]
    """With the root that is cached."""
    rows: tuple[MergeRow, ...]
    """Merges in force and all splits, in the order in which they were made."""

    def roots(self) -> Roots:
        return Roots(
            self.persons,
            [Merge(row.loser, row.winner) for row in self.rows if row.kind == "merge"],
            [
                Split(row.loser_id, row.loser_seat, row.undone_at is not None)
                for row in self.rows
                if row.kind == "split"
            ],
        )

    def conversation_of(self, root_id: int) -> list[int]:
        return [person for person, root in self.persons.items() if root == root_id]


_COLUMNS = """id, kind, loser_id, winner_id, loser_seat, winner_seat, agent_id, reason, ground,
    proof, merged_at, undone_at"""


async def insert_merge(
    work: UnitOfWork,
    *,
    loser: Seat,
    winner: Seat,
    agent_id: int | None,
    reason: str,
    ground: str,
    proof: dict[str, str],
    kind: Kind = "merge",
) -> MergeRow:
    """Both conversations must be locked, and two. A split gives the loser that seat."""
    row = await work.driver.fetchrow(
        f"""
        insert into person_merges (kind, loser_id, winner_id, loser_seat, winner_seat, agent_id,
            reason, ground, proof, merged_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10) returning {_COLUMNS}
        """,
        kind,
        loser.person,
        winner.person,
        loser.number,
        winner.number,
        agent_id,
        reason,
        ground,
        msgspec.json.encode(proof).decode(),
        work.now(),
    )
    return MergeRow(**row)


async def find_merge(work: UnitOfWork, merge_id: int) -> MergeRow | None:
    row = await fetch_one(work, f"select {_COLUMNS} from person_merges where id = $1", merge_id)
    return None if row is None else MergeRow(**row)


async def graph_of(work: UnitOfWork, person_ids: Collection[int]) -> Graph:
    """Of these persons. Complete only as long as their conversations are locked."""
    found = await fetch(
        work,
        """
        with recursive near (id) as (
            select unnest($1::bigint[])
            union
            select g.other from near n cross join lateral (
                (select winner_id as other from person_merges
                 where loser_id = n.id and kind = 'merge' and undone_at is null)
                union all
                (select loser_id from person_merges
                 where winner_id = n.id and kind = 'merge' and undone_at is null)
            ) g
        )
        select p.id, p.root_id from near n join persons p on p.id = n.id order by p.id
        """,
        list(person_ids),
    )
    persons = {row["id"]: row["root_id"] for row in found}
    rows = await fetch(
        work,
        f"""
        select {_COLUMNS} from person_merges
        where loser_id = any($1::bigint[]) and (kind = 'split' or undone_at is null)
        order by id
        """,
        list(persons),
    )
    return Graph(persons=persons, rows=tuple(MergeRow(**row) for row in rows))


async def home_of(work: UnitOfWork, identity_id: int) -> int | None:
    """Whose it is by itself. None: there is no such identity."""
    row = await fetch_one(work, "select home_person_id from identities where id = $1", identity_id)
    return None if row is None else int(row["home_person_id"])


async def seats_of(work: UnitOfWork, person_ids: Collection[int]) -> dict[int, Seat]:
    """Where these persons sit now."""
    rows = await fetch(
        work,
        """
        select loser_id, max(loser_seat) as number from person_merges
        where kind = 'split' and loser_id = any($1::bigint[]) group by loser_id
        """,
        list(person_ids),
    )
    numbers = {row["loser_id"]: row["number"] for row in rows}
    return {person: Seat(person, numbers.get(person, 0)) for person in person_ids}


async def automatic_links(work: UnitOfWork, person_id: int, host_account: str) -> list[MergeRow]:
    """What evidence for this host account joined this person by, in force, oldest first."""
    rows = await fetch(
        work,
        f"""
        select {_COLUMNS} from person_merges
        where undone_at is null and kind = 'merge' and ground <> 'agent'
          and (loser_id = $1 or winner_id = $1) and proof ->> 'host_account' = $2
        order by id
        """,
        person_id,
        host_account,
    )
    return [MergeRow(**row) for row in rows]


async def was_parted(work: UnitOfWork, person_id: int, host_account: str) -> bool:
    """Whether an agent took this person out, or took back what this host account joined."""
    row = await fetch_one(
        work,
        """
        select from person_merges
        where (kind = 'split' and loser_id = $1 and undone_at is null)
           or (kind = 'merge' and ground <> 'agent' and undo_ground = 'agent'
               and undone_at is not null and proof ->> 'host_account' = $2
               and (loser_id = $1 or winner_id = $1))
        limit 1
        """,
        person_id,
        host_account,
    )
    return row is not None


async def undo(
    work: UnitOfWork, merge_id: int, agent_id: int | None, reason: str, ground: UndoGround = "agent"
) -> bool:
    """False if it was undone before."""
    undone = await work.driver.fetchval(
        """
        update person_merges
        set undone_at = $2, undone_by_id = $3, undo_reason = $4, undo_ground = $5
        where id = $1 and undone_at is null returning id
        """,
        merge_id,
        work.now(),
        agent_id,
        reason,
        ground,
    )
    return undone is not None


async def move_root(work: UnitOfWork, loser_root: int, winner_root: int) -> None:
    """All for whom the one stood have the other from now on."""
    await work.driver.execute(
        "update persons set root_id = $2 where root_id = $1", loser_root, winner_root
    )


async def set_roots(work: UnitOfWork, roots: dict[int, int]) -> None:
    """Person -> root. Under the locks of both their former and their new conversation."""
    await work.driver.execute(
        """
        update persons p set root_id = u.root from unnest($1::bigint[], $2::bigint[]) u(id, root)
        where p.id = u.id and p.root_id <> u.root
        """,
        list(roots),
        list(roots.values()),
    )
