"""The inbox views: which conversations each holds, in which order, and how many.

Built-in views have statements of their own. Saved ones are queries, and so is whatever the page
narrows a view by; the same rule says of single conversations whether they belong.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Literal

import msgspec

from router.services.search.asking import ACTIVE, to_condition
from router.services.shown.rows import SharedRow, load_rows
from router.services.viewer import Viewer
from router.storage import finding, inbox_views, outbox
from router.storage.conditions import Condition, Every, InState, NamesAgent, OwnedBy
from router.storage.engine import Database
from router.storage.finding import TooBroad
from router.storage.unit_of_work import UnitOfWork

RowView = Literal["open", "mine", "unassigned", "snoozed", "solved", "all"]
"""Whether a conversation is in it can be told from its row."""
ViewKey = Literal[RowView, "mentions"]
ROW_VIEWS: tuple[RowView, ...] = ("open", "mine", "unassigned", "snoozed", "solved", "all")
VIEWS: tuple[ViewKey, ...] = (
    *("open", "mine", "unassigned", "mentions", "snoozed", "solved", "all"),
)
Sort = Literal["newest", "oldest", "waiting", "priority", "due"]
"""By the newest message; by how long an open conversation waits for us; the most urgent first; what
is owed by when, where anything is."""
WHOLE_VIEW = 50_000
COUNTED = 1_000
"""Counting stops here: more is shown as "more"."""
COUNT_PATIENCE = timedelta(milliseconds=400)
"""For the number of one saved view; without an answer it has none."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows: a built-in view, narrowed by a query, in an order."""

    view: ViewKey = "all"
    query: str = ""
    sort: Sort = "newest"

    @property
    def row_view(self) -> RowView | None:
        """The view whose own statement answers all of it."""
        if self.query or self.sort != "newest" or self.view == "mentions":
            return None
        return self.view


class Index(msgspec.Struct, frozen=True, kw_only=True):
    view: ViewKey
    query: str
    sort: Sort
    ids: tuple[int, ...]
    """Persons, in this order."""
    position: int
    """Follow the feed from here on: nothing falls in between."""
    next: int | None
    """Ask with `before=` this for what follows; None: this was all."""


class ViewCount(msgspec.Struct, frozen=True, kw_only=True):
    key: ViewKey
    count: int
    """1,000 means at least that many. Of `mentions`: only where the agent has not read the note."""


def belongs(row: SharedRow, view: RowView, agent_id: int) -> bool:
    """Whether the conversation of this row is in the view. The inbox page applies the same rule."""
    is_active = row.state in ACTIVE
    match view:
        case "all":
            return True
        case "solved" | "snoozed":
            return row.state == view
        case "open":
            return is_active
        case "mine":
            return is_active and row.owner is not None and row.owner.id == agent_id
        case "unassigned":
            return is_active and row.owner is None


async def condition_of(work: UnitOfWork, viewer: Viewer, scope: Scope) -> Every:
    """What a list asks for, its view and its query together. Raises QueryRefused."""
    asked = await to_condition(work, viewer.agent_id, scope.query)
    parts = asked.parts if isinstance(asked, Every) else (asked,)
    return Every((*_condition_of(scope.view, viewer.agent_id), *parts))


def _condition_of(view: ViewKey, agent_id: int) -> tuple[Condition, ...]:
    """The same rule once more, for views that a query narrows or another order sorts."""
    match view:
        case "all":
            return ()
        case "solved" | "snoozed":
            return (InState((view,)),)
        case "mentions":
            return (NamesAgent(),)
        case "open":
            return (InState(ACTIVE),)
        case "mine":
            return (InState(ACTIVE), OwnedBy(agent_id))
        case "unassigned":
            return (InState(ACTIVE), OwnedBy(None))


async def list_index(
    database: Database,
    viewer: Viewer,
    view: ViewKey,
    *,
    query: str = "",
    sort: Sort = "newest",
    before: int | None = None,
    limit: int = WHOLE_VIEW,
) -> Index:
    """The ids of a view; with `before`, what lies behind that `next`. More than `limit` only of
    what is due at the same instant.

    Raises QueryRefused, TooBroad.
    """
    scope = Scope(view=view, query=query.strip(), sort=sort)
    async with database.reading() as work:
        position = (await outbox.extent(work)).newest
        found = await list_scope(work, viewer, scope, past=before, limit=limit)
    return Index(
        view=view,
        query=scope.query,
        sort=sort,
        ids=tuple(root for root, _ in found),
        position=position,
        next=found[-1][1] if len(found) >= limit else None,
    )


