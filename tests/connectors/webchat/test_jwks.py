"""A16: the host's published keys: which of them count, and how often they are asked for."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from structlog.testing import capture_logs

from connectors.webchat.config import Config
from connectors.webchat.connector import WebchatConnector
from connectors.webchat.jwks import ASKED_EVERY, FRESH_FOR, KEPT_FOR, LARGEST, read_jwks
from core.connector import ConnectorContext, HealthState
from core.errors import AttestationRefused
from core.testing.stepped_clock import SteppedClock
from tests.connectors.webchat.host import AUDIENCE, claims_at, encoded

CURVE = ECKey.generate_key("P-256")
SECRET = OctKey.import_key("correct-horse-battery-staple-correct-horse")


def public(key: Any, **more: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": "one", **more}


def document(*keys: Mapping[str, Any]) -> bytes:
    return json.dumps({"keys": list(keys)}).encode()


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (RSAKey.generate_key(2048), "RS256"),
        (CURVE, "ES256"),
        (OKPKey.generate_key("Ed25519"), "EdDSA"),
    ],
)
def test_a_published_key_has_the_one_algorithm_of_its_type(key: Any, algorithm: str) -> None:
    plain = read_jwks(document(public(key)))
    told = read_jwks(document(public(key, use="sig", alg=algorithm, key_ops=["verify"])))

    assert [one.algorithm for one in (*plain.values(), *told.values())] == [algorithm] * 2


@pytest.mark.parametrize(
    "entry",
    [
        {**SECRET.as_dict(), "kid": "one"},
        {**SECRET.as_dict(), "kid": "one", "kty": "RSA"},
        {**CURVE.as_dict(private=True), "kid": "one"},
        {**public(CURVE), "k": "c2VjcmV0"},
        public(CURVE, use="enc"),
        public(CURVE, use=None),
        public(CURVE, alg="HS256"),
        public(CURVE, alg="none"),
        public(CURVE, alg="RS256"),
        public(CURVE, alg=["ES256"]),
        public(CURVE, key_ops=["encrypt"]),
        public(CURVE, key_ops="verify"),
        public(CURVE, kid=""),
        public(CURVE, kid=7),
        public(CURVE, kid="x" * 65),
        public(CURVE, kid="a\nb"),
        public(CURVE, crv="P-384"),
        public(CURVE, x="AAAA"),
        public(CURVE, x=7),
        public(CURVE, kty="EC2"),
        public(CURVE, kty=["EC"]),
        public(ECKey.generate_key("P-384")),
        public(ECKey.generate_key("secp256k1")),
        public(OKPKey.generate_key("X25519")),
        {"kty": "RSA", "kid": "one", "n": "w" + "A" * 169 + "Q", "e": "AQAB"},
        {"kty": "RSA", "kid": "one", "n": "A" * 20_000, "e": "AQAB"},
        {"kty": "RSA", "kid": "one", "n": "AQAB", "e": "A" * 9},
        {"kty": "RSA", "kid": "one"},
        {},
        {"kid": "one"},
    ],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_what_is_no_key_of_ours_is_left_out_and_the_others_stay(entry: dict[str, Any]) -> None:
    good = {**public(CURVE), "kid": "good"}

    assert list(read_jwks(document(entry, good))) == ["good"]


def test_an_id_that_two_keys_have_is_nobodys() -> None:
    other = public(ECKey.generate_key("P-256"))

    assert read_jwks(document(public(CURVE), other)) == {}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": null}',
        b"\xff\xfe",
        b"[" * 100_000,
        document(*[public(CURVE, kid=str(number)) for number in range(21)]),
    ],
    ids=range(9),
)
def test_a_document_that_is_no_set_of_keys_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"keys|JSON"):
        read_jwks(raw)


def test_entries_that_are_no_objects_are_left_out() -> None:
    raw = json.dumps({"keys": [None, 7, "x", [], public(CURVE)]}).encode()

    assert list(read_jwks(raw)) == ["one"]


@dataclass(slots=True)
class Site:
    """The operator's site: it publishes what it likes, or nothing."""

    url: str = ""
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    holds: asyncio.Event | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.holds is not None:
            self.reached.set()
            await self.holds.wait()
        return web.Response(body=self.body, status=self.status, headers=self.headers)


