"""Link codes on their way to whom they are for: an agent's person, a visitor, the host's page."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from core.errors import BadConfig
from core.manifest import Intake
from router.runtime.registry import Registry
from router.services.errors import Forbidden
from router.services.identity import sent_codes
from router.services.identity.link_codes import LinkCode, MadeBy, make_for_account
from router.services.identity.sent_codes import SentCode
from router.services.outbound.automatic import Voice
from router.services.viewer import viewer_of
from router.storage import link_codes as stored
from router.storage import visitors
from router.storage.link_codes import Doorway
from router.web import visitor_door as door
from router.web.arguments import Id
from router.web.context import Call, Context
from router.web.conversations import WRITE, load_capabilities, load_wire
from router.web.routes import Routes
from router.web.visitor import VISITOR

routes = Routes(tag="conversations")
visitor_routes = Routes(prefix=door.PREFIX, tag="visitor")

CODES_PER_MINUTE = 6


class LinkTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Where the code may be said."""

    channel: str
    name: str
    """What people call the channel."""
    address: str
    """What its network calls us there; empty: it is not known."""
    url: str | None
    """Brings the code there with one press. None: it is typed, as a message of its own."""


class LinkCodeBody(msgspec.Struct, frozen=True, kw_only=True):
    """For one person's eyes. It is good once, until `expires_at`, at one of `targets`."""

    code: str
    expires_at: datetime
    seconds: int
    """Until then: a page's clock may be wrong."""
    targets: tuple[LinkTarget, ...]


class WantedCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    identity_id: Id
    """Whom it is sent to: an identity of this person that is proven and wrote before."""


@routes.post("/persons/{person_id}/link-codes", policy=WRITE, status=201, errors=(404, 409))
async def send_link_code(call: Call, person_id: Id, body: WantedCode) -> SentCode:
    """Send a code into the thread of a proven identity: whoever says it elsewhere is the same
    person. Agents never see it.
    """
    context = call.context
    registry = context.registry or Registry()
    async with context.database.reading() as work:
        doorways = await stored.list_doorways(work)
    return await sent_codes.send_code(
        context.database,
        Voice(
            keyring=context.keyring,
            capabilities_of=lambda channel: load_capabilities(context, channel),
            wire_of=lambda channel: load_wire(context, channel),
        ),
        viewer_of(call.caller),
        person_id=person_id,
        identity_id=body.identity_id,
        channels={one.channel for one in doorways},
        unseen_on=local_channels(registry, doorways),
    )


@visitor_routes.post("/link-codes", policy=VISITOR, errors=(401, 403, 429))
async def make_visitor_link_code(call: Call, hook: str) -> LinkCodeBody:
    """For somebody who is signed in at the site: a code by which they go on elsewhere."""
    account = await door.enter(call, hook)
    row = await door.session_of(call, account, door.bearer_token(call.request))
    door.hold(call, ("link", account.account_id, row.visitor.session), CODES_PER_MINUTE)
    attestation = row.visitor.attestation
    if attestation is None:
        raise _sign_in_first()
    async with call.context.database.transaction() as work:
        if not await visitors.hold_vouching(work, row):
            raise _sign_in_first()
        channels = typed_channels(call.context, await stored.list_doorways(work))
        made = await make_for_account(
            work,
            attestation.host_account,
            channels=channels,
            made_by=MadeBy.VISITOR,
            actor="visitor",
        )
    return await to_body(call.context, made, channels)


def _sign_in_first() -> Forbidden:
    return Forbidden("Sign in first.", code="attestation_required")


async def to_body(
    context: Context, made: LinkCode, channels: Collection[str] | None = None
) -> LinkCodeBody:
    """The code with where it may be said: by these channels, or by all on which codes are typed."""
    async with context.database.reading() as work:
        doorways = await stored.list_doorways(work)
    named = typed_channels(context, doorways) if channels is None else channels
    return LinkCodeBody(
        code=made.code,
        expires_at=made.expires_at,
        seconds=int((made.expires_at - context.clock.now()).total_seconds()),
        targets=to_targets(
            context.registry or Registry(), [one for one in doorways if one.channel in named], made
        ),
    )


def typed_channels(context: Context, doorways: Sequence[Doorway]) -> frozenset[str]:
    """Those on which somebody types a code, and does not sign in instead."""
    local = local_channels(context.registry or Registry(), doorways)
    return frozenset(one.channel for one in doorways) - local


def to_targets(
    registry: Registry, doorways: Sequence[Doorway], made: LinkCode
) -> tuple[LinkTarget, ...]:
    """Each with its deep link, if the channel has one. A channel that cannot run is left out."""
    targets = []
    for one in doorways:
        try:
            name = registry.manifest(one.channel).name
            url = registry.load(one.channel).link_url(one.own_name, made.code)
        except BadConfig:
            continue
        targets.append(LinkTarget(channel=one.channel, name=name, address=one.own_name, url=url))
    return tuple(targets)


def local_channels(registry: Registry, doorways: Sequence[Doorway]) -> frozenset[str]:
    """Where somebody signs in, instead: there the record itself is what they read."""
    found = set()
    for channel in {one.channel for one in doorways}:
        try:
            if Intake.LOCAL in registry.manifest(channel).intake:
                found.add(channel)
        except BadConfig:
            continue
    return frozenset(found)
