"""Routes: what an agent may not send alone, and answers that wait for a second one."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from router.services.approvals.shapes import Approval, ApprovalPolicy
from router.services.outbound.replies import reply_within
from router.services.outbound.writing import Author, Written
from router.services.roles import Permission
from router.services.viewer import find_conversation, viewer_of
from router.storage.sight import Sight
from router.storage.unit_of_work import UnitOfWork
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import (
    READ,
    WRITE,
    find_private_place,
    load_capabilities,
    load_wire,
    resolve_recipient,
)
from router.web.policy import allow
from router.web.problems import ApiError
from router.web.replies import NewMessage, to_afterwards, to_reply
from router.web.routes import Routes

if TYPE_CHECKING:
    from router.services.approvals.asking import Post

routes = Routes(tag="approvals")

APPROVE = allow(Permission.APPROVE_REPLIES)
Page = Annotated[int, msgspec.Meta(ge=1, le=200)]
Reason = Annotated[str, msgspec.Meta(max_length=1_000)]


class Approvals(msgspec.Struct, frozen=True, kw_only=True):
    approvals: list[Approval]
    before: int | None
    """The next page's; null: this is the last."""


class ApprovalGiven(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    digest: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    """Of the answer that was read."""
    reason: Reason = ""
    expect_last_id: Id | None = None
    """The newest message that was seen (`last_message_id`); 409 `moved_on` if others wrote since,
    and it still waits.
    """


class ApprovalDeclined(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Reason = ""
    """Its author reads it. Only of one's own it may be left out."""


@routes.get("/approval-policy", policy=READ)
async def load_approval_policy(call: Call) -> ApprovalPolicy:
    """What needs a second agent."""
    from router.services.approvals.checking import load_policy

    async with call.context.database.reading() as work:
        return await load_policy(work)


@routes.put("/approval-policy", policy=allow(Permission.CHANGE_APPROVALS), errors=(409,))
async def change_approval_policy(call: Call, body: ApprovalPolicy) -> ApprovalPolicy:
    """As a whole. 409 `moved_on`: there is a newer version than its `revision`."""
    from router.services.approvals import asking

    return await asking.change_policy(call.context.database, call.caller, body)


@routes.post("/conversations/{person_id}/approvals", policy=WRITE, status=201, errors=(409,))
async def ask_approval(call: Call, person_id: Id, body: NewMessage) -> Approval:
    """The answer waits for a second agent: what `POST …/messages` refused as `needs_second`, as it
    is. 409 `not_needed`: send it.
    """
    from router.services.approvals import asking

    if body.kind != "reply":
        raise ApiError(400, "invalid", "Only replies wait for somebody.", field="kind")
    context, viewer = call.context, viewer_of(call.caller)
    async with context.database.reading() as work:
        await find_conversation(work, viewer, person_id)
    wanted = {**msgspec.to_builtins(body), "person_id": person_id}
    return await asking.ask(
        context.database,
        call.caller,
        person_id,
        body.client_key,
        wanted,
        list(body.attachment_ids),
        _prepare(call, call.caller.agent_id, call.caller.name, wanted, viewer.sight),
    )


@routes.get("/approvals", policy=READ)
async def list_approvals(
    call: Call, only_waiting: bool = True, before: Id | None = None, limit: Page = 50
) -> Approvals:
    """Newest first, of what one sees; `may_approve` says which wait for oneself."""
    from router.services.approvals import asking

    found, more = await asking.list_approvals(
        call.context.database, call.caller, only_waiting=only_waiting, before=before, limit=limit
    )
    return Approvals(approvals=found, before=more)


@routes.get("/approvals/{approval_id}", policy=READ)
async def load_approval(call: Call, approval_id: Id) -> Approval:
    """One answer that waits or waited for a second agent, whole."""
    from router.services.approvals import asking

    return await asking.load(call.context.database, call.caller, approval_id)


@routes.post("/approvals/{approval_id}/approve", policy=APPROVE, errors=(409,))
async def approve_reply(call: Call, approval_id: Id, body: ApprovalGiven) -> Approval:
    """It goes out as its author wrote it. 409 `void`: it would be another one now, and never goes
    out; `moved_on`: others wrote since; `other_digest`, `already_decided`, `expired`, and why it
    cannot go out right now: then it still waits.
    """
    from router.services.approvals import asking

    return await asking.approve(
        call.context.database,
        call.caller,
        approval_id,
        body.digest,
        body.reason,
        lambda agent_id, name, wanted, sight: _prepare(call, agent_id, name, wanted, sight, body),
    )


@routes.post("/approvals/{approval_id}/decline", policy=WRITE, errors=(409,))
async def decline_reply(call: Call, approval_id: Id, body: ApprovalDeclined) -> Approval:
    """It never goes out. Of one's own: it is withdrawn."""
    from router.services.approvals import asking

    return await asking.decline(call.context.database, call.caller, approval_id, body.reason)


def _prepare(
    call: Call,
    agent_id: int,
    name: str,
    wanted: Mapping[str, Any],
    sight: Sight,
    approving: ApprovalGiven | None = None,
) -> "Post":
    """Writes it in its author's name, by what both they and the caller see."""
    context, viewer = call.context, viewer_of(call.caller)
    person_id = int(wanted["person_id"])
    rest = {name: value for name, value in wanted.items() if name != "person_id"}
    asked = msgspec.structs.replace(msgspec.convert(rest, NewMessage), expect_last_id=None)

    async def post(work: UnitOfWork) -> Written:
        body = asked if approving is None else _due(work.now(), asked, approving)
        return await reply_within(
            work,
            context.keyring,
            lambda channel: load_capabilities(context, channel),
            Author(agent_id=agent_id, name=name, sight=Sight(viewer.sight.classes & sight.classes)),
            to_reply(person_id, body),
            to_recipient=lambda channel, typed: resolve_recipient(context, channel, typed)[1],
            wire_of=lambda channel: load_wire(context, channel),
            private_place_of=lambda channel, one: find_private_place(context, channel, one),
            afterwards=to_afterwards(viewer, body.afterwards),
            is_approved=True,
        )

    return post


def _due(now: datetime, asked: NewMessage, approving: ApprovalGiven) -> NewMessage:
    """A time that has passed while it waited is now."""
    wakes = asked.afterwards and asked.afterwards.snoozed_until
    return msgspec.structs.replace(
        asked,
        expect_last_id=approving.expect_last_id,
        send_at=asked.send_at if asked.send_at and asked.send_at > now else None,
        afterwards=None if wakes and wakes <= now else asked.afterwards,
    )
