"""Signed tokens of the host's site (RFC 7519): which key may verify one, and what it must claim.

The algorithm always comes from the key that we were given, never from the token (RFC 8725, 3.1).
"""

import base64
import binascii
import hashlib
import json
import unicodedata
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, assert_never

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from connectors.webchat.errors import to_refusal
from core.addresses import folded_local
from core.connector import Attestation
from core.domains import ascii_domain
from core.errors import AttestationRefused
from core.messages import scrub

Algorithm = Literal["HS256", "RS256", "ES256", "EdDSA"]
Key = OctKey | RSAKey | ECKey | OKPKey

LONGEST_LIFE = timedelta(minutes=5)
SKEW = timedelta(seconds=60)
LONGEST_TOKEN = 8192
SHORTEST_SECRET = 32
SMALLEST_RSA = 2048
LONGEST_ID = 255
LONGEST_NAME = 200
LONGEST_ADDRESS = 254
LONGEST_KID = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyingKey:
    kid: str
    algorithm: Algorithm
    key: Key


def load_key(algorithm: Algorithm, text: str) -> Key:
    """The key that verifies. Raises ValueError with a sentence for whoever configures it."""
    is_pem = "-----BEGIN" in text
    if algorithm == "HS256":
        if is_pem:
            raise ValueError("is a PEM key, and HS256 needs a shared secret: choose RS256 or ES256")
        if len(text) < SHORTEST_SECRET:
            raise ValueError(f"must have at least {SHORTEST_SECRET} characters")
        return OctKey.import_key(text)
    if not is_pem:
        raise ValueError(f"must be a public key in PEM form for {algorithm}")
    if "PRIVATE KEY" in text:
        raise ValueError("is a private key: keep it at your site, and give its public key here")
    try:
        key = _import(algorithm, text)
    except (JoseError, ValueError, TypeError) as error:
        raise ValueError(f"is no public key for {algorithm}") from error
    check_strength(algorithm, key)
    return key


def _import(algorithm: Literal["RS256", "ES256", "EdDSA"], text: str) -> Key:
    match algorithm:
        case "RS256":
            return RSAKey.import_key(text)
        case "ES256":
            return ECKey.import_key(text)
        case "EdDSA":
            return OKPKey.import_key(text)
        case _:
            assert_never(algorithm)


def check_strength(algorithm: Algorithm, key: Key) -> None:
    """Raises ValueError with a sentence."""
    if isinstance(key, ECKey) and key.curve_name != "P-256":
        raise ValueError("must be on the curve P-256 for ES256")
    if isinstance(key, OKPKey) and key.curve_name != "Ed25519":
        raise ValueError("must be an Ed25519 key for EdDSA")
    if isinstance(key, RSAKey) and key.raw_value.key_size < SMALLEST_RSA:
        raise ValueError(f"must have at least {SMALLEST_RSA} bits for {algorithm}")


def verify(
    token: str,
    *,
    keys: Mapping[str, VerifyingKey],
    audience: str,
    now: datetime,
    needs_kid: bool = False,
) -> Attestation:
    """What the token says of its bearer. Raises AttestationRefused, with the reason in `detail`.

    `needs_kid`: also where there is one key alone, which may be another one in a moment.
    """
    chosen = _choose_key(_header(token), keys, needs_kid=needs_kid)
    try:
        with warnings.catch_warnings():
            # RFC 9864 renames EdDSA; the hosts' libraries still write the old name.
            warnings.simplefilter("ignore", SecurityWarning)
            claims = jwt.decode(token, chosen.key, algorithms=[chosen.algorithm]).claims
    except (JoseError, ValueError) as error:
        raise to_refusal(error, "signature") from error
    issued_at, expires_at = _check_times(claims, now)
    _check_audience(claims, audience)
    return Attestation(
        host_account=_required(claims, "sub"),
        token_id=_required(claims, "jti"),
        expires_at=expires_at,
        issued_at=issued_at,
        name=_text(claims.get("name"), LONGEST_NAME),
        email=_verified_address(claims),
        language=_text(claims.get("locale"), 35) or None,
        issuer=_issuer(chosen.key, audience),
    )


