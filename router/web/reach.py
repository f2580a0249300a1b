"""Routes: all the ways to a person, and writing first."""

import msgspec

from core.connector import LocalConnector
from router.runtime.ladder import networks_of
from router.services import reach
from router.services.reach import Known, Ways
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call, Context
from router.web.conversations import READ, WRITE, find_capabilities, find_private_place
from router.web.problems import ApiError
from router.web.routes import Routes

routes = Routes(tag="conversations")


class WriteFirst(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    identity_id: Id
    account_id: Id


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    place_id: int


@routes.get("/conversations/{person_id}/reach", policy=READ, errors=(503,))
async def list_ways(call: Call, person_id: Id) -> Ways:
    """Every identity: where it can be answered, or why not, since and until when, as codes."""
    return await reach.load_ways(
        call.context.database, viewer_of(call.caller), person_id, _known(call.context)
    )


@routes.post("/conversations/{person_id}/places", policy=WRITE, status=201, errors=(409, 503))
async def open_place(call: Call, person_id: Id, body: WriteFirst) -> Opened:
    """Where an identity is written to with which nothing was said yet; answers go there by its id.

    409 `cannot_open`: `hindrance` says what stands against it. Doing it twice does it once.
    """
    place_id = await reach.open_place(
        call.context.database,
        viewer_of(call.caller),
        person_id,
        _known(call.context),
        identity_id=body.identity_id,
        account_id=body.account_id,
    )
    return Opened(place_id=place_id)


def _known(context: Context) -> Known:
    registry, doors = context.registry, context.doors
    if registry is None:
        raise ApiError(503, "no_channels", "This process knows no channels.")

    def local_of(account_id: int) -> LocalConnector | None:
        return None if doors is None else doors.local_of(account_id)

    return Known(
        networks=networks_of(registry),
        capabilities_of=lambda channel: find_capabilities(context, channel),
        private_place_of=lambda channel, one: find_private_place(context, channel, one),
        local_of=local_of,
    )
