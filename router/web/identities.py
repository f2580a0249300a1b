"""Routes: what agents say of an identity, and step-ups that they ask for."""

import msgspec

from router.services.identity import marks, step_ups
from router.services.identity.marks import IdentityChange
from router.services.identity.step_ups import Ask
from router.services.outbound.automatic import Voice
from router.services.roles import Permission
from router.services.shown.people import Person
from router.services.shown.step_ups import StepUp
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import WRITE, load_capabilities, load_wire
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="identities")


class NewStepUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    identity_id: Id
    """Who is to prove at the host that it is them: linked to an account there."""
    topic_id: Id | None = None
    """The reply topic that it is for; without it the case as a whole."""
    place_id: Id | None = None
    """In which thread they are asked; without it where this identity wrote last."""


@routes.patch("/identities/{identity_id}", policy=allow(Permission.CHANGE_IDENTITIES))
async def change_identity(call: Call, identity_id: Id, body: IdentityChange) -> Person:
    """Mark an address as used by several people, preferred or blocked, or take that back; whose it
    is.

    What is one person with it by a merge stays so until an agent splits it.
    """
    return await marks.change_identity(call.context.database, call.caller, identity_id, body)


@routes.post("/cases/{case_id}/step-ups", policy=WRITE, status=201, errors=(409,))
async def ask_step_up(call: Call, case_id: Id, body: NewStepUp) -> StepUp:
    """Send them the link to the host's own page, where they prove that it is them: level 3 for 15
    minutes, in this case and for this topic. 409 `no_step_up` with the `reason`, `not_set_up`
    without the setting, `unsaid` where nothing can be said now.
    """
    context = call.context
    voice = Voice(
        keyring=context.keyring,
        capabilities_of=lambda channel: load_capabilities(context, channel),
        wire_of=lambda channel: load_wire(context, channel),
    )
    wanted = Ask(
        case_id=case_id,
        identity_id=body.identity_id,
        topic_id=body.topic_id,
        place_id=body.place_id,
    )
    return await step_ups.ask(
        context.database, voice, context.settings.host.step_up_url, call.caller, wanted
    )
