"""What an agent has begun to write in a conversation and not sent."""

from typing import Annotated, Any, Literal

import msgspec

from router.services.errors import Refused
from router.services.viewer import Viewer, find_conversation
from router.storage import marks, persons
from router.storage.engine import Database
from router.storage.unit_of_work import Fact

DraftKind = Literal["reply", "note"]
MAX_OPTIONS = 128 * 1024
"""Bytes: room for the spans of a long text."""


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(max_length=200_000)] = ""
    options: dict[str, Any] = {}
    """Whatever the composer needs to be as it was: channel, files, case."""


EMPTY = Draft()


async def load_draft(database: Database, viewer: Viewer, person_id: int, kind: DraftKind) -> Draft:
    """An empty one if there is none. Raises NotFound: no such person."""
    async with database.reading() as work:
        found = await find_conversation(work, viewer, person_id)
        members = await persons.members_of(work, found.root_id)
        row = await marks.find_draft(work, viewer.agent_id, members, kind)
    return EMPTY if row is None else Draft(text=row.text, options=row.options)


async def save_draft(
    database: Database, viewer: Viewer, person_id: int, kind: DraftKind, draft: Draft
) -> None:
    """The agent's only draft of this kind in the conversation. One without text is none.

    Raises NotFound, Refused.
    """
    if len(msgspec.json.encode(draft.options)) > MAX_OPTIONS:
        raise Refused(f"At most {MAX_OPTIONS} bytes.", code="too_long", field="options")
    async with database.transaction() as work:
        found = await find_conversation(work, viewer, person_id)
        root, agent = found.root_id, viewer.agent_id
        members = await persons.members_of(work, root)
        had = await marks.has_draft(work, agent, members)
        is_empty = not draft.text.strip()
        others = members if is_empty else [member for member in members if member != root]
        await marks.drop_drafts(work, agent, others, kind)
        if not is_empty:
            await marks.put_draft(work, agent, root, kind, text=draft.text, options=draft.options)
        if had != await marks.has_draft(work, agent, members):
            work.announce(Fact.READ_CHANGED, person=root, ref=agent)


async def drop_draft(database: Database, viewer: Viewer, person_id: int, kind: DraftKind) -> None:
    """There is none afterwards. Raises NotFound: no such person."""
    await save_draft(database, viewer, person_id, kind, EMPTY)
