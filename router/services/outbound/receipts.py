"""What a network says later of something we sent: taken, delivered, read, or bounced."""

from datetime import timedelta

from core.delivery import DeliveryState, merge_receipt
from core.errors import GoneBecause
from core.messages import DeliveryReported, ReportedState, scrub
from router.storage import deliveries, identities, ladder
from router.storage.deliveries import DeliveryRow
from router.storage.unit_of_work import Fact, UnitOfWork

_PROOF = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ})
_WAITING = frozenset({DeliveryState.HELD, DeliveryState.QUEUED})
_LEFT = frozenset({DeliveryState.SENT, DeliveryState.UNKNOWN})

GUESS_WINDOW = timedelta(days=5)
"""How long a mail server tries (RFC 5321, 4.5.4.1): a failure without an id is of one since."""


async def report(work: UnitOfWork, account_id: int, event: DeliveryReported) -> bool:
    """Carry one receipt over to its delivery; whether there is such a delivery.

    In any order and any number of times: a state never goes back. A receipt that overtakes the
    attempt's own outcome is kept until that is written. One for a delivery that waits to be tried
    again proves that it went out, so it isn't sent a second time. A delay is told beside the state
    `sent`. A failure because nobody is there makes its message due for the ladder, and whatever
    else waits for them.
    """
    row = await _find(work, account_id, event)
    if row is None:
        return False
    reason, code = scrub(event.reason), scrub(event.code)
    if event.state is ReportedState.DELAYED:
        if row.state in _LEFT:
            await deliveries.change(work, row, DeliveryState.SENT, reason=reason, code=code)
        return True
    reported = DeliveryState(event.state.value)
    is_guess = event.send_key is None and event.remote_id is None
    is_gone = event.recipient_is_gone and not is_guess and not row.copy_to
    state = _merged(row.state, reported)
    if row.state is DeliveryState.SENDING:
        await deliveries.keep_early_receipt(
            work, row, reported.value, reason=reason, code=code, is_certain=is_gone
        )
    elif state is not row.state:
        await deliveries.change(work, row, state, reason=reason, code=code)
    if is_gone and row.identity_id is not None:
        await _mark_gone(work, row.root_id, row.identity_id, reason, event.because)
        if state is DeliveryState.FAILED:
            await ladder.fall(work, [row.id])
    return True


def _merged(current: DeliveryState, reported: DeliveryState) -> DeliveryState:
    if current in _WAITING:
        return reported if reported in _PROOF else current
    if current is DeliveryState.CANCELLED:
        return current
    return merge_receipt(current, reported)


async def _mark_gone(
    work: UnitOfWork, root_id: int, identity_id: int, reason: str, because: GoneBecause
) -> None:
    changed = await identities.mark_reachable(
        work,
        identity_id,
        is_reachable=False,
        reason=reason or "The network says they are gone.",
        because=because,
    )
    if changed:
        await ladder.fall_waiting(work, identity_id)
        work.announce(Fact.PERSON_CHANGED, person=root_id, ref=root_id)


async def _find(work: UnitOfWork, account_id: int, event: DeliveryReported) -> DeliveryRow | None:
    if event.send_key is not None:
        row = await deliveries.lock_by_send_key(work, account_id, event.send_key)
        if row is not None:
            return row
    if event.remote_id is None:
        if event.remote_place is None or event.state is not ReportedState.FAILED:
            return None
        since = work.now() - GUESS_WINDOW
        return await deliveries.lock_newest_sent(work, account_id, event.remote_place, since=since)
    for place in dict.fromkeys((event.remote_place, event.sent_to or event.remote_place)):
        row = await deliveries.lock_by_remote_id(work, account_id, place, event.remote_id)
        if row is None and place is not None and event.is_for_any_account:
            row = await deliveries.lock_by_remote_id_in_channel(
                work, account_id, place, event.remote_id
            )
        if row is not None:
            return row
    return None
