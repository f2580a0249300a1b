"""Notes: words that only agents see."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.messages import Direction
from core.rich_text import Span
from core.rich_text_cuts import RichText
from router.services.outbound.writing import (
    Author,
    KeyTaken,
    Written,
    checked_files,
    checked_text,
    find_first,
    insert,
    load_case,
    load_first,
    lock,
)
from router.storage import mentions, persons, replies
from router.storage.engine import Database
from router.storage.replies import NewWritten
from router.storage.spans import to_column
from router.storage.unit_of_work import Fact, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    person_id: int
    client_key: str
    text: str
    spans: Sequence[Span] = ()
    attachment_ids: Sequence[int] = ()
    case_id: int | None = None
    mentioned_agents: Sequence[int] = ()
    mentioned_teams: Sequence[int] = ()
    """They are told; of a team, each of its members."""


async def note(database: Database, author: Author, wanted: Note) -> Written:
    """Store words that only agents see. In the person's open case unless one is named, or in none.

    Raises and repeats like `reply`.
    """
    text = checked_text(wanted.client_key, wanted.text, wanted.spans, wanted.attachment_ids)
    try:
        async with database.transaction() as work:
            root = await lock(work, wanted.person_id)
            known = await find_first(work, author, wanted.client_key)
            if known is not None:
                return known
            message = await _write_note(work, author, wanted, root=root, text=text)
    except KeyTaken:
        return await load_first(database, author, wanted.client_key)
    return Written(message_id=message, root_id=root, is_new=True)


async def _write_note(
    work: UnitOfWork, author: Author, wanted: Note, *, root: int, text: RichText
) -> int:
    files = await checked_files(work, author, wanted.attachment_ids, None)
    if wanted.case_id is None:
        case = await replies.find_open_case(work, root, author.sight)
    else:
        case = await load_case(work, root, wanted.case_id, author.sight)
    message = await insert(
        work,
        NewWritten(
            person_id=root,
            case_id=None if case is None else case.id,
            place_id=None,
            account_id=None,
            direction=Direction.NOTE.value,
            agent_id=author.agent_id,
            author_name=author.name,
            subject="",
            text=text.text,
            spans=to_column(text.spans),
            client_key=wanted.client_key,
        ),
        files,
    )
    if case is not None:
        await replies.touch_case(work, case.id, message)
    if wanted.mentioned_agents or wanted.mentioned_teams:
        await mentions.mention(work, message, root, wanted.mentioned_agents, wanted.mentioned_teams)
    await persons.bump(work, {root: message}, {})
    work.announce(Fact.MESSAGE_CREATED, person=root, ref=message)
    return message
