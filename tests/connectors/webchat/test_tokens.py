"""A16: what a signed token must be, and what nobody can pass off as one."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from connectors.webchat.config import Config, TokenKey
from connectors.webchat.tokens import VerifyingKey, verify
from core.connector import Attestation
from core.errors import AttestationRefused
from tests.connectors.webchat.host import (
    AUDIENCE,
    CurveHost,
    PublicKeyHost,
    SecretHost,
    claims_at,
    encoded,
)

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
STAMP = int(NOW.timestamp())
HOST = SecretHost()


def keys_of(*hosts: SecretHost) -> dict[str, VerifyingKey]:
    configs = [Config.model_validate(host.account_config()) for host in hosts]
    return {key.kid: key.verifying() for config in configs for key in config.keys}


def attest(token: str, keys: dict[str, VerifyingKey] | None = None) -> Attestation:
    return verify(token, keys=keys or keys_of(HOST), audience=AUDIENCE, now=NOW)


def refusal(token: str, keys: dict[str, VerifyingKey] | None = None) -> str:
    with pytest.raises(AttestationRefused) as caught:
        attest(token, keys)
    assert str(caught.value) == "the token cannot be verified"
    return caught.value.detail


def test_good_token_names_account_and_verified_address() -> None:
    found = attest(HOST.sign(claims_at(NOW, jti="one", locale="zh")))

    assert found == Attestation(
        host_account="customer-7",
        token_id="one",
        expires_at=NOW + timedelta(seconds=240),
        issued_at=NOW,
        name="Grace Hopper",
        email="grace@people.example",
        language="zh",
        issuer=found.issuer,
    )


def test_accounts_with_one_key_and_audience_share_an_issuer() -> None:
    token, other = HOST.sign(claims_at(NOW)), CurveHost()
    named_otherwise = {"old": keys_of(HOST)["now"]}
    unnamed = HOST.sign_as({"alg": "HS256"}, claims_at(NOW))
    elsewhere = verify(
        HOST.sign(claims_at(NOW, aud="bank")), keys=keys_of(HOST), audience="bank", now=NOW
    )

    assert attest(token).issuer == attest(unnamed, named_otherwise).issuer != ""
    assert attest(other.sign(claims_at(NOW)), keys_of(other)).issuer != attest(token).issuer
    assert elsewhere.issuer != attest(token).issuer


@pytest.mark.parametrize(
    "token", ["", ".", "..", "...", "a.b.c", "\x00.\x00.\x00", "ü.ü.ü", "x" * 9000, "null.null."]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    refusal(token)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_unsigned_token_is_refused(algorithm: str) -> None:
    refusal(encoded({"alg": algorithm, "kid": "now"}, claims_at(NOW)))


def test_stripped_signature_is_refused() -> None:
    refusal(HOST.sign(claims_at(NOW)).rpartition(".")[0] + ".")


def test_changed_claims_are_refused() -> None:
    head, _, tag = HOST.sign(claims_at(NOW)).split(".")
    _, body, _ = HOST.sign(claims_at(NOW, sub="somebody-else")).split(".")

    refusal(f"{head}.{body}.{tag}")


def test_other_algorithm_of_the_same_family_is_refused() -> None:
    refusal(HOST.sign_as({"alg": "HS512", "kid": "now"}, claims_at(NOW)))


def test_public_key_used_as_a_secret_is_refused() -> None:
    host = PublicKeyHost()
    [forged] = host.forgeries(claims_at(NOW)).values()

    refusal(forged, keys_of(host))
    assert attest(host.sign(claims_at(NOW)), keys_of(host)).host_account == "customer-7"


def test_key_inside_the_header_is_not_used() -> None:
    mine = PublicKeyHost()
    header = {"alg": "RS256", "kid": "now", "jwk": mine.key.as_dict(private=False)}

    refusal(mine.sign_as(header, claims_at(NOW)), keys_of(PublicKeyHost()))


@pytest.mark.parametrize("kid", ["unknown", "", "../now", 7, ["now"], {"now": 1}, None])
def test_odd_kid_is_refused(kid: Any) -> None:
    keys = keys_of(HOST)
    keys["next"] = VerifyingKey(kid="next", algorithm="HS256", key=HOST.other)

    refusal(encoded({"alg": "HS256", "kid": kid}, claims_at(NOW), b"x" * 32), keys)


def test_token_without_kid_is_for_the_only_key() -> None:
    assert attest(HOST.sign_as({"alg": "HS256"}, claims_at(NOW))).host_account == "customer-7"


def test_each_of_two_keys_verifies_its_own_tokens_only() -> None:
    keys = keys_of(HOST)
    keys["next"] = VerifyingKey(kid="next", algorithm="HS256", key=HOST.other)
    good = HOST.sign_as({"alg": "HS256", "kid": "now"}, claims_at(NOW))
    swapped = HOST.sign_as({"alg": "HS256", "kid": "next"}, claims_at(NOW))

    assert attest(good, keys).host_account == "customer-7"
    refusal(swapped, keys)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"exp": STAMP - 61, "iat": STAMP - 200}, "expired"),
        ({"exp": STAMP + 301}, "lives longer"),
        ({"exp": STAMP - 30, "iat": STAMP - 30}, "not at all"),
        ({"exp": STAMP - 40, "iat": STAMP - 30}, "not at all"),
        ({"iat": STAMP + 61, "exp": STAMP + 200}, "future"),
        ({"nbf": STAMP + 61}, "not valid yet"),
        ({"exp": None}, "exp is missing"),
        ({"iat": None}, "iat is missing"),
        ({"exp": "tomorrow"}, "exp is missing"),
        ({"exp": True}, "exp is missing"),
        ({"exp": 1e300}, "exp is no time"),
        ({"aud": None}, "audience"),
        ({"aud": "another-chat"}, "audience"),
        ({"aud": []}, "audience"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": "   "}, "sub"),
        ({"sub": 7}, "sub"),
        ({"sub": "a\nb"}, "sub"),
        ({"sub": "x" * 300}, "sub"),
        ({"jti": None}, "jti"),
        ({"jti": ""}, "jti"),
        ({"jti": 7}, "jti"),
    ],
)
def test_claims_that_do_not_hold_are_refused(changes: dict[str, Any], why: str) -> None:
    assert why in refusal(HOST.sign(claims_at(NOW, **changes)))


def test_minute_of_skew_is_forgiven() -> None:
    late = HOST.sign(claims_at(NOW, iat=STAMP - 300, exp=STAMP - 59))
    early = HOST.sign(claims_at(NOW, iat=STAMP + 59, exp=STAMP + 200))

    assert attest(late).expires_at == NOW - timedelta(seconds=59)
    assert attest(early).host_account == "customer-7"


def test_one_of_several_audiences_is_enough() -> None:
    token = HOST.sign(claims_at(NOW, aud=["shop", AUDIENCE]))

    assert attest(token).host_account == "customer-7"


@pytest.mark.parametrize(
    "changes",
    [
        {"email_verified": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": 1},
        {"email": None},
        {"email": ["grace@people.example"]},
        {"email": "no address"},
        {"email": "@people.example"},
        {"email": "grace@localhost"},
        {"email": "grace@people.example\nBcc: x@y.example"},
        {"email": "a" * 250 + "@people.example"},
    ],
)
def test_address_that_the_host_did_not_verify_does_not_count(changes: dict[str, Any]) -> None:
    assert attest(HOST.sign(claims_at(NOW, **changes))).email is None


def test_verified_address_has_the_spelling_that_mail_has() -> None:
    token = HOST.sign(claims_at(NOW, email=" Grace.H@Müller.example "))

    assert attest(token).email == "grace.h@xn--mller-kva.example"
    apart = HOST.sign(claims_at(NOW, jti="two", email="Gra\u0308ce@mu\u0308ller.example"))
    assert attest(apart).email == "gr\u00e4ce@xn--mller-kva.example"


def test_name_loses_control_characters() -> None:
    assert attest(HOST.sign(claims_at(NOW, name="Gra\x00ce\u202e\n"))).name == "Grace"


def test_ed25519_tokens_are_understood() -> None:
    key = OKPKey.generate_key("Ed25519")
    known = TokenKey(kid="ed", algorithm="EdDSA", key=key.as_pem(private=False).decode())
    from joserfc import jwt
    from joserfc.errors import SecurityWarning

    with pytest.warns(SecurityWarning):
        token = jwt.encode({"alg": "EdDSA"}, claims_at(NOW), key, algorithms=["EdDSA"])

    assert attest(token, {"ed": known.verifying()}).host_account == "customer-7"


@pytest.mark.parametrize(
    ("algorithm", "key", "why"),
    [
        ("HS256", "too short", "at least 32"),
        ("HS256", CurveHost().configured_key(), "shared secret"),
        ("RS256", "no key at all", "PEM"),
        ("RS256", RSAKey.generate_key(2048).as_pem(private=True).decode(), "private key"),
        ("RS256", CurveHost().configured_key(), "no public key for RS256"),
        ("ES256", ECKey.generate_key("P-384").as_pem(private=False).decode(), "P-256"),
        ("ES256", PublicKeyHost().configured_key(), "no public key for ES256"),
        ("EdDSA", OKPKey.generate_key("X25519").as_pem(private=False).decode(), "Ed25519"),
        ("RS256", "-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----", "no public"),
    ],
)
def test_key_that_does_not_fit_its_algorithm_is_refused(algorithm: str, key: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        TokenKey.model_validate({"kid": "now", "algorithm": algorithm, "key": key})
    assert key not in str(caught.value)
    assert json.dumps(key)[1:40] not in str(caught.value)
