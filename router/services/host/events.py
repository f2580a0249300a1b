"""What happened to the host's accounts, as a feed of positions that the host reads at its own pace.

Each position says that something changed; what stands beside it is true at the time of reading, so
that reading late or twice is harmless. No texts, handles or names are in it.
"""

from typing import Literal

import msgspec

from router.services.errors import Conflict
from router.storage import host_events, outbox
from router.storage.engine import Database
from router.storage.host_events import HostEventRow

MOST_SCANNED = 5_000
"""Entries of the outbox that one call looks through."""


class HostEvent(msgspec.Struct, frozen=True, kw_only=True):
    position: int
    kind: Literal["person.changed", "person.merged", "person.split", "case.changed"]
    accounts: tuple[str, ...]
    """That the people concerned are linked to now."""
    person_id: int
    """Who stands for the person now."""
    other_person_id: int | None = None
    """Of a merge or split: who stands for the other side now."""
    case_id: int | None = None
    case_state: str | None = None
    case_account: str | None = None
    """That the case is about, if somebody said so."""


class HostEvents(msgspec.Struct, frozen=True, kw_only=True):
    events: tuple[HostEvent, ...]
    position: int
    """The `after` of the next call, also where there was nothing for the host."""
    newest: int
    """Positions up to this one are there to be read."""


async def load_events(database: Database, *, after: int, limit: int) -> HostEvents:
    """Raises Conflict `too_old`: what followed this position is not kept any more."""
    async with database.reading() as work:
        extent = await outbox.extent(work)
        if not extent.covers(after):
            raise Conflict(
                "What followed this position is not kept any more: read the accounts afresh.",
                code="too_old",
                newest=extent.newest,
            )
        until = min(extent.newest, after + MOST_SCANNED)
        rows = await host_events.told_after(work, after, until=until)
    if len(rows) > limit:
        rows = rows[:limit]
        until = rows[-1].position
    return HostEvents(
        events=tuple(_to_event(row) for row in rows), position=until, newest=extent.newest
    )


def _to_event(row: HostEventRow) -> HostEvent:
    return msgspec.convert(
        {
            "position": row.position,
            "kind": row.kind,
            "accounts": row.accounts,
            "person_id": row.root_id,
            "other_person_id": row.other_root_id,
            "case_id": row.ref if row.case_state is not None else None,
            "case_state": row.case_state,
            "case_account": row.case_account,
        },
        HostEvent,
    )
