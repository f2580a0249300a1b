"""Where messages may go between cases; and whether a move of them can be undone just now: asked
where that is offered, without a write.
"""

from collections.abc import Collection
from dataclasses import replace

from core.case_placing import Move, Placing, place
from router.services.errors import Conflict, Forbidden, NotFound, ServiceError
from router.services.outbound import leveling
from router.services.shown.case_moves import UndoOffer
from router.services.viewer import Viewer
from router.storage import case_fields, case_moves, cases
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork


async def foresee(
    database: Database, viewer: Viewer, move_id: int, *, may_lower: bool = False
) -> UndoOffer:
    """What `case_moves.undo` would say now. Raises NotFound."""
    async with database.reading() as work:
        row = await case_moves.find_move(work, move_id)
        if row is None or not {row.from_class, row.to_class} <= viewer.sight.classes:
            raise NotFound(f"There is no move {move_id}.")
        if row.undone_at is not None:
            return UndoOffer(is_possible=False, code="undone", because="It was undone already.")
        [source] = await cases.load_cases(work, [row.from_case_id])
        try:
            await _try(work, source["root_id"], move_id, may_lower=may_lower)
        except ServiceError as error:
            return UndoOffer(is_possible=False, code=error.code, because=str(error))
    return UndoOffer(is_possible=True)


async def check_way(work: UnitOfWork, former_id: int, later_id: int, *, may_lower: bool) -> None:
    """Raises Conflict, Forbidden: whoever may not read it in the one could in the other."""
    rows = await cases.load_cases(work, [former_id, later_id])
    by_id = {row["id"]: row for row in rows}
    former, later = by_id[former_id], by_id[later_id]
    if former["access_class"] not in ("normal", later["access_class"]) or (
        former["is_private"] and not _is_private(later)
    ):
        raise Conflict("It would be seen by more there than here.", code="would_show")
    needed = await leveling.declared_of_case(work, former_id)
    needs = await leveling.declared_of_case(work, later_id)
    if needs.is_below(needed) and not may_lower:
        raise Forbidden("It would need less than before.", code="may_not_lower")


def put_aside(moves: Collection[Move], placing: Placing) -> set[int]:
    """Cases that were made by a split which was undone, and that nobody merged."""
    made = {move.to_case for move in moves if move.is_split and move.is_undone}
    merged = {move.from_case for move in moves if move.is_merge and not move.is_undone}
    return (made & placing.into.keys()) - merged


async def _try(work: UnitOfWork, root_id: int, move_id: int, *, may_lower: bool) -> None:
    """Every way that messages and values would take, as the undo itself checks them."""
    known = await case_moves.load_known(work, root_id)
    moves = [replace(one, is_undone=True) if one.id == move_id else one for one in known.moves]
    before = place(known.homes, known.moves, known.inhabited)
    after = place(known.homes, moves, known.inhabited)
    going = {
        one: to
        for one, to in after.messages.items()
        if to != before.messages.get(one, known.homes[one])
    }
    earlier = await case_moves.cases_of(work, going)
    ways = {(case, going[one]) for one, case in earlier.items() if case != going[one]}
    for case_id in put_aside(moves, after) - put_aside(known.moves, before):
        back = after.into[case_id]
        if await case_fields.lacking(work, case_id, back, only_by_hand=True):
            ways.add((case_id, back))
    for former, later in sorted(ways):
        await check_way(work, former, later, may_lower=may_lower)


def _is_private(case: Record) -> bool:
    return bool(case["is_private"]) or case["access_class"] != "normal"
