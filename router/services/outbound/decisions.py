"""What an agent may do about a delivery: recall what waits, decide on what failed or is unknown."""

from typing import Literal

from core.delivery import DeliveryState
from router.services.errors import Conflict, NotFound
from router.services.outbound import leveling
from router.services.outbound.in_public import check_again
from router.services.outbound.queueing import new_send_key
from router.storage import deliveries, ladder, levels, persons
from router.storage.deliveries import DeliveryRow, NewDelivery
from router.storage.engine import Database
from router.storage.unit_of_work import Fact, UnitOfWork

Action = Literal["resend", "drop", "mark_sent", "recall"]
_OPEN_TO_DECISION = frozenset({DeliveryState.FAILED, DeliveryState.UNKNOWN})


async def decide(database: Database, delivery_id: int, action: Action) -> DeliveryRow:
    """Carry out an agent's decision; the delivery that now stands for the part.

    What an agent has decided on does not go on by the ladder any more; a copy to somebody else,
    or a change of what was said, is no decision on that.

    `recall` takes back a whole message, all parts that no attempt is being made of. `resend`,
    `drop` and `mark_sent` are for a delivery that failed or is unknown. Raises NotFound, Conflict
    `too_late` when its state is past that, `public_place` where it became private meanwhile, and
    those of `leveling.clear`.
    """
    async with database.transaction() as work:
        known = await deliveries.find_delivery(work, delivery_id)
        if known is None:
            raise NotFound("There is no such delivery.")
        await persons.lock_root(work, known.person_id)
        if action == "resend":
            # Its case and topics before its deliveries, as whoever raises them locks them.
            await levels.needs_of_message(work, known.message_id, fixed=leveling.FIXED, holds=True)
        row = await deliveries.lock_delivery(work, delivery_id)
        if row is None:
            raise NotFound("There is no such delivery.")
        if row.code == ladder.MOVED_ON:
            raise Conflict(
                "The message went on elsewhere.", code=ladder.MOVED_ON, state=row.state.value
            )
        match action:
            case "recall":
                standing = await _recall(work, row)
            case "resend":
                standing = await _resend(work, _decidable(row))
            case "drop":
                await deliveries.change(
                    work,
                    _decidable(row),
                    DeliveryState.CANCELLED,
                    reason="An agent let it be.",
                    code="dropped",
                )
                standing = row.id
            case "mark_sent":
                await deliveries.change(
                    work,
                    _decidable(row),
                    DeliveryState.SENT,
                    reason="An agent knows that it arrived.",
                    code="marked_sent",
                )
                standing = row.id
        # A recall is of the whole message; anything else of a copy is of that alone.
        if action == "recall" or (row.kind == "send" and not row.copy_to):
            await ladder.withdraw(work, row.message_id)
        found = await deliveries.find_delivery(work, standing)
        assert found is not None
        return found


def _decidable(row: DeliveryRow) -> DeliveryRow:
    if row.state not in _OPEN_TO_DECISION:
        raise Conflict(
            "This delivery did not fail and is not unknown.",
            code="too_late",
            state=row.state.value,
        )
    return row


async def _recall(work: UnitOfWork, row: DeliveryRow) -> int:
    cancelled = await deliveries.cancel_waiting(
        work, row.message_id, reason="An agent recalled it."
    )
    if row.id not in cancelled:
        raise Conflict("It is already on its way.", code="too_late", state=row.state.value)
    return row.id


async def _resend(work: UnitOfWork, row: DeliveryRow) -> int:
    """The same part once more, at the tail of its lane.

    One whose outcome is unknown keeps its key, so that a network or a mail program that drops
    second copies can do so. One that failed gets a new key: late news of it must not be taken for
    news of this one.
    """
    await check_again(work, row.root_id, row.message_id, row.text)
    cleared = None
    if row.kind != "delete":
        cleared = await leveling.clear(
            work,
            message_id=row.message_id,
            place_id=row.place_id,
            identity_id=row.identity_id,
            has_copies=bool(row.copy_to),
        )
    if row.state is DeliveryState.UNKNOWN:
        key = await deliveries.hand_over_key(work, row)
    else:
        key = new_send_key()
    await deliveries.change(
        work, row, DeliveryState.CANCELLED, reason="It was sent again.", code="resent"
    )
    revision = await deliveries.newest_revision(
        work, row.message_id, row.part, row.copy_to, row.kind
    )
    fields = {
        name: getattr(row, name)
        for name in NewDelivery.__struct_fields__
        if name not in ("revision", "send_key", "state", "due_at")
    }
    fresh = NewDelivery(
        **fields,
        revision=revision + 1,
        send_key=key,
        state=DeliveryState.QUEUED.value,
        due_at=work.now(),
    )
    [made] = await deliveries.queue(work, [fresh], cleared)
    work.announce(Fact.DELIVERY_CHANGED, person=row.root_id, ref=made)
    return made
