"""A16: refused tokens are counted and audited; published keys; accounts that the host closed."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc.jwk import ECKey
from prometheus_client import REGISTRY

from connectors.webchat.jwks import PublishedKeys
from core.clock import FakeClock
from router.runtime.egress import EgressGuard
from router.services.roles import Role
from tests.connectors.webchat.host import CurveHost, claims_at, encoded
from tests.web.desk import Browser
from tests.web.visiting import Chat, Page


def counted(reason: str) -> float:
    labels = {"what": "attestation", "reason": reason}
    return REGISTRY.get_sample_value("onethread_refused_total", labels) or 0.0


async def entries(chat: Chat) -> list[Any]:
    async with chat.database.reading() as work:
        rows = await work.driver.fetch(
            "select actor, subject, facts from audit_log where action = 'attestation.refused'"
            " order by id"
        )
    return [(row["actor"], row["subject"], row["facts"]) for row in rows]


async def test_each_refused_token_is_counted_by_its_reason(chat: Chat) -> None:
    page = chat.page(await chat.site())
    good = page.sign()
    assert (await page.open(good)).status == 200
    now = int(chat.database.clock.now().timestamp())
    tokens = {
        "malformed": "a.b.c",
        "unknown_key": page.site.host.sign_as(
            {"alg": "HS256", "kid": "older"}, claims_at(chat.database.clock.now())
        ),
        "signature": page.site.host.sign_with_other_key(claims_at(chat.database.clock.now())),
        "audience": page.sign(aud="bank-chat"),
        "lifetime": page.sign(exp=2_000_000_000),
        "claims": page.sign(jti=""),
        "replayed": good,
        "expired": page.sign(exp=now - 120, iat=now - 300),
        "not_yet": page.sign(iat=now + 600, exp=now + 700),
    }
    before = {reason: counted(reason) for reason in tokens}

    for token in tokens.values():
        assert (await chat.page(page.site).open(token)).status == 401

    assert {reason: counted(reason) - n for reason, n in before.items()} == dict.fromkeys(tokens, 1)
    subject = f"accounts/{page.site.account}"
    assert await entries(chat) == [("system", subject, {"reason": reason}) for reason in tokens]
    logged = json.dumps(await entries(chat))
    assert not [token for token in tokens.values() if token in logged]


async def test_unsigned_token_is_counted_and_audited_as_one_whose_signature_does_not_hold(
    chat: Chat,
) -> None:
    page = chat.page(await chat.site())
    before = counted("signature")
    unsigned = encoded({"alg": "none", "kid": "now"}, claims_at(chat.database.clock.now()))

    assert (await page.open(unsigned)).status == 401

    assert counted("signature") - before == 1
    subject = f"accounts/{page.site.account}"
    assert await entries(chat) == [("system", subject, {"reason": "signature"})]


async def test_a_flood_of_refused_tokens_is_one_audit_entry_a_minute_with_their_number(
    chat: Chat, clock: FakeClock
) -> None:
    page = chat.page(await chat.site())
    before = counted("malformed")
    for _ in range(5):
        await page.open("a.b.c")
    clock.advance(timedelta(minutes=1))
    await page.open("a.b.c")

    facts = [one[2] for one in await entries(chat)]
    assert facts == [{"reason": "malformed"}, {"reason": "malformed", "more_before": 4}]
    assert counted("malformed") - before == 6


class Published:
    """A site that publishes its keys."""

    def __init__(self) -> None:
        self.keys: dict[str, ECKey] = {"one": ECKey.generate_key("P-256")}
        self.is_up = True
        self.asked = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        if not self.is_up:
            return web.Response(status=503)
        keys = [{**key.as_dict(private=False), "kid": kid} for kid, key in self.keys.items()]
        return web.json_response({"keys": keys})


@pytest.fixture
async def published() -> AsyncIterator[tuple[Published, str]]:
    host = Published()
    app = web.Application()
    app.router.add_get("/keys", host.answer)
    server = TestServer(app)
    await server.start_server()
    yield host, str(server.make_url("/keys"))
    await server.close()


def signed(page: Page, host: Published, kid: str, **changes: Any) -> str:
    signer = CurveHost()
    signer.key = host.keys[kid]
    claims = claims_at(page.chat.database.clock.now(), **changes)
    return signer.sign_as({"alg": "ES256", "kid": kid}, claims)


async def test_a_site_changes_its_published_keys_and_nobody_is_turned_away(
    chat: Chat, clock: FakeClock, published: tuple[Published, str]
) -> None:
    host, url = published
    site = await chat.site(keys=[], jwks_url=url, require_signed=True)
    answers = [(await chat.page(site).open(signed(chat.page(site), host, "one"))).status]
    host.keys["two"] = ECKey.generate_key("P-256")
    clock.advance(timedelta(seconds=30))
    for kid in ("two", "one"):
        answers.append((await chat.page(site).open(signed(chat.page(site), host, kid))).status)
    host.is_up = False
    clock.advance(timedelta(hours=1))
    answers.append((await chat.page(site).open(signed(chat.page(site), host, "two"))).status)

    assert answers == [200] * 4
    forged = encoded({"alg": "HS256", "kid": "two"}, claims_at(clock.now()), b"x" * 32)
    assert (await chat.page(site).open(forged)).status == 401


async def test_keys_at_an_address_inside_are_not_fetched(
    clock: FakeClock, published: tuple[Published, str]
) -> None:
    """A04: whoever may set up an account must not have the desk read the house's own network."""
    host, url = published
    async with EgressGuard(()).session() as http:
        keys = PublishedKeys(url, clock=clock, http=http, log=structlog.get_logger())
        await keys.look_for("one")
    async with EgressGuard(("127.0.0.0/8",)).session() as http:
        allowed = PublishedKeys(url, clock=clock, http=http, log=structlog.get_logger())
        await allowed.look_for("one")

    assert (keys.problem != "", dict(keys.keys)) == (True, {})
    assert list(allowed.keys) == ["one"]
    assert host.asked == 1


