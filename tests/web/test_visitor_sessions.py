"""Who a visitor is: sessions, signed tokens, shared computers, pages that may embed."""

from datetime import timedelta

import pytest
from multidict import CIMultiDict

from core.clock import FakeClock
from router.services.housekeeping import end_what_is_over
from router.services.shown.messages import load_messages
from router.settings import Retention
from tests.web.visiting import Chat


async def test_session_is_resumed_by_its_token(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    token = page.token

    again = await page.open()

    assert again.body["session_token"] == token
    assert not again.body["is_signed"]


async def test_worthless_token_gets_a_new_session(chat: Chat) -> None:
    site = await chat.site()
    page = chat.page(site)
    page.token = "made-up"

    opened = await page.open()

    assert opened.status == 200
    assert page.token != "made-up"


async def test_token_is_stored_hashed_only(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())

    row = await chat.row("select * from visitor_sessions")

    assert page.token is not None
    assert page.token not in repr(row)
    assert page.token.encode() not in row["token_hash"]


async def test_signing_in_rotates_the_token_and_keeps_the_session(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    before = (await page.open()).body
    await page.say("Hello")

    after = (await page.open(page.sign())).body

    assert after["session"] == before["session"]
    assert after["session_token"] != before["session_token"]
    assert after["is_signed"]
    old = chat.page(page.site)
    old.token = before["session_token"]
    assert (await old.say("still me")).status == 401
    assert await page.texts() == ["Hello"]


async def test_renewing_the_same_account_keeps_the_token(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.open(page.sign())
    token = page.token

    await page.open(page.sign())

    assert page.token == token


async def test_other_account_on_the_same_computer_sees_nothing(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.open(page.sign("customer-7"))
    await page.say("my balance is wrong")
    token = page.token

    await page.open(page.sign("customer-8"))

    assert await page.texts() == []
    page.token = token
    assert (await page.call("GET", "/messages")).status == 401


async def test_nobody_in_particular_after_logging_out_sees_nothing(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.open(page.sign())
    await page.say("my balance is wrong")

    assert (await page.call("POST", "/logout")).status == 204

    assert (await page.call("GET", "/messages")).status == 401
    await page.open()
    assert await page.texts() == []


async def test_same_account_finds_its_conversation_on_another_device(chat: Chat) -> None:
    site = await chat.site()
    phone = await chat.visitor(site)
    await phone.open(phone.sign())
    await phone.say("from the phone")
    laptop = chat.page(site)

    await laptop.open(laptop.sign())

    assert await laptop.texts() == ["from the phone"]
    stranger = await chat.visitor(site)
    await stranger.open(stranger.sign("customer-8"))
    assert await stranger.texts() == []


async def test_account_finds_its_conversation_however_long_ago_its_session_ended(
    chat: Chat, clock: FakeClock
) -> None:
    site = await chat.site()
    phone = await chat.visitor(site)
    await phone.open(phone.sign())
    await phone.say("last year")
    await chat.visitor(site)  # who never says a word

    clock.advance(timedelta(days=400))
    await end_what_is_over(chat.database, Retention())
    laptop = chat.page(site)
    await laptop.open(laptop.sign())

    assert await laptop.texts() == ["last year"]
    assert (await chat.row("select count(*) from visitor_sessions"))["count"] == 2


async def test_signed_token_is_good_once(chat: Chat) -> None:
    site = await chat.site()
    page = await chat.visitor(site)
    token = page.sign()
    assert (await page.open(token)).status == 200

    thief = await chat.page(site).open(token)

    assert (thief.status, thief.code) == (401, "attestation_spent")


async def test_token_spent_at_one_widget_is_spent_at_the_other_with_its_key(chat: Chat) -> None:
    page = await chat.visitor(await chat.site("shop"))
    twin = chat.page(await chat.site("twin"))
    direct = chat.page(twin.site)
    token, written = page.sign(), page.sign()
    assert (await page.open(token)).status == 200
    direct.token = written
    assert (await direct.say("from the site's server")).status == 200

    thief = await twin.open(token)
    again = await chat.page(page.site).open(written)

    assert (thief.status, thief.code) == (401, "attestation_spent")
    assert (again.status, again.code) == (401, "attestation_spent")


async def test_page_loaded_again_with_the_token_of_its_own_session_goes_on(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    token = page.sign()
    await page.open(token)

    assert (await page.open(token)).status == 200


async def test_refused_token_changes_nothing(chat: Chat) -> None:
    site, other = await chat.site(), await chat.site("other")
    page = await chat.visitor(site)
    forged = chat.page(other).site.host
    assert forged is not site.host
    now = chat.database.clock.now()
    bad = {
        "audience": page.sign(aud="another"),
        "expired": page.sign(iat=int(now.timestamp()) - 600, exp=int(now.timestamp()) - 300),
        "nonsense": "a.b.c",
    }

    for token in bad.values():
        answered = await page.open(token)
        assert (answered.status, answered.code) == (401, "attestation_refused")
        assert "audience" not in answered.body["detail"]

    assert (
        await chat.value("select count(*) from visitor_sessions where host_account is not null")
        == 0
    )
    assert await chat.value("select count(*) from spent_tokens") == 0


async def test_required_token_keeps_strangers_out(chat: Chat) -> None:
    site = await chat.site(require_signed=True)
    page = chat.page(site)

    assert (await page.open()).code == "attestation_required"
    assert (await page.call("GET", "/config")).body["requires_attestation"]
    assert (await page.open(page.sign())).status == 200
    assert (await page.say("Hello")).status == 200


async def test_session_from_before_the_token_was_required_reads_nothing(chat: Chat) -> None:
    site = await chat.site()
    page = await chat.visitor(site)
    await page.say("anonymous")
    await chat.value(
        "update accounts set config = config || '{\"require_signed\": true}',"
        " revision = revision + 1"
    )
    await chat.doors.refresh()

    assert (await page.call("GET", "/messages")).code == "attestation_required"


async def test_session_runs_out(chat: Chat, clock: FakeClock) -> None:
    page = await chat.visitor(await chat.site())
    await page.open(page.sign())

    clock.advance(timedelta(hours=25))

    assert (await page.say("Hello")).status == 401


async def test_token_of_one_site_is_worthless_at_another(chat: Chat) -> None:
    shop, bank = await chat.site("shop"), await chat.site("bank")
    page = await chat.visitor(shop)
    await page.say("known here")
    stolen = chat.page(bank)
    stolen.token = page.token

    assert (await stolen.say("Hello")).status == 401
    assert (await stolen.call("GET", "/messages")).status == 401


async def test_two_sites_in_one_browser_are_two_conversations(chat: Chat) -> None:
    shop = await chat.visitor(await chat.site("shop"))
    bank = await chat.visitor(await chat.site("bank"))
    await shop.say("about shoes", "same-id")
    await bank.say("about money", "same-id")

    assert await shop.texts() == ["about shoes"]
    assert await bank.texts() == ["about money"]
    assert await chat.value("select count(distinct person_id) from messages") == 2


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://shop.example"])
async def test_foreign_page_may_not_embed(chat: Chat, origin: str) -> None:
    page = await chat.visitor(await chat.site())
    page.headers["Origin"] = origin

    for method, path, body in (
        ("GET", "/config", None),
        ("POST", "/session", {}),
        ("POST", "/messages", {"client_id": "a", "text": "b"}),
        ("GET", "/messages", None),
        ("GET", "/socket", None),
        ("GET", "/stream", None),
    ):
        answered = await page.call(method, path, body)
        assert (answered.status, answered.code) == (403, "foreign_origin"), path
        assert "Access-Control-Allow-Origin" not in answered.headers


async def test_allowed_page_may_read_answers_and_refusals(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())

    good = await page.call("GET", "/config")
    bad = await page.call("POST", "/messages", {"client_id": "a b", "text": "Hello"})
    asked = await page.call(
        "OPTIONS",
        "/uploads?name=a",
        headers={"Access-Control-Request-Method": "POST", "Sec-Fetch-Site": "cross-site"},
    )

    assert (good.status, bad.status, asked.status) == (200, 400, 204)
    for answered in (good, bad, asked):
        assert answered.headers["Access-Control-Allow-Origin"] == "https://shop.example"
        assert "Origin" in CIMultiDict(answered.headers).getall("Vary")
        assert "Access-Control-Allow-Credentials" not in answered.headers
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]


async def test_no_answer_sets_a_cookie(chat: Chat) -> None:
    page = chat.page(await chat.site())

    assert "Set-Cookie" not in (await page.open()).headers
    assert "Set-Cookie" not in (await page.say("Hello")).headers


async def test_unknown_account_is_not_found(chat: Chat) -> None:
    page = chat.page(await chat.site())
    page.site.hook = "somebody-elses"

    assert (await page.open()).status == 404
    assert (await page.call("POST", "/anything")).status == 404


async def test_names_that_visitors_type_stay_claims(chat: Chat) -> None:
    page = chat.page(await chat.site())
    await page.open(name="The Director")

    await page.say("Give me the keys")

    row = await chat.row(
        "select m.author_name, m.level, m.context::text, p.display_name from messages m"
        " join persons p on p.id = m.person_id"
    )
    assert "Director" not in row["author_name"]
    assert "Director" not in row["display_name"]
    assert "Director" in row["context"]
    async with chat.database.reading() as work:
        [(shown, _)] = await load_messages(work, [1])
    assert shown.claims == {"name": "The Director"}
    assert row["level"] == 1


async def test_verified_address_joins_mail_and_chat(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.open(page.sign(email="grace@people.example"))

    await page.say("Hello")

    row = await chat.row(
        "select count(distinct p.root_id) roots, array_agg(i.realm order by i.realm) realms"
        " from identities i join persons p on p.id = i.home_person_id"
    )
    assert row["roots"] == 1
    assert row["realms"] == ["email", "host", "web:shop"]
