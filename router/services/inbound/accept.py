"""One transaction for a micro-batch of events of many accounts and many people."""

from collections.abc import Sequence

import msgspec
import structlog

from core.connector import Cursor, LeaseLost
from core.messages import AnyInboundEvent, MessageReceived, Typing, Unreadable
from router.blobs import Blobs
from router.services.errors import ServiceError
from router.services.inbound import changes, messages, pieces, quarantine, redeeming, steady
from router.services.inbound.claims import count_claims
from router.services.inbound.sources import Prepared, prepare
from router.services.outbound.automatic import Voice
from router.storage import inbound as stored
from router.storage import leases
from router.storage.engine import Collision, Database, StatementRefused
from router.storage.inbound_steady import store_steady
from router.storage.inbound_told import store_and_tell
from router.storage.unit_of_work import UnitOfWork

TRIES = 5
"""Of one event that collides with other transactions each time. Then its network brings it again:
it is no poison."""

log = structlog.get_logger(__name__)

Accepted = list[int | None]
"""For each event of a request the id of its message; None for what is no message."""


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """What one call of `InboundSink.accept` brought."""

    account_id: int
    fence: int | None
    """Of the account's lease; None where no lease is needed (webhook, local)."""
    events: tuple[AnyInboundEvent, ...]
    cursor: Cursor | None = None


async def accept(
    database: Database, blobs: Blobs, batch: Sequence[Incoming], voice: Voice | None = None
) -> list[Accepted | BaseException]:
    """Commit the whole batch at once; one result for each request, in order.

    `voice` answers what is answered without an agent: link codes.

    A batch that PostgreSQL or a rule refuses is retried request by request and then event by
    event; the poison event goes to quarantine and its request succeeds. A request whose lease is
    lost gets LeaseLost as its result, one that only ever collides gets Collision. Raises
    DatabaseUnavailable, with nothing written.
    """
    prepared = [await prepare(blobs, one.account_id, one.events) for one in batch]
    stored_at_once = await _commit_steady(database, batch, prepared)
    if stored_at_once is not None:
        return list(stored_at_once)
    try:
        return list(await _commit(database, batch, prepared, voice))
    except (StatementRefused, ServiceError, ValueError, LeaseLost) as error:
        if len(batch) > 1:
            return [await _alone(database, blobs, one, voice) for one in batch]
        if isinstance(error, LeaseLost):
            return [error]
        return [await _event_by_event(database, batch[0], prepared[0], voice)]


async def _commit_steady(
    database: Database, batch: Sequence[Incoming], prepared: Sequence[list[Prepared]]
) -> list[Accepted] | None:
    """The short way. None, with nothing written: it is not for this batch."""
    if any(one.fence is not None or one.cursor is not None for one in batch):
        return None
    plain = steady.to_plain([one for ones in prepared for one in ones])
    if not plain:
        return None
    try:
        async with database.announcing_once() as work:
            if work.followed is None:
                ids = await store_steady(work, plain)
            else:
                ids = await store_and_tell(work, plain, work.followed)
    except StatementRefused:
        return None  # the long way finds out what of it is refused
    return [_accepted(ones, ids) for ones in prepared] if ids else None


async def _alone(
    database: Database, blobs: Blobs, one: Incoming, voice: Voice | None
) -> Accepted | BaseException:
    [result] = await accept(database, blobs, [one], voice)
    return result


async def _commit(
    database: Database,
    batch: Sequence[Incoming],
    prepared: Sequence[list[Prepared]],
    voice: Voice | None,
) -> list[Accepted]:
    async with database.transaction() as work:
        await _check_fences(work, batch)
        ids = await _store(work, [one for ones in prepared for one in ones], voice)
        for one in batch:
            await _move_cursor(work, one)
    for one in batch:
        count_claims(one.events)
    return [_accepted(ones, ids) for ones in prepared]


async def _event_by_event(
    database: Database, one: Incoming, prepared: Sequence[Prepared], voice: Voice | None
) -> Accepted | BaseException:
    """Each event in a transaction of its own; then the cursor, which may pass all of them."""
    ids: dict[stored.DedupKey, int] = {}
    for event in prepared:
        try:
            ids |= await _store_alone(database, one, event, voice)
        except (LeaseLost, Collision) as error:
            return error
        except (StatementRefused, ServiceError, ValueError) as error:
            log.warning(
                "inbound.quarantined",
                account=one.account_id,
                fault=type(error).__name__,
            )
            ids |= await quarantine.put(database, event, reason=_reason(error))
    try:
        async with database.transaction() as work:
            await _check_fences(work, [one])
            await _move_cursor(work, one)
    except LeaseLost as error:
        return error
    return _accepted(prepared, ids)


