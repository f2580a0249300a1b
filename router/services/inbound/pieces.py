"""Messages that come in pieces, such as albums: a later piece joins what is there already."""

from datetime import datetime

from core.messages import MAX_TEXT, MessageReceived
from core.rich_text import normalised
from router.services.inbound import messages
from router.services.inbound.attached import to_attachment
from router.services.inbound.messages import Stored, dedup_key
from router.services.inbound.sources import Prepared
from router.storage import persons, remote_refs
from router.storage import pieces as stored
from router.storage.inbound import insert_attachments
from router.storage.remote_refs import RemoteRef
from router.storage.unit_of_work import Fact, UnitOfWork

Whole = tuple[int, str, str]
"""(account, place, what its pieces have in common)"""


async def is_first(work: UnitOfWork, prepared: Prepared, firsts: set[Whole]) -> bool:
    """Whether this event brings the first piece of a message, which is then among `firsts`.

    The same event again is not the first; nor is it stored again.
    """
    event = prepared.event
    assert isinstance(event, MessageReceived)
    assert event.joins is not None
    whole = prepared.account_id, event.place.remote, event.joins
    if whole in firsts or await remote_refs.find_message(work, *whole) is not None:
        return False
    firsts.add(whole)
    return True


async def join(
    work: UnitOfWork, prepared: Prepared, event: MessageReceived, *, now: datetime
) -> Stored:
    """The message that this piece belongs to has its ids, files and text; once, however often it
    comes and whatever pieces come with it. If it is not there after all, it is this one.
    """
    account, place = prepared.account_id, event.place.remote
    assert event.joins is not None
    message = await remote_refs.find_message(work, account, place, event.joins)
    if message is None:
        return await messages.store(work, [(prepared, event, False)], now=now)
    person = await stored.person_of(work, message)
    root = (await persons.lock_roots(work, [person]))[person]
    ids = {(account, dedup_key(event.event_key)): message}
    known = await stored.known_ids(work, account, place, [p.remote_id for p in event.remote_parts])
    fresh = [part for part in event.remote_parts if part.remote_id not in known]
    if not fresh:
        return Stored(ids, frozenset(), [])
    numbers = {part.part for part in fresh}
    position = await stored.next_position(work, message)
    files = [one for one in prepared.files if one.attachment.part in numbers]
    await insert_attachments(
        work, [to_attachment(message, position + n, file) for n, file in enumerate(files)]
    )
    parked = await remote_refs.insert_refs(
        work,
        [
            RemoteRef(
                account_id=account,
                remote_place=place,
                remote_id=part.remote_id,
                part=part.part,
                message_id=message,
            )
            for part in fresh
        ],
    )
    if event.text:
        text = event.text[:MAX_TEXT]
        await stored.fill_text(work, message, text, normalised(text, event.spans))
    work.announce(Fact.MESSAGE_CHANGED, person=root, ref=message)
    return Stored(ids, frozenset(), parked)
