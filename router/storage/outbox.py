"""Reads of the numbered outbox: what a feed is made of. Numbering is `outbox_numbering`'s."""

from dataclasses import dataclass

from router.storage.outbox_numbering import ROW
from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import Fact, UnitOfWork


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One committed fact with its number. `ref` is the id of what `kind` speaks of."""

    position: int
    kind: Fact
    person_id: int | None
    ref: int | None


@dataclass(frozen=True, slots=True)
class Extent:
    """Entries above `trimmed`, up to `newest`, are there to be read."""

    newest: int
    trimmed: int

    def covers(self, position: int) -> bool:
        """Whether everything after `position` can still be told. Not so for another database's."""
        return self.trimmed <= position <= self.newest


async def extent(work: UnitOfWork) -> Extent:
    """In one snapshot with other reads: they show at least everything up to `newest`."""
    row = await fetch_one(work, "select position, trimmed from relay_state where name = $1", ROW)
    return Extent(0, 0) if row is None else Extent(row["position"], row["trimmed"])


async def entries_after(work: UnitOfWork, position: int, *, limit: int) -> list[OutboxEntry]:
    """The next entries, in order and without a gap."""
    rows = await fetch(
        work,
        """
        select position, kind, person_id, ref from outbox
        where position > $1 order by position limit $2
        """,
        position,
        limit,
    )
    return [
        OutboxEntry(row["position"], Fact(row["kind"]), row["person_id"], row["ref"])
        for row in rows
    ]