def _issuer(key: Key, audience: str) -> str:
    """By the key itself (RFC 7638), not by its name: two accounts may name one key differently."""
    return hashlib.sha256(f"{key.thumbprint()} {audience}".encode()).hexdigest()


def named_key(token: str) -> str | None:
    """The `kid` of a token that one of the host's published keys may have signed; None: no such."""
    try:
        header = _header(token)
    except AttestationRefused:
        return None
    kid = header.get("kid")
    if header.get("alg") not in ("RS256", "ES256", "EdDSA", "Ed25519"):
        return None
    return kid if isinstance(kid, str) and 0 < len(kid) <= LONGEST_KID else None


def _header(token: str) -> Mapping[str, Any]:
    if not token or len(token) > LONGEST_TOKEN:
        raise _refused("malformed", "empty or too long")
    head = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise to_refusal(ValueError("the header cannot be read"), "malformed") from error
    if not isinstance(header, dict):
        raise _refused("malformed", "the header is no object")
    return header


def _choose_key(
    header: Mapping[str, Any], keys: Mapping[str, VerifyingKey], *, needs_kid: bool
) -> VerifyingKey:
    """By `kid` only. Without one, the only key there is."""
    if not keys:
        raise _refused("no_key", "no key is configured")
    kid = header.get("kid")
    if kid is None and len(keys) == 1 and not needs_kid:
        return next(iter(keys.values()))
    if not isinstance(kid, str) or kid not in keys:
        raise _refused("unknown_key", "kid names no configured key")
    return keys[kid]


def _check_times(claims: Mapping[str, Any], now: datetime) -> tuple[datetime, datetime]:
    """When it was issued, and when it ends."""
    issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
    if expires + SKEW <= now:
        raise _refused("expired", "expired")
    if issued - SKEW > now:
        raise _refused("not_yet", "issued in the future")
    if not timedelta() < expires - issued <= LONGEST_LIFE:
        raise _refused(
            "lifetime", f"lives longer than {LONGEST_LIFE.total_seconds():.0f} s, or not at all"
        )
    if "nbf" in claims and _moment(claims, "nbf") - SKEW > now:
        raise _refused("not_yet", "not valid yet")
    return issued, expires


def _check_audience(claims: Mapping[str, Any], audience: str) -> None:
    named = claims.get("aud")
    audiences = named if isinstance(named, list) else [named]
    if audience not in audiences:
        raise _refused("audience", "made for another audience")


def _moment(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused("claims", f"{name} is missing or no number")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise to_refusal(ValueError(f"{name} is no time"), "claims") from error


def _required(claims: Mapping[str, Any], name: str) -> str:
    """An id is used as it stands: two ids must never become one by trimming."""
    value = claims.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_ID:
        raise _refused("claims", f"{name} is missing, empty, too long or no text")
    if not value.isprintable():
        raise _refused("claims", f"{name} holds control characters")
    return value


def _verified_address(claims: Mapping[str, Any]) -> str | None:
    """Only an address that the host says it has verified. JSON's `true`, not the text "true"."""
    address = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(address, str):
        return None
    address = unicodedata.normalize("NFC", address.strip())
    local, at, domain = address.rpartition("@")
    is_plain = address.isprintable() and not any(c.isspace() for c in address)
    if not at or not local or "." not in domain or not is_plain or len(address) > LONGEST_ADDRESS:
        return None
    try:
        # The spelling under which mail knows the address: RFC 5891 for the domain.
        return f"{folded_local(local)}@{ascii_domain(domain)}"
    except UnicodeError:
        return None


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str):
        return ""
    printable = "".join(c for c in scrub(value) if c.isprintable())
    return printable.strip()[:longest]


def _refused(reason: str, detail: str) -> AttestationRefused:
    return AttestationRefused("the token cannot be verified", detail=detail, reason=reason)
