"""The site that signs the kiosk's tokens."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.jwk import OctKey

from core.testing.host import FakeHost

SECRET = "the-secret-of-the-site-0123456789abcdef"
OTHER = "the-secret-of-another-0123456789abcdef"


class KioskHost(FakeHost):
    def account_config(self) -> Mapping[str, object]:
        return {
            "site": "example.org",
            "origin": self.allowed_origin(),
            "audience": "kiosk",
            "token_secret": SECRET,
        }

    def claims(
        self, now: datetime, *, host_account: str, email: str, name: str
    ) -> dict[str, object]:
        return {
            "sub": host_account,
            "aud": "kiosk",
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=4)).timestamp()),
            "jti": f"token-{now.timestamp()}",
            "email": email,
            "email_verified": True,
            "name": name,
        }

    def unverified(self, claims: Mapping[str, object]) -> dict[str, object]:
        return {**claims, "email_verified": False}

    def sign(self, claims: Mapping[str, object]) -> str:
        return jwt.encode({"alg": "HS256"}, dict(claims), OctKey.import_key(SECRET))

    def sign_with_other_key(self, claims: Mapping[str, object]) -> str:
        return jwt.encode({"alg": "HS256"}, dict(claims), OctKey.import_key(OTHER))

    def allowed_origin(self) -> str:
        return "https://shop.example.org"
