"""What the author of a local connector gives the kit: the operator's site that signs tokens."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime


class FakeHost(ABC):
    """The operator's own site, where people are signed in and their tokens made (RFC 7519)."""

    @abstractmethod
    def account_config(self) -> Mapping[str, object]:
        """Settings of the account, with this host's key and `allowed_origin` in them."""

    @abstractmethod
    def claims(
        self, now: datetime, *, host_account: str, email: str, name: str
    ) -> dict[str, object]:
        """A good token's claims, with `sub`, `aud`, `iat`, `exp`, `jti` and a verified address."""

    @abstractmethod
    def unverified(self, claims: Mapping[str, object]) -> dict[str, object]:
        """The same, for an address that the host has not verified."""

    @abstractmethod
    def sign(self, claims: Mapping[str, object]) -> str:
        """A token with the host's own key, whatever the claims say."""

    @abstractmethod
    def sign_with_other_key(self, claims: Mapping[str, object]) -> str:
        """The same algorithm and key id, with a key that the account doesn't know."""

    def forgeries(self, claims: Mapping[str, object]) -> Mapping[str, str]:
        """What else an attacker could make of this host's public knowledge: its name -> token.

        For a public key: a token signed with HS256 and that key as the shared secret.
        """
        return {}

    @abstractmethod
    def allowed_origin(self) -> str: ...

    def foreign_origin(self) -> str:
        return "https://elsewhere.example"
