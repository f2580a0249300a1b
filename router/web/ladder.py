"""Routes: where what did not arrive goes on, as operators order it and as agents foresee it."""

from typing import Annotated

import msgspec

from router.runtime.ladder import networks_of
from router.services.ladder import orders, preview
from router.services.ladder.orders import MOST_RUNGS, Order
from router.services.ladder.preview import NextWay
from router.services.roles import Permission
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import allow
from router.web.problems import ApiError
from router.web.routes import Routes

routes = Routes(tag="ladder")

READ = allow(Permission.READ_ACCOUNTS)
CHANGE = allow(Permission.CHANGE_ACCOUNTS)
FORESEE = allow(Permission.READ_CONVERSATIONS)


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    orders: list[Order]


class Rungs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    rungs: Annotated[list[Id], msgspec.Meta(max_length=MOST_RUNGS)]
    """Accounts, the first first. Empty: nothing goes on."""


class NextWays(msgspec.Struct, frozen=True, kw_only=True):
    ways: list[NextWay]


@routes.get("/ladder", policy=READ)
async def list_orders(call: Call) -> Orders:
    """The orders that are set. Without any, answers go on where their person wrote last."""
    return Orders(orders=await orders.list_orders(call.context.database))


@routes.put("/ladder", policy=CHANGE)
async def set_desk_order(call: Call, body: Rungs) -> None:
    """By which accounts goes on what did not arrive by an account without an order of its own."""
    await _set(call, None, body.rungs)


@routes.delete("/ladder", policy=CHANGE)
async def drop_desk_order(call: Call) -> None:
    """As if it had never been set."""
    await _set(call, None, None)


@routes.put("/ladder/{account_id}", policy=CHANGE)
async def set_order(call: Call, account_id: Id, body: Rungs) -> None:
    """By which accounts goes on what did not arrive by this one."""
    await _set(call, account_id, body.rungs)


@routes.delete("/ladder/{account_id}", policy=CHANGE)
async def drop_order(call: Call, account_id: Id) -> None:
    """The desk's order counts for it again."""
    await _set(call, account_id, None)


@routes.get("/conversations/{person_id}/ladder", policy=FORESEE)
async def preview_ways(call: Call, person_id: Id) -> NextWays:
    """For each place where they wrote: by which way an answer goes on if nobody is there."""
    if call.context.registry is None:
        raise ApiError(503, "unavailable", "This process knows no channels.")
    networks = networks_of(call.context.registry)
    viewer = viewer_of(call.caller)
    found = await preview.preview(call.context.database, viewer, person_id, networks)
    return NextWays(ways=found)


async def _set(call: Call, account_id: int | None, rungs: list[int] | None) -> None:
    await orders.set_order(
        call.context.database, actor=call.caller.actor, account_id=account_id, rungs=rungs
    )
