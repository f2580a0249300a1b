"""What replies and notes have in common: who writes, the first of a client key, checked files."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.capabilities import Capabilities
from core.rich_text import Span
from core.rich_text_cuts import RichText
from router.services.errors import NotFound, Refused
from router.services.outbound.formatting import checked
from router.services.outbound.parts import MAX_CHARACTERS, check_files
from router.storage import persons, replies
from router.storage.engine import Database
from router.storage.replies import CaseChoice, NewWritten
from router.storage.sight import Sight
from router.storage.unit_of_work import UnitOfWork

MAX_CLIENT_KEY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """The agent who writes."""

    agent_id: int
    name: str
    sight: Sight


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The message that now stands for the request."""

    message_id: int
    root_id: int
    is_new: bool
    """False: this client key was used before, and nothing was written."""


class KeyTaken(Exception):
    """Another request with this client key was faster, for another conversation."""


async def insert(work: UnitOfWork, fresh: NewWritten, files: Sequence[int]) -> int:
    """Raises KeyTaken, which undoes what the transaction did so far."""
    message = await replies.insert_written(work, fresh)
    if message is None:
        raise KeyTaken
    if files:
        await replies.attach(work, message, files)
    return message


async def find_first(work: UnitOfWork, author: Author, client_key: str) -> Written | None:
    known = await replies.find_written(work, author.agent_id, client_key)
    if known is None:
        return None
    return Written(message_id=known[0], root_id=known[1], is_new=False)


async def load_first(database: Database, author: Author, client_key: str) -> Written:
    async with database.reading() as work:
        first = await find_first(work, author, client_key)
    assert first is not None
    return first


def checked_text(
    client_key: str, text: str, spans: Sequence[Span], attachment_ids: Sequence[int]
) -> RichText:
    """What is stored and sent of it. Raises Refused with the field."""
    if not client_key or len(client_key) > MAX_CLIENT_KEY:
        raise Refused(f"A client key has 1 to {MAX_CLIENT_KEY} characters.", field="client_key")
    clean = checked(text, spans)
    if not clean.text and not attachment_ids:
        raise Refused("There is nothing to send.", code="empty", field="text")
    if len(clean.text) > MAX_CHARACTERS:
        raise Refused(
            f"The text has more than {MAX_CHARACTERS} characters.", code="too_long", field="text"
        )
    return clean


async def lock(work: UnitOfWork, person_id: int) -> int:
    root = await persons.lock_root(work, person_id)
    if root is None:
        raise NotFound("There is no such conversation.")
    return root


async def checked_files(
    work: UnitOfWork,
    author: Author,
    attachment_ids: Sequence[int],
    capabilities: Capabilities | None,
) -> Sequence[int]:
    if not attachment_ids:
        return ()
    uploads = await replies.lock_uploads(work, author.agent_id, attachment_ids)
    seen: set[int] = set()
    for position, one in enumerate(attachment_ids):
        if one not in uploads or one in seen:
            raise Refused(
                "There is no such upload of yours that is not sent yet.",
                code="unknown_file",
                field=f"attachment_ids[{position}]",
            )
        seen.add(one)
    if capabilities is not None:
        check_files([uploads[one] for one in attachment_ids], capabilities)
    return attachment_ids


async def load_case(work: UnitOfWork, root: int, case_id: int, sight: Sight) -> CaseChoice:
    case = await replies.find_case(work, root, case_id, sight)
    if case is None:
        raise NotFound("There is no such case in this conversation.")
    return case
