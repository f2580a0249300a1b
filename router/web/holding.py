"""Routes: answers that wait before they go out, and what is not sent yet."""

from datetime import datetime
from typing import Annotated

import msgspec

from router.services import drafts, holding
from router.services.drafts import Drafter, DraftLine, KeptDraft
from router.services.holding import Holds
from router.services.roles import Permission
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import READ, WRITE, find_capabilities
from router.web.policy import SIGNED_IN, allow
from router.web.routes import Routes

routes = Routes(tag="conversations")


class Recalled(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that never went out."""

    message_id: int
    person_id: int
    draft: KeptDraft
    """The agent's: the answer's words and files, ahead of what was written there."""


class NewTime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    send_at: Annotated[datetime, msgspec.Meta(tz=True)] | None
    """Null: now."""


class Drafts(msgspec.Struct, frozen=True, kw_only=True):
    drafts: list[DraftLine]


class Drafters(msgspec.Struct, frozen=True, kw_only=True):
    drafters: list[Drafter]


class NewHold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    hold_seconds: Annotated[int, msgspec.Meta(ge=0, le=3600)] | None
    """Null: as the account, or its channel, has it."""


@routes.put("/me/hold", policy=SIGNED_IN)
async def set_own_hold(call: Call, body: NewHold) -> None:
    """How long one's own answers can be recalled before they go out, on every account."""
    await holding.set_own_hold(call.context.database, viewer_of(call.caller), body.hold_seconds)


@routes.get("/me/holds", policy=SIGNED_IN)
async def list_holds(call: Call) -> Holds:
    """How long one's own answers can be recalled on each account, and who has it so."""
    return await holding.load_holds(
        call.context.database,
        viewer_of(call.caller),
        lambda channel: find_capabilities(call.context, channel),
    )


@routes.put("/me/holds/{account_id}", policy=SIGNED_IN)
async def set_own_account_hold(call: Call, account_id: Id, body: NewHold) -> None:
    """The same on one account, before what holds everywhere."""
    await holding.set_own_hold(
        call.context.database, viewer_of(call.caller), body.hold_seconds, account_id=account_id
    )


@routes.put("/accounts/{account_id}/hold", policy=allow(Permission.CHANGE_ACCOUNTS))
async def set_account_hold(call: Call, account_id: Id, body: NewHold) -> None:
    """How long answers on an account can be recalled, where their authors don't say otherwise."""
    await holding.set_account_hold(
        call.context.database, account_id, body.hold_seconds, actor=call.caller.actor
    )


@routes.get("/drafts", policy=READ)
async def list_drafts(call: Call) -> Drafts:
    """What one has begun to write, newest first, up to 200."""
    found = await drafts.list_drafts(call.context.database, viewer_of(call.caller))
    return Drafts(drafts=found)


@routes.get("/conversations/{person_id}/drafters", policy=READ)
async def list_drafters(call: Call, person_id: Id) -> Drafters:
    """Other agents who have begun an answer here."""
    found = await drafts.list_drafters(call.context.database, viewer_of(call.caller), person_id)
    return Drafters(drafters=found)


@routes.delete("/messages/{message_id}/hold", policy=WRITE, errors=(409,))
async def recall_message(call: Call, message_id: Id) -> Recalled:
    """Take back an answer that has not gone out: certainly, or 409 `too_late` and nothing changed.
    Its words and files stand in one's draft. Doing it twice does it once.
    """
    database, viewer = call.context.database, viewer_of(call.caller)
    recalled = await holding.recall(database, viewer, message_id, may_decide=_may_decide(call))
    async with database.reading() as work:
        draft = await drafts.to_kept(work, viewer, recalled.draft)
    return Recalled(message_id=message_id, person_id=recalled.person_id, draft=draft)


@routes.put("/messages/{message_id}/hold", policy=WRITE, errors=(409,))
async def reschedule_message(call: Call, message_id: Id, body: NewTime) -> None:
    """When an answer goes out that waits for its time. 409 `too_late`: it waits no longer."""
    await holding.reschedule(
        call.context.database,
        viewer_of(call.caller),
        message_id,
        body.send_at,
        may_decide=_may_decide(call),
    )


def _may_decide(call: Call) -> bool:
    return Permission.DECIDE_DELIVERIES in call.caller.permissions
