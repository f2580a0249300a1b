"""Routes: what is owed by when: the plan, the deadlines of a case, and what agents promise.

What works on them is imported with the first call.
"""

from typing import Annotated

import msgspec

from router.services.deadlines.shapes import (
    CaseDeadlines,
    NewPromise,
    NextDues,
    Plan,
    PlanInForce,
    PlanVersion,
    PromiseEnd,
)
from router.services.roles import Permission
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import READ, RowIds
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="deadlines")

CHANGE = allow(Permission.CHANGE_RULES)
PROMISE = allow(Permission.CHANGE_CASES)


class NewPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    plan: Plan
    expect_revision: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    """Of the plan that was changed, so that nobody's change is undone unseen."""


class PlanVersions(msgspec.Struct, frozen=True, kw_only=True):
    versions: list[PlanVersion]


@routes.get("/deadline-plan", policy=READ)
async def read_deadline_plan(call: Call) -> PlanInForce:
    """The policies in force, in order, and what may be other than it was meant."""
    from router.services.deadlines import planning

    return await planning.load(call.context.database)


@routes.get("/deadline-plan/versions", policy=READ)
async def list_deadline_plan_versions(call: Call) -> PlanVersions:
    """The last fifty that agents saved, newest first."""
    from router.services.deadlines import planning

    return PlanVersions(versions=await planning.list_versions(call.context.database))


@routes.put("/deadline-plan", policy=CHANGE, errors=(409,))
async def change_deadline_plan(call: Call, body: NewPlan) -> PlanInForce:
    """All of it, from now on: deadlines that run are counted anew by it, those that ended stay as
    they were judged. 400 `bad_plan`: it contradicts itself; 409 `moved_on`.
    """
    from router.services.deadlines import planning

    return await planning.change(
        call.context.database,
        viewer_of(call.caller),
        body.plan,
        expect_revision=body.expect_revision,
    )


@routes.get("/deadlines/next", policy=READ)
async def list_next_deadlines(call: Call, ids: RowIds) -> NextDues:
    """What is due first in each of these conversations."""
    from router.services.deadlines import planning

    return await planning.next_dues(call.context.database, viewer_of(call.caller), list(ids))


@routes.get("/cases/{case_id}/deadlines", policy=READ)
async def list_case_deadlines(call: Call, case_id: Id) -> CaseDeadlines:
    """All that the case ever owed, in the order of its beginning."""
    from router.services.deadlines import promising

    return await promising.list_of_case(call.context.database, viewer_of(call.caller), case_id)


@routes.post("/cases/{case_id}/promises", policy=PROMISE, status=201)
async def promise_in_case(call: Call, case_id: Id, body: NewPromise) -> CaseDeadlines:
    """Say that something will be done by then: a line in the conversation, and a deadline."""
    from router.services.deadlines import promising

    return await promising.promise(call.context.database, viewer_of(call.caller), case_id, body)


@routes.post("/promises/{promise_id}/end", policy=PROMISE, errors=(409,))
async def end_promise(call: Call, promise_id: Id, body: PromiseEnd) -> CaseDeadlines:
    """It was kept, or is taken back. 409 `already_ended`."""
    from router.services.deadlines import promising

    viewer = viewer_of(call.caller)
    return await promising.end_promise(call.context.database, viewer, promise_id, body)
