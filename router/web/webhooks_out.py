"""Routes: webhooks that tell other programs of facts, and the log of what they were told.

What works on them is imported with the first call: most processes are never asked.
"""

from typing import Annotated

import msgspec

from router.services.roles import Permission
from router.services.viewer import viewer_of
from router.services.webhooks_out.shapes import (
    CallState,
    NewWebhook,
    Replay,
    Replayed,
    Webhook,
    WebhookCall,
    WebhookTry,
    WebhookWithSecret,
)
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="outgoing webhooks")

CHANGE = allow(Permission.CHANGE_WEBHOOKS)
Page = Annotated[int, msgspec.Meta(ge=1, le=200)]


class Webhooks(msgspec.Struct, frozen=True, kw_only=True):
    webhooks: list[Webhook]


class WebhookCalls(msgspec.Struct, frozen=True, kw_only=True):
    calls: list[WebhookCall]
    before: int | None
    """The next page's; null: this is the last."""


class CallWithTries(msgspec.Struct, frozen=True, kw_only=True):
    call: WebhookCall
    tries: list[WebhookTry]


@routes.get("/webhooks", policy=CHANGE)
async def list_webhooks(call: Call) -> Webhooks:
    """Oldest first, each with its state and the call that was tried last."""
    from router.services.webhooks_out import keeping

    return Webhooks(webhooks=await keeping.list_webhooks(call.context.database))


@routes.post("/webhooks", policy=CHANGE, status=201, errors=(409,))
async def add_webhook(call: Call, body: NewWebhook) -> WebhookWithSecret:
    """It is told of what happens from now on. Its secret is shown here and never again."""
    from router.services.webhooks_out import keeping

    context = call.context
    return await keeping.add_webhook(context.database, context.keyring, call.caller, body)


@routes.put("/webhooks/{webhook_id}", policy=CHANGE)
async def save_webhook(call: Call, webhook_id: Id, body: NewWebhook) -> Webhook:
    """As a whole. One whose bodies carry texts is changed by owners alone."""
    from router.services.webhooks_out import keeping

    return await keeping.save_webhook(call.context.database, call.caller, webhook_id, body)


@routes.delete("/webhooks/{webhook_id}", policy=CHANGE)
async def drop_webhook(call: Call, webhook_id: Id) -> None:
    """With all that waits for it."""
    from router.services.webhooks_out import keeping

    await keeping.drop_webhook(call.context.database, call.caller, webhook_id)


@routes.post("/webhooks/{webhook_id}/pause", policy=CHANGE)
async def pause_webhook(call: Call, webhook_id: Id) -> Webhook:
    """Nothing goes out; what happens is still noted down, for two weeks."""
    from router.services.webhooks_out import keeping

    return await keeping.pause_webhook(call.context.database, call.caller, webhook_id)


@routes.post("/webhooks/{webhook_id}/resume", policy=CHANGE, errors=(409,))
async def resume_webhook(call: Call, webhook_id: Id) -> Webhook:
    """What waits goes out now. 409 `author_left`: whoever saved it has left, so save it first."""
    from router.services.webhooks_out import keeping

    return await keeping.resume_webhook(call.context.database, call.caller, webhook_id)


@routes.post("/webhooks/{webhook_id}/secret", policy=CHANGE)
async def renew_webhook_secret(call: Call, webhook_id: Id) -> WebhookWithSecret:
    """A new secret, shown here and never again; for a day the former one signs as well."""
    from router.services.webhooks_out import keeping

    context = call.context
    return await keeping.renew_secret(context.database, context.keyring, call.caller, webhook_id)


@routes.post("/webhooks/{webhook_id}/test", policy=CHANGE, status=201, errors=(409,))
async def test_webhook(call: Call, webhook_id: Id) -> WebhookCall:
    """A call of the kind `test`; the log says what came of it."""
    from router.services.webhooks_out import keeping

    return await keeping.test_webhook(call.context.database, webhook_id)


@routes.post("/webhooks/{webhook_id}/replay", policy=CHANGE, errors=(409,))
async def replay_webhook_calls(call: Call, webhook_id: Id, body: Replay) -> Replayed:
    """One call or those of a period go out once more, under their ids. 409 `replaying`: those of
    another period are still looked through."""
    from router.services.webhooks_out import replaying

    count = await replaying.replay(call.context.database, call.caller, webhook_id, body)
    return Replayed(count=count)


@routes.post("/webhooks/{webhook_id}/replay/cancel", policy=CHANGE, errors=(409,))
async def cancel_webhook_replay(call: Call, webhook_id: Id) -> None:
    """Nothing more of the period goes out again; what went out stays in the log. 409
    `not_replaying`: nothing of one is left to do."""
    from router.services.webhooks_out import replaying

    await replaying.cancel(call.context.database, call.caller, webhook_id)


@routes.get("/webhooks/{webhook_id}/calls", policy=CHANGE)
async def list_webhook_calls(
    call: Call,
    webhook_id: Id,
    state: CallState | None = None,
    before: Id | None = None,
    limit: Page = 50,
) -> WebhookCalls:
    """Newest first, of the last two weeks."""
    from router.services.webhooks_out import keeping

    found = await keeping.list_calls(
        call.context.database,
        webhook_id,
        state=state,
        before=before,
        limit=limit,
        sight=viewer_of(call.caller).sight,
    )
    return WebhookCalls(calls=found, before=found[-1].id if len(found) == limit else None)


@routes.get("/webhook-calls/{call_id}", policy=CHANGE)
async def load_webhook_call(call: Call, call_id: Id) -> CallWithTries:
    """With every try of it: status, milliseconds and the first bytes of the answer."""
    from router.services.webhooks_out import keeping

    sight = viewer_of(call.caller).sight
    found, tries = await keeping.load_call(call.context.database, call_id, sight=sight)
    return CallWithTries(call=found, tries=tries)
