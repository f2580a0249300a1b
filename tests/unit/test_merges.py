"""Who stands for whom: any order of undoing merges and splits restores the former people."""

from hypothesis import given
from hypothesis import strategies as st

from core.merges import Merge, Roots, Seat, Split

PERSONS = range(6)
PERSON = st.sampled_from(PERSONS)
STEPS = st.lists(
    st.tuples(st.sampled_from(("merge", "split", "undo")), PERSON, PERSON, st.integers(0, 20)),
    max_size=14,
)
Row = tuple[str, Seat, Seat]


def _roots(rows: list[Row], undone: set[int]) -> Roots:
    return Roots(
        PERSONS,
        [
            Merge(left, right)
            for at, (kind, left, right) in enumerate(rows)
            if kind == "merge" and at not in undone
        ],
        [
            Split(left.person, left.number, at in undone)
            for at, (kind, left, _) in enumerate(rows)
            if kind == "split"
        ],
    )


def _live(steps: list[tuple[str, int, int, int]]) -> tuple[list[Row], set[int]]:
    rows: list[Row] = []
    undone: set[int] = set()
    for kind, one, two, at in steps:
        roots = _roots(rows, undone)
        match kind:
            case "merge" if roots.of(one) != roots.of(two):
                seats = roots.seat_of(roots.of(one)), roots.seat_of(roots.of(two))
                rows.append(("merge", *seats))
            case "split":
                seat = roots.seat_of(one)
                rows.append(("split", Seat(one, seat.number + 1), seat))
            case "undo" if at < len(rows) and at not in undone:
                kind, left, right = rows[at]
                if kind == "merge" or not roots.are_one(left, right):
                    undone.add(at)
    return rows, undone


def _sets(roots: Roots) -> set[frozenset[int]]:
    sets: dict[int, set[int]] = {}
    for person, root in roots.all().items():
        sets.setdefault(root, set()).add(person)
    return {frozenset(one) for one in sets.values()}


def _by_brute_force(rows: list[Row], undone: set[int]) -> set[frozenset[int]]:
    """The same by colouring seats until nothing changes, knowing nothing of roots."""
    lines = [
        (left, right)
        for at, (kind, left, right) in enumerate(rows)
        if (kind == "merge") is (at not in undone)
    ]
    seat = {person: Seat(person) for person in PERSONS}
    for kind, left, _ in rows:
        if kind == "split":
            seat[left.person] = left
    seats = set(seat.values()) | {one for line in lines for one in line}
    colour = {one: at for at, one in enumerate(sorted(seats))}
    for _ in seats:
        for left, right in lines:
            colour[left] = colour[right] = min(colour[left], colour[right])
    found: dict[int, set[int]] = {}
    for person in PERSONS:
        found.setdefault(colour[seat[person]], set()).add(person)
    return {frozenset(one) for one in found.values()}


@given(STEPS)
def test_persons_are_joined_exactly_by_what_is_in_force(
    steps: list[tuple[str, int, int, int]],
) -> None:
    rows, undone = _live(steps)
    roots = _roots(rows, undone)
    assert _sets(roots) == _by_brute_force(rows, undone)
    for members in _sets(roots):
        assert {roots.of(person) for person in members} <= members


@given(STEPS)
def test_undoing_the_newest_comes_to_what_was_before_it(
    steps: list[tuple[str, int, int, int]],
) -> None:
    rows, undone = _live(steps)
    if not rows or len(rows) - 1 in undone:
        return
    before = _roots(rows[:-1], undone).all()
    assert _roots(rows, undone | {len(rows) - 1}).all() == before


@given(STEPS, st.randoms(use_true_random=False))
def test_undoing_everything_in_any_order_restores_everybody(
    steps: list[tuple[str, int, int, int]], random: object
) -> None:
    rows, undone = _live(steps)
    left = [at for at in range(len(rows)) if at not in undone]
    random.shuffle(left)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    for at in left:
        undone.add(at)
    assert _roots(rows, undone).all() == {person: person for person in PERSONS}


def test_a_split_takes_one_out_and_leaves_the_others_together() -> None:
    both = [Merge(Seat(2), Seat(1)), Merge(Seat(3), Seat(1))]

    roots = Roots((1, 2, 3), both, [Split(1, 1, False)])

    assert roots.all() == {1: 1, 2: 2, 3: 2}
    assert Roots((1, 2, 3), both, [Split(1, 1, True)]).all() == {1: 1, 2: 1, 3: 1}
