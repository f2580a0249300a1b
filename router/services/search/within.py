"""Finding letters in one conversation, as an agent who reads it does."""

import msgspec

from router.services.viewer import Viewer, find_conversation
from router.storage import finding, lenses, persons
from router.storage.engine import Database
from router.storage.lenses import EVERYTHING, Lens

MOST_FOUND = 500


class FoundWithin(msgspec.Struct, frozen=True, kw_only=True):
    message_ids: tuple[int, ...]
    """Newest first."""
    has_more: bool
    """There are older ones, which nobody walks through one by one."""


async def find_within(
    database: Database, viewer: Viewer, person_id: int, text: str, *, lens: Lens = EVERYTHING
) -> FoundWithin:
    """Over all that the viewer may read of it, folded or not. Raises NotFound, TooBroad."""
    async with database.reading() as work:
        found = await find_conversation(work, viewer, person_id)
        members = await persons.members_of(work, found.root_id)
        async with finding.bounded(work):
            rows = await lenses.find_said(
                work, members, text, found.hidden_cases, lens=lens, limit=MOST_FOUND + 1
            )
    return FoundWithin(
        message_ids=tuple(row["id"] for row in rows[:MOST_FOUND]),
        has_more=len(rows) > MOST_FOUND,
    )
