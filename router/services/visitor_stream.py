"""What reaches a visitor: their own messages and our answers, from a position without a gap.

`seq` is a message's id, which orders the conversation. `position` is the outbox's: everything up to
it is in what was given out, whatever became visible, changed or was deleted in which order.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from core.rich_text import Mark, Span
from router.services.errors import NotFound
from router.storage import visitor_stream
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork
from router.storage.visitor_stream import Bounds, VisitorFile, VisitorMessageRow
from router.storage.visitors import SessionRow

PAGE = 100
LONGEST_GAP = 5_000
"""Outbox rows that are searched for what a visitor missed. Past it they load the newest page."""

SeenState = Literal["sent", "delivered", "read"]


class VisitorMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message as its visitor sees it. The same `seq` again replaces what was there."""

    seq: int
    is_own: bool
    """Written by the visitor; else by the desk."""
    client_id: str | None
    """Of an own message, as its client chose it."""
    text: str
    spans: tuple[Span, ...]
    """How `text` is formatted; offsets in code points."""
    author: str
    """Who answered; empty for own messages."""
    at: datetime
    is_edited: bool
    is_deleted: bool
    state: SeenState
    """Of an answer, what this visitor's pages have acknowledged; of an own one, whether an agent
    has read it: `sent`, then `read`."""
    files: tuple[VisitorFile, ...]
    offers: tuple[str, ...] = ()
    """Of an answer: what the visitor may say by pressing a button."""
    is_elsewhere: bool = False
    """It was said on another channel, where the conversation had gone on."""


class CatchUp(msgspec.Struct, frozen=True, kw_only=True):
    position: int
    """Ask for what comes after it next time."""
    is_reset: bool
    """True: forget what was there; this is the newest page. False: only what has changed."""
    has_earlier: bool
    """Whether there are messages before the page. Of use with `is_reset` only."""
    messages: tuple[VisitorMessage, ...]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    has_earlier: bool
    messages: tuple[VisitorMessage, ...]


async def catch_up(database: Database, row: SessionRow, *, after: int | None) -> CatchUp:
    """What has changed since `after`, or the newest page if nobody can tell any more."""
    async with database.reading() as work:
        bounds = await bounds_of(work, row)
        position = bounds.position
        is_known = after is not None and bounds.trimmed <= after <= position
        if after is None or not is_known or position - after > LONGEST_GAP:
            page = await _page(work, bounds, before=None)
            return CatchUp(
                position=position,
                is_reset=True,
                has_earlier=page.has_earlier,
                messages=page.messages,
            )
        ids = await visitor_stream.changed_messages(work, after, position, bounds=bounds)
        rows = await visitor_stream.list_by_id(work, ids) if ids else []
    return CatchUp(
        position=position,
        is_reset=False,
        has_earlier=False,
        messages=_to_messages(rows, bounds),
    )


async def list_earlier(database: Database, row: SessionRow, *, before: int) -> Page:
    """The page just before this `seq`."""
    async with database.reading() as work:
        return await _page(work, await bounds_of(work, row), before=before)


async def _page(work: UnitOfWork, bounds: Bounds, *, before: int | None) -> Page:
    rows = await visitor_stream.list_newest(work, bounds.places, before=before, limit=PAGE + 1)
    echoes = [one for one in bounds.echoes if before is None or one < before]
    if echoes:
        rows = sorted([*rows, *await visitor_stream.list_by_id(work, echoes)], key=lambda m: m.id)
    return Page(has_earlier=len(rows) > PAGE, messages=_to_messages(rows[-PAGE:], bounds))


def _to_messages(rows: Sequence[VisitorMessageRow], bounds: Bounds) -> tuple[VisitorMessage, ...]:
    echoes = set(bounds.echoes)
    return tuple(to_message(row, is_elsewhere=row.id in echoes) for row in rows)


async def find_file(database: Database, row: SessionRow, file_id: int) -> tuple[VisitorFile, str]:
    """A file of a message that this visitor sees, with its blob key. Raises NotFound."""
    async with database.reading() as work:
        found = await visitor_stream.find_file(work, await bounds_of(work, row), file_id)
    if found is None:
        raise NotFound("There is no such file.")
    return found


async def files_of(database: Database, message_id: int) -> tuple[VisitorFile, ...]:
    """For whoever has just written this message."""
    async with database.reading() as work:
        rows = await visitor_stream.list_by_id(work, [message_id])
    return rows[0].files if rows else ()


async def bounds_of(work: UnitOfWork, row: SessionRow) -> Bounds:
    """The session's own place; bound to a host account, those of its other sessions too.

    So a person signed in finds their conversation on another device, and whoever merely shares
    the computer finds nothing.
    """
    return await visitor_stream.find_bounds(
        work, row.account_id, row.visitor.session, row.host_account
    )


def to_message(row: VisitorMessageRow, *, is_elsewhere: bool = False) -> VisitorMessage:
    """What came by another channel was seen there."""
    return VisitorMessage(
        seq=row.id,
        is_own=row.is_own,
        client_id=row.client_id,
        text=row.text,
        # The handle of somebody who is mentioned is ours to know.
        spans=tuple(one for one in row.spans if one.mark is not Mark.MENTION),
        author=row.author_name,
        at=row.at,
        is_edited=row.is_edited,
        is_deleted=row.is_deleted,
        state="read" if is_elsewhere else msgspec.convert(row.state, SeenState),
        files=row.files,
        offers=row.offers,
        is_elsewhere=is_elsewhere,
    )
