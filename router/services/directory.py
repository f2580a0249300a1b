"""Everybody who ever wrote: page by page, or those who are known by a text that is typed."""

from collections.abc import Sequence

import msgspec

from router.services.shown.people import load_persons
from router.services.shown.rows import ConversationRow, load_rows
from router.services.viewer import Viewer
from router.storage import directory as stored
from router.storage.directory import NEWEST, Rank
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork

MOST_FOUND = 500
"""Names, and addresses, that are looked at for one text."""
MOST_IDENTITIES = 20
TURNS = 5
"""How often more are read in the place of those whom an agent may not see."""


class ListedIdentity(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    handle: str
    handle_shown: str
    """The same as people write it, where that could hardly be taken for another."""
    shown_as: str


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    row: ConversationRow
    identities: tuple[ListedIdentity, ...]
    """The oldest first, at most 20."""


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    people: list[Listed]
    before: str | None
    """What to ask for next; None: that was all."""
    is_cut: bool
    """More are known by that than are looked at: a longer text finds the others."""


async def list_people(
    database: Database, viewer: Viewer, *, text: str, before: str | None, limit: int
) -> Directory:
    """Who had news last first. A page goes on where the last one ended, whoever writes meanwhile;
    it may be short where many are not seen.
    """
    text = text.strip()
    async with database.reading() as work:
        found, is_cut = None, False
        if text:
            found, is_cut = await stored.named(work, text, MOST_FOUND)
        below = NEWEST if before is None else _read(before)
        people: list[Listed] = []
        for _ in range(TURNS):
            wanted = limit - len(people)
            ranks = (
                await stored.before(work, below, wanted + 1)
                if found is None
                else [rank for rank in found if rank < below][: wanted + 1]
            )
            people += await _listed(work, viewer, ranks[:wanted])
            if len(ranks) <= wanted:
                return Directory(people=people, before=None, is_cut=is_cut)
            below = ranks[wanted - 1]
            if len(people) == limit:
                break
    return Directory(people=people, before=f"{below[0]}-{below[1]}", is_cut=is_cut)


async def _listed(work: UnitOfWork, viewer: Viewer, ranks: Sequence[Rank]) -> list[Listed]:
    """Those of them whom the agent may see."""
    rows = await load_rows(work, [rank.root_id for rank in ranks], viewer.sight, [viewer.agent_id])
    seen = [row for rank in ranks if (row := rows.row(viewer.agent_id, rank.root_id)) is not None]
    found = await load_persons(work, [row.person_id for row in seen])
    return [
        Listed(
            row=row,
            identities=tuple(
                ListedIdentity(
                    id=one.id,
                    handle=one.handle,
                    handle_shown=one.handle_shown,
                    shown_as=one.shown_as,
                )
                for one in found[row.person_id].identities[:MOST_IDENTITIES]
            ),
        )
        for row in seen
    ]


def _read(before: str) -> Rank:
    message, _, root = before.partition("-")
    return Rank(int(message), int(root))
