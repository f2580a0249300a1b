"""Events that change what was said before: edits, deletions, receipts, reactions, and what is known
of people and places.

Rare beside messages, so one at a time. What comes before its message is parked by its network id.
"""

from typing import assert_never

import msgspec

from core.messages import (
    MAX_TEXT,
    AnyInboundEvent,
    ChatRekeyed,
    DeliveryReported,
    FilesChanged,
    HistoryGap,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    PlaceChanged,
    ProfileChanged,
    ReactionChanged,
    Typing,
    Unreadable,
)
from core.rich_text import normalised
from router.services.inbound import gaps, levels, replaced_files, senders
from router.services.outbound import report
from router.storage import identities, ladder, persons, pieces, places, remote_refs, revisions
from router.storage.remote_refs import Parked
from router.storage.unit_of_work import Fact, UnitOfWork

MAX_TITLE = 200

_decoder: msgspec.json.Decoder[AnyInboundEvent] = msgspec.json.Decoder(AnyInboundEvent)


async def apply(work: UnitOfWork, account_id: int, event: AnyInboundEvent) -> None:
    """Carry out one change, once: the same event again changes nothing."""
    match event:
        case MessageEdited():
            await _edit(work, account_id, event)
        case FilesChanged():
            await _change_files(work, account_id, event)
        case MessageDeleted():
            await _delete(work, account_id, event)
        case DeliveryReported():
            await report(work, account_id, event)
        case ChatRekeyed():
            await _rekey(work, account_id, event)
        case ProfileChanged():
            await _change_profile(work, event)
        case PlaceChanged():
            await _change_place(work, account_id, event)
        case HistoryGap():
            await gaps.note(work, account_id, event)
        case ReactionChanged():
            await _react(work, account_id, event)
        case MessageReceived() | Unreadable() | Typing():
            raise ValueError(f"{type(event).__name__} is not a change")
        case _:
            assert_never(event)


async def apply_parked(work: UnitOfWork, account_id: int, parked: list[Parked]) -> None:
    """Changes that came before the messages just stored."""
    for one in parked:
        await apply(work, account_id, _decoder.decode(one.event))


async def _lock_message(
    work: UnitOfWork,
    account_id: int,
    event: MessageEdited | FilesChanged | MessageDeleted | ReactionChanged,
) -> int | None:
    """The message, under its conversation's lock: what is told of one person keeps its order."""
    message = await remote_refs.find_message(work, account_id, event.place.remote, event.remote_id)
    if message is not None:
        await persons.lock_root(work, await pieces.person_of(work, message))
    return message


async def _edit(work: UnitOfWork, account_id: int, event: MessageEdited) -> None:
    message = await _lock_message(work, account_id, event)
    if message is None:
        await _park(work, account_id, event, event.place.remote, event.remote_id)
        return
    changed = await revisions.revise(
        work,
        message,
        event_key=event.event_key,
        text=event.text[:MAX_TEXT],
        html=None if event.html is None else event.html,
        at=event.edited_at or work.now(),
        spans=normalised(event.text[:MAX_TEXT], event.spans),
    )
    if changed is not None:
        await levels.lower_edited(work, message)
        work.announce(Fact.MESSAGE_CHANGED, person=changed, ref=message)


async def _change_files(work: UnitOfWork, account_id: int, event: FilesChanged) -> None:
    message = await _lock_message(work, account_id, event)
    if message is None:
        await _park(work, account_id, event, event.place.remote, event.remote_id)
        return
    changed = await replaced_files.add(work, message, event.attachments)
    if changed is not None:
        await levels.lower_edited(work, message)
        work.announce(Fact.MESSAGE_CHANGED, person=changed, ref=message)


async def _delete(work: UnitOfWork, account_id: int, event: MessageDeleted) -> None:
    message = await _lock_message(work, account_id, event)
    if message is None:
        await _park(work, account_id, event, event.place.remote, event.remote_id)
        return
    changed = await revisions.mark_deleted(work, message, event.deleted_at or work.now())
    if changed is not None:
        work.announce(Fact.MESSAGE_CHANGED, person=changed, ref=message)


async def _park(
    work: UnitOfWork,
    account_id: int,
    event: MessageEdited | FilesChanged | MessageDeleted,
    remote_place: str,
    remote_id: str,
) -> None:
    kept = msgspec.json.encode(msgspec.structs.replace(event, raw=None))
    await remote_refs.park(work, account_id, remote_place, remote_id, kept)


async def _react(work: UnitOfWork, account_id: int, event: ReactionChanged) -> None:
    if not await remote_refs.find_message(work, account_id, event.place.remote, event.remote_id):
        return
    rows = await senders.resolve(work, [event.sender])
    identity = rows[senders.key_of(event.sender)]
    message = await _lock_message(work, account_id, event)
    if message is None:
        return
    changed = await revisions.set_reactions(work, message, identity.id, list(event.reactions))
    if changed is not None:
        work.announce(Fact.MESSAGE_CHANGED, person=changed, ref=message)


async def _change_profile(work: UnitOfWork, event: ProfileChanged) -> None:
    rows = await senders.resolve(work, [event.sender])
    identity = rows[senders.key_of(event.sender)]
    roots = await persons.lock_roots(work, [identity.home_person_id])
    if event.is_reachable is not None:
        changed = await identities.mark_reachable(
            work,
            identity.id,
            is_reachable=event.is_reachable,
            reason=event.reason,
            because=event.because,
        )
        if changed and not event.is_reachable:
            await ladder.fall_waiting(work, identity.id)
    root = roots[identity.home_person_id]
    work.announce(Fact.PERSON_CHANGED, person=root, ref=root)


async def _rekey(work: UnitOfWork, account_id: int, event: ChatRekeyed) -> None:
    """The place goes on under its new id, also if somebody was heard there before it was told."""
    if event.old == event.new:
        return
    moved = await places.rekey(work, account_id, event.old, event.new)
    if moved is None:
        moved = await places.join(work, account_id, event.old, event.new)
    if moved is not None:
        await _tell(work, moved)


async def _change_place(work: UnitOfWork, account_id: int, event: PlaceChanged) -> None:
    changed = await places.change(
        work,
        account_id,
        event.place.remote,
        title=event.place.title[:MAX_TITLE],
        parent=event.place.parent,
        is_reachable=event.is_reachable,
        reason=event.reason,
    )
    if changed is not None:
        await _tell(work, changed)
    if event.is_reachable is not None:
        below = await places.change_below(
            work,
            account_id,
            event.place.remote,
            is_reachable=event.is_reachable,
            reason=event.reason,
        )
        for place in below:
            await _tell(work, place)


async def _tell(work: UnitOfWork, place_id: int) -> None:
    """The conversations of those who wrote in a place look different now."""
    roots = await persons.lock_roots(work, await places.roots_in(work, place_id))
    for root in sorted(set(roots.values())):
        work.announce(Fact.PERSON_CHANGED, person=root, ref=root)
