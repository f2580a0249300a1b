"""What agents do with saved views: keep a query under a name, for themselves, a team, or all."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal, get_args

import msgspec

from core.ids import RowId
from core.queries import parse, terms_of
from core.query_terms import Asked, Operator, QueryRefused
from router.services import audit
from router.services.callers import Caller
from router.services.errors import Forbidden, NotFound, Refused
from router.services.roles import Permission
from router.services.search.asking import to_condition
from router.services.shown.names import Named
from router.services.viewer import viewer_of
from router.services.views import COUNT_PATIENCE, Scope, Sort, count_scope
from router.storage import case_fields
from router.storage import saved_views as stored
from router.storage.case_fields import FieldRow
from router.storage.engine import Database
from router.storage.saved_views import SavedViewRow
from router.storage.unit_of_work import Fact, UnitOfWork

MOST_VIEWS = 50
"""Of one agent."""
MOST_SHARED = 200
"""Of all agents together: everybody's page counts each."""
COUNTS_PATIENCE = timedelta(seconds=1.5)
"""For the numbers of all of an agent's views together: a reader's connection is theirs so long."""
SHORTEST_PATIENCE = timedelta(milliseconds=1)
"""PostgreSQL counts in these, and takes none of them for no end at all."""
ViewScope = Literal["private", "team", "shared"]
ViewIcon = Literal[
    "filter", "star", "flag", "clock", "alert", "inbox", "tag", "globe", "heart", "bolt"
]


class SavedViewBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a saved view that its owner says."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    query: Annotated[str, msgspec.Meta(max_length=1_000)]
    icon: ViewIcon = "filter"
    sort: Sort = "newest"
    scope: ViewScope = "private"
    team_id: RowId | None = None
    position: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    icon: ViewIcon
    query: str
    sort: Sort
    scope: ViewScope
    team: Named | None
    owner: Named
    position: int
    changed_by: str | None
    """Who changed more of it than its place last; null: it is as it was made."""
    changed_at: datetime | None
    is_followed: bool
    """That agent renamed or merged what it asks for, and it followed."""
    may_change: bool
    count: int | None
    """1,000 means at least that many; None: not counted, or it takes too long to say."""
    retired: tuple[str, ...]
    """Of fields: what it asks for that is no choice there any more."""


async def list_saved(
    database: Database, caller: Caller, *, patience: timedelta = COUNTS_PATIENCE
) -> list[SavedView]:
    """Their own, their teams' and those for all, in the order of the rail.

    `patience`: with the numbers of all of them; once it is spent, the others have none.
    """
    clock = database.clock
    end = clock.monotonic() + patience.total_seconds()
    async with database.reading() as work:
        rows = await stored.list_for(work, caller.agent_id, caller.team_ids)
        fields = await case_fields.list_seen(work, caller.agent_id)
        found: list[SavedView] = []
        for row in rows:
            left = timedelta(seconds=end - clock.monotonic())
            found.append(shown(row, caller, fields, await _count(work, caller, row, left)))
        return found


async def _count(
    work: UnitOfWork, caller: Caller, row: SavedViewRow, left: timedelta
) -> int | None:
    """A query that was good once may name an account or agent that is gone: no number then."""
    patience = min(left, COUNT_PATIENCE)
    if patience < SHORTEST_PATIENCE:
        return None
    scope = Scope(query=row.query, sort="newest")
    try:
        return await count_scope(work, viewer_of(caller), scope, patience=patience)
    except ValueError:
        return None


async def add_view(database: Database, caller: Caller, body: SavedViewBody) -> SavedView:
    """Raises Refused (empty name, team, too many), Forbidden, QueryRefused."""
    async with database.transaction() as work:
        values = await _values(work, caller, body)
        if await stored.count_of(work, caller.agent_id) >= MOST_VIEWS:
            raise Refused(f"At most {MOST_VIEWS} views of one agent.", code="too_many")
        await _check_shared(work, body.scope)
        view_id = await stored.insert(work, caller.agent_id, values)
        return await _told(work, caller, view_id, "view.added", None)


async def change_view(
    database: Database, caller: Caller, view_id: int, body: SavedViewBody
) -> SavedView:
    """Raises NotFound, Refused, Forbidden, QueryRefused."""
    async with database.transaction() as work:
        before = await _load(work, caller, view_id)
        if before.scope != "shared":
            await _check_shared(work, body.scope)
        values = await _values(work, caller, body)
        was = msgspec.structs.asdict(before)
        is_other = any(
            was[name] != values[name] for name in stored.CHANGEABLE if name != "position"
        )
        await stored.change(work, view_id, values, by=caller.agent_id if is_other else None)
        return await _told(work, caller, view_id, "view.changed", before)


async def drop_view(database: Database, caller: Caller, view_id: int) -> None:
    """Raises NotFound, Forbidden."""
    async with database.transaction() as work:
        before = await _load(work, caller, view_id)
        await stored.drop(work, view_id)
        _announce(work, before)
        if before.scope != "private":
            await audit.record(work, caller.actor, "view.dropped", f"views/{view_id}")


