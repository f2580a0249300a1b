"""Which person stands for which: from merges, splits and what of them was undone. Pure.

Nothing here depends on the order in which things were undone: whoever stands for whom follows
from what is in force alone, so that any order of undoing restores the former people.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple


class Seat(NamedTuple):
    """Where a person sits among those they are joined with.

    A split gives the person a new seat, apart. The old one stays, empty, and holds together
    whatever is joined to it.
    """

    person: int
    number: int = 0
    """How many splits of this person came before."""


class Merge(NamedTuple):
    """One in force, between the seats that both had then."""

    loser: Seat
    winner: Seat


class Split(NamedTuple):
    person: int
    number: int
    """Of the seat that it gave them, from 1 on."""
    is_undone: bool
    """The seats before and after it are one again."""


class Roots:
    """Who stands for each person."""

    def __init__(
        self, persons: Iterable[int], merges: Sequence[Merge], splits: Collection[Split]
    ) -> None:
        """`merges` are in the order in which they were made: of two, the winner's root stays.

        `splits` are all that there ever were of these persons.
        """
        self._above: dict[Seat, Seat] = {}
        self._numbers = dict.fromkeys(persons, 0)
        for split in splits:
            newest = max(self._numbers.get(split.person, 0), split.number)
            self._numbers[split.person] = newest
            if split.is_undone:
                self._above[self._top(Seat(split.person, split.number - 1))] = self._top(
                    Seat(split.person, split.number)
                )
        self._roots = {self._top(self._seat(person)): person for person in self._numbers}
        for merge in merges:
            self._unite(self._top(merge.loser), self._top(merge.winner))

    def of(self, person: int) -> int:
        return self._roots[self._top(self._seat(person))]

    def seat_of(self, person: int) -> Seat:
        return self._seat(person)

    def are_one(self, left: Seat, right: Seat) -> bool:
        return self._top(left) == self._top(right)

    def all(self) -> dict[int, int]:
        return {person: self.of(person) for person in self._numbers}

    def _seat(self, person: int) -> Seat:
        return Seat(person, self._numbers.get(person, 0))

    def _unite(self, loser: Seat, winner: Seat) -> None:
        if loser == winner:
            return
        self._above[loser] = winner
        taken = self._roots.pop(loser, None)
        if winner not in self._roots and taken is not None:
            self._roots[winner] = taken

    def _top(self, seat: Seat) -> Seat:
        while (above := self._above.get(seat)) is not None:
            seat = above
        return seat
