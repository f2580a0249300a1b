"""Files that took the place of others in a message that is there. What was there first stays."""

from collections.abc import Sequence

from core.messages import InboundAttachment
from router.services.inbound.attached import to_attachment
from router.services.inbound.sources import StoredFile
from router.storage import persons
from router.storage import pieces as stored
from router.storage.inbound import insert_attachments
from router.storage.unit_of_work import UnitOfWork


async def add(work: UnitOfWork, message_id: int, files: Sequence[InboundAttachment]) -> int | None:
    """Those of them that the message has not yet, behind its files; to be fetched.

    Whose conversation it is; None if it has them all. Under that conversation's lock.
    """
    known = await stored.known_files(work, message_id)
    fresh = [one for one in files if _name_of(one) not in known]
    if not fresh:
        return None
    position = await stored.next_position(work, message_id)
    await insert_attachments(
        work,
        [
            to_attachment(
                message_id,
                position + number,
                StoredFile(attachment=one, blob_key=None, size=one.size, refused=one.refused or ""),
            )
            for number, one in enumerate(fresh)
        ],
    )
    person = await stored.person_of(work, message_id)
    return (await persons.lock_roots(work, [person]))[person]


def _name_of(file: InboundAttachment) -> str:
    """By what it is known again; one that is refused by its name and size."""
    if file.remote is None:
        return f"{file.name} {file.size}"
    return file.remote.partition(" ")[0]
