"""Who somebody is and how sure we are: realms, levels, evidence. Who stands for whom is `merges`.

Pure. The rule "nothing joins two people on a claim" is `identity_key` (a claim can never even
name a proven identity) together with `may_join`.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum

import msgspec


class Level(IntEnum):
    """How well it is proven that this person is at the other end."""

    CLAIMED = 0
    ATTESTED = 1
    """The channel itself attests it: aligned mail, a network's numeric id, a session token."""
    LINKED = 2
    """Linked to a host account by a signed token, or by a code typed on the other channel."""
    STEPPED_UP = 3
    """Proven afresh at the host, within the last 15 minutes, for this conversation."""


class EvidenceKind(StrEnum):
    CLAIM = "claim"
    AUTHENTICATED_MAIL = "authenticated_mail"
    NETWORK_ID = "network_id"
    SESSION_TOKEN = "session_token"  # noqa: S105 - the name of a kind, not a secret
    SIGNED_TOKEN = "signed_token"  # noqa: S105 - the name of a kind, not a secret
    HOST_VERIFIED = "host_verified"
    LINK_CODE = "link_code"
    STEP_UP = "step_up"
    AGENT_DECISION = "agent_decision"


LEVEL_OF_EVIDENCE: Mapping[EvidenceKind, Level] = {
    EvidenceKind.CLAIM: Level.CLAIMED,
    EvidenceKind.AUTHENTICATED_MAIL: Level.ATTESTED,
    EvidenceKind.NETWORK_ID: Level.ATTESTED,
    EvidenceKind.SESSION_TOKEN: Level.ATTESTED,
    EvidenceKind.SIGNED_TOKEN: Level.LINKED,
    EvidenceKind.HOST_VERIFIED: Level.LINKED,
    EvidenceKind.LINK_CODE: Level.LINKED,
    EvidenceKind.STEP_UP: Level.STEPPED_UP,
    EvidenceKind.AGENT_DECISION: Level.CLAIMED,
}

HOST_REALM = "host"
CLAIMED_PREFIX = "claimed:"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Why we believe that an identity is who it says. `proof` is shown to agents: no secrets."""

    kind: EvidenceKind
    proof: dict[str, str] = {}

    @property
    def level(self) -> Level:
        return LEVEL_OF_EVIDENCE[self.kind]


class IdentityKey(msgspec.Struct, frozen=True, order=True):
    """UNIQUE(realm, handle) of the identities table."""

    realm: str
    handle: str


def level_of(evidence: Iterable[Evidence]) -> Level:
    """The best that the evidence proves; CLAIMED without any."""
    return max((one.level for one in evidence), default=Level.CLAIMED)


def standing_level(level: int, *, is_shared: bool) -> Level:
    """How well it is proven who is at the other end, apart from step-ups.

    An address that several people use proves at most that it is that address.
    """
    return Level(min(level, Level.ATTESTED if is_shared else Level.LINKED))


def said_level(own: Level, known: int, *, is_shared: bool) -> Level:
    """The level at which something was said, apart from step-ups.

    `own` is what the message itself proves: without any proof it stays a claim, whoever is known to
    have its address. With one it was said by the identity, as well as that is `known`.
    """
    if own == Level.CLAIMED:
        return own
    return standing_level(max(own, known), is_shared=is_shared)


def identity_key(realm: str, handle: str, level: Level) -> IdentityKey:
    """Where an identity of this level lives.

    A claim gets a name space of its own, so a forged sender can never land in the conversation
    of the person whose address it uses, nor be mistaken for it by any unique key.
    """
    if level is Level.CLAIMED and not realm.startswith(CLAIMED_PREFIX):
        return IdentityKey(CLAIMED_PREFIX + realm, handle)
    return IdentityKey(realm, handle)


def is_claimed(realm: str) -> bool:
    return realm.startswith(CLAIMED_PREFIX)


def site_of(realm: str) -> str:
    """Where a realm holds for one site of the operator's, and is named after it; else empty."""
    return realm.removeprefix(CLAIMED_PREFIX).partition(":")[2]


def may_join(left: Level, left_host: str | None, right: Level, right_host: str | None) -> bool:
    """Whether two identities belong to one person without a human saying so.

    Only when both are at L2 or better for the same host account.
    """
    return (
        left >= Level.LINKED
        and right >= Level.LINKED
        and left_host is not None
        and left_host == right_host
    )
