"""Where each message of a batch is said, and in whose conversation it belongs."""

from collections.abc import Mapping

from core.messages import MessageReceived
from core.people import IdentityKey
from router.services.errors import ServiceError
from router.services.inbound import senders
from router.services.inbound.sources import Prepared
from router.storage import inbound as stored
from router.storage.identities import IdentityRow
from router.storage.inbound import DedupKey, ThreadRef
from router.storage.places import NewPlace, PlaceKey
from router.storage.unit_of_work import UnitOfWork

MAX_NAME = 200

Received = tuple[Prepared, MessageReceived, bool]


class DeskPlaceUnknown(ServiceError):
    """One of us wrote on the network in a place from which no person ever wrote to us."""

    code = "desk_place_unknown"


def place(prepared: Prepared, event: MessageReceived) -> NewPlace:
    said_in = event.place
    return NewPlace(
        key=(prepared.account_id, said_in.remote),
        kind=said_in.kind.value,
        title=said_in.title[:MAX_NAME],
        parent=said_in.parent,
        is_heard=True,
    )


async def find_owners(
    work: UnitOfWork,
    by_key: Mapping[DedupKey, Received],
    places: Mapping[PlaceKey, int],
    identities: Mapping[IdentityKey, IdentityRow],
) -> dict[DedupKey, int]:
    """The person in whose conversation each message belongs: its sender.

    Our own belongs to whom it answers there, or else to whom the place's newest message is of.
    Raises DeskPlaceUnknown.
    """
    ours = {key: one for key, one in by_key.items() if one[1].is_from_desk}
    answered = await _answered(work, ours, places) if ours else {}
    owners: dict[DedupKey, int] = {}
    for key, (prepared, event, _) in by_key.items():
        if not event.is_from_desk:
            owners[key] = identities[senders.key_of(event.sender)].home_person_id
            continue
        place_id = places[prepared.account_id, event.place.remote]
        owner = answered.get(key) or await stored.newest_person_in(work, place_id)
        if owner is None:
            raise DeskPlaceUnknown("Nobody has written to us from this place yet.")
        owners[key] = owner
    return owners


async def _answered(
    work: UnitOfWork, ours: Mapping[DedupKey, Received], places: Mapping[PlaceKey, int]
) -> dict[DedupKey, int]:
    """Whose message in the same place each of ours names as the one that it answers."""
    named: dict[DedupKey, list[ThreadRef]] = {
        key: [(key[0], ref.kind, ref.key) for ref in event.answers]
        for key, (_, event, _) in ours.items()
    }
    refs = sorted({ref for refs in named.values() for ref in refs})
    authors = await stored.authors_by_thread(work, refs)
    found: dict[DedupKey, int] = {}
    for key, (prepared, event, _) in ours.items():
        place_id = places[prepared.account_id, event.place.remote]
        for ref in named[key]:
            if (ref, place_id) in authors:
                found[key] = authors[ref, place_id]
                break
    return found