async def host_of(chat: Chat) -> Browser:
    return await chat.desk.token(Role.HOST)


async def test_a_closed_accounts_tokens_and_sessions_are_worth_nothing(chat: Chat) -> None:
    host = await host_of(chat)
    page = await chat.visitor(await chat.site())
    await page.open(page.sign("customer-7"))
    await page.say("my balance is wrong")

    async with page.socket() as wire:
        await wire.next("replay")
        assert (await host.call("DELETE", "/host/accounts/customer-7")).status == 204
        closed = await wire.closed()

    read = await page.call("GET", "/messages")
    said = await page.say("still me")
    fresh = await chat.page(page.site).open(page.sign("customer-7"))
    direct = chat.page(page.site)
    direct.token = page.sign("customer-7")
    assert closed is not None
    assert (read.status, said.status) == (401, 401)
    assert (fresh.status, fresh.code) == (401, "attestation_refused")
    assert (await direct.say("by the server")).status == 401

    await host.call("PUT", "/host/accounts/customer-7", {})
    again = chat.page(page.site)
    assert (await again.open(page.sign("customer-7"))).status == 200


async def test_an_unlinked_session_ends_and_a_new_token_makes_another_one(chat: Chat) -> None:
    host = await host_of(chat)
    page = await chat.visitor(await chat.site())
    opened = await page.open(page.sign("customer-7"))
    await page.say("my balance is wrong")
    session = opened.body["session"]

    gone = await host.call("DELETE", f"/host/accounts/customer-7/links/web:shop/{session}")

    assert gone.status == 204
    assert (await page.call("GET", "/messages")).status == 401
    stranger = await chat.visitor(page.site)
    assert await stranger.texts() == []
    back = await chat.visitor(page.site)
    assert (await back.open(page.sign("customer-7"))).status == 200
    levels = await chat.row("select level from identities where handle = $1", session)
    assert levels["level"] == 1
