"""Why an identity is believed, as a code that a page has words for. Pure."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from core.people import EvidenceKind


class Ground(StrEnum):
    """One sort of proof. Pages word it; what it says in detail is the proof's."""

    CLAIMED = "claimed"
    """Nothing proves it: anybody may have written it."""
    MAIL_SIGNED = "mail_signed"
    """The sender's domain signed the mail, and we verified that (DKIM, RFC 6376)."""
    MAIL_VOUCHED = "mail_vouched"
    """A mail server that we trust says that the sender is real (RFC 8601)."""
    NETWORK_ID = "network_id"
    """The network itself says who it is."""
    BROWSER_SESSION = "browser_session"
    """It is the same browser as before; nobody knows whose."""
    SIGNED_TOKEN = "signed_token"  # noqa: S105 - the name of a ground, not a secret
    """The host's site signed who is signed in there."""
    HOST_VERIFIED = "host_verified"
    """The host says that it has verified this address for the account."""
    LINK_CODE = "link_code"
    """Somebody who was proven elsewhere gave their code here."""
    STEP_UP = "step_up"
    """They proved themselves afresh at the host, for one case, for a few minutes."""
    AGENT_DECISION = "agent_decision"


_GROUNDS: Mapping[EvidenceKind, Ground] = {
    EvidenceKind.CLAIM: Ground.CLAIMED,
    EvidenceKind.NETWORK_ID: Ground.NETWORK_ID,
    EvidenceKind.SESSION_TOKEN: Ground.BROWSER_SESSION,
    EvidenceKind.SIGNED_TOKEN: Ground.SIGNED_TOKEN,
    EvidenceKind.HOST_VERIFIED: Ground.HOST_VERIFIED,
    EvidenceKind.LINK_CODE: Ground.LINK_CODE,
    EvidenceKind.STEP_UP: Ground.STEP_UP,
    EvidenceKind.AGENT_DECISION: Ground.AGENT_DECISION,
}


def ground_of(kind: EvidenceKind, proof: Mapping[str, Any]) -> Ground:
    if kind is EvidenceKind.AUTHENTICATED_MAIL:
        return Ground.MAIL_SIGNED if proof.get("verified") else Ground.MAIL_VOUCHED
    return _GROUNDS[kind]


def ends_at(
    kind: EvidenceKind, proof: Mapping[str, Any], withdrawn_at: datetime | None
) -> datetime | None:
    """When it stopped (or stops) counting. None: it counts until somebody takes it back."""
    until = proof.get("until") if kind is EvidenceKind.STEP_UP else None
    times = [one for one in (withdrawn_at, until and datetime.fromisoformat(str(until))) if one]
    return min(times, default=None)
