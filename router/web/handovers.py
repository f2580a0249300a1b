"""Routes: what one shift hands to the next, and what waits for oneself.

What works on them is imported with the first call.
"""

from typing import Annotated

import msgspec

from router.services.roles import Permission
from router.services.shifts.handover_shapes import (
    Awaiting,
    HandoverNote,
    HandoverPacket,
    Handovers,
    NewHandover,
)
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import READ
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="shifts")

WORK = allow(Permission.CHANGE_CASES)
Page = Annotated[int, msgspec.Meta(ge=1, le=100)]


@routes.get("/handovers", policy=READ)
async def list_handovers(
    call: Call, team_id: Id | None = None, before: Id | None = None, limit: Page = 30
) -> Handovers:
    """Newest first, of all teams or one. They are kept for 90 days."""
    from router.services.shifts import handed

    return await handed.list_handovers(
        call.context.database, viewer_of(call.caller), team_id=team_id, before=before, limit=limit
    )


@routes.post("/handovers", policy=WORK, status=201)
async def make_handover(call: Call, body: NewHandover) -> HandoverPacket:
    """A packet of what is open now, for whoever comes next. The end of a shift makes one by
    itself.
    """
    from router.services.shifts import handed, handing

    database, viewer = call.context.database, viewer_of(call.caller)
    made = await handing.make(database, viewer, body.team_id, body.note)
    return await handed.load(database, viewer, made)


@routes.get("/handovers/{handover_id}", policy=READ)
async def load_handover(call: Call, handover_id: Id) -> HandoverPacket:
    """What was open, promised and due, and what became of it; of cases that one sees."""
    from router.services.shifts import handed

    return await handed.load(call.context.database, viewer_of(call.caller), handover_id)


@routes.put("/handovers/{handover_id}/note", policy=WORK)
async def write_handover_note(call: Call, handover_id: Id, body: HandoverNote) -> HandoverPacket:
    """One's own note for whoever comes next, in place of the one before."""
    from router.services.shifts import handed

    return await handed.write_note(
        call.context.database, viewer_of(call.caller), handover_id, body.text
    )


@routes.post("/handovers/{handover_id}/receipt", policy=WORK)
async def take_over(call: Call, handover_id: Id) -> HandoverPacket:
    """One has read it and takes over. Doing it twice does it once."""
    from router.services.shifts import handed

    return await handed.take_over(call.context.database, viewer_of(call.caller), handover_id)


@routes.get("/awaiting", policy=READ)
async def load_awaiting(call: Call) -> Awaiting:
    """Answers that wait for a second agent, packets of who left that one takes over, shifts that
    are offered to one, or for one to approve, and dangers that one was told of.
    """
    from router.services.shifts import handed

    return await handed.load_awaiting(
        call.context.database,
        viewer_of(call.caller),
        may_approve=Permission.APPROVE_REPLIES in call.caller.permissions,
        may_decide=Permission.CHANGE_QUEUE in call.caller.permissions,
    )
