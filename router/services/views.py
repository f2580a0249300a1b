"""The inbox views: which conversations each holds, and how many."""

from typing import Literal

import msgspec

from router.services.shown.rows import SharedRow, load_rows
from router.services.viewer import Viewer
from router.storage import inbox_views, outbox
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork

ViewKey = Literal["open", "mine", "unassigned", "solved", "all"]
VIEWS: tuple[ViewKey, ...] = ("open", "mine", "unassigned", "solved", "all")
WHOLE_VIEW = 50_000
COUNTED = 1_000
"""Counting stops here: more is shown as "more"."""


class Index(msgspec.Struct, frozen=True, kw_only=True):
    view: ViewKey
    ids: tuple[int, ...]
    """Persons, newest first."""
    position: int
    """Follow the feed from here on: nothing falls in between."""
    next: int | None
    """Ask with `before=` this for what follows; None: this was all."""


class ViewCount(msgspec.Struct, frozen=True, kw_only=True):
    key: ViewKey
    count: int
    """1,000 means at least that many."""


def belongs(row: SharedRow, view: ViewKey, agent_id: int) -> bool:
    """Whether the conversation of this row is in the view. The inbox page applies the same rule."""
    is_active = row.state in ("open", "waiting")
    match view:
        case "all":
            return True
        case "solved":
            return row.state == "solved"
        case "open":
            return is_active
        case "mine":
            return is_active and row.owner is not None and row.owner.id == agent_id
        case "unassigned":
            return is_active and row.owner is None


async def list_index(
    database: Database,
    viewer: Viewer,
    view: ViewKey,
    *,
    before: int | None = None,
    limit: int = WHOLE_VIEW,
) -> Index:
    """The ids of a view. `before` is a message id: only conversations with nothing newer."""
    async with database.reading() as work:
        position = (await outbox.extent(work)).newest
        found = await _list(work, viewer, view, before=before, limit=limit)
    return Index(
        view=view,
        ids=tuple(root for root, _ in found),
        position=position,
        next=found[-1][1] if len(found) == limit else None,
    )


async def count_views(database: Database, viewer: Viewer) -> list[ViewCount]:
    async with database.reading() as work:
        return [
            ViewCount(key=view, count=len(await _list(work, viewer, view, limit=COUNTED)))
            for view in VIEWS
        ]


async def _list(
    work: UnitOfWork, viewer: Viewer, view: ViewKey, *, before: int | None = None, limit: int
) -> list[tuple[int, int]]:
    """(root, newest message that the viewer sees), newest first."""
    below = inbox_views.NEWEST if before is None else before
    special = await _specially_seen(work, viewer)
    found = await inbox_views.list_view(
        work, view, viewer.agent_id, before=below, limit=limit, without=special
    )
    if special:
        rows = (await load_rows(work, special, viewer.sight, [])).shared
        found += [
            (root, row.last_message_id)
            for root, row in rows.items()
            if 0 < row.last_message_id < below and belongs(row, view, viewer.agent_id)
        ]
        found = sorted(found, key=lambda one: one[1], reverse=True)[:limit]
    return found


async def _specially_seen(work: UnitOfWork, viewer: Viewer) -> list[int]:
    """Conversations with cases beyond the viewer's sight: rows are not as stored for them."""
    if viewer.sight.is_full:
        return []
    return await inbox_views.roots_with_unseen_cases(work, viewer.sight.listed)
