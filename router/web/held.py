"""Routes: deliveries that need a decision, one by one or many at once."""

from typing import Annotated, Literal

import msgspec

from router.services import held
from router.services.held import Decided, Decision
from router.services.roles import Permission
from router.services.viewer import viewer_of
from router.storage.held import HeldRow
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="deliveries")

DECIDE = allow(Permission.DECIDE_DELIVERIES)
MOST = 200
"""Decided on in one call."""

Count = Annotated[int, msgspec.Meta(ge=1, le=MOST)]


class HeldDeliveries(msgspec.Struct, frozen=True, kw_only=True):
    deliveries: tuple[HeldRow, ...]
    next: int | None
    """For `before`; null: that was the last page."""


class Decisions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=MOST)]
    decision: Decision
    """`other_way`: what certainly did not arrive is due for the ladder."""


@routes.get("/deliveries", policy=DECIDE)
async def list_held_deliveries(
    call: Call,
    account_id: Id | None = None,
    trouble: tuple[Literal["failed", "unknown", "dead"], ...] = ("failed", "unknown", "dead"),
    before: Id | None = None,
    limit: Count = 50,
) -> HeldDeliveries:
    """Those that failed, may have arrived, or were given up. Newest first."""
    rows = await held.list_held(
        call.context.database,
        viewer_of(call.caller),
        account_id=account_id,
        trouble=trouble,
        before=before,
        limit=limit + 1,
    )
    shown = tuple(rows[:limit])
    return HeldDeliveries(deliveries=shown, next=shown[-1].id if len(rows) > limit else None)


@routes.post("/deliveries/decisions", policy=DECIDE)
async def decide_deliveries(call: Call, body: Decisions) -> Decided:
    """Each by itself: those that could not be decided on are named with the reason."""
    caller = call.caller
    return await held.decide_all(
        call.context.database, viewer_of(caller), body.ids, body.decision, actor=caller.actor
    )
