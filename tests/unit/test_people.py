"""Levels and evidence, and merges that can be undone in any order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people import (
    CLAIMED_PREFIX,
    LEVEL_OF_EVIDENCE,
    Evidence,
    EvidenceKind,
    IdentityKey,
    Level,
    identity_key,
    is_claimed,
    level_of,
    may_join,
    members_of,
    root_of,
)

LEVELS = st.sampled_from(Level)
KINDS = st.lists(st.sampled_from(EvidenceKind), max_size=5)
HANDLES = st.text(max_size=10)
HOSTS = st.none() | st.sampled_from(("host-1", "host-2"))


def test_every_kind_of_evidence_has_a_level() -> None:
    assert set(LEVEL_OF_EVIDENCE) == set(EvidenceKind)


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        (EvidenceKind.CLAIM, Level.CLAIMED),
        (EvidenceKind.AGENT_DECISION, Level.CLAIMED),
        (EvidenceKind.AUTHENTICATED_MAIL, Level.ATTESTED),
        (EvidenceKind.NETWORK_ID, Level.ATTESTED),
        (EvidenceKind.SESSION_TOKEN, Level.ATTESTED),
        (EvidenceKind.SIGNED_TOKEN, Level.LINKED),
        (EvidenceKind.HOST_VERIFIED, Level.LINKED),
        (EvidenceKind.LINK_CODE, Level.LINKED),
        (EvidenceKind.STEP_UP, Level.STEPPED_UP),
    ],
)
def test_evidence_proves_its_level(kind: EvidenceKind, level: Level) -> None:
    assert Evidence(kind=kind).level is level


@given(KINDS)
def test_level_is_the_best_of_the_evidence_and_claimed_without_any(
    kinds: list[EvidenceKind],
) -> None:
    found = level_of(Evidence(kind=kind) for kind in kinds)
    assert found == max((LEVEL_OF_EVIDENCE[kind] for kind in kinds), default=Level.CLAIMED)


@given(st.sampled_from(("email", "telegram", "host")), HANDLES, HANDLES, LEVELS)
def test_claim_never_names_a_proven_identity(
    realm: str, claimed: str, proven: str, level: Level
) -> None:
    claim = identity_key(realm, claimed, Level.CLAIMED)
    assert is_claimed(claim.realm)
    if level is not Level.CLAIMED:
        assert identity_key(realm, proven, level) == IdentityKey(realm, proven)
        assert claim != identity_key(realm, proven, level)


def test_claimed_realm_of_a_claim_stays_as_it_is() -> None:
    once = identity_key("email", "a@example.org", Level.CLAIMED)
    assert once == IdentityKey(f"{CLAIMED_PREFIX}email", "a@example.org")
    assert identity_key(once.realm, once.handle, Level.CLAIMED) == once


@given(LEVELS, HOSTS, LEVELS, HOSTS)
def test_only_two_linked_to_one_host_account_join_by_themselves(
    left: Level, left_host: str | None, right: Level, right_host: str | None
) -> None:
    same = left_host is not None and left_host == right_host
    both_linked = min(left, right) >= Level.LINKED
    assert may_join(left, left_host, right, right_host) is (same and both_linked)
    assert may_join(left, left_host, right, right_host) is may_join(
        right, right_host, left, left_host
    )


Merges = list[tuple[int, int]]
PERSONS = range(8)
PAIRS = st.lists(st.tuples(st.sampled_from(PERSONS), st.sampled_from(PERSONS)), max_size=12)


def _merge(pairs: Merges) -> Merges:
    """The edges that come of it: whoever stands for one starts to point at who stands for two."""
    edges: Merges = []
    for one, two in pairs:
        loser, winner = root_of(one, dict(edges)), root_of(two, dict(edges))
        if loser != winner:
            edges.append((loser, winner))
    return edges


def _partition(edges: Merges) -> set[frozenset[int]]:
    return {members_of(root_of(person, dict(edges)), dict(edges)) for person in PERSONS}


@given(PAIRS)
def test_merged_persons_are_a_partition_and_one_stands_for_each_set(pairs: Merges) -> None:
    edges = _merge(pairs)
    sets = _partition(edges)
    assert sorted(person for members in sets for person in members) == list(PERSONS)
    for members in sets:
        assert len({root_of(person, dict(edges)) for person in members}) == 1


@given(PAIRS, st.randoms(use_true_random=False))
def test_undoing_all_merges_in_any_order_restores_everybody(pairs: Merges, random: object) -> None:
    edges = _merge(pairs)
    undone = list(edges)
    random.shuffle(undone)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    for edge in undone:
        edges.remove(edge)
    assert _partition(edges) == {frozenset({person}) for person in PERSONS}


@given(PAIRS, st.data())
def test_undoing_one_merge_leaves_exactly_the_other_merges(
    pairs: Merges, choice: st.DataObject
) -> None:
    edges = _merge(pairs)
    if not edges:
        return
    undone = choice.draw(st.sampled_from(edges))
    left = [edge for edge in edges if edge != undone]
    connected = _connected(left)
    assert _partition(left) == connected


@given(PAIRS, st.data())
def test_any_order_of_two_undos_comes_to_the_same(pairs: Merges, choice: st.DataObject) -> None:
    edges = _merge(pairs)
    chosen = choice.draw(st.lists(st.sampled_from(edges), max_size=4) if edges else st.just([]))
    forwards, backwards = list(edges), list(edges)
    for edge in chosen:
        if edge in forwards:
            forwards.remove(edge)
    for edge in reversed(chosen):
        if edge in backwards:
            backwards.remove(edge)
    assert _partition(forwards) == _partition(backwards)


@given(PAIRS)
def test_merge_again_after_undo_comes_to_the_same_sets(pairs: Merges) -> None:
    edges = _merge(pairs)
    for edge in list(edges):
        without = [one for one in edges if one != edge]
        loser, winner = (root_of(person, dict(without)) for person in edge)
        again = [*without, (loser, winner)]
        assert _partition(again) == _partition(edges)


def _connected(edges: Merges) -> set[frozenset[int]]:
    """The same by brute force, knowing nothing of roots."""
    sets = [{person} for person in PERSONS]
    for one, two in edges:
        left = next(members for members in sets if one in members)
        right = next(members for members in sets if two in members)
        if left is not right:
            sets.remove(right)
            left |= right
    return {frozenset(members) for members in sets}
