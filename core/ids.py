"""Names for the ids that cross a boundary, and the random ones that leave the house."""

import hashlib
import secrets
from typing import Annotated, NewType

import msgspec

PersonId = NewType("PersonId", int)
IdentityId = NewType("IdentityId", int)
AccountId = NewType("AccountId", int)
PlaceId = NewType("PlaceId", int)
CaseId = NewType("CaseId", int)
MessageId = NewType("MessageId", int)
DeliveryId = NewType("DeliveryId", int)
AgentId = NewType("AgentId", int)
Position = NewType("Position", int)

RowId = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
"""An id as a caller may say it; what PostgreSQL's bigint cannot hold is refused with 400."""

RemotePlace = NewType("RemotePlace", str)
"""A network's name for a place. Opaque outside its connector; unique within one account."""

RemoteId = NewType("RemoteId", str)
"""A network's name for one part of a message. Opaque; unique within (account, remote place)."""


def new_token() -> str:
    """256 random bits as URL-safe text: session, API, visitor and invitation tokens."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """What is stored instead of a token. Unsalted SHA-256 is right for 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


def digest(raw: bytes) -> str:
    """Lower-case hex SHA-256: the key of a blob, and the proof that two raw sources are one."""
    return hashlib.sha256(raw).hexdigest()
