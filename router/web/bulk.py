"""Routes: one change for many conversations."""

from typing import Annotated

import msgspec

from router.services.bulk import jobs, joining
from router.services.bulk.jobs import MOST_IDS, BulkChange, BulkJob
from router.services.bulk.joining import JoinPreview, Picked
from router.services.errors import Refused
from router.services.roles import Permission
from router.services.search.refusing import refusing_queries
from router.services.viewer import viewer_of
from router.services.views import Scope, ViewKey
from router.web.arguments import Id
from router.web.cases import MERGE, Reason
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
    incident_id: Id | None = None
    """All that are unsolved in it, not what rows show."""
    picked_in: Whole | None = None
    """The list in which the ids were picked. What is solved are all unsolved cases of these
    conversations that it was asked for; without it those that their rows show."""


class JoinAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ids: Picked
    winner_id: Id | None = None
    """Who is to stand for all. Null: whoever is linked to the host, or proven best."""


class JoinWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ids: Picked
    winner_id: Id
    reason: Reason
    stamp: Annotated[str, msgspec.Meta(max_length=64)]
    """Of the preview."""


class Jobs(msgspec.Struct, frozen=True, kw_only=True):
    jobs: list[BulkJob]


@routes.get("/bulk", policy=CHANGE)
async def list_jobs(call: Call) -> Jobs:
    """The agent's own, newest first."""
    found = await jobs.list_jobs(call.context.database, viewer_of(call.caller))
    return Jobs(jobs=found)


@routes.post("/bulk", policy=CHANGE, status=202)
async def start_job(call: Call, body: NewJob) -> BulkJob:
    """Of these conversations, of a whole list, or of an incident; a worker does it, and the feed
    tells how far."""
    if [body.ids, body.whole, body.incident_id].count(None) != 2:
        raise Refused("Either ids, a whole list, or an incident.", field="ids")
    with refusing_queries("whole.q"):
        return await jobs.start_job(
            call.context.database,
            viewer_of(call.caller),
            body.change,
            ids=body.ids,
            scope=_scope_of(body.whole),
            picked_in=_scope_of(body.picked_in),
            of_incident=body.incident_id,
        )


def _scope_of(whole: Whole | None) -> Scope | None:
    return None if whole is None else Scope(view=whole.view, query=whole.q.strip())


@routes.post("/bulk/{job_id}/undo", policy=CHANGE, status=202)
async def undo_job(call: Call, job_id: Id) -> BulkJob:
    """Put back what nobody changed since. 409: it is not done, or was undone already."""
    return await jobs.undo_job(
        call.context.database,
        viewer_of(call.caller),
        job_id,
        may_merge=Permission.MERGE_PERSONS in call.caller.permissions,
    )


@routes.post("/bulk/join-preview", policy=MERGE)
async def preview_join(call: Call, body: JoinAsked) -> JoinPreview:
    """Who of the picked would be one person, on which grounds, and whom it takes two agents for."""
    return await joining.preview(
        call.context.database,
        viewer_of(call.caller),
        body.ids,
        winner_id=body.winner_id,
        four_eyes=call.context.settings.four_eyes_merges,
    )


@routes.post("/bulk/join", policy=MERGE, status=201, errors=(409,))
async def join_picked(call: Call, body: JoinWanted) -> BulkJob:
    """Make one person of all that are picked; who has other host accounts is proposed.

    Done at once, undone like a job. 409 `moved_on`: they are not as the preview showed them.
    """
    return await joining.join(
        call.context.database,
        viewer_of(call.caller),
        body.ids,
        winner_id=body.winner_id,
        reason=body.reason,
        stamp=body.stamp,
        four_eyes=call.context.settings.four_eyes_merges,
    )
