"""Routes: what the operator's own site says of its accounts. For tokens with the role `host`.

An id in a path may hold any printable text, percent-encoded UTF-8 (RFC 3986, 2.1): `/` is `%2F`.
Only `.` and `..` may not stand there alone: programs take them for steps in the path (5.2.4).
"""

import re
from datetime import datetime
from typing import Annotated

import msgspec

from core.errors import BadConfig, ContentRejected, Unsupported
from core.people import IdentityKey
from router.runtime.registry import Registry
from router.services.errors import Refused
from router.services.host import accounts, codes, events, links
from router.services.host.accounts import (
    AccountStatement,
    HostAccount,
    HostLink,
    Word,
    check_account,
)
from router.services.host.events import HostEvents
from router.services.identity import step_ups
from router.services.identity.withdrawing import Withdrawn
from router.services.roles import Permission
from router.web import visitor_door
from router.web.arguments import MAX_INT
from router.web.context import Call
from router.web.link_codes import LinkCodeBody, to_body
from router.web.policy import allow
from router.web.routes import Answer, Routes

routes = Routes(tag="host")

DECLARE = allow(Permission.DECLARE_ACCOUNTS)
PHONE_REALM = "phone"
_PHONE = re.compile(r"\+[1-9][0-9]{5,14}")
_SITE = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?")

