"""Solved cases as chapters: told of in one line each, until somebody opens them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec

from router.services.paging import NEWEST
from router.services.shown.cases import SOLVED_CASES_SHOWN
from router.services.viewer import Viewer
from router.storage import cases, lenses, timeline
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork


class Chapter(msgspec.Struct, frozen=True, kw_only=True):
    """A solved case that may be folded."""

    case_id: int
    first_message_id: int
    last_message_id: int
    count: int
    """Messages, without lines of what happened; at most 1000."""
    is_folded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Folding:
    is_wanted: bool = False
    """Which cases are folded is decided here, `opened` ones aside."""
    opened: Collection[int] = ()
    folded: Collection[int] = ()
    """Those that were folded on the page before."""


UNFOLDED = Folding()


@dataclass(frozen=True, slots=True)
class Folded:
    cases: frozenset[int]
    chapters: tuple[Chapter, ...]


async def fold(
    work: UnitOfWork,
    viewer: Viewer,
    root_id: int,
    members: Sequence[int],
    folding: Folding,
    around: int | None,
) -> Folded:
    """Which cases a page leaves out. Never one that holds something unread, or that is not solved.

    The newest case and that of the newest line stay open too: a conversation is not opened to find
    nothing in it.
    """
    if not folding.is_wanted:
        return Folded(frozenset(folding.folded), ())
    rows = await cases.cases_of(work, root_id, viewer.sight.listed, SOLVED_CASES_SHOWN)
    solved = [row["id"] for row in rows[:-1] if row["state"] == "solved"]
    if not solved:
        return Folded(frozenset(), ())
    newest = await timeline.ids_before(work, members, NEWEST, 1, ())
    staying = {*folding.opened, *await lenses.cases_of(work, [*newest, around or 0])}
    told = _chapters(await lenses.chapters(work, solved, viewer.agent_id), staying)
    return Folded(frozenset(one.case_id for one in told if one.is_folded), told)


def _chapters(rows: Sequence[Record], staying: Collection[int]) -> tuple[Chapter, ...]:
    return tuple(
        Chapter(
            case_id=row["case_id"],
            first_message_id=row["first_message_id"],
            last_message_id=row["last_message_id"],
            count=row["count"],
            is_folded=not row["is_unread"] and row["case_id"] not in staying,
        )
        for row in rows
    )
