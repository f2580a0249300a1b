"""Routes: inbound events that could not be read, and spans of which nothing could be told."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from router.services import quarantine
from router.services.roles import Permission
from router.services.viewer import viewer_of
from router.storage.gaps import list_gaps
from router.storage.quarantine import QuarantineRow
from router.storage.sight import Sight
from router.web.arguments import MAX_INT, Id
from router.web.context import Call
from router.web.policy import allow
from router.web.problems import ApiError
from router.web.routes import Routes

routes = Routes(tag="quarantine")

READ = allow(Permission.READ_QUARANTINE)
CHANGE = allow(Permission.CHANGE_QUARANTINE)
MAX_SHOWN = 64 * 1024
"""Bytes of a raw source that are shown."""

State = Literal["waiting", "replayed", "dropped"]
Count = Annotated[int, msgspec.Meta(ge=1, le=200)]
After = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that came in and could not be read or stored."""

    id: int
    account_id: int
    event_key: str
    reason: str
    seen: int
    """How often it came."""
    first_seen_at: datetime
    last_seen_at: datetime
    message_id: int | None
    """Its placeholder in a conversation."""
    state: State
    is_replayable: bool
    """False: the connector could not read it; only its source is there."""


class EntryDetail(Entry, frozen=True, kw_only=True):
    media_type: str
    source: str
    """The raw bytes as far as they are text, cut at 64 KiB."""


class Entries(msgspec.Struct, frozen=True, kw_only=True):
    entries: tuple[Entry, ...]
    next: int | None
    """For `after`; null: that was the last page."""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A span of time of which the network could tell us nothing."""

    id: int
    account_id: int
    place_id: int | None
    """Where; null: on the whole account."""
    place_title: str
    since: datetime | None
    """Null: it is not known."""
    until: datetime
    reason: str
    noted_at: datetime


class HistoryGaps(msgspec.Struct, frozen=True, kw_only=True):
    gaps: tuple[Gap, ...]


@routes.get("/history-gaps", policy=READ)
async def list_history_gaps(call: Call, before: Id = MAX_INT, limit: Count = 20) -> HistoryGaps:
    """What was lost while nobody could hear it, newest first."""
    async with call.context.database.reading() as work:
        rows = await list_gaps(work, before=before, limit=limit)
    return HistoryGaps(
        gaps=tuple(
            Gap(
                id=row.id,
                account_id=row.account_id,
                place_id=row.place_id,
                place_title=row.place_title or "",
                since=row.since,
                until=row.until,
                reason=row.reason,
                noted_at=row.noted_at,
            )
            for row in rows
        )
    )


@routes.get("/quarantine", policy=READ)
async def list_quarantine(
    call: Call, state: State | None = None, after: After = 0, limit: Count = 50
) -> Entries:
    """Oldest first."""
    rows = await quarantine.list_entries(
        call.context.database, state=state, after=after, limit=limit + 1, sight=_sight(call)
    )
    shown = rows[:limit]
    return Entries(
        entries=tuple(to_entry(row) for row in shown),
        next=shown[-1].id if len(rows) > limit else None,
    )


@routes.get("/quarantine/{entry_id}", policy=READ)
async def read_quarantined(call: Call, entry_id: Id) -> EntryDetail:
    """One of them, with its source."""
    row = await quarantine.load_entry(call.context.database, entry_id, sight=_sight(call))
    source = await _source(call, row)
    entry = to_entry(row)
    return EntryDetail(
        **{name: getattr(entry, name) for name in Entry.__struct_fields__},
        media_type=row.raw_media_type,
        source=source.decode("utf-8", "backslashreplace").replace("\x00", "\\x00"),
    )


@routes.post("/quarantine/{entry_id}/replay", policy=CHANGE, errors=(409,))
async def replay_quarantined(call: Call, entry_id: Id) -> Entry:
    """Try again to store it; twice stores it once."""
    context = call.context
    if context.blobs is None:
        raise ApiError(503, "unavailable", "This process has no files.")
    await quarantine.load_entry(context.database, entry_id, sight=_sight(call))
    row = await quarantine.replay(context.database, context.blobs, call.caller.actor, entry_id)
    return to_entry(row)


@routes.post("/quarantine/{entry_id}/drop", policy=CHANGE, errors=(409,))
async def drop_quarantined(call: Call, entry_id: Id) -> Entry:
    """Give up on it; its source is kept."""
    await quarantine.load_entry(call.context.database, entry_id, sight=_sight(call))
    row = await quarantine.drop(call.context.database, call.caller.actor, entry_id)
    return to_entry(row)


def _sight(call: Call) -> Sight:
    return viewer_of(call.caller).sight


async def _source(call: Call, row: QuarantineRow) -> bytes:
    if row.raw is not None:
        return row.raw[:MAX_SHOWN]
    if row.blob_key is None or call.context.blobs is None:
        return b""
    async with call.context.blobs.open(row.blob_key) as reader:
        return await reader.read(MAX_SHOWN)


def to_entry(row: QuarantineRow) -> Entry:
    return Entry(
        id=row.id,
        account_id=row.account_id,
        event_key=row.event_key,
        reason=row.reason,
        seen=row.seen,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        message_id=row.message_id,
        state=msgspec.convert(row.state, State),
        is_replayable=row.event is not None and row.state == "waiting",
    )
