"""Search: conversations with the messages that answer a query, and people of that name."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from core.queries import parse
from core.query_terms import Both, Query, Said
from router.services.paging import NEWEST
from router.services.people import PersonHit, find_persons
from router.services.search.asking import to_condition
from router.services.search.excerpts import candidates, excerpt, marks_in, wanted_of
from router.services.shown.names import ChannelUse, Named
from router.services.shown.rows import CaseState, SharedRow, ShownDirection, load_rows
from router.services.viewer import Viewer
from router.services.views import Scope, list_scope
from router.storage import finding, search_entries
from router.storage.conditions import speaks_of_messages
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.sight import find_hidden
from router.storage.unit_of_work import UnitOfWork

PAGE = 50
"""Messages that one page looks at."""
SHOWN_EACH = 3
"""Messages of one conversation that one page shows."""


class FoundMessage(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    direction: ShownDirection
    author: str
    at: datetime
    account_id: int | None
    subject: str
    subject_marks: tuple[tuple[int, int], ...]
    """(start, end) in the subject, counted as `marks`."""
    excerpt: str
    marks: tuple[tuple[int, int], ...]
    """(start, end) in the excerpt, in characters as Python counts them."""


class FoundConversation(msgspec.Struct, frozen=True, kw_only=True):
    person_id: int
    display_name: str
    state: CaseState
    owner: Named | None
    channels: tuple[ChannelUse, ...]
    messages: tuple[FoundMessage, ...]
    """The newest that answer; none: the conversation as a whole does."""
    more: int
    """Further ones among those that this page looked at."""


class SearchPage(msgspec.Struct, frozen=True, kw_only=True):
    conversations: tuple[FoundConversation, ...]
    """Whose answer is newest first. One of a former page may come again with older ones."""
    persons: tuple[PersonHit, ...]
    """Whose name or address begins so: on the first page."""
    next: int | None
    """Ask with `before=` this for what follows; None: this was all."""
    is_behind: bool
    """Whether something was just said that is not found yet: asked a second later, it is."""


async def search(
    database: Database, viewer: Viewer, text: str, *, before: int | None = None
) -> SearchPage:
    """A page of what answers the query. Raises QueryRefused, TooBroad."""
    query = parse(text)
    below = NEWEST if before is None else before
    async with database.reading() as work:
        async with finding.bounded(work):
            condition = await to_condition(work, viewer.agent_id, text)
            is_said = speaks_of_messages(condition)
            # First: what is entered while it is looked for is found, or said to be behind.
            is_behind = is_said and await search_entries.is_behind(work)
            if is_said:
                found = await finding.find_messages(
                    work, viewer.sight, viewer.agent_id, condition, before=below, limit=PAGE
                )
        if not is_said:
            scope = Scope(query=text.strip())
            listed = await list_scope(work, viewer, scope, past=before, limit=PAGE)
            found = [(key, root) for root, key in listed]
        following = found[-1][0] if len(found) == PAGE else None
        conversations = await _shown(work, viewer, query, found, is_said=is_said)
    people = () if before is not None else await _people(database, viewer, query)
    return SearchPage(
        conversations=conversations, persons=tuple(people), next=following, is_behind=is_behind
    )


async def _people(database: Database, viewer: Viewer, query: Query) -> Sequence[PersonHit]:
    """The query's plain words as a name, or a part of one."""
    parts = query.parts if isinstance(query, Both) else (query,)
    name = " ".join(part.text for part in parts if isinstance(part, Said))
    if not name or not all(isinstance(part, Said) for part in parts):
        return ()
    return await find_persons(database, viewer, name)


async def _shown(
    work: UnitOfWork,
    viewer: Viewer,
    query: Query,
    found: Sequence[tuple[int, int]],
    *,
    is_said: bool,
) -> tuple[FoundConversation, ...]:
    of_root: dict[int, list[int]] = {}
    for message, root in found:
        of_root.setdefault(root, []).append(message)
    hidden = await find_hidden(work, list(of_root), viewer.sight)
    rows = (await load_rows(work, list(of_root), viewer.sight, ())).shared
    seen = {root: ids for root, ids in of_root.items() if root not in hidden.roots}
    messages: dict[int, FoundMessage] = {}
    if is_said:
        wanted = [one for ids in seen.values() for one in ids[:SHOWN_EACH]]
        said = await search_entries.said_in(work, wanted)
        messages = await _marked(work, query, said)
    return tuple(
        _conversation(rows[root], ids, messages, is_said=is_said)
        for root, ids in seen.items()
        if root in rows
    )


def _conversation(
    row: SharedRow, ids: Sequence[int], messages: Mapping[int, FoundMessage], *, is_said: bool
) -> FoundConversation:
    shown = tuple(messages[one] for one in ids[:SHOWN_EACH] if one in messages)
    return FoundConversation(
        person_id=row.person_id,
        display_name=row.display_name,
        state=row.state,
        owner=row.owner,
        channels=row.channels,
        messages=shown,
        more=max(0, len(ids) - SHOWN_EACH) if is_said else 0,
    )


async def _marked(
    work: UnitOfWork, query: Query, said: Mapping[int, Record]
) -> dict[int, FoundMessage]:
    wanted = wanted_of(query)
    texts = {id: _text(row) for id, row in said.items()}
    looked_in = (*texts.values(), *(row["subject"] for row in said.values()))
    near = {word for text in looked_in for word in candidates(text, wanted)}
    lexemes = await search_entries.lexemes(work, sorted(near | wanted.words))
    sought = {lexemes[word] for word in wanted.words if word in lexemes}
    found: dict[int, FoundMessage] = {}
    for id, row in said.items():
        shown, marks = excerpt(texts[id], marks_in(texts[id], wanted, lexemes, sought))
        found[id] = FoundMessage(
            id=id,
            direction=row["direction"],
            author=row["author"] or "",
            at=row["received_at"],
            account_id=row["account_id"],
            subject=row["subject"],
            subject_marks=tuple(marks_in(row["subject"], wanted, lexemes, sought)),
            excerpt=shown,
            marks=tuple(marks),
        )
    return found


def _text(row: Record) -> str:
    """The text, with what else is searched behind it."""
    return " · ".join(part for part in (row["text"], row["files"]) if part)
