"""What agents read of conversations, and the marks they leave by reading."""

from collections.abc import Sequence

import msgspec

from router.services.errors import NotFound
from router.services.folding import UNFOLDED, Chapter, Folding, fold
from router.services.outbound.privately import PrivatePlaceOf, nowhere
from router.services.paging import NEWEST, Pager
from router.services.shown.cases import Case, cases_of
from router.services.shown.messages import Message, load_messages
from router.services.shown.people import Merge, Person, load_persons, merges_of
from router.services.shown.reach import CapabilitiesOf, Reach, load_reach
from router.services.shown.rows import ConversationRow, load_rows
from router.services.viewer import Found, Viewer, find_conversation, no_person
from router.storage import marks, mentions, outbox, persons, seen_marks, timeline
from router.storage.engine import Database
from router.storage.lenses import EVERYTHING, Lens
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    person: Person
    """Whoever stands for the person that was asked for."""
    row: ConversationRow
    cases: tuple[Case, ...]
    reach: tuple[Reach, ...]
    merges: tuple[Merge, ...]
    position: int
    """Of the feed: all events up to here are in this."""


class MessagePage(msgspec.Struct, frozen=True, kw_only=True):
    messages: tuple[Message, ...]
    """Ascending by id."""
    has_before: bool
    has_after: bool
    chapters: tuple[Chapter, ...] = ()
    """If cases were to be folded: all that may be, in the order of their last lines."""


async def load_rows_of(
    database: Database, viewer: Viewer, person_ids: Sequence[int]
) -> list[ConversationRow]:
    """Rows in the order asked for; without those that are not there for this viewer."""
    async with database.reading() as work:
        roots = await persons.roots_of(work, person_ids)
        rows = await load_rows(work, set(roots.values()), viewer.sight, [viewer.agent_id])
    ordered = dict.fromkeys(roots[person] for person in person_ids if person in roots)
    return [row for root in ordered if (row := rows.row(viewer.agent_id, root)) is not None]


async def load_conversation(
    database: Database,
    viewer: Viewer,
    person_id: int,
    capabilities_of: CapabilitiesOf,
    private_place_of: PrivatePlaceOf = nowhere,
) -> Conversation:
    """All but the messages, in one snapshot. Raises NotFound."""
    async with database.reading() as work:
        position = (await outbox.extent(work)).newest
        found = await find_conversation(work, viewer, person_id)
        root = found.root_id
        rows = await load_rows(work, [root], viewer.sight, [viewer.agent_id])
        row = rows.row(viewer.agent_id, root)
        people = await load_persons(work, [root])
        if row is None or root not in people:
            raise no_person(person_id)
        return Conversation(
            person=people[root],
            row=row,
            cases=await cases_of(work, root, viewer.sight),
            reach=await load_reach(
                work,
                viewer.agent_id,
                root,
                found.hidden_cases,
                capabilities_of,
                private_place_of,
            ),
            merges=await merges_of(work, root),
            position=position,
        )


async def load_page(
    database: Database,
    viewer: Viewer,
    person_id: int,
    *,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    limit: int,
    lens: Lens = EVERYTHING,
    folding: Folding = UNFOLDED,
) -> MessagePage:
    """Up to `limit` messages before, after or around a message; the newest without any of these.
    Of what the lens shows, and of no case that is folded.

    Raises NotFound.
    """
    async with database.reading() as work:
        found = await find_conversation(work, viewer, person_id)
        members = await persons.members_of(work, found.root_id)
        folded = await fold(work, viewer, found.root_id, members, folding, around)
        hidden = found.hidden_cases | folded.cases
        pager = Pager(
            lambda anchor, most: timeline.ids_before(work, members, anchor, most, hidden, lens),
            lambda anchor, most: timeline.ids_after(work, members, anchor, most, hidden, lens),
        )
        page = await pager.page(before=before, after=after, around=around, limit=limit)
        messages = await load_messages(work, page.ids)
    return MessagePage(
        messages=tuple(message for message, _ in messages),
        has_before=page.has_before,
        has_after=page.has_after,
        chapters=folded.chapters,
    )


class ReadThere(msgspec.Struct, frozen=True, kw_only=True):
    """What was read last of what the person said in one place, by the network's own names."""

    account_id: int
    remote_place: str
    remote_id: str


async def mark_read(
    database: Database, viewer: Viewer, person_id: int, message_id: int
) -> list[ReadThere]:
    """The agent has read up to this message. Marks never go back. Raises NotFound.

    What is news of it in places that nobody else reads. Visitors are told also of what was marked
    as read before, with many others, and is opened only now.
    """
    async with database.transaction() as work:
        found = await find_conversation(work, viewer, person_id)
        members = await persons.members_of(work, found.root_id)
        newest = await timeline.ids_before(
            work, members, min(message_id, NEWEST - 1) + 1, 1, found.hidden_cases
        )
        if not newest:
            return []
        is_news = await marks.mark_read(work, viewer.agent_id, members, newest[0])
        if is_news:
            await mentions.mark_seen(work, viewer.agent_id, members, newest[0])
            work.announce(Fact.READ_CHANGED, person=found.root_id, ref=viewer.agent_id)
        read = await timeline.newest_heard(work, members, newest[0], found.hidden_cases)
        await _tell_visitors(work, found, read)
    return [
        ReadThere(
            account_id=row["account_id"],
            remote_place=row["remote_place"],
            remote_id=row["remote_id"],
        )
        for row in (read if is_news else ())
    ]


async def _tell_visitors(work: UnitOfWork, found: Found, read: Sequence[Record]) -> None:
    """Only who opened the conversation has seen what is in it: marks that many conversations get
    at once say nothing to those who wrote."""
    seen = {row["place_id"]: row["message_id"] for row in read}
    for message in await seen_marks.note(work, seen, found.hidden_cases):
        work.announce(Fact.MESSAGE_SEEN, person=found.root_id, ref=message)


async def find_message(work: UnitOfWork, viewer: Viewer, message_id: int) -> int:
    """The root of a message that the viewer may read. Raises NotFound."""
    row = await timeline.where_said(work, message_id)
    if row is not None:
        found = await find_conversation(work, viewer, row["root_id"])
        if row["case_id"] not in found.hidden_cases:
            return found.root_id
    raise NotFound(f"There is no message {message_id}.")
