"""The help centre: small pages in three languages, a form to write to us, a check of addresses."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from core.clock import FakeClock
from router.services.enquiries import WARNING
from router.storage.engine import Database
from router.web.help_words import WORDS
from tests.web.desk import Answered
from tests.web.test_link_codes import add_account
from tests.web.visiting import Chat, open_chat

LOCALES = sorted(WORDS)


@pytest.fixture
async def chat(database: Database, tmp_path: Path) -> AsyncIterator[Chat]:
    """A desk with a mailbox and a bot."""
    async with open_chat(database, tmp_path) as opened:
        await add_account(opened, "email", "help@harbor.example")
        await add_account(opened, "telegram", "harbor_bot")
        yield opened


async def get(chat: Chat, path: str, **headers: str) -> Answered:
    url = chat.url(path)
    async with chat.http.get(url, headers=headers, allow_redirects=False) as response:
        return Answered(response, await response.read())


async def post(chat: Chat, said: dict[str, str], locale: str = "en", **headers: str) -> Answered:
    headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    url = chat.url(f"/help/{locale}/contact")
    headers.setdefault("Origin", chat.desk.context.settings.web_url)
    body = urlencode(said)
    async with chat.http.post(url, data=body, headers=headers, allow_redirects=False) as response:
        return Answered(response, await response.read())


async def key(chat: Chat, clock: FakeClock) -> str:
    """Of a form that was looked at for a while."""
    found = re.search(
        r'name="key" value="([^"]+)"', (await get(chat, "/help/en/contact")).raw.decode()
    )
    assert found is not None
    clock.advance(timedelta(seconds=20))
    return found[1]


async def said(chat: Chat, clock: FakeClock, **changes: str) -> dict[str, str]:
    filled = {
        "name": "Ana",
        "address": "Ana@People.example",
        "subject": "Withdrawal",
        "text": "Where is it?\r\nI waited.",
    }
    return {"key": await key(chat, clock), **filled, **changes}


async def test_page_is_small_needs_no_script_and_leaves_no_cookie(chat: Chat) -> None:
    style = await get(chat, "/help/style.css")
    for locale in LOCALES:
        for path in ("", "contact", "verify", "verify?q=help@harbor.example"):
            page = await get(chat, f"/help/{locale}/{path}")
            text = page.raw.decode()

            assert page.status == 200
            assert len(page.raw) + len(style.raw) <= 20_000
            assert "Set-Cookie" not in page.headers
            assert "<script" not in text
            assert "style=" not in text
            assert "default-src 'none'" in page.headers["Content-Security-Policy"]
            assert f'<html lang="{locale}"' in text
            for other in (*LOCALES, "x-default"):
                assert f'hreflang="{other}"' in text
            assert not re.findall(r"\{\w+\}|\$\w", text)
            assert re.findall(r'(?:href|src|action)="((?!/|#)[^"]*)"', text) == []


@pytest.mark.parametrize(("accepted", "locale"), [("ru-RU,en", "ru"), ("tlh", "en"), ("zh", "zh")])
async def test_start_is_found_in_the_readers_language(
    chat: Chat, accepted: str, locale: str
) -> None:
    for path in ("/help", "/help/"):
        found = await get(chat, path, **{"Accept-Language": accepted})
        assert (found.status, found.headers["Location"]) == (302, f"/help/{locale}/")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/help/contact", "/help/ru/contact"),
        ("/help/zh", "/help/zh/"),
        ("/help/xx/", "/help/ru/"),
        ("/help/xx/verify", "/help/ru/verify"),
        ("/help/no%0d%0aSet-Cookie:%20x", "/help/ru/no%0D%0ASet-Cookie%3A%20x"),
        ("/help/xx//elsewhere.example", "/help/ru//elsewhere.example"),
    ],
)
async def test_address_without_a_language_leads_to_the_readers(
    chat: Chat, path: str, found: str
) -> None:
    answer = await get(chat, path, **{"Accept-Language": "ru"})

    assert (answer.status, answer.headers["Location"]) == (302, found)


@pytest.mark.parametrize("path", ["/help/en/nothing", "/help/ru/nothing", "/help/en/../x"])
async def test_what_is_not_there_is_a_page_that_says_so(chat: Chat, path: str) -> None:
    async with chat.http.get(chat.url(path)) as answer:
        assert answer.status == 404
        assert answer.content_type == "text/html"


async def test_note_is_a_message_of_a_claimed_address_that_the_mailbox_answers(
    chat: Chat, clock: FakeClock
) -> None:
    note = await said(chat, clock)
    first, again = await post(chat, note), await post(chat, note)

    assert (first.status, first.headers["Location"]) == (303, "/help/en/contact?sent=1")
    assert again.status == 303
    row = await chat.row(
        "select m.text, m.subject, m.level, m.warnings, m.context, a.channel, p.remote_place,"
        " i.handle, c.state, c.subject as topic, i.level as known from messages m"
        " join accounts a on a.id = m.account_id join places p on p.id = m.place_id"
        " join identities i on i.id = m.identity_id join cases c on c.id = m.case_id"
    )
    assert row == {
        "text": "Where is it?\nI waited.",
        "subject": "Withdrawal",
        "level": 0,
        "warnings": [WARNING],
        "context": {"claimed_name": "Ana"},
        "channel": "email",
        "remote_place": "ana@people.example",
        "handle": "ana@people.example",
        "state": "open",
        "topic": "Withdrawal",
        "known": 0,
    }
    assert await chat.value("select count(*) from messages where direction = 'in'") == 1
    assert await chat.value("select count(*) from deliveries") == 0  # nothing is sent by itself


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"address": "nobody"}, "address"),
        ({"address": ""}, "address"),
        ({"address": "a@b.example\r\nBcc: c@d.example"}, "address"),
        ({"text": ""}, "text"),
        ({"text": "  "}, "text"),
        ({"text": "x" * 5001}, "text"),
        ({"subject": "x" * 201}, "subject"),
        ({"fax": "1"}, "text"),
    ],
)
async def test_form_comes_back_with_what_is_wrong(
    chat: Chat, clock: FakeClock, changes: dict[str, str], wrong: str
) -> None:
    answered = await post(chat, await said(chat, clock, **changes))
    text = answered.raw.decode()

    assert answered.status == 400
    assert f'aria-describedby="wrong-{wrong}"' in text
    assert 'value="Ana"' in text
    assert await chat.value("select count(*) from messages") == 0


async def test_form_of_a_program_is_refused(chat: Chat, clock: FakeClock) -> None:
    note = await said(chat, clock)
    found = re.search(
        r'name="key" value="([^"]+)"', (await get(chat, "/help/en/contact")).raw.decode()
    )
    assert found is not None
    for forged in ("", "1.x.y", note["key"][:-1] + "A", found[1]):  # the last is too fresh
        assert (await post(chat, {**note, "key": forged})).status == 400
    clock.advance(timedelta(days=2))
    assert (await post(chat, note)).status == 400  # too old
    foreign = await post(chat, note, Origin="https://thief.example")
    assert foreign.status == 403
    assert await chat.value("select count(*) from messages") == 0


async def test_many_notes_at_once_have_to_wait(chat: Chat, clock: FakeClock) -> None:
    note = await said(chat, clock)

    answered = [await post(chat, note) for _ in range(4)]

    assert [one.status for one in answered] == [303, 303, 303, 429]
    assert int(answered[3].headers["Retry-After"]) > 0


async def test_without_a_mailbox_nobody_is_told_to_write(chat: Chat) -> None:
    await chat.value("update accounts set state = 'paused' where channel = 'email'")

    assert '/help/en/contact"' not in (await get(chat, "/help/en/")).raw.decode().split("<main")[1]
    assert (await get(chat, "/help/en/contact")).status == 404
    assert (await post(chat, {"address": "a@b.example", "text": "Hello"})).status == 404


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        ("help@harbor.example", "ours"),
        ("https://t.me/harbor_bot?start=1", "ours"),
        ("help@harb0r.example", "lookalike"),
        ("thief@else.example", "unknown"),
        ('<script>alert(1)</script>"', "unknown"),
        ("\0", None),
    ],
)
async def test_check_says_whether_it_is_ours(chat: Chat, asked: str, verdict: str | None) -> None:
    page = await get(chat, "/help/en/verify?" + urlencode({"q": asked}))
    text = page.raw.decode()

    found = re.search(r'class="verdict (\w+)"', text)
    assert (found and found[1]) == verdict
    assert "<script" not in text


async def test_pages_of_ours_are_known_by_their_host(chat: Chat) -> None:
    await chat.site("shop", allowed_origins=["https://shop.example", "https://*.wild.example"])

    for asked, is_ours in (("https://shop.example/a", True), ("https://a.wild.example", False)):
        page: Any = await get(chat, "/help/en/verify?" + urlencode({"q": asked}))
        assert ('class="verdict ours"' in page.raw.decode()) is is_ours