async def restore_view(database: Database, caller: Caller, view_id: int) -> SavedView:
    """One that was dropped lately is there again. Raises NotFound, Forbidden, Refused."""
    async with database.transaction() as work:
        before = await _load(work, caller, view_id, is_dropped=True)
        if await stored.count_of(work, before.owner_id) >= MOST_VIEWS:
            raise Refused(f"At most {MOST_VIEWS} views of one agent.", code="too_many")
        await _check_shared(work, before.scope)
        await stored.put_back(work, view_id)
        return await _told(work, caller, view_id, "view.restored", None)


async def find_scope(work: UnitOfWork, caller: Caller, view_id: int) -> Scope:
    """What a saved view shows. Raises NotFound: there is none, or it is not theirs to see."""
    row = await stored.find(work, view_id)
    if row is None or not _is_seen(row, caller):
        raise NotFound(f"There is no view {view_id}.")
    return Scope(query=row.query, sort=_sort(row.sort))


async def _load(
    work: UnitOfWork, caller: Caller, view_id: int, *, is_dropped: bool = False
) -> SavedViewRow:
    row = await stored.find(work, view_id, is_dropped=is_dropped)
    if row is None or not _is_seen(row, caller):
        raise NotFound(f"There is no view {view_id}.")
    if not _may_change(row, caller):
        raise Forbidden("It is another agent's view.")
    return row


async def _check_shared(work: UnitOfWork, scope: str) -> None:
    if scope == "shared" and await stored.count_shared(work) >= MOST_SHARED:
        raise Refused(f"At most {MOST_SHARED} views for all.", code="too_many", field="scope")


def _is_seen(row: SavedViewRow, caller: Caller) -> bool:
    if row.scope == "shared" or row.owner_id == caller.agent_id:
        return True
    return row.scope == "team" and row.team_id in caller.team_ids


def _may_change(row: SavedViewRow, caller: Caller) -> bool:
    is_admins = row.scope != "private" and Permission.CHANGE_TEAMS in caller.permissions
    return row.owner_id == caller.agent_id or is_admins


async def _values(work: UnitOfWork, caller: Caller, body: SavedViewBody) -> dict[str, object]:
    name = " ".join(body.name.split())
    if not name:
        raise Refused("A name is needed.", code="empty", field="name")
    if (body.scope == "team") != (body.team_id is not None):
        raise Refused("A team's view names the team, and no other does.", field="team_id")
    is_admin = Permission.CHANGE_TEAMS in caller.permissions
    if body.team_id is not None and body.team_id not in caller.team_ids and not is_admin:
        raise Refused("You are not in this team.", code="unknown", field="team_id")
    await to_condition(work, caller.agent_id, body.query)
    return {**msgspec.structs.asdict(body), "name": name, "query": body.query.strip()}


async def _told(
    work: UnitOfWork, caller: Caller, view_id: int, action: str, before: SavedViewRow | None
) -> SavedView:
    after = await stored.find(work, view_id)
    if after is None:
        raise NotFound(f"There is no view {view_id}.")
    for row in (before, after):
        if row is not None:
            _announce(work, row)
    if any(row is not None and row.scope != "private" for row in (before, after)):
        await audit.record(work, caller.actor, action, f"views/{view_id}")
    return shown(after, caller, await case_fields.list_seen(work, caller.agent_id), None)


def _announce(work: UnitOfWork, row: SavedViewRow) -> None:
    """To its owner alone, or to all: pages then ask which views are theirs."""
    work.announce(Fact.VIEWS_CHANGED, ref=row.owner_id if row.scope == "private" else None)


def _sort(written: str) -> Sort:
    return next(one for one in get_args(Sort) if one == written)


def shown(
    row: SavedViewRow, caller: Caller, fields: Sequence[FieldRow], count: int | None
) -> SavedView:
    return msgspec.convert(
        {
            **msgspec.structs.asdict(row),
            "team": None if row.team_id is None else {"id": row.team_id, "name": row.team_name},
            "owner": {"id": row.owner_id, "name": row.owner_name},
            "may_change": _may_change(row, caller),
            "count": count,
            "retired": _retired(row.query, fields),
        },
        SavedView,
    )


def _retired(query: str, fields: Sequence[FieldRow]) -> list[str]:
    """Each once, in the order of the query."""
    if not any(one.retired_choices for one in fields):
        return []
    try:
        terms = terms_of(parse(query))
    except QueryRefused:
        return []
    found: list[str] = []
    for term in terms:
        if not isinstance(term, Asked) or term.operator is not Operator.FIELD:
            continue
        name, _, said = (one.strip().casefold() for one in term.value.partition("="))
        choices = [one.retired_choices for one in fields if one.name.casefold() == name]
        found += (one for once in choices for one in once if one.casefold() == said)
    return list(dict.fromkeys(found))
