"""Checks of a local connector's tokens: what a good one proves, and that no other is taken."""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from core.connector import Attestation, LocalConnector
from core.errors import AttestationRefused
from core.testing.host import FakeHost
from core.testing.trial import Trial
from core.testing.verdict import ConformanceFailure, require

ACCOUNT = "host-account-1"
EMAIL = "grace@example.org"
NAME = "Grace"
NEEDED = ("sub", "aud", "exp", "jti")


def local(trial: Trial) -> LocalConnector:
    connector = trial.connector()
    require(isinstance(connector, LocalConnector), "the class is no LocalConnector")
    assert isinstance(connector, LocalConnector)
    return connector


def good_claims(trial: Trial, now: datetime | None = None) -> dict[str, object]:
    now = now or trial.clock.now()
    return trial.host.claims(now, host_account=ACCOUNT, email=EMAIL, name=NAME)


def good_attestation(trial: Trial, connector: LocalConnector) -> Attestation:
    return connector.attest(trial.host.sign(good_claims(trial)))


async def check_good_token_is_taken(trial: Trial) -> None:
    """It names the account, its own id, its end, and the address that the host has verified."""
    found = good_attestation(trial, local(trial))
    require(found.host_account == ACCOUNT, f"host_account is {found.host_account!r}")
    require(bool(found.token_id), "token_id is empty: the token could be used for ever")
    require(found.expires_at.tzinfo is not None, "expires_at has no time zone")
    require(found.expires_at > trial.clock.now(), "expires_at is over already")
    require(found.email == EMAIL, f"email is {found.email!r}")
    require(found.name == NAME, f"name is {found.name!r}")


async def check_unverified_address_is_left_out(trial: Trial) -> None:
    """An address that the host has not verified joins nobody to anything."""
    token = trial.host.sign(trial.host.unverified(good_claims(trial)))
    found = local(trial).attest(token)
    require(found.email is None, "an address that the host has not verified was believed")


async def check_every_forged_token_is_refused(trial: Trial) -> None:
    """Expired, for others, unsigned, of another key, too long-lived, without an id, or none."""
    connector = local(trial)
    for name, token in _forged(trial.host, good_claims(trial), trial.clock.now(), trial):
        try:
            await connector.fetch_keys(token)
        except Exception as error:
            raise ConformanceFailure(f"{name}: fetch_keys raised {error!r}") from error
        try:
            connector.attest(token)
        except AttestationRefused as error:
            require(
                token not in f"{error} {error.detail}" or not token,
                f"{name}: the refusal holds the token itself, which would end in the log",
            )
        except Exception as error:
            raise ConformanceFailure(
                f"{name}: attest raised {error!r} instead of AttestationRefused"
            ) from error
        else:
            require(False, f"{name}: the token was taken")


async def check_need_of_a_token_is_said(trial: Trial) -> None:
    """Whether a token must come first is said plainly."""
    require(
        isinstance(local(trial).requires_attestation, bool), "requires_attestation must be a bool"
    )


def _forged(
    host: FakeHost, claims: dict[str, object], now: datetime, trial: Trial
) -> Iterator[tuple[str, str]]:
    good = host.sign(claims)
    head, body, signature = good.split(".")
    yield "expired", host.sign(good_claims(trial, now - timedelta(minutes=15)))
    yield "from the future", host.sign(good_claims(trial, now + timedelta(hours=1)))
    yield "valid for a day", host.sign({**claims, "exp": _stamp(now + timedelta(days=1))})
    yield "for another audience", host.sign({**claims, "aud": "somebody-else"})
    for name in NEEDED:
        yield f"without {name}", host.sign({k: v for k, v in claims.items() if k != name})
    yield "with an empty jti", host.sign({**claims, "jti": ""})
    yield "with an empty sub", host.sign({**claims, "sub": ""})
    yield "with another key", host.sign_with_other_key(claims)
    for algorithm in ("none", "None", "NONE"):
        yield f"alg {algorithm}", f"{_encoded({'alg': algorithm, 'typ': 'JWT'})}.{body}."
        header = {**_decoded(head), "alg": algorithm}
        yield f"alg {algorithm}, signed", f"{_encoded(header)}.{body}.{signature}"
    yield "without its signature", f"{head}.{body}."
    yield "with other claims", f"{head}.{_encoded({**claims, 'sub': 'the-admin'})}.{signature}"
    yield from host.forgeries(claims).items()
    yield from (("empty", ""), ("no token", "a.b.c"), ("text", "hello"), ("dots", ".."))
    yield "not ASCII", "é.é.é"


def _stamp(at: datetime) -> int:
    return int(at.timestamp())


def _encoded(part: Mapping[str, object]) -> str:
    raw = json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(part: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


ATTESTATION_CHECKS = (
    check_good_token_is_taken,
    check_unverified_address_is_left_out,
    check_every_forged_token_is_refused,
    check_need_of_a_token_is_said,
)
