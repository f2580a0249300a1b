"""Continuing in private what began where others read along."""

from collections.abc import Callable

import msgspec

from core.capabilities import Capabilities
from core.messages import PUBLIC_KINDS, IdentityAddress, Place
from core.people import CLAIMED_PREFIX
from router.services.errors import Conflict
from router.storage import cases, personal, replies
from router.storage.places import NewPlace, resolve_places
from router.storage.replies import Reach
from router.storage.sight import Sight
from router.storage.unit_of_work import Fact, UnitOfWork

EVENT = "continued_in_private"

PrivatePlaceOf = Callable[[str, IdentityAddress], Place | None]
"""(channel, who) -> where they are written to alone. None: the network has no such place."""


def nowhere(channel: str, identity: IdentityAddress) -> None:
    return None


def opens_private(
    capabilities: Capabilities,
    private_place_of: PrivatePlaceOf,
    channel: str,
    realm: str,
    handle: str,
) -> Place | None:
    """The place that we may open to somebody who never wrote to us alone."""
    if not capabilities.can_open_conversation or realm.startswith(CLAIMED_PREFIX):
        return None
    place = private_place_of(channel, IdentityAddress(realm=realm, handle=handle))
    return None if place is None or place.is_public else place


async def find_private(
    work: UnitOfWork,
    root_id: int,
    public: Reach,
    capabilities: Capabilities,
    private_place_of: PrivatePlaceOf,
    sight: Sight,
) -> Reach:
    """Where the same identity is alone with us on the same account; opened if it has to be.

    `public` itself if nobody reads along there. Raises Conflict `no_private_place`.
    """
    if public.place_kind not in PUBLIC_KINDS:
        return public
    known = await personal.find_direct(work, public.account_id, public.identity_id)
    if known is not None:
        reach = await replies.find_reach(work, root_id, known, public.identity_id, sight)
        if reach is not None:
            return reach
    place = opens_private(
        capabilities, private_place_of, public.channel, public.realm, public.handle
    )
    if place is None:
        raise Conflict(
            "On this network they must write to us alone first.", code="no_private_place"
        )
    fresh = NewPlace(
        key=(public.account_id, place.remote),
        kind=place.kind.value,
        title=place.title,
        parent=place.parent,
    )
    place_id = (await resolve_places(work, [fresh]))[fresh.key]
    opened = await replies.find_opened(work, root_id, place_id, sight)
    if opened is not None:
        return opened
    return msgspec.structs.replace(
        public, place_id=place_id, place_kind=place.kind.value, last_inbound_at=None
    )


async def note_continued(
    work: UnitOfWork,
    *,
    root_id: int,
    case_id: int,
    agent_id: int,
    public: Reach,
    private: Reach,
    message_id: int,
    public_message_id: int | None,
) -> None:
    """A line in the timeline that names both places and what was said in each."""
    line = await cases.insert_event(
        work,
        person_id=private.home_person_id,
        case_id=case_id,
        agent_id=agent_id,
        event=EVENT,
        facts={
            "case_id": case_id,
            "account_id": public.account_id,
            "public_place_id": public.place_id,
            "private_place_id": private.place_id,
            "message_id": message_id,
            "public_message_id": public_message_id,
        },
    )
    work.announce(Fact.MESSAGE_CREATED, person=root_id, ref=line)