Position = Annotated[int, msgspec.Meta(ge=0, le=MAX_INT)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class NewLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    shown_as: Annotated[str, msgspec.Meta(max_length=200)] = ""
    """How agents read it; empty: the handle."""


class NewLinkCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    channels: Annotated[tuple[Word, ...], msgspec.Meta(min_length=1, max_length=50)] | None = None
    """On which it may be said, such as `telegram`; left out: on any that the desk has."""


class StepUpConfirmation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    account: str
    """Whoever is signed in at the host and has proven it anew."""


class ConfirmedStepUp(msgspec.Struct, frozen=True, kw_only=True):
    step_up_id: int
    granted_until: datetime


@routes.get("/host/accounts/{account:[^/]+}", policy=DECLARE)
async def get_host_account(call: Call, account: str) -> HostAccount:
    """An account with what is linked to it."""
    return await accounts.load_account(call.context.database, account)


@routes.put("/host/accounts/{account:[^/]+}", policy=DECLARE, also=(201,))
async def put_host_account(call: Call, account: str, body: AccountStatement) -> Answer[HostAccount]:
    """Say all of an account; 201 if it is new. What is left out is not said any more.

    Closing it takes back all its links, and its tokens are worth nothing. Opened again it has none.
    """
    found, is_new, done = await accounts.declare_account(
        call.context.database, call.caller.actor, account, body
    )
    await _end_streams(call, done)
    return Answer(found, status=201 if is_new else 200)


@routes.delete("/host/accounts/{account:[^/]+}", policy=DECLARE)
async def close_host_account(call: Call, account: str) -> None:
    """Close an account: nothing is linked to it any more. What was said of it stays."""
    done = await accounts.close_account(call.context.database, call.caller.actor, account)
    await _end_streams(call, done)


@routes.put(
    "/host/accounts/{account:[^/]+}/links/{realm:[^/]+}/{handle:[^/]+}",
    policy=DECLARE,
    also=(201,),
    errors=(409,),
)
async def put_host_link(
    call: Call, account: str, realm: str, handle: str, body: NewLink | None = None
) -> Answer[HostLink]:
    """The host has verified that this handle is the account's; 201 if it was not linked before.

    Whoever writes from it from now on is at level 2 there, and is one person with the account. 409
    if the handle is another account's, is shared by several people, or the account is closed.
    """
    made, is_new = await links.link_identity(
        call.context.database,
        ChannelRealms(call.context.registry or Registry()),
        call.caller.actor,
        account=account,
        realm=realm,
        handle=handle,
        shown_as=body.shown_as if body is not None else "",
    )
    return Answer(made, status=201 if is_new else 200)


@routes.delete("/host/accounts/{account:[^/]+}/links/{realm:[^/]+}/{handle:[^/]+}", policy=DECLARE)
async def delete_host_link(call: Call, account: str, realm: str, handle: str) -> None:
    """The handle is not the account's any more, whatever had linked it.

    People whom only that had joined are apart again, with what each said since.
    """
    done = await links.unlink_identity(
        call.context.database,
        ChannelRealms(call.context.registry or Registry()),
        call.caller.actor,
        account=account,
        realm=realm,
        handle=handle,
    )
    await _end_streams(call, done)


@routes.post("/host/accounts/{account:[^/]+}/link-codes", policy=DECLARE, status=201, errors=(409,))
async def make_host_link_code(
    call: Call, account: str, body: NewLinkCode | None = None
) -> LinkCodeBody:
    """A code to be shown to the account's owner, who types it on another channel within 10 minutes.

    Whoever says it there is linked to the account, at level 2. Good once. With it come the deep
    links of channels that have some.
    """
    channels = None if body is None else body.channels
    made = await codes.make_code(call.context.database, call.caller.actor, account, channels)
    return await to_body(call.context, made, channels)


@routes.post("/host/step-ups/{token}", policy=DECLARE)
async def confirm_host_step_up(call: Call, token: str, body: StepUpConfirmation) -> ConfirmedStepUp:
    """The account's owner has just proven to the host that it is them.

    Level 3 for 15 minutes, for what the step-up was asked for. 404 alike for one that is unknown,
    used, over or of another account.
    """
    confirmed = await step_ups.confirm(
        call.context.database, token, check_account(body.account), actor=call.caller.actor
    )
    return ConfirmedStepUp(
        step_up_id=confirmed.step_up_id,
        granted_until=datetime.fromisoformat(confirmed.granted_until),
    )


@routes.get("/host/events", policy=DECLARE, errors=(409,))
async def list_host_events(call: Call, after: Position = 0, limit: Limit = 100) -> HostEvents:
    """What happened to the host's accounts after this position, oldest first.

    409 `too_old` if some of it is not kept any more: read the accounts afresh, and go on at the
    `newest` that the answer names.
    """
    return await events.load_events(call.context.database, after=after, limit=limit)


async def _end_streams(call: Call, done: Withdrawn) -> None:
    """Pages that are open in sessions that are over hear no more, at this node and the others."""
    for row, token_hash in done.ended:
        call.request.app[visitor_door.CACHE].drop(token_hash)
        await call.request.app[visitor_door.HUB].end(row, token_hash)


class ChannelRealms:
    """The realms of the channels that are installed, and phone numbers."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def canonical(self, realm: str, handle: str) -> IdentityKey:
        """As the channel writes it. Raises Refused."""
        if realm == PHONE_REALM:
            if _PHONE.fullmatch(handle) is None:
                raise Refused(
                    "A phone number is written as +4930123456.", code="invalid", field="handle"
                )
            return IdentityKey(realm, handle)
        channel = self._channel_of(realm)
        if channel is None:
            raise Refused("No channel has this realm.", code="unknown_realm", field="realm")
        try:
            _, address = self._registry.load(channel).to_recipient(handle)
        except (Unsupported, BadConfig):
            return IdentityKey(realm, handle)
        except ContentRejected as error:
            raise Refused(str(error), code="invalid", field="handle") from error
        return IdentityKey(address.realm, address.handle)

    def _channel_of(self, realm: str) -> str | None:
        for entry in self._registry.channels():
            if entry.manifest is None:
                continue
            prefix, place, _ = entry.manifest.realm.partition("<site>")
            if realm == prefix and not place:
                return entry.channel
            site = realm.removeprefix(prefix)
            if place and realm.startswith(prefix) and _SITE.fullmatch(site):
                return entry.channel
        return None
