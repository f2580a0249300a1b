"""Routes: which conversations a list holds, how many, and the views that agents keep."""

import hashlib
from typing import Annotated, Any

import msgspec

from router.services import labels, saved_views, views
from router.services.labels import Label
from router.services.roles import Permission
from router.services.saved_views import SavedView, SavedViewBody
from router.services.search.refusing import refusing_queries
from router.services.viewer import viewer_of
from router.services.views import WHOLE_VIEW, Index, Scope, Sort, ViewCount, ViewKey
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import allow
from router.web.routes import Answer, Routes
from router.web.search import QueryText

routes = Routes(tag="views")

READ = allow(Permission.READ_CONVERSATIONS)
WRITE = allow(Permission.WRITE_CONVERSATIONS)

IndexSize = Annotated[int, msgspec.Meta(ge=1, le=WHOLE_VIEW)]
AskedIds = Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=120)]


class Views(msgspec.Struct, frozen=True, kw_only=True):
    views: list[ViewCount]
    saved: list[SavedView]
    labels: list[Label]
    """All that can be on cases, by name."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ids: AskedIds
    view: ViewKey = "all"
    q: QueryText = ""
    sort: Sort = "newest"


class Belonging(msgspec.Struct, frozen=True, kw_only=True):
    ids: list[int]


@routes.get("/views", policy=READ)
async def count_views(call: Call) -> Views:
    """How many conversations each view holds, counted up to 1,000; and which labels there are."""
    database = call.context.database
    return Views(
        views=await views.count_views(database, viewer_of(call.caller)),
        saved=await saved_views.list_saved(database, call.caller),
        labels=await labels.list_labels(database),
    )


@routes.post("/views", policy=WRITE, status=201)
async def add_view(call: Call, body: SavedViewBody) -> SavedView:
    """Keep a query under a name."""
    with refusing_queries("query"):
        return await saved_views.add_view(call.context.database, call.caller, body)


@routes.put("/views/{view_id}", policy=WRITE)
async def change_view(call: Call, view_id: Id, body: SavedViewBody) -> SavedView:
    """Its owner's to change; a shared one also an admin's."""
    with refusing_queries("query"):
        return await saved_views.change_view(call.context.database, call.caller, view_id, body)


@routes.delete("/views/{view_id}", policy=WRITE)
async def drop_view(call: Call, view_id: Id) -> None:
    """Nobody sees it any more. No conversation changes."""
    await saved_views.drop_view(call.context.database, call.caller, view_id)


@routes.post("/views/{view_id}/restore", policy=WRITE)
async def restore_view(call: Call, view_id: Id) -> SavedView:
    """One that was dropped within the last day is there again."""
    return await saved_views.restore_view(call.context.database, call.caller, view_id)


@routes.get("/conversations/index", policy=READ)
async def read_index(
    call: Call,
    view: ViewKey = "all",
    q: QueryText = "",
    sort: Sort = "newest",
    before: Id | None = None,
    limit: IndexSize = WHOLE_VIEW,
) -> Answer[Index]:
    """The ids of a list's conversations in its order, with an ETag over ids and order.

    304 where nothing moved: the position of the former answer is right too, as what followed it
    is told again by the feed. Who knows a later one from before this call follows from there.
    """
    with refusing_queries("q"):
        index = await views.list_index(
            call.context.database,
            viewer_of(call.caller),
            view,
            query=q,
            sort=sort,
            before=before,
            limit=limit,
        )
    headers = (("ETag", etag_of(index)), ("Cache-Control", "private, no-cache"))
    return Answer(index, headers=headers, is_packed=True)


def etag_of(index: Index) -> str:
    said: tuple[Any, ...] = (index.view, index.query, index.sort, index.next, index.ids)
    return f'"{hashlib.sha256(repr(said).encode()).hexdigest()[:32]}"'


@routes.post("/conversations/belonging", policy=READ)
async def ask_belonging(call: Call, body: Asked) -> Belonging:
    """Which of these conversations are in a list: what a page asks after they changed."""
    scope = Scope(view=body.view, query=body.q.strip(), sort=body.sort)
    with refusing_queries("q"):
        found = await views.belonging(
            call.context.database, viewer_of(call.caller), scope, body.ids
        )
    return Belonging(ids=found)
