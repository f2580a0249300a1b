"""From the planned parts of a message to its deliveries: lanes, keys, and copies."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
from uuid_utils import uuid7

from core.messages import Participant
from core.rich_text_cuts import RichText
from router.services.outbound import leveling
from router.storage import deliveries, levels
from router.storage.deliveries import NewDelivery
from router.storage.spans import to_column
from router.storage.unit_of_work import UnitOfWork

NO_HOLD = timedelta(0)


async def queue_parts(
    work: UnitOfWork,
    parts: Sequence[RichText],
    *,
    message_id: int,
    person_id: int,
    account_id: int,
    place_id: int,
    identity_id: int | None,
    hold: timedelta = NO_HOLD,
    copies: Sequence[Participant] = (),
    revision: int = 0,
    is_scheduled: bool = False,
) -> None:
    """One delivery for each part, then the same for everybody who gets a copy.

    Call under the person's lock, with the message stored: what it may be said to is asked here.
    Raises Conflict `level_too_low` and `channel_not_allowed`. The sender is woken after the
    commit, and waits for `hold`. `revision`: above that of deliveries that it has already. What
    `is_scheduled` holds up nothing that is written later: it has a lane of its own.
    """
    cleared = await leveling.clear(
        work,
        message_id=message_id,
        place_id=place_id,
        identity_id=identity_id,
        has_copies=bool(copies),
    )
    await levels.note_level(work, message_id, cleared.level)
    to_recipient = [
        NewDelivery(
            message_id=message_id,
            person_id=person_id,
            account_id=account_id,
            place_id=place_id,
            identity_id=identity_id,
            part=number,
            part_count=len(parts),
            revision=revision,
            text=part.text,
            spans=to_column(part.spans),
            lane=_lane_of(place_id, person_id, message_id if is_scheduled else None),
            send_key=new_send_key(),
            state="held" if hold else "queued",
            due_at=work.now() + hold,
        )
        for number, part in enumerate(parts)
    ]
    await deliveries.queue(work, _with_copies(to_recipient, copies), cleared)


def new_send_key() -> str:
    """The same at every attempt: Message-ID, nonce or idempotency key is made from it."""
    return uuid7().hex


def _lane_of(place_id: int, home_person_id: int, scheduled: int | None) -> str:
    """Whose order must be kept: one person in one place. A merge moves nothing between lanes."""
    lane = f"{place_id}:{home_person_id}"
    return lane if scheduled is None else f"{lane}:at:{scheduled}"


def _with_copies(
    to_recipient: Sequence[NewDelivery], participants: Sequence[Participant]
) -> list[NewDelivery]:
    """These deliveries, and of each one for every participant, in a lane of their own."""
    copies = [
        msgspec.structs.replace(
            one,
            lane=f"{one.lane}:{participant.handle}",
            send_key=new_send_key(),
            copy_to=participant.handle,
            copy_of=one.send_key,
        )
        for participant in participants
        for one in to_recipient
    ]
    return [*to_recipient, *copies]