async def count_views(database: Database, viewer: Viewer) -> list[ViewCount]:
    async with database.reading() as work:
        counts: dict[ViewKey, int] = {}
        for view in ROW_VIEWS:
            found = await _built_in(work, viewer, view, past=None, limit=COUNTED)
            counts[view] = len(found)
        counts["mentions"] = await _count_news(work, viewer)
        return [ViewCount(key=view, count=counts[view]) for view in VIEWS]


async def _count_news(work: UnitOfWork, viewer: Viewer) -> int:
    """Conversations with a note that names the agent, which they have not read."""
    found = await finding.find_roots(
        work, viewer.sight, viewer.agent_id, NamesAgent(only_news=True),
        sort="newest", past=None, limit=COUNTED,
    )  # fmt: skip
    return len(found)


async def count_scope(
    work: UnitOfWork, viewer: Viewer, scope: Scope, *, patience: timedelta = COUNT_PATIENCE
) -> int | None:
    """None: it takes too long to say. Nothing else of the transaction is undone by that."""
    try:
        # Both are needed: this one for what is counted before and without the other.
        async with work.driver.transaction(), finding.bounded(work, patience):
            found = await list_scope(
                work, viewer, scope, past=None, limit=COUNTED, has_ties=False, patience=patience
            )
            return len(found)
    except TooBroad:
        return None


async def belonging(
    database: Database, viewer: Viewer, scope: Scope, person_ids: Sequence[int]
) -> list[int]:
    """Those of these roots that are in the list. Raises QueryRefused, TooBroad."""
    async with database.reading() as work:
        found = await list_scope(
            work, viewer, scope, past=None, limit=len(person_ids), only=person_ids
        )
    return [root for root, _ in found]


async def list_scope(
    work: UnitOfWork,
    viewer: Viewer,
    scope: Scope,
    *,
    past: int | None,
    limit: int,
    has_ties: bool = True,
    only: Sequence[int] | None = None,
    patience: timedelta = finding.PATIENCE,
) -> list[tuple[int, int]]:
    """(root, its key) in the order of the list. Raises QueryRefused, TooBroad.

    `has_ties`: what is due at the last one's instant comes too, as who asks for the next page needs
    it. `patience`: with each statement of a query.
    """
    if only is None and (row_view := scope.row_view) is not None:
        return await _built_in(work, viewer, row_view, past=past, limit=limit)
    special = await _specially_seen(work, viewer)
    async with finding.bounded(work, patience):
        condition = await condition_of(work, viewer, scope)

        async def find(
            chosen: Sequence[int] | None,
            without: Collection[int],
            past: int | None,
            limit: int,
        ) -> list[tuple[int, int]]:
            return await finding.find_roots(
                work, viewer.sight, viewer.agent_id, condition,
                sort=scope.sort, past=past, limit=limit, has_ties=has_ties, without=without,
                only=chosen,
            )  # fmt: skip

        found = await find(only, special, past, limit)
        if special:
            chosen = special if only is None else sorted(set(special) & set(only))
            if scope.sort == "due":
                theirs = await find(chosen, (), past, limit)
            else:  # their rows tell their keys in this sight, so each is asked for
                theirs = await find(chosen, (), None, len(chosen))
            shown = (await load_rows(work, [root for root, _ in theirs], viewer.sight, [])).shared
            due = dict(theirs) if scope.sort == "due" else {}
            found += [
                (root, key)
                for root, row in shown.items()
                if row.last_message_id > 0
                and _is_past(key := due.get(root, _key(row, scope.sort)), past, scope.sort)
            ]
            found.sort(key=lambda one: one[1], reverse=scope.sort == "newest")
    return _page(found, limit, has_ties=has_ties and scope.sort == "due")


def _page(found: list[tuple[int, int]], limit: int, *, has_ties: bool) -> list[tuple[int, int]]:
    if has_ties and len(found) > limit:
        return [one for one in found if one[1] <= found[limit - 1][1]]
    return found[:limit]


def _key(row: SharedRow, sort: Sort) -> int:
    if sort == "priority":
        return finding.by_priority(row.priority, row.last_message_id)
    return row.last_message_id


def _is_past(key: int, past: int | None, sort: Sort) -> bool:
    return past is None or (key < past if sort == "newest" else key > past)


async def _built_in(
    work: UnitOfWork, viewer: Viewer, view: RowView, *, past: int | None, limit: int
) -> list[tuple[int, int]]:
    """(root, newest message that the viewer sees), newest first."""
    below = inbox_views.NEWEST if past is None else past
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
