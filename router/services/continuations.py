"""A chat goes on elsewhere: what stays unread is said again on another channel, once.

It goes only to an address that the host's site has verified for the very account that is signed in
to the chat. An address that somebody typed proves nothing: mail to it would tell a stranger what
was said, and let anybody fill a stranger's mailbox.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from core.capabilities import Capabilities
from core.connector import Continuation, LocalConnector, Missed
from core.delivery import DeliveryState
from core.errors import PermanentError
from core.messages import IdentityAddress, Place
from core.rich_text_cuts import fitted
from router.services.keyring import Keyring
from router.services.outbound import leveling, queue_parts, reply_token
from router.services.outbound.addressed import REPLY_TOKEN
from router.services.outbound.parts import plan_parts
from router.storage import continuations as stored
from router.storage import deliveries, persons, replies
from router.storage.continuations import (
    AddressRow,
    FollowedRow,
    NewContinuation,
    UnreadRow,
    WaitingPlace,
)
from router.storage.engine import Database
from router.storage.inbound import insert_thread_keys
from router.storage.places import NewPlace, resolve_places
from router.storage.unit_of_work import Fact, UnitOfWork

QUIET = timedelta(minutes=1)
"""Whoever answers is let finish: what they say within it goes with the rest."""
LONGEST_LATE = timedelta(hours=12)
"""What became due longer ago stays in the chat: a setting that is switched on, or a desk that was
away, sends no old news."""
FOLLOWED = timedelta(days=30)
"""For so long an answer by the other channel is shown in the chat too."""
BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The account by which it goes on."""

    account_id: int
    channel: str
    realm: str
    capabilities: Capabilities
    to_recipient: Callable[[str], tuple[Place, IdentityAddress]]
    to_stop_url: Callable[[int], str]
    """Identity -> where it stops such messages."""


class _SaidBefore(Exception):
    """Somebody else has said one of them again: nothing is written."""


async def continue_account(
    database: Database,
    keyring: Keyring,
    account_id: int,
    connector: LocalConnector,
    target: Target,
) -> int:
    """Queue one message for each visitor whose unread answers are due; how many.

    Each is written in the transaction that marks its answers, so that none is said again twice,
    whoever is killed when.
    """
    continuation = connector.continuation
    if continuation is None:
        return 0
    since = database.clock.now() - continuation.after - LONGEST_LATE
    async with database.reading() as work:
        places = await stored.waiting_places(work, account_id, since=since, limit=BATCH)
    due = [one for one in places if _is_due(one, continuation, database)]
    made = 0
    for one in due:
        try:
            async with database.transaction() as work:
                made += await _continue_place(
                    work, keyring, account_id, connector, continuation, target, one
                )
        except _SaidBefore:
            continue
    return made


def _is_due(place: WaitingPlace, continuation: Continuation, database: Database) -> bool:
    now = database.clock.now()
    if now - place.oldest < continuation.after:
        return False
    is_late = now - place.oldest >= 2 * continuation.after + QUIET
    return is_late or now - place.newest >= min(QUIET, continuation.after)


async def _continue_place(
    work: UnitOfWork,
    keyring: Keyring,
    account_id: int,
    connector: LocalConnector,
    continuation: Continuation,
    target: Target,
    waiting: WaitingPlace,
) -> bool:
    root = await persons.lock_root(work, waiting.person_id)
    if root is None:
        return False
    address = await stored.find_address(work, waiting.place_id, root, target.realm)
    if address is None:
        return False
    since = work.now() - continuation.after - LONGEST_LATE
    # Read again under the lock: they may have come back meanwhile.
    unread = [
        one
        for one in await stored.unread_in(work, account_id, waiting.place_id, since=since)
        if await _may_go_on(work, one, address, target)
    ]
    if not unread:
        return False
    # One case and one topic a letter: whatever is needed of them later binds it. The others go
    # with the next look.
    first = unread[0]
    unread = [
        one for one in unread if (one.case_id, one.topic_id) == (first.case_id, first.topic_id)
    ]
    try:
        place, _ = target.to_recipient(address.handle)
    except PermanentError:
        return False
    await _write(work, keyring, connector, target, waiting, root, address, place, unread)
    return True


