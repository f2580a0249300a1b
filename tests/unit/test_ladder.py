"""The choice of the next rung: whoever the person is, never to another, weaker or public one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ladder import Bar, Missed, Rung, bar_of, choose
from core.messages import PUBLIC_KINDS, PlaceKind
from core.people import is_claimed

ROOT = 1
KINDS = sorted(PlaceKind)
CHANNELS = ["bot", "letters", "chat"]
HOSTS = [None, "h1", "h2"]
LETTERS = frozenset({"letters"})

FIELDS = {
    "root_id": st.just(2),
    "identity_id": st.integers(1, 4),
    "realm": st.sampled_from(["bot", "claimed:letters"]),
    "level": st.integers(0, 3),
    "host_account": st.sampled_from(HOSTS),
    "account_id": st.integers(1, 3),
    "channel": st.sampled_from(CHANNELS),
    "place_id": st.none() | st.integers(1, 4),
    "place_kind": st.sampled_from(KINDS),
    "is_reachable": st.just(False),
    "is_account_active": st.just(False),
    "is_shared": st.just(True),
    "is_stopped": st.just(True),
    "asked_here": st.just(True),
    "has_written": st.just(False),
    "is_window_open": st.just(False),
    "fits": st.just(False),
    "left_out": st.integers(0, 2),
    "is_away": st.just(True),
    "last_word_id": st.integers(0, 5),
}


@st.composite
def rungs(draw: st.DrawFn) -> Rung:
    """One that could be taken, but for up to three things that are otherwise with it."""
    changed = draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=3, unique=True))
    return _rung(**{name: draw(FIELDS[name]) for name in changed})


misses = st.builds(
    Missed,
    root_id=st.just(ROOT),
    identity_id=st.integers(1, 4),
    place_id=st.integers(1, 4),
    needed_level=st.sampled_from([0, 1, 1, 2, 3]),
    host_accounts=st.sampled_from([frozenset(), frozenset({"h1"}), frozenset({"h1", "h2"})]),
    channels=st.none() | st.frozensets(st.sampled_from(CHANNELS)),
)
orders = st.none() | st.permutations([1, 2, 3]) | st.lists(st.integers(1, 3), unique=True)


def _rung(**fields: object) -> Rung:
    known = {
        "root_id": ROOT,
        "identity_id": 2,
        "realm": "letters",
        "level": 1,
        "host_account": None,
        "account_id": 2,
        "channel": "letters",
        "place_id": 2,
        "place_kind": PlaceKind.MAIL_THREAD,
        "is_reachable": True,
        "last_word_id": 1,
    }
    return Rung(**(known | fields))  # type: ignore[arg-type]  # a test names real fields


MISSED = Missed(root_id=ROOT, identity_id=1, place_id=1, needed_level=1)


@given(misses, st.lists(rungs(), min_size=1, max_size=3), orders)
def test_what_is_chosen_is_always_theirs_private_and_proven_well_enough(
    missed: Missed, found: list[Rung], order: list[int] | None
) -> None:
    rung = choose(missed, found, order).rung

    if rung is None:
        return
    assert rung.root_id == ROOT
    assert rung.level >= max(missed.needed_level, 1)
    assert rung.place_kind not in PUBLIC_KINDS
    assert not is_claimed(rung.realm)
    assert not rung.is_shared
    assert rung.is_reachable
    assert rung.fits
    assert rung.is_account_active
    assert rung.is_window_open
    assert rung.asked_here or not rung.is_stopped
    assert rung.has_written or rung.level >= 2
    assert (rung.identity_id, rung.place_id) != (missed.identity_id, missed.place_id)
    assert missed.channels is None or rung.channel in missed.channels
    assert order is None or rung.account_id in order
    if rung.host_account is not None:
        assert missed.host_accounts <= {rung.host_account}


@given(misses, st.lists(rungs(), min_size=1, max_size=3), orders)
def test_something_is_chosen_wherever_nothing_forbids_it(
    missed: Missed, found: list[Rung], order: list[int] | None
) -> None:
    choice = choose(missed, found, order)

    is_open = any(bar_of(missed, one, order) is None for one in found)
    assert (choice.rung is not None) == is_open
    assert choice.rung is None or not choice.bars


@given(misses, st.lists(rungs(), min_size=1, max_size=3), orders, st.randoms())
def test_choice_does_not_depend_on_the_order_in_which_rungs_are_found(
    missed: Missed, found: list[Rung], order: list[int] | None, random: object
) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis's own Random

    first, second = choose(missed, found, order), choose(missed, shuffled, order)

    assert first.bars == second.bars
    if first.rung is not None and second.rung is not None:
        assert (first.rung.account_id, first.rung.identity_id, first.rung.place_id) == (
            second.rung.account_id,
            second.rung.identity_id,
            second.rung.place_id,
        )


@given(misses, st.lists(rungs(), min_size=1, max_size=3), orders)
def test_more_that_is_asked_for_never_opens_a_way(
    missed: Missed, found: list[Rung], order: list[int] | None
) -> None:
    stricter = Missed(
        root_id=missed.root_id,
        identity_id=missed.identity_id,
        place_id=missed.place_id,
        needed_level=min(missed.needed_level + 1, 3),
        host_accounts=missed.host_accounts | {"h1"},
        channels=LETTERS if missed.channels is None else LETTERS & missed.channels,
    )

    if choose(missed, found, order).rung is None:
        assert choose(stricter, found, order).rung is None


STRICT = Missed(
    root_id=ROOT,
    identity_id=1,
    place_id=1,
    needed_level=1,
    host_accounts=frozenset({"h1"}),
    channels=LETTERS,
)


def test_rung_with_nothing_against_it_is_open() -> None:
    assert bar_of(STRICT, _rung(), [2]) is None


@pytest.mark.parametrize(
    ("bar", "fields"),
    [
        (Bar.OTHER_PERSON, {"root_id": 2}),
        (Bar.FAILED_THERE, {"identity_id": 1, "place_id": 1}),
        (Bar.IN_PUBLIC, {"place_kind": PlaceKind.GROUP}),
        (Bar.IN_PUBLIC, {"place_kind": PlaceKind.FORUM_POST}),
        (Bar.CLAIMED, {"realm": "claimed:letters"}),
        (Bar.CLAIMED, {"level": 0}),
        (Bar.CLAIMED, {"has_written": False}),
        (Bar.SHARED, {"is_shared": True}),
        (Bar.OTHER_HOST_ACCOUNT, {"host_account": "h2", "level": 2}),
        (Bar.CHANNEL_NOT_ALLOWED, {"channel": "bot"}),
        (Bar.STOPPED, {"is_stopped": True}),
        (Bar.UNREACHABLE, {"is_reachable": False}),
        (Bar.NOT_IN_ORDER, {"account_id": 3}),
        (Bar.ACCOUNT_PAUSED, {"is_account_active": False}),
        (Bar.WINDOW_OVER, {"is_window_open": False}),
        (Bar.DOES_NOT_FIT, {"fits": False}),
    ],
)
def test_each_thing_against_a_rung_bars_it_by_itself(bar: Bar, fields: dict[str, object]) -> None:
    assert bar_of(STRICT, _rung(**fields), [2]) is bar


def test_rung_of_a_lower_level_than_is_needed_is_barred() -> None:
    needs_two = Missed(root_id=ROOT, identity_id=1, place_id=1, needed_level=2)

    assert bar_of(needs_two, _rung(level=1), None) is Bar.LEVEL_TOO_LOW
    assert bar_of(needs_two, _rung(level=2), None) is None


def test_who_stopped_notices_may_be_answered_where_they_asked() -> None:
    assert bar_of(STRICT, _rung(is_stopped=True, asked_here=True), [2]) is None


def test_address_that_the_host_has_verified_may_be_written_to_first() -> None:
    verified = _rung(has_written=False, level=2, host_account="h1")

    assert bar_of(STRICT, verified, [2]) is None


def test_operators_order_comes_before_where_they_wrote_last() -> None:
    late, early = _rung(account_id=3, last_word_id=9), _rung(account_id=2, last_word_id=1)

    assert choose(MISSED, [late, early], [2, 3]).rung == early
    assert choose(MISSED, [late, early], None).rung == late


def test_empty_order_lets_nothing_go_on() -> None:
    assert choose(MISSED, [_rung()], []).bars == (Bar.NOT_IN_ORDER,)


def test_same_identity_elsewhere_comes_before_another_identity() -> None:
    other, same = _rung(last_word_id=9), _rung(identity_id=1, place_id=3, last_word_id=1)

    assert choose(MISSED, [other, same], None).rung == same


def test_way_that_takes_all_files_comes_before_one_that_does_not() -> None:
    partly, whole = _rung(left_out=1, last_word_id=9), _rung(identity_id=3, last_word_id=1)

    assert choose(MISSED, [partly, whole], None).rung == whole


def test_chat_in_which_nobody_is_comes_last() -> None:
    away, letters = _rung(is_away=True, last_word_id=9), _rung(identity_id=3, last_word_id=1)

    assert choose(MISSED, [away, letters], None).rung == letters


def test_every_cause_is_told_once_and_the_nearest_to_going_well_last() -> None:
    found = [
        _rung(fits=False),
        _rung(is_shared=True),
        _rung(is_shared=True),
        _rung(root_id=2),
        _rung(identity_id=1, place_id=1),
    ]

    assert choose(MISSED, found, None).bars == (Bar.SHARED, Bar.DOES_NOT_FIT)