async def _store_alone(
    database: Database, one: Incoming, event: Prepared, voice: Voice | None
) -> dict[stored.DedupKey, int]:
    for tried in range(1, TRIES + 1):
        try:
            async with database.transaction() as work:
                await _check_fences(work, [one])
                return await _store(work, [event], voice)
        except Collision:
            if tried == TRIES:
                raise
    raise AssertionError("the last try returns or raises")


async def _store(
    work: UnitOfWork, prepared: Sequence[Prepared], voice: Voice | None
) -> dict[stored.DedupKey, int]:
    now = work.now()
    received: list[tuple[Prepared, MessageReceived, bool]] = []
    joining: list[tuple[Prepared, MessageReceived]] = []
    firsts: set[pieces.Whole] = set()
    for one in prepared:
        match one.event:
            case MessageReceived(joins=str()) if not await pieces.is_first(work, one, firsts):
                joining.append((one, one.event))
            case MessageReceived():
                received.append((one, one.event, False))
            case Unreadable():
                await quarantine.note(work, one, one.event)
                received.append((one, quarantine.placeholder(one.account_id, one.event), True))
    codes_for = await redeeming.accounts_of(work, [event for _, event, _ in received])
    done = await messages.store(work, received, now=now, accounts=codes_for)
    for piece, event in joining:
        done = done.plus(await pieces.join(work, piece, event, now=now))
    await _settle_quarantine(work, prepared, done.ids)
    by_message = {message: key[0] for key, message in done.ids.items()}
    for waiting in done.parked:
        await changes.apply_parked(work, by_message[waiting.message_id], [waiting])
    for one in prepared:
        if not isinstance(one.event, MessageReceived | Unreadable | Typing):
            await changes.apply(work, one.account_id, one.event)
    await redeeming.redeem_all(work, voice, _fresh(received, done))
    return done.ids


def _fresh(
    received: Sequence[tuple[Prepared, MessageReceived, bool]], done: messages.Stored
) -> list[redeeming.Heard]:
    """What was stored just now, each once: a code that comes twice is presented once."""
    heard = {
        done.ids.get((one.account_id, messages.dedup_key(event.event_key)), 0): (one, event)
        for one, event, is_placeholder in reversed(received)
        if not is_placeholder
    }
    return [
        redeeming.Heard(message, one.account_id, event)
        for message, (one, event) in sorted(heard.items(), key=lambda pair: pair[0])
        if message in done.fresh
    ]


async def _settle_quarantine(
    work: UnitOfWork, prepared: Sequence[Prepared], ids: dict[stored.DedupKey, int]
) -> None:
    for one in prepared:
        if isinstance(one.event, Unreadable):
            key = (one.account_id, messages.dedup_key(one.event.event_key))
            await quarantine.link(work, one.account_id, one.event.event_key, ids.get(key))


async def _check_fences(work: UnitOfWork, batch: Sequence[Incoming]) -> None:
    # Pairs: a batch may hold requests of a former and of the present owner of one account.
    mine = {
        (leases.account_lease(one.account_id), one.fence) for one in batch if one.fence is not None
    }
    if not mine:
        return
    newest = await leases.fences(work, sorted({name for name, _ in mine}))
    for name, fence in mine:
        if newest.get(name, 0) != fence:
            raise LeaseLost(name)


async def _move_cursor(work: UnitOfWork, one: Incoming) -> None:
    if one.cursor is None:
        return
    moved = await stored.move_cursor(
        work, one.account_id, one.cursor.scope, one.cursor.value, one.fence or 0
    )
    if not moved:
        raise LeaseLost(leases.account_lease(one.account_id))


def _accepted(prepared: Sequence[Prepared], ids: dict[stored.DedupKey, int]) -> Accepted:
    return [ids.get((one.account_id, messages.dedup_key(one.event.event_key))) for one in prepared]


def _reason(error: Exception) -> str:
    if isinstance(error, ServiceError):
        return str(error)
    kind = str(error) if isinstance(error, StatementRefused) else type(error).__name__
    return f"It could not be stored: {kind}."