async def _may_go_on(work: UnitOfWork, one: UnreadRow, address: AddressRow, target: Target) -> bool:
    """Whether its case and topic let it be said by that channel to that address."""
    refusal = await leveling.find_refusal(
        work, message_id=one.id, identity_id=address.identity_id, channel=target.channel
    )
    return refusal is None


async def _write(
    work: UnitOfWork,
    keyring: Keyring,
    connector: LocalConnector,
    target: Target,
    waiting: WaitingPlace,
    root: int,
    address: AddressRow,
    place: Place,
    unread: list[UnreadRow],
) -> None:
    stop_url = target.to_stop_url(address.identity_id)
    summary = connector.to_summary(
        [
            Missed(
                author=m.author_name,
                text=fitted(m.text, m.spans, ()).text,
                at=m.at,
                files=m.files,
                offers=m.offers,
            )
            for m in unread
        ],
        language=address.language,
        stop_url=stop_url,
    )
    key = (target.account_id, place.remote)
    places = await resolve_places(
        work,
        [NewPlace(key=key, kind=place.kind.value, title=place.title, parent=place.parent)],
    )
    case_id = unread[-1].case_id
    message = await stored.insert_continuation(
        work,
        NewContinuation(
            person_id=address.home_person_id,
            case_id=case_id,
            place_id=places[key],
            account_id=target.account_id,
            author_name=unread[-1].author_name,
            subject=summary.subject if target.capabilities.subject else "",
            text=summary.text,
            # A mail program presses the button over https only (RFC 8058, 3.1).
            stop_url=stop_url if stop_url.startswith("https:") else "",
            topic_id=unread[-1].topic_id,
        ),
        chat_place_id=waiting.place_id,
        continued=[one.id for one in unread],
    )
    if message is None:
        raise _SaidBefore
    await queue_parts(
        work,
        plan_parts(summary.text, target.capabilities),
        message_id=message,
        person_id=address.home_person_id,
        account_id=target.account_id,
        place_id=places[key],
        identity_id=address.identity_id,
    )
    if case_id is not None:
        await replies.touch_case(work, case_id, message)
        if target.capabilities.threads:
            token = reply_token(keyring, case_id)
            await insert_thread_keys(work, [(target.account_id, REPLY_TOKEN, token, case_id, None)])
    await persons.bump(work, {root: message}, {})
    work.announce(Fact.MESSAGE_CREATED, person=root, ref=message)


async def withdraw_seen(database: Database) -> int:
    """Take back what waits to go out and was read in the chat meanwhile; how many messages."""
    async with database.reading() as work:
        seen = await stored.seen_meanwhile(work, limit=BATCH)
    withdrawn = 0
    for message, person in seen:
        async with database.transaction() as work:
            await persons.lock_root(work, person)
            reason = "They have read it in the chat."
            withdrawn += bool(await deliveries.cancel_waiting(work, message, reason=reason))
    return withdrawn


async def follow(database: Database) -> int:
    """Show in the chat what was said where it went on; how many messages.

    Somebody who answered there has read what they answered: it counts as read in the chat too.
    """
    since = database.clock.now() - FOLLOWED
    async with database.reading() as work:
        found = await stored.followed(work, since=since, limit=BATCH)
    echoed = 0
    for one in found:
        async with database.transaction() as work:
            echoed += await _follow_one(work, one)
    return echoed


async def _follow_one(work: UnitOfWork, row: FollowedRow) -> int:
    root = await persons.lock_root(work, row.person_id)
    if root is None:
        return 0
    said, until = await stored.said_after(work, row, root)
    fresh = await stored.add_echoes(work, row, [one.id for one in said], until=until)
    for message in fresh:
        # Not changed for agents; it is what lets the visitor's stream look at it now.
        work.announce(Fact.MESSAGE_CHANGED, person=root, ref=message)
    if any(one.is_theirs for one in said):
        for delivery_id in await stored.unread_deliveries(work, row.message_id):
            delivery = await deliveries.lock_delivery(work, delivery_id)
            if delivery is not None and delivery.state in (
                DeliveryState.SENT,
                DeliveryState.DELIVERED,
            ):
                await deliveries.change(
                    work, delivery, DeliveryState.READ, reason="Answered where it went on."
                )
    return len(fresh)
