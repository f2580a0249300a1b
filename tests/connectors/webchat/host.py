"""The operator's site in these tests: it has a key and makes tokens, good ones and forged ones."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Any, ClassVar

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from core.testing.host import FakeHost

AUDIENCE = "shop-chat"
_numbers = count(1)


def claims_at(now: datetime, **changes: Any) -> dict[str, Any]:
    """A good token's claims. A change to None leaves the claim out."""
    issued = int(now.timestamp())
    claims = {
        "sub": "customer-7",
        "aud": AUDIENCE,
        "iat": issued,
        "exp": issued + 240,
        "jti": f"token-{next(_numbers)}",
        "name": "Grace Hopper",
        "email": "Grace@People.example",
        "email_verified": True,
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def encoded(header: Mapping[str, Any], claims: Mapping[str, Any], signature: bytes = b"") -> str:
    """A token put together by hand, as an attacker would."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


class SecretHost(FakeHost):
    """Signs with a shared secret."""

    algorithm: ClassVar[str] = "HS256"

    def __init__(self) -> None:
        self.key: Any = OctKey.import_key("correct-horse-battery-staple-correct-horse")
        self.other: Any = OctKey.import_key("another-secret-that-nobody-told-the-desk-of")

    def configured_key(self) -> str:
        return self.key.raw_value.decode()

    def account_config(self) -> dict[str, object]:
        return {
            "site": "shop.example",
            "allowed_origins": [self.allowed_origin()],
            "audience": AUDIENCE,
            "keys": [
                {"kid": "now", "algorithm": self.algorithm, "key": self.configured_key()},
            ],
        }

    def claims(
        self, now: datetime, *, host_account: str, email: str, name: str
    ) -> dict[str, object]:
        return claims_at(now, sub=host_account, email=email, name=name)

    def unverified(self, claims: Mapping[str, object]) -> dict[str, object]:
        return {**claims, "email_verified": False}

    def sign(self, claims: Mapping[str, object]) -> str:
        return self.sign_as({"alg": self.algorithm, "kid": "now"}, claims)

    def sign_as(self, header: Mapping[str, Any], claims: Mapping[str, object]) -> str:
        return jwt.encode(dict(header), dict(claims), self.key, algorithms=[header["alg"]])

    def sign_with_other_key(self, claims: Mapping[str, object]) -> str:
        header = {"alg": self.algorithm, "kid": "now"}
        return jwt.encode(header, dict(claims), self.other, algorithms=[self.algorithm])

    def allowed_origin(self) -> str:
        return "https://shop.example"


class PublicKeyHost(SecretHost):
    """Signs with a private key; the desk, and so everybody, may know the public one."""

    algorithm = "RS256"

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048)
        self.other = RSAKey.generate_key(2048)

    def configured_key(self) -> str:
        return self.key.as_pem(private=False).decode()

    def forgeries(self, claims: Mapping[str, object]) -> Mapping[str, str]:
        import hashlib
        import hmac

        public = self.configured_key().encode()
        header = {"alg": "HS256", "kid": "now"}
        unsigned = encoded(header, claims).rpartition(".")[0]
        tag = hmac.digest(public, unsigned.encode(), hashlib.sha256)
        return {"HS256 with the public key as the secret": encoded(header, claims, tag)}


class CurveHost(SecretHost):
    algorithm = "ES256"

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256")
        self.other = ECKey.generate_key("P-256")

    def configured_key(self) -> str:
        return self.key.as_pem(private=False).decode()
