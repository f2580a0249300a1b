"""All the ways to a person: where they can be answered, where not and why, and where an agent may
write first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from core.addresses import readable_address
from core.connector import LocalConnector
from core.errors import BadConfig
from core.messages import IdentityAddress, Place
from core.people import CLAIMED_PREFIX, is_claimed, standing_level
from router.services.errors import Conflict, NotFound
from router.services.ladder.networks import Networks
from router.services.outbound.privately import PrivatePlaceOf
from router.services.shown.hindrances import Hindrance, HindranceCode, code_of, to_hindrance
from router.services.shown.reach import CapabilitiesOf, Reach, load_reach
from router.services.viewer import Viewer, find_conversation
from router.storage import continuations, persons
from router.storage import reach as stored
from router.storage.engine import Database
from router.storage.places import NewPlace, resolve_places
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork

LocalOf = Callable[[int], LocalConnector | None]
"""The connector of an account whose network is the router itself, where this process has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the installed channels can do."""

    networks: Networks
    capabilities_of: CapabilitiesOf
    private_place_of: PrivatePlaceOf
    local_of: LocalOf


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """An identity with which nothing was said yet, on an account of its network."""

    identity_id: int
    account_id: int
    channel: str
    account_label: str
    shown_as: str
    level: int
    is_claimed: bool
    hindrance: Hindrance | None
    """None: an agent may write first."""


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    places: tuple[Reach, ...]
    """Where they last wrote first; the hindrances hold what takes a look at queues, too."""
    elsewhere: tuple[Elsewhere, ...]
    """Where an agent may write first before the others."""


async def load_ways(database: Database, viewer: Viewer, person_id: int, known: Known) -> Ways:
    """Every identity of the person. Raises NotFound."""
    async with database.reading() as work:
        found = await find_conversation(work, viewer, person_id)
        places = await load_reach(
            work,
            viewer.agent_id,
            found.root_id,
            found.hidden_cases,
            known.capabilities_of,
            known.private_place_of,
        )
        limits = await stored.limited_until(work, [one.place_id for one in places])
        slowed = [
            _with(one, HindranceCode.RATE_LIMITED, until=limits.get(one.place_id))
            if one.place_id in limits
            else one
            for one in places
        ]
        told = [await _with_absence(work, found.root_id, known, one) for one in slowed]
        silent = await stored.identities_without_place(work, found.root_id)
        accounts = await stored.accounts_to_open(work)
    elsewhere = [
        _elsewhere(identity, account, known)
        for identity in silent
        for account in accounts
        if _realm_of(known.networks, account["channel"])
        == identity["realm"].removeprefix(CLAIMED_PREFIX)
    ]
    return Ways(
        places=tuple(told),
        elsewhere=tuple(sorted(elsewhere, key=lambda one: one.hindrance is not None)),
    )


async def open_place(
    database: Database,
    viewer: Viewer,
    person_id: int,
    known: Known,
    *,
    identity_id: int,
    account_id: int,
) -> int:
    """The place where an agent may now write first to an identity; nothing is said there yet.

    Raises NotFound, Conflict `cannot_open` with what stands against it. Idempotent.
    """
    async with database.transaction() as work:
        await persons.lock_root(work, person_id)
        found = await find_conversation(work, viewer, person_id)
        identity = await stored.find_identity(work, found.root_id, identity_id)
        accounts = [
            one for one in await stored.accounts_to_open(work) if one["account_id"] == account_id
        ]
        if identity is None or not accounts:
            raise NotFound("There is no such identity or account.")
        [account] = accounts
        if _realm_of(known.networks, account["channel"]) != identity["realm"].removeprefix(
            CLAIMED_PREFIX
        ):
            raise cannot_open(HindranceCode.UNTOLD)
        way = _elsewhere(identity, account, known)
        place = _place_of(identity, account, known)
        if way.hindrance is not None or place is None:
            raise cannot_open(way.hindrance.code if way.hindrance else HindranceCode.UNTOLD)
        fresh = NewPlace(
            key=(account_id, place.remote),
            kind=place.kind.value,
            title=place.title,
            parent=place.parent,
        )
        place_id = (await resolve_places(work, [fresh]))[fresh.key]
        if await stored.insert_opened(work, identity_id, place_id, viewer.agent_id):
            work.announce(Fact.PERSON_CHANGED, person=found.root_id, ref=found.root_id)
        return place_id


def cannot_open(code: HindranceCode) -> Conflict:
    return Conflict(
        "On this network we cannot write to them first.", code="cannot_open", hindrance=code.value
    )


def _elsewhere(identity: Record, account: Record, known: Known) -> Elsewhere:
    return Elsewhere(
        identity_id=identity["identity_id"],
        account_id=account["account_id"],
        channel=account["channel"],
        account_label=account["label"],
        shown_as=identity["shown_as"] or readable_address(identity["handle"]),
        level=standing_level(identity["level"], is_shared=identity["is_shared"]),
        is_claimed=is_claimed(identity["realm"]),
        hindrance=_against(identity, account, known),
    )


def _against(identity: Record, account: Record, known: Known) -> Hindrance | None:
    if is_claimed(identity["realm"]):
        return to_hindrance(HindranceCode.UNPROVEN)
    if not identity["is_reachable"]:
        return to_hindrance(
            code_of(identity["unreachable_code"]),
            since=identity["unreachable_at"],
            told=identity["unreachable_reason"],
        )
    if _place_of(identity, account, known) is None:
        return to_hindrance(HindranceCode.NEVER_WROTE)
    return None


def _place_of(identity: Record, account: Record, known: Known) -> Place | None:
    """Where we may write first, alone with them."""
    capabilities = known.capabilities_of(account["channel"])
    if capabilities is None or not capabilities.can_open_conversation:
        return None
    address = IdentityAddress(realm=identity["realm"], handle=identity["handle"])
    place = known.networks.place_of(account["channel"], address)
    return None if place is None or place.is_public else place


def _realm_of(networks: Networks, channel: str) -> str | None:
    try:
        return networks.realm_of(channel)
    except BadConfig:
        return None


async def _with_absence(work: UnitOfWork, root_id: int, known: Known, one: Reach) -> Reach:
    """Of a chat whose visitor is away: where the answer goes on, and when."""
    if one.is_online is not False:
        return one
    local = known.local_of(one.account_id)
    continuation = None if local is None else local.continuation
    if continuation is None:
        return _with(one, HindranceCode.OFFLINE)
    goes_on = await stored.find_account(work, continuation.account)
    realm = None if goes_on is None else _realm_of(known.networks, goes_on)
    address = (
        None
        if realm is None
        else await continuations.find_address(work, one.place_id, root_id, realm)
    )
    if address is None:
        return _with(one, HindranceCode.OFFLINE)
    minutes = max(1, round(continuation.after / timedelta(minutes=1)))
    return _with(one, HindranceCode.OFFLINE, minutes=minutes, goes_to=address.handle)


def _with(one: Reach, code: HindranceCode, **facts: object) -> Reach:
    more = to_hindrance(code, **facts)  # type: ignore[arg-type]  # the names of its own fields
    return msgspec.structs.replace(one, hindrances=(*one.hindrances, more))
