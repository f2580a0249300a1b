"""Reads of the numbered outbox: what a feed is made of. Numbering is `outbox_numbering`'s."""

from dataclasses import dataclass

from router.storage.records import fetch_one
from router.storage.unit_of_work import OUTBOX, Fact, UnitOfWork


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
    row = await fetch_one(work, "select position, trimmed from relay_state where name = $1", OUTBOX)
    return Extent(0, 0) if row is None else Extent(row["position"], row["trimmed"])
