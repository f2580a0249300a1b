"""Routes: the conversations that an agent watches without owning them."""

import msgspec

from router.services import watching
from router.services.roles import Permission
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="watches")

READ = allow(Permission.READ_CONVERSATIONS)


class Watches(msgspec.Struct, frozen=True, kw_only=True):
    person_ids: list[int]
    """Whoever stands for each conversation now, ascending."""


@routes.get("/watches", policy=READ)
async def list_watches(call: Call) -> Watches:
    """Which conversations one watches. Of each, its events come anyway."""
    watched = await watching.list_watched(call.context.database, viewer_of(call.caller))
    return Watches(person_ids=watched)


@routes.put("/conversations/{person_id}/watch", policy=READ)
async def watch(call: Call, person_id: Id) -> None:
    """Be told of its news. Once is enough."""
    await watching.watch(call.context.database, viewer_of(call.caller), person_id)


@routes.delete("/conversations/{person_id}/watch", policy=READ)
async def unwatch(call: Call, person_id: Id) -> None:
    """Be told no longer."""
    await watching.unwatch(call.context.database, viewer_of(call.caller), person_id)