@dataclass(slots=True)
class House:
    site: Site
    clock: SteppedClock
    connector: WebchatConnector

    def sign(self, key: Any = CURVE, *, kid: Any = "one", alg: str = "ES256", **claims: Any) -> str:
        header = {"alg": alg} if kid is None else {"alg": alg, "kid": kid}
        return jwt.encode(header, claims_at(self.clock.now(), **claims), key, algorithms=[alg])

    async def attest(self, token: str) -> str:
        await self.connector.fetch_keys(token)
        return self.connector.attest(token).host_account

    async def refusal(self, token: str) -> str:
        with pytest.raises(AttestationRefused) as caught:
            await self.attest(token)
        return caught.value.reason


@pytest.fixture
async def house() -> AsyncIterator[House]:
    site = Site(body=document(public(CURVE)))
    app = web.Application()
    app.router.add_get("/keys", site.answer)
    server = TestServer(app)
    await server.start_server()
    site.url = str(server.make_url("/keys"))
    clock = SteppedClock()
    async with aiohttp.ClientSession() as http:
        yield House(site, clock, connector_of(site.url, clock, http))
    await server.close()


def connector_of(
    url: str, clock: SteppedClock, http: aiohttp.ClientSession, **settings: Any
) -> WebchatConnector:
    import structlog

    config = Config(site="shop", audience=AUDIENCE, jwks_url=url, require_signed=True, **settings)
    context = ConnectorContext(
        clock=clock,
        log=structlog.get_logger(),
        account_id=1,
        account_label="shop",
        public_url="http://127.0.0.1:8080",
        http=http,
        open_blob=lambda key: pytest.fail(key),
    )
    return WebchatConnector(config, context)


async def test_a_token_of_a_published_key_is_taken(house: House) -> None:
    assert await house.attest(house.sign()) == "customer-7"
    assert await house.attest(house.sign()) == "customer-7"
    assert house.site.asked == 1


async def test_keys_change_without_a_gap(house: House) -> None:
    """The host publishes both, signs with the new one, and takes the old one away."""
    new = ECKey.generate_key("P-256")
    await house.attest(house.sign())
    house.site.body = document(public(CURVE), public(new, kid="two"))
    house.clock.advance(ASKED_EVERY)

    assert await house.attest(house.sign(new, kid="two")) == "customer-7"
    assert await house.attest(house.sign()) == "customer-7"

    house.site.body = document(public(new, kid="two"))
    house.clock.advance(FRESH_FOR)
    assert await house.attest(house.sign(new, kid="two")) == "customer-7"
    assert await house.refusal(house.sign()) == "unknown_key"


async def test_made_up_key_ids_make_one_request_in_half_a_minute(house: House) -> None:
    await house.attest(house.sign())
    for number in range(50):
        token = house.sign(kid=f"made-up-{number}")
        assert await house.refusal(token) == "unknown_key"
    assert house.site.asked == 1

    house.clock.advance(ASKED_EVERY)
    await asyncio.gather(*(house.refusal(house.sign(kid=f"again-{one}")) for one in range(20)))
    assert house.site.asked == 2


@pytest.mark.parametrize(
    "token",
    [
        encoded({"alg": "HS256", "kid": "new"}, {}),
        encoded({"alg": "none", "kid": "new"}, {}),
        encoded({"alg": "ES256"}, {}),
        encoded({"alg": "ES256", "kid": 7}, {}),
        encoded({"alg": "ES256", "kid": ""}, {}),
        encoded({"alg": "ES256", "kid": "x" * 65}, {}),
        encoded({"alg": ["ES256"], "kid": "new"}, {}),
        "a.b.c",
        "",
    ],
)
async def test_a_token_that_no_published_key_can_have_signed_asks_nobody(
    house: House, token: str
) -> None:
    await house.refusal(token)

    assert house.site.asked == 0


