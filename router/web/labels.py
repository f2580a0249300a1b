"""Routes: labels. Which there are comes with the views; they are put on cases by changing these."""

import msgspec

from router.services import labels
from router.services.labels import Label, LabelName
from router.services.roles import Permission
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="labels")

MAKE = allow(Permission.CHANGE_CASES)
KEEP = allow(Permission.CHANGE_LABELS)


class LabelBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: LabelName


@routes.post("/labels", policy=MAKE, status=201)
async def add_label(call: Call, body: LabelBody) -> Label:
    """The label of this name: a new one, or the one that there is."""
    return await labels.add_label(call.context.database, call.caller, body.name)


@routes.put("/labels/{label_id}", policy=KEEP, errors=(409,))
async def change_label(call: Call, label_id: Id, body: LabelBody) -> Label:
    """Rename it, on every case. 409 `taken`: another one has this name."""
    return await labels.change_label(call.context.database, call.caller, label_id, body.name)


@routes.delete("/labels/{label_id}", policy=KEEP)
async def drop_label(call: Call, label_id: Id) -> None:
    """Take it off every case, for good."""
    await labels.drop_label(call.context.database, call.caller, label_id)
