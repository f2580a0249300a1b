"""In which case each message is, from what was moved, split off and merged, and not undone since.

Nothing is remembered but the moves themselves: so they can be undone in any order, and what was
said meanwhile stays where it came in.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Messages that went to another case; of a merge also whatever else is in the one it was."""

    id: int
    is_merge: bool
    is_split: bool
    """The case that they went to was made for them."""
    from_case: int
    to_case: int
    is_undone: bool
    message_ids: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    messages: Mapping[int, int]
    """Of each message that was ever moved: the case in which it is."""
    into: Mapping[int, int]
    """Of each case that stands for itself no more: the one that stands for it."""

    def case_of(self, case_id: int) -> int:
        return self.into.get(case_id, case_id)


def place(homes: Mapping[int, int], moves: Sequence[Move], inhabited: Collection[int]) -> Placing:
    """`homes`: in which case each of the moved messages was said; `inhabited`: cases in which there
    are others. `moves` in their order: the newest that counts decides about a message.

    A case that was made by a split which was undone, and that holds nothing, stands for itself no
    more than one that was merged.
    """
    base = dict(homes)
    for move in moves:
        if not move.is_merge and not move.is_undone:
            base.update(dict.fromkeys(move.message_ids, move.to_case))
    into = {move.from_case: move.to_case for move in moves if move.is_merge and not move.is_undone}
    held = {*base.values(), *inhabited, *into.values()}
    # Each is younger than what it was split off, and nothing is merged into it: no circle.
    into |= {
        move.to_case: move.from_case
        for move in moves
        if move.is_split
        and move.is_undone
        and move.to_case not in held
        and move.to_case not in into
    }
    ends = {case: _end(case, into) for case in into}
    return Placing(
        messages={message: ends.get(case, case) for message, case in base.items()}, into=ends
    )


def _end(case: int, into: Mapping[int, int]) -> int:
    while case in into:
        case = into[case]
    return case
