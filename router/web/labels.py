"""Routes: labels. Which there are comes with the views; they are put on cases by changing these."""

import msgspec

from router.services import labels
from router.services.labels import CountedLabel, Label, LabelName, Tint
from router.services.roles import Permission
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="labels")

MAKE = allow(Permission.CHANGE_CASES)
KEEP = allow(Permission.CHANGE_LABELS)


class LabelBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: LabelName
    tint: Tint | None = None
    """None: as it is; of a new one, some."""


class MergeInto(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    into: Id


class CountedLabels(msgspec.Struct, frozen=True, kw_only=True):
    labels: list[CountedLabel]


@routes.get("/labels", policy=KEEP)
async def list_labels(call: Call) -> CountedLabels:
    """All labels by name, with how much each is used on cases that you see."""
    viewer = viewer_of(call.caller)
    return CountedLabels(labels=await labels.list_counted(call.context.database, viewer))


@routes.post("/labels", policy=MAKE, status=201)
async def add_label(call: Call, body: LabelBody) -> Label:
    """The label of this name: a new one, or the one that there is."""
    return await labels.add_label(call.context.database, call.caller, body.name, body.tint)


@routes.put("/labels/{label_id}", policy=KEEP, errors=(409,))
async def change_label(call: Call, label_id: Id, body: LabelBody) -> Label:
    """Its name and tint, on every case. 409 `taken`: another one has this name."""
    database = call.context.database
    return await labels.change_label(database, call.caller, label_id, body.name, body.tint)


@routes.post("/labels/{label_id}/merge", policy=KEEP)
async def merge_label(call: Call, label_id: Id, body: MergeInto) -> Label:
    """Every case that has it has the other one instead, and it is gone."""
    return await labels.merge_label(call.context.database, call.caller, label_id, body.into)


@routes.delete("/labels/{label_id}", policy=KEEP)
async def drop_label(call: Call, label_id: Id) -> None:
    """Take it off every case."""
    await labels.drop_label(call.context.database, call.caller, label_id)


@routes.post("/labels/{label_id}/restore", policy=KEEP, errors=(409,))
async def restore_label(call: Call, label_id: Id) -> Label:
    """One that was dropped is on its cases again, whenever that was; one that was merged is there
    again on no case. 409 `taken`: another one is called so by now."""
    return await labels.restore_label(call.context.database, call.caller, label_id)