async def test_known_keys_hold_while_the_host_is_silent_but_not_for_ever(house: House) -> None:
    await house.attest(house.sign())
    house.site.status = 503
    with capture_logs() as logs:
        for _ in range(3):
            house.clock.advance(FRESH_FOR)
            assert await house.attest(house.sign()) == "customer-7"
    await house.connector.open()
    health = house.connector.health()

    assert [one["event"] for one in logs] == ["webchat.keys_unreachable"]
    assert (health.state, "503" in health.detail) == (HealthState.DEGRADED, True)
    house.clock.advance(KEPT_FOR)
    assert await house.refusal(house.sign()) == "no_key"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 404}, "404"),
        ({"status": 302, "headers": {"Location": "/keys"}}, "302"),
        ({"body": b"<html>"}, "JSON"),
        ({"body": b"x" * (LARGEST + 1)}, "larger"),
        ({"body": b""}, "JSON"),
    ],
)
async def test_an_answer_that_is_no_set_of_keys_leaves_the_known_ones(
    house: House, answer: dict[str, Any], said: str
) -> None:
    await house.attest(house.sign())
    for name, value in answer.items():
        setattr(house.site, name, value)
    house.clock.advance(FRESH_FOR)

    assert await house.attest(house.sign()) == "customer-7"
    checked = await house.connector.check()
    assert (checked.steps[-1].ok, said in checked.steps[-1].detail) == (False, True)


async def test_whose_key_is_known_does_not_wait_for_who_asks(house: House) -> None:
    await house.attest(house.sign())
    house.site.holds = asyncio.Event()
    house.clock.advance(ASKED_EVERY)
    waiting = asyncio.create_task(house.refusal(house.sign(kid="slow")))
    await house.site.reached.wait()
    assert await house.attest(house.sign()) == "customer-7"
    assert not waiting.done()
    house.site.holds.set()
    assert await waiting == "unknown_key"


async def test_all_who_come_with_a_new_key_at_once_are_taken(house: House) -> None:
    new = ECKey.generate_key("P-256")
    await house.attest(house.sign())
    house.site.body = document(public(CURVE), public(new, kid="two"))
    house.clock.advance(ASKED_EVERY)

    accounts = await asyncio.gather(*(house.attest(house.sign(new, kid="two")) for _ in range(5)))

    assert (accounts, house.site.asked) == (["customer-7"] * 5, 2)


async def test_a_token_must_name_its_key_where_keys_are_published(house: House) -> None:
    await house.attest(house.sign())

    assert await house.refusal(house.sign(kid=None)) == "unknown_key"


async def test_a_published_key_is_no_secret_and_no_other_algorithms(house: House) -> None:
    import hashlib
    import hmac

    await house.attest(house.sign())
    claims = claims_at(house.clock.now())
    for known in (CURVE.as_pem(private=False), json.dumps(public(CURVE)).encode()):
        header = {"alg": "HS256", "kid": "one"}
        unsigned = encoded(header, claims).rpartition(".")[0].encode()
        forged = encoded(header, claims, hmac.digest(known, unsigned, hashlib.sha256))
        assert await house.refusal(forged) == "signature"
    assert await house.refusal(encoded({"alg": "none", "kid": "one"}, claims)) == "signature"
    mine = ECKey.generate_key("P-256")
    for more in ({"jwk": mine.as_dict(private=False)}, {"jku": house.site.url}):
        own = jwt.encode({"alg": "ES256", "kid": "one", **more}, claims, mine)
        assert await house.refusal(own) == "signature"


async def test_a_published_key_never_takes_the_place_of_a_configured_one(house: House) -> None:
    keys = [{"kid": "one", "algorithm": "HS256", "key": "k" * 40}]
    async with aiohttp.ClientSession() as http:
        connector = connector_of(house.site.url, house.clock, http, keys=keys)
        await connector.check()
        house.connector = connector

        assert await house.refusal(house.sign()) == "signature"
        good = house.sign(OctKey.import_key("k" * 40), alg="HS256")
        assert await house.attest(good) == "customer-7"


@pytest.mark.parametrize(
    "url",
    [
        "http://keys.example/jwks",
        "ftp://keys.example/jwks",
        "file:///etc/passwd",
        "https://",
        "https://me:secret@keys.example/",
        "https://keys.example/#x",
        "keys.example",
        "http://127.0.0.1.evil.example/",
    ],
)
def test_an_address_that_others_could_answer_for_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must"):
        Config(site="shop", jwks_url=url)


async def test_the_check_names_the_published_keys(house: House) -> None:
    checked = await house.connector.check()

    assert (checked.steps[-1].ok, checked.steps[-1].detail) == (True, "one")
    house.site.body = document()
    assert not (await house.connector.check()).steps[-1].ok
