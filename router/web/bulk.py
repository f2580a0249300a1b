"""Routes: one change for many conversations."""

from typing import Annotated

import msgspec

from router.services.bulk import jobs
from router.services.bulk.jobs import MOST_IDS, BulkChange, BulkJob
from router.services.errors import Refused
from router.services.roles import Permission
from router.services.search.refusing import refusing_queries
from router.services.viewer import viewer_of
from router.services.views import Scope, ViewKey
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import allow
from router.web.routes import Routes
from router.web.search import QueryText

routes = Routes(tag="bulk")

CHANGE = allow(Permission.CHANGE_CASES)


class Whole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything in a list, by its query, whether the page has loaded it or not."""

    view: ViewKey = "all"
    q: QueryText = ""


class NewJob(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    change: BulkChange
    ids: Annotated[tuple[Id, ...], msgspec.Meta(max_length=MOST_IDS)] | None = None
    whole: Whole | None = None


class Jobs(msgspec.Struct, frozen=True, kw_only=True):
    jobs: list[BulkJob]


@routes.get("/bulk", policy=CHANGE)
async def list_jobs(call: Call) -> Jobs:
    """The agent's own, newest first."""
    found = await jobs.list_jobs(call.context.database, viewer_of(call.caller))
    return Jobs(jobs=found)


@routes.post("/bulk", policy=CHANGE, status=202)
async def start_job(call: Call, body: NewJob) -> BulkJob:
    """Of these conversations, or of a whole list; a worker does it, and the feed tells how far."""
    if (body.ids is None) == (body.whole is None):
        raise Refused("Either ids or a whole list.", field="ids")
    scope = None if body.whole is None else Scope(view=body.whole.view, query=body.whole.q.strip())
    with refusing_queries("whole.q"):
        return await jobs.start_job(
            call.context.database, viewer_of(call.caller), body.change, ids=body.ids, scope=scope
        )


@routes.post("/bulk/{job_id}/undo", policy=CHANGE, status=202)
async def undo_job(call: Call, job_id: Id) -> BulkJob:
    """Put back what nobody changed since. 409: it is not done, or was undone already."""
    return await jobs.undo_job(call.context.database, viewer_of(call.caller), job_id)
