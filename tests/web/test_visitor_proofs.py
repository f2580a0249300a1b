"""A16: whatever is brought in place of a good token, nobody becomes somebody, and nothing is read.

What a token itself must be is proven in `tests/connectors/webchat/test_tokens.py`; here it is
brought to every door of an installation that runs.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core.clock import FakeClock
from tests.connectors.webchat.host import AUDIENCE, PublicKeyHost, claims_at, encoded
from tests.web.visiting import Chat, Page

SECRET = "my balance is wrong"


def stamped(page: Page, **changes: Any) -> dict[str, Any]:
    return claims_at(page.chat.database.clock.now(), **changes)


def seconds(page: Page, ago: int) -> int:
    return int(page.chat.database.clock.now().timestamp()) - ago


FORGERIES: dict[str, Callable[[Page], str]] = {
    "empty": lambda page: "",
    "random": lambda page: "Zm9v.YmFy.cXV4",
    "a session token": lambda page: str(page.token),
    "another's key": lambda page: page.site.host.sign_with_other_key(stamped(page)),
    "alg none": lambda page: encoded({"alg": "none", "kid": "now"}, stamped(page)),
    "alg none with a signature": lambda page: encoded(
        {"alg": "none", "kid": "now"}, stamped(page), b"x"
    ),
    "HS512 in place of HS256": lambda page: encoded(
        {"alg": "HS512", "kid": "now"}, stamped(page), b"x" * 64
    ),
    "expired": lambda page: page.sign(iat=seconds(page, 400), exp=seconds(page, 100)),
    "not yet": lambda page: page.sign(nbf=seconds(page, -120)),
    "issued in the future": lambda page: page.sign(
        iat=seconds(page, -120), exp=seconds(page, -300)
    ),
    "lives too long": lambda page: page.sign(exp=seconds(page, -3600)),
    "never ends": lambda page: page.site.host.sign(stamped(page, exp=None)),
    "wrong audience": lambda page: page.sign(aud="bank-chat"),
    "no audience": lambda page: page.site.host.sign(stamped(page, aud=None)),
    "audience as a part": lambda page: page.sign(aud=AUDIENCE + "x"),
    "no subject": lambda page: page.site.host.sign(stamped(page, sub=None)),
    "subject that is no text": lambda page: page.site.host.sign(stamped(page, sub=7)),
    "no id": lambda page: page.site.host.sign(stamped(page, jti=None)),
    "unknown kid": lambda page: page.site.host.sign_as(
        {"alg": "HS256", "kid": "older"}, stamped(page)
    ),
    "kid as a path": lambda page: page.site.host.sign_as(
        {"alg": "HS256", "kid": "../../dev/null"}, stamped(page)
    ),
    "kid as a statement": lambda page: page.site.host.sign_as(
        {"alg": "HS256", "kid": "now' or '1'='1"}, stamped(page)
    ),
    "kid that is no text": lambda page: encoded({"alg": "HS256", "kid": ["now"]}, stamped(page)),
    "key brought along": lambda page: page.site.host.sign_as(
        {"alg": "HS256", "kid": "evil", "jwk": {"kty": "oct", "k": "YQ"}}, stamped(page)
    ),
    "stripped": lambda page: page.sign().rpartition(".")[0] + ".",
}


async def people_known(chat: Chat) -> list[int]:
    return [
        await chat.value("select count(*) from visitor_sessions where host_account is not null"),
        await chat.value("select count(*) from identities where realm = 'host'"),
        await chat.value("select count(*) from spent_tokens"),
    ]


async def secret_of(chat: Chat, **settings: Any) -> Page:
    """Customer 7 has said something; a page of somebody else."""
    site = await chat.site(**settings)
    owner = await chat.visitor(site, claims_sign(chat, site))
    await owner.say(SECRET)
    return chat.page(site)


def claims_sign(chat: Chat, site: Any) -> str:
    return str(site.host.sign(claims_at(chat.database.clock.now())))


@pytest.mark.parametrize("forgery", sorted(FORGERIES))
@pytest.mark.parametrize("is_required", [False, True])
async def test_forgery_is_accepted_nowhere(chat: Chat, forgery: str, is_required: bool) -> None:
    eve = await secret_of(chat, require_signed=is_required)
    if not is_required:
        await eve.open()
    mine = eve.token
    before = await people_known(chat)
    token = FORGERIES[forgery](eve)

    refused = await eve.open(token)
    eve.token = token
    direct = await eve.say("in their name")
    read = await eve.call("GET", "/messages")

    assert (refused.status, refused.code) == (401, "attestation_refused")
    if token != mine:
        assert (direct.status, read.status) == (401, 401)
    assert SECRET.encode() not in refused.raw + direct.raw + read.raw
    assert await people_known(chat) == before


async def test_required_mode_lets_no_anonymous_history_be_read(chat: Chat) -> None:
    eve = await secret_of(chat, require_signed=True)

    for token in (None, "", "x" * 43):
        eve.token = token
        assert (await eve.call("GET", "/messages")).status in (401, 403)
        assert (await eve.call("GET", "/history?before=9")).status in (401, 403)
        assert (await eve.call("GET", "/files/1")).status in (401, 403)
        assert (await eve.say("Hello")).status in (401, 403)
        opened = await chat.page(eve.site).open()
        assert (opened.status, opened.code) == (403, "attestation_required")


async def test_public_key_is_no_secret_to_sign_with(chat: Chat) -> None:
    host = PublicKeyHost()
    site = await chat.site(keys=host.account_config()["keys"])
    page = chat.page(site)
    claims = stamped(page)
    public = host.configured_key().encode()
    unsigned = encoded({"alg": "HS256", "kid": "now"}, claims).rpartition(".")[0]
    tag = hmac.digest(public, unsigned.encode(), hashlib.sha256)

    confused = await page.open(encoded({"alg": "HS256", "kid": "now"}, claims, tag))
    good = await page.open(host.sign(stamped(page)))

    assert (confused.status, good.status) == (401, 200)


async def test_key_is_changed_with_both_in_force_and_the_old_one_taken_away(chat: Chat) -> None:
    old = await chat.site()
    keys = [
        {"kid": "now", "algorithm": "HS256", "key": old.host.configured_key()},
        {"kid": "next", "algorithm": "HS256", "key": "n" * 40},
    ]
    both = chat.page(await chat.site("both", keys=keys))
    after = chat.page(await chat.site("after", keys=keys[1:]))
    header = {"alg": "HS256", "kid": "now"}

    assert (await both.open(old.host.sign_as(header, stamped(both)))).status == 200
    assert (await after.open(old.host.sign_as(header, stamped(after)))).status == 401


async def test_token_used_once_is_worthless_everywhere_even_after_logging_out(
    chat: Chat, clock: FakeClock
) -> None:
    page = await chat.visitor(await chat.site())
    token = page.sign()
    await page.open(token)
    await page.say(SECRET)
    await page.call("POST", "/logout")

    again = await chat.page(page.site).open(token)
    clock.advance(timedelta(seconds=200))
    later = await chat.page(page.site).open(token)

    assert [again.code, later.code] == ["attestation_spent"] * 2


async def test_swap_after_verification_ends_the_session_and_reads_nothing(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.open(page.sign("customer-7"))
    await page.say(SECRET)
    stolen = page.token

    await page.open(page.sign("customer-8"))
    swapped = await page.texts()
    page.token = stolen

    assert swapped == []
    assert (await page.call("GET", "/messages")).status == 401
    assert (await page.open(page.sign("customer-8"))).body["session_token"] != stolen
    assert await page.texts() == []


async def test_what_the_body_claims_of_the_sender_is_nothing(chat: Chat) -> None:
    eve = await secret_of(chat)
    await eve.open()

    for field in (
        "host_account",
        "sub",
        "email_verified",
        "is_signed",
        "session",
        "identifier_hash",
    ):
        assert (await eve.open(**{field: "customer-7"})).status == 400
        assert (await eve.say("Hello", **{field: "customer-7"})).status == 400

    assert await eve.texts() == []


async def test_numbers_of_others_messages_open_nothing(chat: Chat) -> None:
    eve = await secret_of(chat)
    await eve.open()

    for seq in range(1, 5):
        history = await eve.call("GET", f"/history?before={seq}")
        assert history.body["messages"] == []
        assert (await eve.call("GET", f"/files/{seq}")).status == 404
    await eve.call("POST", "/signals", {"signal": "read", "until": 10_000})
    await eve.call("POST", "/signals", {"signal": "delivered", "seqs": [1, 2, 3]})
    assert await eve.texts() == []
