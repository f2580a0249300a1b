"""Routes: fields of cases as they are defined. What a case has in them comes with the case."""

from typing import Annotated

import msgspec

from router.services import case_fields
from router.services.case_fields import CaseField, CountedField, FieldChange, NewField
from router.services.roles import Permission
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import READ
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="case fields")

CHANGE = allow(Permission.CHANGE_FIELDS)


class CaseFields(msgspec.Struct, frozen=True, kw_only=True):
    fields: list[CountedField]


class FieldOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ids: Annotated[tuple[Id, ...], msgspec.Meta(max_length=100)]


@routes.get("/case-fields", policy=READ)
async def list_case_fields(call: Call) -> CaseFields:
    """Those in use that the caller sees, in order; whoever defines them gets all, counted."""
    return CaseFields(fields=await case_fields.list_fields(call.context.database, call.caller))


@routes.post("/case-fields", policy=CHANGE, status=201, errors=(409,))
async def add_case_field(call: Call, body: NewField) -> CaseField:
    """A new field, below all others. 409 `name_taken`."""
    return await case_fields.add_field(call.context.database, call.caller, body)


@routes.patch("/case-fields/{field_id}", policy=CHANGE, errors=(409,))
async def change_case_field(call: Call, field_id: Id, body: FieldChange) -> CaseField:
    """Rename, retire, bring back, say who sees it; what is left out stays. 409 `name_taken`,
    `named_by_rules` (`names`: of rules and macros that need it for all, or need a choice).
    """
    return await case_fields.change_field(call.context.database, call.caller, field_id, body)


@routes.put("/case-fields", policy=CHANGE)
async def order_case_fields(call: Call, body: FieldOrder) -> CaseFields:
    """They stand in this order. 400 `moved_on` unless each in use is named once."""
    found = await case_fields.order_fields(call.context.database, call.caller, body.ids)
    return CaseFields(fields=found)
