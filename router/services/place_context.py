"""What is said in a place where several people write: everybody's words, to be read only.

They stay in the conversations of those who said them; here they are only looked at.
"""

import msgspec

from router.services.errors import NotFound
from router.services.paging import NEWEST, Pager
from router.services.shown.messages import Message, SharedPlace, load_messages, to_shared_place
from router.services.viewer import Viewer
from router.storage import place_context as stored
from router.storage.engine import Database


class PlaceMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Something said there, by somebody or to somebody."""

    message: Message
    person_id: int
    """Whose conversation it is in: where to answer it."""
    person_name: str


class PlacePage(msgspec.Struct, frozen=True, kw_only=True):
    place: SharedPlace
    messages: tuple[PlaceMessage, ...]
    """Ascending by id. What this agent may not see is left out."""
    has_before: bool
    has_after: bool


async def load_page(
    database: Database,
    viewer: Viewer,
    place_id: int,
    *,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    limit: int,
) -> PlacePage:
    """Up to `limit` messages before, after or around one; the newest without any of these.

    Raises NotFound: no such shared place, or the viewer sees nothing that was said there.
    """
    async with database.reading() as work:
        row = await stored.find_shared(work, place_id)
        place = None if row is None else to_shared_place(row)
        if place is None or not await stored.ids_before(work, place_id, NEWEST, 1, viewer.sight):
            raise NotFound(f"There is no shared place {place_id}.")
        pager = Pager(
            lambda anchor, most: stored.ids_before(work, place_id, anchor, most, viewer.sight),
            lambda anchor, most: stored.ids_after(work, place_id, anchor, most, viewer.sight),
        )
        page = await pager.page(before=before, after=after, around=around, limit=limit)
        messages = await load_messages(work, page.ids)
        names = await stored.names_of(work, sorted({root for _, root in messages}))
    return PlacePage(
        place=place,
        messages=tuple(
            PlaceMessage(
                message=message,
                person_id=root,
                person_name=names.get(root, ""),
            )
            for message, root in messages
        ),
        has_before=page.has_before,
        has_after=page.has_after,
    )
