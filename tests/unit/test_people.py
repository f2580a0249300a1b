"""Levels and evidence, and who may be joined by themselves."""

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
